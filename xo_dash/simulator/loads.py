"""How busy a guest is: a pure function of its seed and the time, so that there is a past before the start and a restart goes on.

A load is a sum of layers, each with its own pace: a base, the day, slow drift, minutes, seconds, bursts. Who asks for averages over a
longer step gets them cheaply: layers faster than the step are left out, bursts count by how much of the time they fill.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pool import Pool

DAY = 86400.0
MASK = (1 << 64) - 1
BOOT = 45.0  # seconds that a boot keeps a guest busy
KIB, MIB = 1024.0, 1048576.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of all vCPUs (0 to 1), and what else comes with them."""

    base: float
    day: float = 0.0  # on top, at the busiest hour
    drift: float = 0.02  # over half hours
    swing: float = 0.02  # over minutes
    jitter: float = 0.01  # from sample to sample
    burst: float = 0.0  # on top, while one lasts
    every: float = 900.0  # seconds a window with at most one burst
    lasting: float = 60.0  # seconds
    peak: float = 14.0  # the busiest hour, UTC
    used: float = 0.55  # of the memory, on average
    net: float = 200 * KIB  # bytes a second at full load
    disk: float = 2 * MIB  # the same, of each disk
    writes: float = 0.5  # of the disk's traffic
    request: float = 24 * KIB  # bytes a disk operation


PROFILES = {
    "idle": Profile(0.006, 0.004, 0.003, 0.004, 0.003, 0.10, 1800, 20, used=0.25, net=200 * KIB, disk=400 * KIB),
    "light": Profile(0.03, 0.05, 0.02, 0.02, 0.01, 0.25, 1200, 40, used=0.45, net=600 * KIB, disk=2 * MIB),
    "web": Profile(0.10, 0.30, 0.06, 0.08, 0.04, 0.25, 600, 30, used=0.50, net=30 * MIB, disk=4 * MIB),
    "db": Profile(0.18, 0.32, 0.08, 0.10, 0.05, 0.30, 700, 50, used=0.82, net=16 * MIB, disk=60 * MIB, writes=0.6, request=8 * KIB),
    "files": Profile(0.06, 0.10, 0.05, 0.06, 0.02, 0.35, 1500, 180, 20.0, 0.72, 60 * MIB, 90 * MIB, 0.4, 128 * KIB),
    "media": Profile(0.05, 0.35, 0.10, 0.06, 0.03, 0.45, 2400, 600, 20.0, 0.60, 40 * MIB, 20 * MIB, 0.2, 256 * KIB),
    "k8s": Profile(0.14, 0.14, 0.06, 0.07, 0.05, 0.30, 420, 45, used=0.68, net=20 * MIB, disk=12 * MIB),
    "ci": Profile(0.03, 0.05, 0.02, 0.02, 0.02, 0.80, 900, 420, 11.0, 0.50, 24 * MIB, 70 * MIB, 0.7, 64 * KIB),
    "windows": Profile(0.04, 0.16, 0.04, 0.05, 0.03, 0.35, 1000, 60, 10.0, 0.62, 3 * MIB, 8 * MIB),
    "backup": Profile(0.02, 0.03, 0.01, 0.02, 0.01, 0.60, 3600, 1200, 2.0, 0.45, 90 * MIB, 120 * MIB, 0.9, 512 * KIB),
    "hot": Profile(0.972, 0.0, 0.008, 0.012, 0.008, used=0.88, net=6 * MIB, disk=10 * MIB),
    "dom0": Profile(0.09, 0.08, 0.03, 0.04, 0.03, 0.15, 600, 30, used=0.7, net=300 * KIB, disk=MIB),
}
COMMON = ("idle", "light", "light", "web", "k8s", "windows")  # of those whom nobody gave one


@dataclass(frozen=True, slots=True)
class Load:
    """One moment, or one average: `cpu` of all vCPUs and `memory` used, 0 to 1; then bytes a second; `dice` are 64 random bits."""

    cpu: float
    memory: float
    received: float
    sent: float
    read: float
    written: float
    dice: int


def seed_of(uuid: str) -> int:
    return int(uuid.replace("-", "")[:16], 16)


def dice(seed: int, number: int) -> int:
    """64 bits that look random: the same for the same two numbers."""
    x = (seed + number * 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def noise(seed: int, time: float, pace: float) -> float:
    """Smooth, between -1 and 1, taking about `pace` seconds from one value to another."""
    at = time / pace
    whole = math.floor(at)
    part = at - whole
    part *= part * (3 - 2 * part)
    left, right = dice(seed, whole) >> 11, dice(seed, whole + 1) >> 11
    return (left + (right - left) * part) / (1 << 52) - 1


def busy_hours(time: float, step: float, peak: float) -> float:
    """0 at night, 1 at the busiest hour, less at the weekend."""
    if step >= DAY:
        return 0.45
    day = 0.5 + 0.5 * math.cos((time / 3600 - peak) * math.pi / 12)
    weekend = (time // DAY + 4) % 7 in (0, 6)  # the first of January 1970 was a Thursday
    return day * (0.5 if weekend else 1.0)


def burst(profile: Profile, seed: int, time: float, step: float) -> float:
    """How much of the step is inside a burst, 0 to 1."""
    if not profile.burst:
        return 0.0
    if step >= profile.every:
        return 0.6 * profile.lasting / profile.every
    window = math.floor(time / profile.every)
    bits = dice(seed ^ 0xB5, window)
    if bits & 0xFF > 153:
        return 0.0  # four windows of ten are quiet
    start = window * profile.every + ((bits >> 8) & 0xFFFF) / 0xFFFF * (profile.every - profile.lasting)
    return max(0.0, min(time, start + profile.lasting) - max(time - step, start)) / step


def load(profile: Profile, seed: int, time: float, step: float = 5.0, since: float | None = None) -> Load:
    """The average of the `step` seconds before `time`, of a guest that has been up `since` then."""
    bits = dice(seed, round(time))
    slow = noise(seed ^ 0x51, time, 1700.0) if step < DAY else 0.0
    middle = noise(seed ^ 0x3D, time, 75.0) if step <= 300 else 0.0
    cpu = profile.base + profile.day * busy_hours(time, step, profile.peak) + profile.drift * slow + profile.swing * middle
    cpu += profile.burst * burst(profile, seed, time, step)
    if step <= 60:
        cpu += profile.jitter * ((bits & 0xFFFF) / 32768 - 1)
    if since is not None and time - since < BOOT and step <= 60:
        cpu = max(cpu, 0.75 - 0.5 * (time - since) / BOOT)
    cpu = min(1.0, max(0.0015, cpu))
    traffic = cpu * (1 + 0.45 * noise(seed ^ 0x7F, time, 40.0 if step <= 300 else 5000.0))
    wobble = 0.6 + ((bits >> 16) & 0xFF) / 320  # 0.6 to 1.4
    net, disk = profile.net * traffic * wobble, profile.disk * traffic * (2.0 - wobble)
    share = 0.3 + 0.4 * ((seed >> 20) & 0xFF) / 255  # of the traffic that comes in
    memory = min(0.97, max(0.05, profile.used + 0.06 * slow + 0.05 * ((seed >> 8) & 0xFF) / 255 + 0.02 * middle))
    read, written = disk * (1 - profile.writes) * tide(seed ^ 0xA1, time, step), disk * profile.writes * tide(seed ^ 0xE7, time, step)
    return Load(cpu, memory, net * share, net * (1 - share), read, written, bits)


def tide(seed: int, time: float, step: float) -> float:
    """How much more or less than its load a direction of the disks' traffic moves: what is cached is not read, writes are put off."""
    quick = noise(seed, time, 50.0) if step <= 300 else 0.0
    slow = noise(seed, time, 2600.0) if step < DAY else 0.0
    return max(0.1, 1 + 0.45 * quick + 0.4 * slow)


@dataclass(slots=True)
class Surge:
    """What somebody or something adds to a guest's load from `since` to `until` (seconds since the epoch): a share of its vCPUs and of
    its memory (which grows to that over `rise` seconds), and bytes a second."""

    since: float
    until: float
    cpu: float = 0.0
    memory: float = 0.0
    received: float = 0.0
    sent: float = 0.0
    read: float = 0.0
    written: float = 0.0
    rise: float = 0.0

    def part(self, time: float, step: float) -> float:
        """How much of the `step` before `time` it fills, 0 to 1."""
        return max(0.0, min(time, self.until) - max(time - step, self.since)) / step


def surges(pool: Pool) -> dict[str, list[Surge]]:
    """{VM uuid: what is on top of its usual load, oldest first}"""
    found: dict[str, list[Surge]] = pool.facts.setdefault("surges", {})
    return found


def surged(load: Load, surges: Sequence[Surge], time: float, step: float) -> Load:
    for surge in surges:
        part = surge.part(time, step)
        if part <= 0:
            continue
        grown = part * min(1.0, (time - surge.since) / surge.rise if surge.rise else 1.0)
        wobble = part * (0.9 + 0.2 * (load.dice >> 40 & 0xFF) / 255)
        cpu, memory = min(1.0, load.cpu + surge.cpu * wobble), min(0.985, load.memory + surge.memory * grown)
        received, sent = load.received + surge.received * wobble, load.sent + surge.sent * wobble
        load = Load(cpu, memory, received, sent, load.read + surge.read * wobble, load.written + surge.written * wobble, load.dice)
    return load


def profiles(pool: Pool) -> dict[str, str]:
    """{VM uuid: name of its profile}; the others get one of the common ones."""
    found: dict[str, str] = pool.facts.setdefault("loads", {})
    return found


def profile_of(pool: Pool, uuid: str) -> Profile:
    name = profiles(pool).get(uuid)
    return PROFILES[name if name else COMMON[seed_of(uuid) % len(COMMON)]]
