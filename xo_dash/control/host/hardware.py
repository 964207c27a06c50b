"""What a host's machine says of its disks, RAID and sensors, by the plugins that XCP-ng has for it; nothing where they are not there."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from data.identity import key_of
from data.objects import Host
from data.texts import decimal
from xo_dash.control.task_waiter import Caller, Connections
from xo_dash.xapi.errors import NotConnected, XapiError

KEPT: Final = 600.0
"""Seconds for which an answer is good."""
LONGEST: Final = 1 << 20
"""Characters of an answer that are read."""
MOST: Final = 64
"""Disks, and sensors, of one host."""
REALLOCATED: Final = 5
"""The SMART attribute of sectors that were replaced."""
FINE: Final = frozenset({"ok", "presence detected", "fully redundant", "state asserted", ""})


@dataclass(frozen=True, slots=True)
class DiskHealth:
    device: str  # /dev/sda
    model: str
    passed: bool | None  # what the disk says of itself; None if it does not
    temperature: float  # degrees Celsius; NaN if it does not say
    reallocated: int  # sectors


@dataclass(frozen=True, slots=True)
class Sensor:
    name: str
    value: str
    is_fine: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """All that was told; empty where no plugin is there."""

    disks: tuple[DiskHealth, ...] = ()
    raid: str = ""  # `clean`, `active, degraded`
    raid_level: str = ""
    sensors: tuple[Sensor, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.disks or self.raid or self.sensors)


class Machines:
    """What was told lately, for all who look: asking takes seconds of the host's."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._told: dict[str, tuple[float, Machine]] = {}  # by the host's key: when (monotonic), what

    async def of(self, host: Host) -> Machine:
        key = key_of(host)
        asked, known = self._told.get(key, (-math.inf, Machine()))
        if time.monotonic() - asked < KEPT:
            return known
        try:
            known = await machine_of(self._connections(host.home.id), host)
        except NotConnected:
            return known
        self._told[key] = time.monotonic(), known
        return known


async def machine_of(caller: Caller, host: Host) -> Machine:
    """Ask all plugins at once; one that is missing or fails is as if it told nothing."""
    disks, raid, sensors = await asyncio.gather(
        _asked(caller, host, "smartctl.py", "information"),
        _asked(caller, host, "raid.py", "check_raid_pool"),
        _asked(caller, host, "ipmitool.py", "get_all_sensors"),
    )
    array = raid.get("raid") if isinstance(raid, dict) else None
    told = array if isinstance(array, dict) else {}
    return Machine(tuple(_disks(disks)), _text(told.get("State")), _text(told.get("Raid Level")), tuple(_sensors(sensors)))


async def _asked(caller: Caller, host: Host, plugin: str, function: str) -> Any:
    """The JSON of its answer; None without any."""
    try:
        answer = await caller.call("host.call_plugin", host.ref, plugin, function, {})
    except XapiError:
        return None
    if not isinstance(answer, str) or len(answer) > LONGEST:
        return None
    try:
        return msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError):
        return None


def _disks(answer: Any) -> Iterator[DiskHealth]:
    """Source: smartctl.py information gives {"/dev/sda:scsi": what `smartctl -j -a` says}."""
    if not isinstance(answer, dict):
        return
    for name, told in list(answer.items())[:MOST]:
        if isinstance(told, dict):
            status, temperature = _of(told, "smart_status").get("passed"), _of(told, "temperature").get("current")
            celsius = float(temperature) if isinstance(temperature, (int, float)) else math.nan
            passed = status if isinstance(status, bool) else None
            yield DiskHealth(_text(name).partition(":")[0], _text(told.get("model_name")), passed, celsius, _reallocated(told))


def _reallocated(told: Mapping[str, Any]) -> int:
    table = _of(told, "ata_smart_attributes").get("table")
    rows = table if isinstance(table, list) else []
    counts = (_of(row, "raw").get("value") for row in rows if isinstance(row, dict) and row.get("id") == REALLOCATED)
    return next((count for count in counts if isinstance(count, int)), 0)


def _sensors(answer: Any) -> Iterator[Sensor]:
    """Source: ipmitool.py get_all_sensors gives [{name, value, event}]."""
    for one in answer[:MOST] if isinstance(answer, list) else ():
        if isinstance(one, dict) and _text(one.get("name")):
            yield Sensor(_text(one["name"]), _text(one.get("value")), _text(one.get("event")).lower() in FINE)


def number_in(sensor: Sensor) -> float:
    """`23 degrees C` -> 23; NaN where it is none."""
    first = sensor.value.split(" ", 1)[0]
    return decimal(first) if first.replace(".", "", 1).isdigit() else math.nan


def _of(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return " ".join(value.split())[:120] if isinstance(value, str) else ""
