"""How the product looks: tokens, the base every element stands on, and our own drawings."""

from components.theme.icons import Icon
from components.theme.theme import THEMES, install, wear

__all__ = ["THEMES", "Icon", "install", "wear"]
