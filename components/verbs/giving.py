"""From a click to a run: ask what has to be asked, start it, and say how a single one ended."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.ui import Tone, notify
from components.verbs.asking import ask, needs_asking
from data.stores.users import User
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.action import Action
from xo_dash.control.offers import offer
from xo_dash.control.run import Run, State
from xo_dash.door.current import current_session, current_user
from xo_dash.door.sessions import SignedOut
from xo_dash.i18n import _


def whoever() -> User | None:
    """Who is looking at this page; None once they have signed out."""
    try:
        return current_user()
    except SignedOut:
        return None


async def give(context: Context, action: Action, subjects: Sequence[XapiObject]) -> Run | None:
    """Do `action` to those of `subjects` that it can be done to, after the questions it takes.

    Returns when all have come to an end; None if it was left. Of several objects the tray tells the results.
    """
    client = ui.context.client
    offered = offer(action, subjects, whoever())
    with client:  # the button that was clicked may go meanwhile
        if not offered.possible:
            notify(f"{_(action.title)}: {offered.reason}", Tone.WARNING)
            return None
        arguments: dict[str, str] | None = {}
        if needs_asking(offered):
            arguments = await ask(offered)
        user = whoever()
        if arguments is None or user is None:
            return None
        run = await context.runner.run(user, action, offered.able, arguments, address=current_session().address)
        if len(run.items) == 1 and not client.is_deleted:
            tell_end(run)
        return run


def tell_end(run: Run) -> None:
    """What became of the one object: a success goes by, anything else stays until it is dismissed."""
    (item,) = run.items
    if item.state is State.DONE:
        notify(_(run.action.done).format(name=item.name))
    else:
        tone = Tone.CRITICAL if item.state in (State.FAILED, State.LOST) else Tone.WARNING
        notify(f"{_(run.action.title)} {item.name}: {item.reason or ''}", tone, close=_("Dismiss"))
