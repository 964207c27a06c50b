"""From a click to a run: ask what has to be asked, start it, and say how a single one ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nicegui import ui

from components.actions.deletion import ask_deletion
from components.actions.dialog import ask, needs_asking
from components.actions.guard import DIALOGS
from components.actions.made import MadeNotice, made_vms
from components.actions.offer import Offer
from components.actions.quotas import quota_lines
from components.transfers.handing import hand_over
from components.ui import Tone, notify, opened
from data.stores.users import User
from data.types import XapiObject
from xo_dash.auth.current import current_session, current_user
from xo_dash.auth.sessions import SignedOut
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.requests.request import Request
from xo_dash.control.run import Run, RunState
from xo_dash.i18n import _


def whoever() -> User | None:
    """Who is looking at this page; None once they have signed out."""
    try:
        return current_user()
    except SignedOut:
        return None


DELETIONS: Final = frozenset({"vm.delete", "vm.purge", "template.delete"})
"""Commands with a dialog of their own."""


async def run_command(
    context: Context, action: AnyAction, subjects: Sequence[XapiObject], preset: Mapping[str, object] | None = None
) -> Run | None:
    """Do `action` to those of `subjects` that it can be done to, after the questions it takes.

    `preset`: what the dialog's fields begin with, instead of the usual. Returns when all have come to an end; None if it was left.
    Of several objects the run's card tells the results. While a dialog is open on the page, nothing more is asked and nothing given.
    """
    client = ui.context.client
    if opened(client):
        return None
    offer = Offer(context.mirror, action, subjects, whoever())
    offered = offer.now
    with client:  # the button that was clicked may go meanwhile
        if not offered.possible:
            notify(f"{_(action.title)}: {offered.reason}", Tone.WARNING)
            return None
        if action.page is not None and offered.total == 1 and (path := action.page(offered.able[0])):
            ui.navigate.to(path)
            return None
        if action.page_of_many is not None:
            _open_page_of_many(action, action.page_of_many(subjects))
            return None
        if action.id in DELETIONS:
            answer = await ask_deletion(offer)
            return await give(context, answer.action, offer.now.able, answer.request) if answer is not None else None
        request: Request | None = action.request() if not action.fields else None
        if needs_asking(offered):
            request = await ask(offer, context.runner.exchange, preset, DIALOGS.get(action.id), quota_lines(context, whoever(), action.id))
        return await give(context, action, offer.now.able, request) if request is not None else None


def _open_page_of_many(action: AnyAction, path: str) -> None:
    """With those that cannot: it says why."""
    if path:
        ui.navigate.to(path)
    else:
        notify(_("{action}: too many are selected; select fewer").format(action=_(action.title)), Tone.WARNING)


def start_run(context: Context, action: AnyAction, subjects: Sequence[XapiObject], request: Request) -> Run | None:
    """Begin it, all questions being answered, as whoever looks; None for who has signed out."""
    user = whoever()
    return context.runner.start(user, action, subjects, request, address=current_session().address) if user is not None else None


async def give(
    context: Context, action: AnyAction, subjects: Sequence[XapiObject], request: Request, begun: Callable[[Run], object] | None = None
) -> Run | None:  # fmt: skip
    """The same, but returns when all have come to an end, and says how a single one did."""
    client = ui.context.client
    run = start_run(context, action, subjects, request)
    if run is None:
        return None
    if begun is not None:
        begun(run)
    if action.delivers:
        await hand_over(context, client, run)
    else:
        await context.runner.ended(run)
    if len(run.items) == 1 and not client.is_deleted:
        with client:
            tell_end(context, run)
    return run


def tell_end(context: Context, run: Run) -> None:
    """What became of the one object: a success goes by, with a link to the VM it made; anything else stays until it is dismissed."""
    (item,) = run.items
    if item.state is RunState.DONE:
        text = _(run.action.done).format(name=item.name)
        if made := made_vms(run, context.mirror.pools):
            with ui.context.client.content:
                MadeNotice(text, made)
        else:
            notify(text)
    else:
        tone = Tone.CRITICAL if item.state in (RunState.FAILED, RunState.LOST) else Tone.WARNING
        notify(f"{_(run.action.title)} {item.name}: {item.reason or ''}", tone)
