"""A run made again of what it wrote down before a restart."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import msgspec

from data.mirror import PoolMirror
from data.stores.users import User
from xo_dash.control.access import given
from xo_dash.control.actions import BY_ID
from xo_dash.control.admission import taken
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.packed_text import unpacked
from xo_dash.control.requests.request import Request
from xo_dash.control.resume.files import Recorded, RunFile
from xo_dash.control.resume.lines import ALL, RunBegan, RunCancelled, state_of
from xo_dash.control.resume.record import ItemRecord, PastItem
from xo_dash.control.run import Run, RunItem
from xo_dash.control.steps import CANCELLED
from xo_dash.i18n import N_

log = logging.getLogger(__name__)
GONE: Final = lazy(N_("it cannot go on after the restart of xo-dash: its pool is no longer there"))


@dataclass(frozen=True, slots=True)
class Continued:
    """A run, and what each of its objects wrote down."""

    run: Run
    file: RunFile
    past: Mapping[RunItem, PastItem]


def recalled(recorded: Recorded, run_id: int, now: float, pools: Mapping[str, PoolMirror]) -> Continued | None:
    """None for a command or a server that is no more, or where it asks for something else now: the audit says what had begun."""
    began, past = recorded.began, _past(recorded)
    action = BY_ID.get(began.action)
    if action is None:
        return None
    try:
        request = msgspec.convert(began.request, action.request)
        requests = [msgspec.convert(one.began.request, action.request) if one.began else None for one in past]
    except msgspec.ValidationError as error:
        log.warning("run %s of %s cannot be continued: %s", began.key, began.action, error)
        return None
    if any(server not in pools for _uuid, _name, server, _pool in began.objects):
        return None
    items = tuple(_item(began, number, requests[number], one, pools) for number, one in enumerate(past))
    run = Run(
        id=run_id, key=began.key, action=action, user_id=began.user_id, user_name=began.user, address=began.address, items=items,
        created=began.created, request=request, continued=now, cap=began.cap,
        cancelled=ALL in (stopped := {line.item for line in recorded.lines if isinstance(line, RunCancelled)}),
    )  # fmt: skip
    for number, item in enumerate(items):
        item.cancelled = run.cancelled or number in stopped
    return Continued(run, recorded.file, dict(zip(items, past, strict=True)))


def _past(recorded: Recorded) -> list[PastItem]:
    past = [PastItem() for _object in recorded.began.objects]
    for line in recorded.lines:
        number = getattr(line, "item", -1)
        if 0 <= number < len(past):
            past[number].add(line)
    return past


def _item(began: RunBegan, number: int, request: Request | None, past: PastItem, pools: Mapping[str, PoolMirror]) -> RunItem:
    uuid, name, server, pool_uuid = began.objects[number]
    kind, home = BY_ID[began.action].kind, pools[server]
    subject = home.by_uuid(kind, uuid) or kind(uuid=uuid, home=home)  # until the pool shows its own
    item = RunItem(subject=subject, uuid=uuid, name=name, pool=server, pool_uuid=pool_uuid, request=request)
    if past.began is not None:
        item.started = past.began.at
    if past.ended is not None:
        item.state, item.reason = state_of(past.ended.state), unpacked(past.ended.reason)
        item.code, item.ended = past.ended.code, past.ended.at
    return item


def obstacle(run: Run, item: RunItem, record: ItemRecord, user: User | None, pool: PoolMirror | None) -> LazyText | None:
    """Why an item cannot go on now, of a run that `user` gave; if it can, its object is set as it is now, or was last."""
    kind = run.action.kind
    if pool is None or pool.uuid != item.pool_uuid:
        return GONE
    then = record.rows.row(pool.id, kind, item.uuid) if record.rows is not None else None
    item.subject = pool.by_uuid(kind, item.uuid) or then or item.subject
    if not pool.server.is_live:
        return CANCELLED.reason  # while it was waited for
    with record.rows.restored() if record.rows is not None else nullcontext():
        item.given = given(user, run.action, item.subject)
    reason = taken(run, item, user)
    return None if reason is None else lazy(N_("it cannot go on after the restart of xo-dash: {reason}"), reason=reason)
