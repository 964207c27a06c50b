"""How long things take, and where chance decides: dice of their own, so that uuids stay those of the seed."""

from __future__ import annotations

import random

from ..pool import Pool

# seconds at speed 1 and pace 1: (least, most)
TIMES = {
    "start": (2.0, 5.0), "clean_shutdown": (5.0, 20.0), "hard_shutdown": (0.5, 1.5), "clean_reboot": (6.0, 18.0), "hard_reboot": (2.0, 5.0),
    "pause": (0.1, 0.3), "unpause": (0.1, 0.3), "suspend": (4.0, 12.0), "resume": (4.0, 10.0), "pool_migrate": (4.0, 7.0),
    "snapshot": (1.0, 3.0), "clone": (0.5, 2.0), "vdi": (0.3, 1.0), "scan": (0.5, 2.0), "plug": (0.3, 1.0), "agent": (4.0, 9.0),
    "copy_gib": (4.0, 6.0), "revert": (1.0, 2.0), "provision": (0.5, 1.5), "pbd": (0.5, 2.0), "host": (0.2, 0.6), "sr": (1.0, 3.0),
    "ha_host": (2.0, 4.0), "bond": (1.0, 2.5), "yum_check": (4.0, 9.0), "yum_package": (3.0, 8.0),
}  # fmt: skip


def dice(pool: Pool) -> random.Random:
    found = pool.facts.get("dice")
    if not isinstance(found, random.Random):
        found = pool.facts["dice"] = random.Random(pool.port)  # noqa: S311  nothing here is a secret
    return found


def seconds(pool: Pool, what: str) -> float:
    """Simulated seconds that `what` takes this time."""
    least, most = TIMES[what]
    return dice(pool).uniform(least, most) / float(pool.facts.get("pace", 1.0))
