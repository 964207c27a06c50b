"""Commands: the buttons that offer them, the dialogs before them, what became of them."""

from components.actions.bar import ActionBar, bar
from components.actions.menu import ActionMenu, PlacedMenu
from components.actions.run_command import give, run_command, tell_end, whoever
from components.actions.run_progress import run_progress

__all__ = ["ActionBar", "ActionMenu", "PlacedMenu", "bar", "give", "run_command", "run_progress", "tell_end", "whoever"]
