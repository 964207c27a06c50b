"""Where all disks on an SR and all NICs on a network go, for all VMs of a selection at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui

from components.live import fresh_slot
from components.migration.fields import free_on, place_field, reason_field
from components.ui import Card, Column, check, choice, data_table
from components.ui.facts import Value
from data.identity import key_of
from data.names import name_of
from data.objects import PowerState
from xo_dash.control.vm.migration.group import GroupPlacement, NetworkMove, SRMove, common_networks, common_srs
from xo_dash.control.vm.migration.mapping import MappingReason, has_address, migration_network_of
from xo_dash.i18n import _, isolated, number, size

Chosen = Callable[[str, str], object]
"""(key of where something is, key of where it goes)"""


class ManyPlaces(ui.element):
    """Drawn anew where it differs, so that nobody's open list closes for nothing."""

    def __init__(self, sr: Chosen, network: Chosen, over: Callable[[str], object], keep: Callable[[bool], object]) -> None:
        """`over`: told the key of the migration network. `keep`: whether originals are kept."""
        super().__init__()
        self.classes("x-move-main")
        self.on_sr, self.on_network, self.on_over, self.on_keep = sr, network, over, keep
        self._shown: object = None

    def show(self, placed: GroupPlacement, network: str, *, copy: bool) -> None:
        hosts = list(dict.fromkeys(one.host for one in placed.targets.values() if one.refused is None)) or list(placed.goal.hosts)
        srs = {key_of(sr): f"{isolated(label)} · {free_on(sr)}" for sr, label in common_srs(hosts)}
        networks = {key_of(one): name_of(one) for one in common_networks(hosts)}
        ways = {key_of(one): name_of(one) for one in common_networks(hosts) if all(has_address(host, one) for host in hosts)}
        leave = [vm for vm in placed.able if vm.home is not placed.goal.home]
        may_copy = bool(leave) and len(leave) == len(placed.able) and all(vm.power_state is PowerState.HALTED for vm in leave)
        usual = migration_network_of(hosts[0]) if hosts else None
        shown = (placed.sr_moves, placed.network_moves, srs, networks, ways, may_copy, network, copy)
        if shown == self._shown:
            return
        self._shown = shown
        with fresh_slot(self):
            self._draw_srs(placed, srs)
            self._draw_networks(placed, networks)
            if len(ways) > 1 or may_copy or copy:
                self._draw_options(ways, network or (key_of(usual) if usual is not None else ""), copy=copy, may_copy=may_copy)

    def _draw_srs(self, placed: GroupPlacement, options: dict[str, str]) -> None:
        if not placed.sr_moves:
            return
        columns = [
            Column(_("On SR"), main=True),
            Column(_("Disks"), number=True),
            Column(_("Used"), number=True),
            Column(_("To")),
            Column(_("Why")),
        ]
        with Card(_("Storage"), _("for the disks of all VMs")):
            data_table(columns, [self._sr_row(one, options) for one in placed.sr_moves]).classes("x-move-places x-stacks x-move-srs")

    def _sr_row(self, one: SRMove, options: dict[str, str]) -> list[Value]:
        source = key_of(one.source)
        shown = key_of(one.sr) if one.sr is not None else None
        label = _("SR for the disks on {sr}").format(sr=name_of(one.source))
        stays = {source: name_of(one.source)} if one.why is MappingReason.STAYS else {}
        return [
            name_of(one.source), number(one.disks), size(one.bytes),
            partial(place_field, stays | options, shown, label, partial(self.on_sr, source), f"sr-{one.source.uuid}"),
            partial(reason_field, one.why),
        ]  # fmt: skip

    def _draw_networks(self, placed: GroupPlacement, options: dict[str, str]) -> None:
        if not placed.network_moves:
            return
        columns = [Column(_("On network"), main=True), Column(_("NICs"), number=True), Column(_("To")), Column(_("Why"))]
        with Card(_("Networks"), _("for the NICs of all VMs")):
            rows = [self._network_row(one, options) for one in placed.network_moves]
            data_table(columns, rows).classes("x-move-places x-stacks x-move-networks")

    def _network_row(self, one: NetworkMove, options: dict[str, str]) -> list[Value]:
        source = key_of(one.source)
        shown = key_of(one.network) if one.network is not None else None
        label = _("Network for the NICs on {network}").format(network=name_of(one.source))
        return [
            name_of(one.source), number(one.nics),
            partial(place_field, options, shown, label, partial(self.on_network, source), f"network-{one.source.uuid}"),
            partial(reason_field, one.why),
        ]  # fmt: skip

    def _draw_options(self, ways: dict[str, str], network: str, *, copy: bool, may_copy: bool) -> None:
        with Card(_("Options")):
            if len(ways) > 1:
                shown = network if network in ways else None
                choice(ways, shown, label=_("Migration network"), on_change=lambda event: self.on_over(str(event.value)))
            if may_copy or copy:
                check(_("Keep the originals (copy)"), copy, on_change=lambda event: self.on_keep(bool(event.value)))
