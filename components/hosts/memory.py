"""Who has a host's memory, or a pool's: one bar in parts, and the same in numbers that add up."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import ui

from components.ui import Card
from components.vms.around import follow_around
from components.vms.cells import Facts
from data.hosts import account_of
from data.mirror import Mirror
from data.objects import Host
from data.placement import Memory
from data.types import Ref
from xo_dash.i18n import _, percent, size

PARTS = ("xen", "dom0", "guests")
NAMES = ("resident_VMs", "memory_overhead", "metrics", "control_domain")


class MemoryBar(Card):
    """Shows an account; `show` another."""

    def __init__(self) -> None:
        super().__init__(_("Memory allocated"), " ")
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

    def __init__(self, mirror: Mirror, host: Host) -> None:
        super().__init__()
        with self:
            follow_around(
                mirror, host, memory_refs, lambda: self.show(account_of(host)), names=("resident_VMs", "memory_overhead", "metrics")
            )


def memory_refs(host: Host) -> Iterable[Ref]:
    yield from (host.metrics, host.control_domain)
    yield from host.resident_VMs


def sum_of(hosts: Iterable[Host]) -> Memory:
    accounts = [account_of(host) for host in hosts]
    return Memory(
        sum(one.total for one in accounts),
        sum(one.xen for one in accounts),
        sum(one.dom0 for one in accounts),
        sum(one.guests for one in accounts),
        sum(one.free for one in accounts),
    )
