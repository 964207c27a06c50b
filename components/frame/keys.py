"""What the keyboard does, behind a button in the bar and "?"."""

from __future__ import annotations

from nicegui import ui

from xo_dash.i18n import _


class Keys(ui.element, component="keys.js"):
    """The keys of every page; a page's own are told in the browser, see `keys.js`."""

    def __init__(self) -> None:
        super().__init__()
        self._props["words"] = {
            "title": _("Keyboard"),
            "close": _("Close"),
            "everywhere": _("On every page"),
            "keys": [
                ("/", _("search everything")),
                ("?", _("this list")),
                ("Tab", _("next control; with Shift, the previous one")),
                ("↑ ↓", _("move in lists, the tree and menus")),
                ("→ ←", _("in the tree: expand and collapse")),
                ("Enter", _("open")),
                ("Ctrl+Enter", _("in a form: its main button")),
                ("Esc", _("close")),
            ],
        }
