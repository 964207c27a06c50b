"""What protects a VM, one line each, with the verb where something is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, NamedTuple

from nicegui import ui

from components.actions import offer_undo, run_one, whoever
from components.live import follow, follow_facts
from components.ui import Button, ButtonKind, Card
from data.findings.storage import FULL
from data.host_fit import other_hosts
from data.level import Level
from data.names import name_of
from data.texts import natural
from data.views.host import HostView
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.run import RunState
from xo_dash.control.vm.protect import PROTECT, ProtectVM
from xo_dash.i18n import N_, _, ngettext, number, percent

SNAPSHOTS: Final = N_("Snapshots")
READS: Final = ("pool_has_ha", "restarts", "fullest_sr", "snapshot_count", "is_protected", "disks", "nics", "host")
FITS: Final = ("enabled", "metrics", "resident_VMs", "PBDs", "PIFs", "name_label", "hostname")
"""What of other hosts is followed: not the memory of each VM on them, which would be a look at all hosts at each change of any VM."""


class ProtectionLine(NamedTuple):
    """One kind of protection; `well` is None where nothing is expected."""

    title: str
    text: str
    well: bool | None
    verb: str = ""
    grave: bool = False
    """What is not well is critical, as the list of problems has it."""


class Protection(Card):
    """Sends only what differs; a line that has nothing to say is not there."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(_("Protection"))
        self._context, self._vm = context, vm
        self._lines: dict[str, LineBox] = {}
        self._is_drawn = False  # once is enough: which hosts could run it is asked of all
        with self, ui.element().classes("x-protection") as self._box, ui.element().classes("contents"):
            follow(context.mirror, vm.row.home.all(HostView.kind).values(), self._hosts_changed, names=FITS)
            self._is_drawn = True
            follow_facts(vm, READS, self._refresh)

    def _hosts_changed(self) -> None:
        if self._is_drawn:
            self._refresh()

    def _refresh(self) -> None:
        lines = list(protection(self._vm, knows_hosts=self._knows_hosts()))
        look = sum(line.well is False for line in lines)
        self.scope.text = ngettext("{n} to check", "{n} to check", look).format(n=number(look)) if look else ""
        for gone in self._lines.keys() - {line.title for line in lines}:
            self._lines.pop(gone).delete()
        allowed = bool(may(whoever(), PROTECT, self._vm.row))
        for line in lines:
            if line.title not in self._lines:
                with self._box:
                    self._lines[line.title] = LineBox(line.title, self._protect)
            self._lines[line.title].show(line, allowed)

    def _knows_hosts(self) -> bool:
        """Whoever sees the VM alone knows of no host but its own, and so not whether there are others."""
        return any(self._context.scope.shows(host) for host in self._vm.row.home.all(HostView.kind).values())

    async def _protect(self) -> None:
        client, request = self.client, ProtectVM(deletion=True)
        item = await run_one(self._context, PROTECT, self._vm.row, request)
        if item is not None and item.state is RunState.DONE:
            with client:
                offer_undo(self._context, PROTECT, self._vm.row, request, ProtectVM(deletion=False))


class LineBox(ui.element):
    """A mark, what it is about, how it stands, and the verb."""

    def __init__(self, title: str, clicked: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.classes("x-protection-line")
        self._shown: ProtectionLine | None = None
        with self:
            self._sign = ui.element("i")
            ui.label(title).classes("x-dim")
            self._words = ui.label().classes("x-grow").props("dir=auto")
            self._verb = Button(" ", clicked, kind=ButtonKind.GHOST).mark("protect").props("data-once")

    def show(self, line: ProtectionLine, allowed: bool) -> None:
        if line == self._shown:
            return
        self._shown = line
        look = "x-protection-grave" if line.grave else "x-protection-look"
        self._sign.classes(replace={True: "x-protection-ok", None: "x-protection-none", False: look}[line.well])
        self._words.text = line.text
        self._verb.set_text(line.verb or " ")
        self._verb.set_visibility(bool(line.verb) and allowed)


def protection(vm: VMView, *, knows_hosts: bool = True) -> Iterable[ProtectionLine]:
    yield _ha(vm)
    if knows_hosts:
        yield _host_failure(vm)
    if vm.fullest_sr is not None:
        sr, share = vm.fullest_sr
        level, text = FULL.limits.level(share), _("{sr} is {share} full").format(sr=sr, share=percent(share))
        yield ProtectionLine(_("SR space"), text, level < Level.WARNING, grave=level is Level.CRITICAL)
    count, safe = vm.snapshot_count, vm.is_protected
    yield ProtectionLine(
        _(SNAPSHOTS), ngettext("{n} snapshot", "{n} snapshots", count).format(n=number(count)) if count else _("none"), None
    )
    yield ProtectionLine(
        _("Deletion"), _("Protected") if safe else _("Not protected"), True if safe else None, "" if safe else _("Protect")
    )


def _ha(vm: VMView) -> ProtectionLine:
    if not vm.pool_has_ha:
        return ProtectionLine(_("HA"), _("Off in this pool"), None)
    text = {"restart": _("Restarts on another host"), "best-effort": _("Restarts if there is room")}.get(vm.restarts)
    return ProtectionLine(_("HA"), text or _("Does not restart"), text is not None)


def _host_failure(vm: VMView) -> ProtectionLine:
    """Whether another host could run it."""
    others = other_hosts(vm.row)
    able = sorted((name_of(host) for host, fits in others if fits), key=natural)
    if not others:
        return ProtectionLine(_("Host failure"), _("No other host in the pool"), None)
    if not able:
        return ProtectionLine(_("Host failure"), _("Cannot run on any other host"), False)
    return ProtectionLine(_("Host failure"), _("Can run on {hosts}").format(hosts=", ".join(able)), True)
