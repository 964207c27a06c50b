"""Who has a host's memory, or a pool's: one bar in parts, and the same in numbers that add up."""

from __future__ import annotations

from nicegui import ui

from components.cells import Facts
from components.live import follow_facts
from components.ui import Card
from data.placement import Memory
from data.views.host import HostView
from xo_dash.i18n import _, percent, size

PARTS = ("xen", "dom0", "guests")


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
        self._facts.show([(name, _told(amount, account.total) if known else None) for name, amount in _amounts(account)])


def _amounts(account: Memory) -> list[tuple[str, int]]:
    return [
        (_("Xen"), account.xen),
        (_("Control domain"), account.dom0),
        (_("VMs"), account.guests),
        (_("Free"), account.free),
    ]


def _told(amount: int, total: int) -> str:
    return f"{size(amount)} · {percent(amount / total)}"


class HostMemory(MemoryBar):
    """Follows a host and what is on it."""

    def __init__(self, host: HostView) -> None:
        super().__init__()
        with self:
            follow_facts(host, ("memory",), lambda: self.show(host.memory))
