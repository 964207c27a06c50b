"""Ways to commands for which a page has no object: only for whoever may give them somewhere."""

from __future__ import annotations

from nicegui import ui

from components.actions.run_command import whoever
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.i18n import _


def may_somewhere(context: Context, action: AnyAction) -> bool:
    """Whether whoever looks may do it to anything that they see, or to whatever comes."""
    user = whoever()
    return bool(may(user, action)) or any(may(user, action, row) for row in context.mirror.every(action.kind))


def page_link(context: Context, action: AnyAction, path: str) -> ui.link | None:
    """A link that looks like a button, to the page that asks what it takes; nothing for who may not."""
    if not may_somewhere(context, action):
        return None
    return ui.link(_(action.title), path).classes("x-btn").mark(path.strip("/").partition("?")[0])
