"""The elements all pages are made of; every text comes from the caller, in the reader's language."""

from components.theme.icons import Icon
from components.ui.buttons import Button, ButtonKind, buttons
from components.ui.cards import Card, Figure, cards, heading
from components.ui.dialogs import Dialog, confirm, opened
from components.ui.facts import Value, key_values
from components.ui.fields import Field, check, choice, search_field, several
from components.ui.heads import PageHead, page, page_title
from components.ui.markdown import Markdown
from components.ui.marks import Mark, StateMark, chip
from components.ui.menus import divider, menu, menu_head, menu_item, menu_link
from components.ui.meters import Bar, Meter, Sparkline
from components.ui.notes import Notice, Tone, empty_state, notify, passing, skeleton, spinner
from components.ui.qr import qr_code
from components.ui.tables import Column, RecordTable, data_table
from components.ui.tabs import Tab, Tabs
from components.ui.times import Age

__all__ = [
    "Age", "Bar", "Button", "ButtonKind", "Card", "Column", "Dialog", "Field", "Figure", "Icon", "Mark", "Markdown", "Meter", "Notice",
    "PageHead", "RecordTable", "Sparkline", "StateMark", "Tab", "Tabs", "Tone", "Value", "buttons", "cards", "check", "chip", "choice",
    "confirm", "data_table", "divider", "empty_state", "heading", "key_values", "menu", "menu_head", "menu_item", "menu_link", "notify",
    "opened", "page", "page_title", "passing", "qr_code", "search_field", "several", "skeleton", "spinner",
]  # fmt: skip
