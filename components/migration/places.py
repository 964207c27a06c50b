"""Where the disks and NICs of one VM go, over which network, and whether the original is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from nicegui import ui

from components.actions import whoever
from components.live import fresh_slot
from components.migration.choices import MigrationChoices
from components.migration.fields import DOUBTFUL, free_on, place_field, reason_field
from components.migration.words import WHYS
from components.ui import Button, ButtonKind, Card, check, choice, data_table
from components.ui.facts import Value
from components.ui.tables import Column
from data.identity import key_of
from data.names import name_of
from data.objects import SR, VM, Host, Network
from data.vms import copy_size
from xo_dash.control.sr.choice import disk_srs, free_space
from xo_dash.control.usable import usable_by
from xo_dash.control.vm.migration.mapping import DiskMove, MappingReason, NicMove, has_address, migration_network_of, networks_on
from xo_dash.control.vm.migration.request import disks_in, nics_in
from xo_dash.control.vm.migration.targets import is_running, reached_srs
from xo_dash.i18n import _, isolated, size


class MigrationPlaces(ui.element):
    """Changes `chosen`."""

    def __init__(self, vm: VM, chosen: MigrationChoices, changed: Callable[[], None]) -> None:
        """`changed`: told after each."""
        super().__init__()
        self.classes("contents")
        self._vm, self._chosen = vm, chosen
        self._host: Host | None = None
        self.on_changed = changed

    def show(self, host: Host | None) -> None:
        """`host`: the target."""
        self._host = host
        with fresh_slot(self):
            if host is not None:
                self._draw_disks(host)
                self._draw_nics(host)
                self._draw_options(host)

    def _put_disk(self, uuid: str, key: str) -> None:
        self._chosen.disks[uuid] = key
        self.show(self._host)
        self.on_changed()

    def _put_nic(self, uuid: str, key: str) -> None:
        self._chosen.nics[uuid] = key
        self.show(self._host)
        self.on_changed()

    def _draw_disks(self, host: Host) -> None:
        usable = usable_by(whoever(), self._vm)
        moves = disks_in(self._chosen.request(), self._vm, host, usable)
        if not moves:
            return
        reached = {sr.ref for sr in reached_srs(host)}
        there = [(sr, label) for sr, label in disk_srs(host.home) if sr.ref in reached and (usable is None or usable(sr))]
        options = {key_of(sr): f"{isolated(label)} · {free_on(sr)}" for sr, label in there}
        columns = [Column(_("Disk"), main=True), Column(_("Size"), number=True), Column(_("Used"), number=True), Column(_("From")),
                   Column(_("To")), Column(_("Free after"), number=True), Column(_("Why"))]  # fmt: skip
        left, coming = dict[SR, str](), Counter[SR]()
        for move in moves:
            if move.sr is not None and move.why is not MappingReason.STAYS:
                coming[move.sr] += copy_size(move.disk)
        for sr, amount in coming.items():
            free = free_space(sr)
            left[sr] = size(max(0, free - amount)) if free is not None else "–"
        with Card(_("Disks")) as card:
            first = moves[0].sr
            if first is not None and len({move.sr for move in moves}) > 1:
                with card.head:
                    Button(_("All to {sr}").format(sr=name_of(first)), partial(self._put_all, moves, key_of(first)), kind=ButtonKind.GHOST)
            data_table(columns, [self._disk_row(move, options, left) for move in moves]).classes("x-move-places x-stacks x-move-disks")

    def _put_all(self, moves: Sequence[DiskMove], key: str) -> None:
        self._chosen.disks.update({move.disk.uuid: key for move in moves})
        self.show(self._host)
        self.on_changed()

    def _disk_row(self, move: DiskMove, options: dict[str, str], left: Mapping[SR, str]) -> list[Value]:
        """`left`: what is free on an SR after all of them."""
        disk = move.disk
        now = disk.home.one(SR, disk.SR)
        shown = key_of(move.sr) if move.sr is not None else None
        label = _("SR for {disk}").format(disk=name_of(disk))
        return [
            name_of(disk), size(disk.virtual_size), size(copy_size(disk)), name_of(now) if now else "–",
            partial(place_field, options, shown, label, partial(self._put_disk, disk.uuid)),
            left.get(move.sr, "") if move.sr is not None and move.why is not MappingReason.STAYS else "", _(WHYS[move.why]),
        ]  # fmt: skip

    def _draw_nics(self, host: Host) -> None:
        usable = usable_by(whoever(), self._vm)
        moves = nics_in(self._chosen.request(), self._vm, host, usable)
        if not moves:
            return
        options = {key_of(network): name_of(network) for network in networks_on(host) if usable is None or usable(network)}
        columns = [Column(_("NIC"), main=True), Column(_("MAC")), Column(_("From")), Column(_("To")), Column(_("Why"))]
        with Card(_("Networks")):
            data_table(columns, [self._nic_row(move, options) for move in moves]).classes("x-move-places x-stacks x-move-nics")

    def _nic_row(self, move: NicMove, options: dict[str, str]) -> list[Value]:
        nic = move.nic
        now = nic.home.one(Network, nic.network)
        shown = key_of(move.network) if move.network is not None else None
        label = _("Network for NIC {device}").format(device=nic.device)
        return [
            nic.device, nic.MAC, name_of(now) if now else "–",
            partial(place_field, options, shown, label, partial(self._put_nic, nic.uuid), is_guess=move.why in DOUBTFUL),
            partial(reason_field, move.why),
        ]  # fmt: skip

    def _draw_options(self, host: Host) -> None:
        networks = [network for network in host.home.all(Network).values() if has_address(host, network)]
        may_copy = (host.home is not self._vm.home and not is_running(self._vm)) or self._chosen.copy
        if len(networks) < 2 and not may_copy:
            return
        main = migration_network_of(host)
        usual = key_of(main) if main is not None else ""

        def over(key: str) -> None:
            self._chosen.network = "" if key == usual else key
            self.on_changed()

        def keep(value: bool) -> None:
            self._chosen.copy = value
            self.on_changed()

        with Card(_("Options")):
            if len(networks) > 1:
                options = {key_of(network): name_of(network) for network in networks}
                shown = self._chosen.network or usual or None
                choice(options, shown, label=_("Migration network"), on_change=lambda event: over(str(event.value)))
            if may_copy:
                check(_("Keep the original (copy)"), self._chosen.copy, on_change=lambda event: keep(bool(event.value)))
