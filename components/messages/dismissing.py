"""Dismissing messages from the list: asked once, then pool by pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from nicegui import ui

from components.actions import whoever
from components.lists.rows import BulkActions
from components.ui import Tone, confirm, notify
from data.facts.pool import own_pool
from data.objects import Message, Pool
from data.stores.users import Role
from xo_dash.auth.current import current_session, current_user
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.pool.messages import MOST, DismissMessages
from xo_dash.control.run import Run, RunState
from xo_dash.i18n import _, ngettext, number


def dismissing(context: Context) -> BulkActions[Message] | None:
    """Whoever may dismiss them may choose them."""
    acts = BulkActions(_("Dismiss selected"), _("Dismiss all"), partial(dismiss, context))
    return acts if current_user().role.includes(Role.OPERATOR) else None


async def dismiss(context: Context, messages: Sequence[Message]) -> None:
    """Have the pools forget these, after a question where there are several."""
    client = ui.context.client
    count = len(messages)
    if not count:
        return
    if count > 1:
        title = ngettext("Dismiss {n} message?", "Dismiss {n} messages?", count).format(n=number(count))
        text = _("They are deleted from the pools, for all users and other tools. The problems themselves stay under Attention.")
        if not await confirm(title, text, yes=_("Dismiss"), no=_("Cancel")):
            return
    done, refused = 0, ""
    for pool, some in _in_parts(messages):
        user = whoever()
        if user is None or client.is_deleted:
            return
        reason = why_not(action("pool.dismiss_messages"), pool, user)
        if reason is None:
            request = DismissMessages(messages=[message.uuid for message in some])
            run = await context.runner.run(user, action("pool.dismiss_messages"), [pool], request, address=current_session().address)
            reason = None if _is_done(run) else run.items[0].reason
            done += len(some) if reason is None else 0
        refused = refused or str(reason or "")
    if client.is_deleted:
        return
    with client:
        if done:
            notify(ngettext("{n} message dismissed", "{n} messages dismissed", done).format(n=number(done)))
        if refused:
            notify(f"{_('Dismiss')}: {refused}", Tone.WARNING)


def _is_done(run: Run) -> bool:
    return run.items[0].state is RunState.DONE


def _in_parts(messages: Sequence[Message]) -> Iterator[tuple[Pool, list[Message]]]:
    """By pool, so many at a time."""
    by_pool: defaultdict[Pool, list[Message]] = defaultdict(list)
    for message in messages:
        if own := own_pool(message.home):
            by_pool[own].append(message)
    for pool, found in by_pool.items():
        for at in range(0, len(found), MOST):
            yield pool, found[at : at + MOST]
