"""Saying something of a finding: not now, not again while it lasts, or that it was seen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from components.actions import whoever
from components.findings.feed import FindingsFeed
from components.ui import Tone, notify
from data.findings.finding import Finding
from data.findings.overrides import Acknowledgement
from data.stores.errors import StoreError
from data.stores.users import Role
from xo_dash.context import Context
from xo_dash.i18n import N_, _

HOUR = 3600.0
FOR_EVER = math.inf
SNOOZES: Final[tuple[tuple[float, str], ...]] = (
    (HOUR, N_("For 1 hour")),
    (24 * HOUR, N_("For 1 day")),
    (7 * 24 * HOUR, N_("For 1 week")),
    (FOR_EVER, N_("Until resolved")),
)


def may_note() -> bool:
    """Whoever may act may also say what they have seen."""
    user = whoever()
    return user is not None and user.role.includes(Role.OPERATOR)


async def snooze(context: Context, finding: Finding, seconds: float) -> None:
    await _note(context, finding, lambda by, now: Acknowledgement(by, now, until=now + seconds))


async def acknowledge(context: Context, finding: Finding) -> None:
    await _note(context, finding, lambda by, now: Acknowledgement(by, now, seen=True))


async def take_back(context: Context, finding: Finding) -> None:
    await _note(context, finding, None)


async def _note(context: Context, finding: Finding, make: Callable[[str, float], Acknowledgement] | None) -> None:
    user = whoever()
    if user is None or not user.role.includes(Role.OPERATOR):
        notify(_("Viewers cannot do this; ask an operator"), Tone.WARNING)
        return
    try:
        await context.servers.watch.note(finding, make(user.name, time.time()) if make else None)
    except StoreError as error:
        notify(str(error), Tone.CRITICAL)
    context.shared(FindingsFeed).refresh()
