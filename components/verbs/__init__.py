"""Commands: the buttons that offer them, the questions before them, what became of them."""

from components.verbs.bar import VerbBar, bar
from components.verbs.giving import give, whoever
from components.verbs.menu import VerbMenu
from components.verbs.tray import tray

__all__ = ["VerbBar", "VerbMenu", "bar", "give", "tray", "whoever"]
