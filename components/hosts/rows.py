"""Hosts, and the VMs on one, as rows of a list."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from components.hosts.words import MARKS, NO_MOVE, STATES, no_move_text
from components.lists import Cell, ListColumn, ListRow, TableSpec, without
from components.lists.traffic import line_rate
from components.urls import path_of, pool_link
from components.vms.words import STATES as POWER_STATES
from components.vms.words import doing_of, mark_of
from data.facts.vm import VmState, is_guest, state_of
from data.history import History
from data.hosts import guests_of
from data.objects import VM, Host
from data.types import Home, XapiObject
from data.views.host import HostView as V
from data.views.moving import MoveTargets
from data.views.view import reads_of
from data.views.vm import VMView
from xo_dash.i18n import _, ngettext, number, percent, size

UNPATCHED: Final = "unpatched"
"""The segment of hosts that lack updates, or have to be rebooted, or their toolstack restarted, to finish them."""

HOST: Final = reads_of(
    V.name, V.description, V.tags, V.state, V.own_pool, V.memory, V.guest_count, V.cpus, V.address, V.product, V.booted,
    V.updates_unfinished,
)  # fmt: skip
RESIDENT: Final = reads_of(
    VMView.is_guest, VMView.host, VMView.name, VMView.description, VMView.tags, VMView.state, VMView.operations, VMView.memory,
    VMView.addresses, VMView.started, VMView.moves_to,
)  # fmt: skip
"""What a row of a host is made of, and one of a VM on it."""


def host_table(only: Home | None = None, is_unpatched: Callable[[Host], bool] = V.updates_unfinished.of) -> TableSpec[Host]:
    """All hosts, or those of one pool."""
    columns = [
        ListColumn(_("Name"), "minmax(120px, 1.4fr)", main=True),
        ListColumn(_("State"), "minmax(112px, 0.8fr)", brief=True),
        ListColumn(_("Pool"), "minmax(80px, 1fr)", brief=True, drop=6),
        ListColumn(_("CPU"), "minmax(102px, 0.7fr)", down=True, brief=True),
        ListColumn(_("Memory allocated"), "minmax(176px, 1.4fr)", down=True, brief=True, short=_("Memory"), beside=128),
        ListColumn(_("VMs"), "48px", number=True, down=True, drop=5),
        ListColumn(_("Threads"), "64px", number=True, down=True, drop=1),
        ListColumn(_("Address"), "minmax(110px, 0.9fr)", drop=4),
        ListColumn(_("Version"), "minmax(96px, 0.9fr)", drop=2),
        ListColumn(_("Uptime"), "92px", number=True, down=True, drop=3),
    ]
    spec = TableSpec(
        kind=Host,
        columns=columns,
        row=partial(_host_row, is_unpatched),
        reads=HOST,
        belongs=lambda host: only is None or host.home is only,
        title=_("Hosts"),
        find=_("Name, address, version, UUID"),
        nothing=_("No hosts. Those of connected pools that you have access to appear here."),
        segments={**{str(state): _(text) for state, text in STATES.items()}, UNPATCHED: _("Unpatched")},
        measured=3,
        measure=cpu_cell,
        trace=cpu_trace,
        expected=len(only.all(Host)) if only else 0,
    )
    return without(spec, 2) if only else spec


def _host_row(is_unpatched: Callable[[Host], bool], host: Host) -> ListRow:
    account, guests, threads = V.memory.of(host), V.guest_count.of(host), V.cpus.of(host).threads or math.nan
    share = account.used / account.total if account.total else math.nan
    memory = _("{used} of {size}").format(used=size(account.used), size=size(account.total)) if account.total else ""
    cells = (
        Cell(V.name.of(host), path=path_of(host), tip=V.description.of(host)),
        Cell(_(STATES[V.state.of(host)]), mark=MARKS[V.state.of(host)]),
        pool_cell(host),
        cpu_cell(host),
        Cell(memory, key=share, share=share if account.total else None),
        Cell(number(guests), key=guests),
        Cell(number(threads), key=threads),
        Cell(V.address.of(host), key=address_key(V.address.of(host))),
        Cell(V.product.of(host)),
        Cell(since=V.booted.of(host)),
    )
    segments = (str(V.state.of(host)), *((UNPATCHED,) if is_unpatched(host) else ()))
    return ListRow(cells, segments, "\n".join((host.hostname, V.description.of(host), *V.tags.of(host))))


def resident_table(host: Host) -> TableSpec[VM]:
    """The VMs on `host`."""
    able: dict[VM, bool] = {}  # who can migrate, as the rows say it: to look once more at all hosts for each VM takes too long
    columns = [
        ListColumn(_("Name"), "minmax(96px, 1.2fr)", main=True),
        ListColumn(_("State"), "minmax(88px, 0.6fr)", brief=True),
        ListColumn(_("CPU"), "minmax(102px, 0.6fr)", down=True, brief=True),
        ListColumn(_("Memory"), "58px", number=True, down=True, brief=True),
        ListColumn(_("Network"), "90px", number=True, down=True, drop=3),
        ListColumn(_("Addresses"), "minmax(134px, 1fr)", brief=True, drop=2),
        ListColumn(_("Can migrate to"), "minmax(96px, 1.5fr)", drop=4),
        ListColumn(_("Uptime"), "70px", number=True, down=True, drop=1),
    ]
    return TableSpec(
        kind=VM,
        columns=columns,
        row=lambda vm: _vm_row(vm, able),
        reads=RESIDENT,
        belongs=lambda vm: vm.resident_on == host.ref and vm.home is host.home and is_guest(vm),
        title=_("VMs"),
        find=_("Name, address, UUID"),
        nothing=_("No running VMs. Those that you have access to appear here."),
        expected=len(guests_of(host)),
        measured=2,
        also={4: _network_cell},
        sums=partial(_sums, host, able),
        measure=cpu_cell,
        trace=cpu_trace,
    )


def _vm_row(vm: VM, able: dict[VM, bool] | None = None) -> ListRow:
    """`able`: where it is noted whether it can migrate."""
    moves = VMView.moves_to.of(vm)
    if able is not None:
        able[vm] = bool(moves.hosts)
    addresses, memory = VMView.addresses.of(vm), VMView.memory.of(vm)
    state = doing_of(vm) or _(POWER_STATES[VMView.state.of(vm)])
    cells = (
        Cell(VMView.name.of(vm), path=path_of(vm), tip=VMView.description.of(vm)),
        Cell(state, mark=mark_of(vm)),
        cpu_cell(vm),
        Cell(size(memory), key=memory),
        _network_cell(vm),
        Cell(more(addresses), key=address_key(addresses[0]) if addresses else None, tip="\n".join(addresses)),
        _move_cell(moves),
        Cell(since=VMView.started.of(vm)),
    )
    return ListRow(cells, (), "\n".join((*VMView.tags.of(vm), *addresses)))


def _traffic(vm: VM) -> float:
    """Bytes a second, in and out; NaN if nothing was measured."""
    load = vm.home.part(History).load(vm.uuid)
    return load.net_rx + load.net_tx if load is not None and state_of(vm) is VmState.RUNNING else math.nan


def _network_cell(vm: VM) -> Cell:
    amount = _traffic(vm)
    return Cell("" if math.isnan(amount) else line_rate(amount), key=amount)


def _sums(host: Host, able: Mapping[VM, bool], vms: Iterable[VM]) -> Sequence[str]:
    """Of the VMs on a host: how busy they keep it, what they have, how many can leave it."""
    found = list(vms)
    load = host.home.part(History).load(host.uuid)
    busy = percent(load.cpu) if found and load is not None and not math.isnan(load.cpu) else ""
    can = sum(able.get(vm, False) for vm in found)
    leave = _("{n} can, {rest} cannot").format(n=number(can), rest=number(len(found) - can)) if found else ""
    traffic = [amount for amount in map(_traffic, found) if not math.isnan(amount)]
    count = ngettext("{n} VM", "{n} VMs", len(found)).format(n=number(len(found)))
    memory = size(sum(map(VMView.memory.of, found)))
    return (count, "", busy, memory, line_rate(sum(traffic)) if traffic else "", "", leave, "")


def _move_cell(found: MoveTargets) -> Cell:
    """Where it can go; in short why not, the whole reason on pointing."""
    if found.hosts:
        count = len(found.hosts)
        names = ", ".join(host.name for host in found.hosts)
        return Cell(names if count == 1 else ngettext("{n} host", "{n} hosts", count).format(n=number(count)), key=count, tip=names)
    if found.why is None:
        return Cell("", key=-1)
    return Cell(_(NO_MOVE[found.why]), key=0, mark="disabled", tone="dim", tip=no_move_text(found))


def pool_cell(row: XapiObject) -> Cell:
    """The pool that it is in."""
    name, path = pool_link(row)
    return Cell(name, path=path)


def cpu_cell(row: XapiObject) -> Cell:
    """How busy its CPUs are; nothing where it was not measured."""
    load = row.home.part(History).load(row.uuid)
    if load is None or math.isnan(load.cpu) or (isinstance(row, VM) and state_of(row) is not VmState.RUNNING):
        return Cell("", key=math.nan)
    return Cell(percent(load.cpu), key=load.cpu, share=round(load.cpu, 2))


def cpu_trace(row: XapiObject) -> str:
    """How busy they were in the last ten minutes."""
    return row.home.part(History).trace(row.uuid)


def more(texts: list[str] | tuple[str, ...]) -> str:
    """The first, and how many more there are: `10.0.0.1 +2`."""
    return "".join(texts[:1]) + (f" +{len(texts) - 1}" if len(texts) > 1 else "")


def address_key(text: str) -> str:
    """To sort by: 10.0.0.9 before 10.0.0.10, IPv6 after IPv4, none last."""
    return f"6{text}" if ":" in text else "4" + ".".join(part.rjust(3, "0") for part in text.split(".")) if text else ""
