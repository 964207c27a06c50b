"""Commands: the buttons that offer them, the dialogs before them, what became of them."""

from components.actions.bar import ActionBar
from components.actions.editing import InlineEditor, offer_undo, run_one
from components.actions.menu import ActionMenu, PlacedMenu
from components.actions.offering import may_somewhere, page_link
from components.actions.run_command import give, run_command, start_run, tell_end, whoever
from components.actions.run_progress import RunProgress

__all__ = [
    "ActionBar", "ActionMenu", "InlineEditor", "PlacedMenu", "RunProgress", "give", "may_somewhere", "offer_undo", "page_link",
    "run_command", "run_one", "start_run", "tell_end", "whoever",
]  # fmt: skip
