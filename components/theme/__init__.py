"""How the product looks: tokens, the base every element stands on, and our own drawings."""

from components.theme.icons import Icon
from components.theme.theme import CHOICES, install, wear

__all__ = ["CHOICES", "Icon", "install", "wear"]
