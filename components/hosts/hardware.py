"""What the machine says of its disks and sensors; a card that is there once something was told."""

from __future__ import annotations

import math
from collections.abc import Iterator

from nicegui import background_tasks, ui

from components.live import fresh_slot
from components.ui import Card, Mark
from data.views.host import HostView
from xo_dash.context import Context
from xo_dash.control.host.hardware import DiskHealth, Machine, number_in
from xo_dash.i18n import _, ngettext, number


class HostHardware(Card):
    def __init__(self, context: Context, host: HostView) -> None:
        super().__init__(_("Hardware"))
        self._context, self._host = context, host
        self.set_visibility(False)
        with self:
            self._box = ui.element().classes("x-hardware")
        background_tasks.create(self._ask(), name="hardware of a host")

    async def _ask(self) -> None:
        machine = await self._context.runner.machines.of(self._host.row)
        if self.is_deleted or not machine.is_known:
            return
        with self, fresh_slot(self._box):
            for mark, what, value in _rows(machine):
                Mark(mark)
                ui.label(what)
                ui.label(value).classes("x-dim")
        self.set_visibility(True)


def _rows(machine: Machine) -> Iterator[tuple[str, str, str]]:
    """(mark, what, how it is), what is wrong first."""
    found = [*_raid(machine), *map(_disk, machine.disks), *_sensors(machine)]
    yield from sorted(found, key=lambda row: row[0] not in ("critical", "warning"))


def _raid(machine: Machine) -> Iterator[tuple[str, str, str]]:
    if machine.raid:
        is_fine = not any(word in machine.raid for word in ("degraded", "failed", "recover"))
        yield "running" if is_fine else "critical", f"RAID {machine.raid_level.removeprefix('raid')}".strip(), machine.raid


def _disk(disk: DiskHealth) -> tuple[str, str, str]:
    what = f"{disk.device.removeprefix('/dev/')} {disk.model}".strip()
    if disk.passed is False:
        return "critical", what, _("SMART: failing")
    if disk.reallocated:
        text = ngettext("{n} reallocated sector", "{n} reallocated sectors", disk.reallocated)
        return "warning", what, text.format(n=number(disk.reallocated))
    if disk.passed is None:
        return "unknown", what, _("no SMART")
    heat = "" if math.isnan(disk.temperature) else f", {number(disk.temperature)} °C"
    return "running", what, _("healthy") + heat


def _sensors(machine: Machine) -> Iterator[tuple[str, str, str]]:
    bad = [sensor for sensor in machine.sensors if not sensor.is_fine]
    yield from (("warning", sensor.name, sensor.value) for sensor in bad)
    fans = [sensor for sensor in machine.sensors if "rpm" in sensor.value.lower() and sensor.is_fine]
    heat = [number_in(sensor) for sensor in machine.sensors if "degrees" in sensor.value.lower()]
    power = [number_in(sensor) for sensor in machine.sensors if "watt" in sensor.value.lower()]
    hottest = max((one for one in heat if not math.isnan(one)), default=math.nan)
    if fans:
        yield "running", ngettext("{n} fan", "{n} fans", len(fans)).format(n=number(len(fans))), _("running")
    if not math.isnan(hottest):
        yield "running", _("Hottest sensor"), f"{number(hottest)} °C"
    if power and not math.isnan(power[0]):
        yield "running", _("Power"), _("{n} W").format(n=number(power[0]))
