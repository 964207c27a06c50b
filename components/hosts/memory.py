"""Who has a host's memory, or a pool's: one bar in parts, and the same in numbers that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from nicegui import ui

from components.cells import Facts
from components.live import follow_facts
from components.ui import Card
from data.placement import Memory
from data.views.host import HostView
from xo_dash.i18n import _, gibibytes, percent, size

PARTS = ("xen", "dom0", "guests")
TENTH: Final = (1 << 30) / 10


class MemoryBar(Card):
    """Shows an account; `show` another."""

    def __init__(self) -> None:
        super().__init__(_("Memory allocated"))
        with self:
            with ui.element().classes("x-parts").props("aria-hidden=true"):
                self._parts = {name: ui.element("i").classes(f"x-part x-part-{name}") for name in PARTS}
            self._facts = Facts([name for name, _amount in _amounts(Memory(0, 0, 0, 0, 0))])

    def show(self, account: Memory) -> None:
        """Send what is different."""
        known = account.total > 0
        self.scope.text = _("of {size}").format(size=size(account.total)) if known else _("no measurements")
        for name, part in self._parts.items():
            share = getattr(account, name) / account.total if known else 0.0
            part.style(f"width: {share * 100:.1f}%")
        names, parts = zip(*_amounts(account), strict=True)
        self._facts.show(list(zip(names, _told(parts, account.total) if known else [None] * len(parts), strict=True)))


def _amounts(account: Memory) -> list[tuple[str, int]]:
    return [
        (_("Xen"), account.xen),
        (_("Control domain"), account.dom0),
        (_("VMs"), account.guests),
        (_("Free"), account.free),
    ]


def _told(parts: Sequence[int], total: int) -> list[str]:
    """To the tenth of a GiB, and to the percent: what is shown adds up to what is installed."""
    tenths, hundredths = apportioned(parts, round(total / TENTH)), apportioned(parts, 100)
    return [f"{gibibytes(tenth / 10)} · {percent(share / 100)}" for tenth, share in zip(tenths, hundredths, strict=True)]


def apportioned(parts: Sequence[int], whole: int) -> list[int]:
    """Whole numbers in proportion to `parts` that add up to `whole`."""
    total = sum(parts)
    exact = [part * whole / total if total else 0.0 for part in parts]
    found = [math.floor(one) for one in exact]
    nearest = sorted(range(len(parts)), key=lambda at: found[at] - exact[at])
    for at in nearest[: whole - sum(found) if total else 0]:
        found[at] += 1
    return found


class HostMemory(MemoryBar):
    """Follows a host and what is on it."""

    def __init__(self, host: HostView) -> None:
        super().__init__()
        with self:
            follow_facts(host, ("memory",), lambda: self.show(host.memory))
