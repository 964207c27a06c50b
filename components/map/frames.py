"""Measurements on their way to the map: a letter for each value of an object, in columns, as the difference to the round before.

A level is 0 to 63, in equal steps for what has a whole and in equal ratios for what has none; 64 is "not measured". As letters, and not as
bytes in base64, they are what the socket's compression can do something with; as differences, most are the same letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isnan, log2

from data.history import LENGTH, NAN, History, Load, Series

TOP, GAP = 63, 64
LETTERS = "".join(chr(code) for code in range(35, 102) if code not in (39, 92))
"""A letter for each level and each difference (modulo 65); none that JSON or JavaScript would escape."""
COLUMNS = 5
"""CPU, memory, disk, network, disk latency."""

FLOW_UNIT, FLOW_STEPS = 1024, 3
"""Rates: so many steps for each doubling of 1 KiB/s; the top is 2 GiB/s."""
LATENCY_UNIT, LATENCY_STEPS = 1e-4, 6
"""Latencies: ... of 0.1 ms; the top is 145 ms."""

_LEVEL = bytes(ord(LETTERS[min(byte, GAP)]) for byte in range(256))
_CHANGE = bytes(ord(LETTERS[(byte - 128) % len(LETTERS)]) for byte in range(256))


def share(value: float) -> int:
    """A part of one."""
    return min(TOP, max(0, round(value * TOP))) if isfinite(value) else GAP


def flow(value: float) -> int:
    """Bytes per second."""
    return min(TOP, round(log2(1 + max(0.0, value) / FLOW_UNIT) * FLOW_STEPS)) if isfinite(value) else GAP


def latency(value: float) -> int:
    """Seconds."""
    return min(TOP, round(log2(1 + max(0.0, value) / LATENCY_UNIT) * LATENCY_STEPS)) if isfinite(value) else GAP


def levels(load: Load | None, memory: int) -> tuple[int, int, int, int, int]:
    """CPU, memory, disk, network, disk latency. `memory`: bytes of a host; 0 for a VM, of which its agent knows what it uses."""
    if load is None:
        return GAP, GAP, GAP, GAP, GAP
    used = load.memory_used / memory if memory else load.guest_memory
    disk, network = load.disk_read + load.disk_write, load.net_rx + load.net_tx
    return share(load.cpu), share(used), flow(disk), flow(network), latency(load.disk_latency)


def letters(values: bytes) -> str:
    """Levels as they are."""
    return values.translate(_LEVEL).decode("ascii")


def changes(values: bytes, before: bytes) -> str:
    """Levels as differences to those `before`: as long, all at once."""
    lanes = int.from_bytes(b"\x80" * len(values), "big")  # so that no byte borrows from its neighbour
    found = int.from_bytes(values, "big") + lanes - int.from_bytes(before, "big")
    return found.to_bytes(len(values), "big").translate(_CHANGE).decode("ascii")


class Levels:
    """The levels of a pool's hosts and VMs, in columns; what was measured since is renewed when asked."""

    def __init__(self) -> None:
        self.version = -1
        self.told = b""
        """What browsers have; empty if they have none of these objects."""
        self._uuids: list[str] = []
        self._places: dict[str, int] = {}
        self._memory: list[int] = []
        self._values = bytearray()
        self._due: dict[str, None] = {}

    def assign(self, version: int, objects: Iterable[tuple[str, int]]) -> None:
        """Other objects than before: (uuid, bytes of memory of a host or 0), in their order on the wire."""
        self.version, self.told = version, b""
        self._uuids, self._memory = [], []
        for uuid, memory in objects:
            self._uuids.append(uuid)
            self._memory.append(memory)
        self._places = {uuid: place for place, uuid in enumerate(self._uuids)}
        self._values = bytearray([GAP]) * (COLUMNS * len(self._uuids))
        self._due = dict.fromkeys(self._uuids)

    def note(self, uuids: Iterable[str]) -> None:
        """These were measured."""
        self._due.update(dict.fromkeys(uuid for uuid in uuids if uuid in self._places))

    def renew(self, history: History, most: int) -> bool:
        """Look at up to `most` of what was measured; whether all has been."""
        count, values = len(self._uuids), self._values
        for uuid in [uuid for uuid, _ in zip(self._due, range(most), strict=False)]:
            del self._due[uuid]
            place = self._places[uuid]
            for level in levels(history.load(uuid), self._memory[place]):
                values[place] = level
                place += count
        return not self._due

    @property
    def values(self) -> bytes:
        return bytes(self._values)

    @property
    def count(self) -> int:
        return len(self._uuids)


# ---- the last ten minutes


def trail(history: History, uuid: str) -> bytes:
    """The CPU of one object over the last LENGTH samples, oldest first: the mean of XAPI's series of its CPUs."""
    rows = history.series(uuid)
    names = ["cpu"] if "cpu" in rows else [name for name in rows if name.startswith("cpu") and name[3:].isdecimal()]
    count = len(names) or 1
    return _shares(_sums([rows[name] for name in names]), count)


def trails(history: History, uuid: str) -> tuple[bytes, float, float]:
    """CPU, memory in the guest, disk and network, LENGTH samples each; the last two as parts of their most, which follows (B/s)."""
    rows = history.series(uuid)

    def sums(*names: str) -> Sequence[float]:
        return _sums([rows[name] for name in names if name in rows])

    memory = _shares(sums("guest_memory"), 1.0)
    disk, network = _parts(sums("disk_read", "disk_write")), _parts(sums("net_rx", "net_tx"))
    return trail(history, uuid) + memory + disk[0] + network[0], disk[1], network[1]


def _sums(rows: Sequence[Series]) -> Sequence[float]:
    """LENGTH sums of samples of the same time."""
    end = max((row.last_step for row in rows), default=0)
    columns = [row.until(end) for row in rows]
    if len(columns) == 1:
        return columns[0]
    return [sum(values) for values in zip(*columns, strict=True)] if columns else [NAN] * LENGTH


def _parts(values: Sequence[float]) -> tuple[bytes, float]:
    """As parts of the largest of them, and that."""
    top = max((value for value in values if not isnan(value)), default=0.0)
    return _shares(values, top or 1.0), top


def _shares(values: Sequence[float], whole: float) -> bytes:
    """`share` of each, of what is not negative: a hundred trails are asked for at once."""
    scale = TOP / whole
    return bytes([GAP if isnan(value) else min(TOP, int(value * scale + 0.5)) for value in values])
