"""What happened before the simulator was started: snapshots, messages, tasks."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from . import tasks
from .clock import iso
from .pool import Pool
from .types import NULL

DAY = 86400.0
BUSY = 10  # VMs from which on a pool has something running and something finished
# of the VMs that have them, by turns: (name, days ago, index of the one it was made from after a revert or None = the one before)
TREES: Sequence[Sequence[tuple[str, float, int | None]]] = (
    (
        ("before upgrade", 31, None),
        ("upgraded", 30, None),
        ("with new config", 12, None),
        ("other config", 11.9, 1),
        ("nightly", 0.4, None),
    ),
    (("nightly 1", 3.1, None), ("nightly 2", 2.1, None), ("nightly 3", 1.1, None)),
    (("clean install", 200, None),),
    (("before kernel update", 6, None), ("tuned", 5, None)),
)


async def build(pool: Pool, vms: Sequence[str], dice: random.Random) -> None:
    if not vms:
        return
    messages(pool, vms, dice)
    first = max(0, min(2, len(vms) - 1))
    wanted = min(len(vms), 4 + len(vms) // 40) if len(vms) >= BUSY else 1
    for number, vm in enumerate(vms[first : first + wanted]):
        await snapshots(pool, vm, TREES[number % len(TREES)])
    if len(vms) >= BUSY:
        work(pool, vms)


async def snapshots(pool: Pool, vm: str, tree: Sequence[tuple[str, float, int | None]]) -> None:
    """Taken by the simulator itself, and dated back; a branch is what a revert leaves."""
    db, made = pool.db, list[str]()
    for name, days, branch in tree:
        if branch is not None:
            db.set(vm, parent=made[branch])
        told = pool.messages.generation
        made.append(await pool.run("VM.snapshot", vm, name, []))
        when = iso(pool.clock.now() - days * DAY)
        pool.messages.date_back(told, when)
        db.set(made[-1], snapshot_time=when)
        for vbd in db.get(made[-1], "VBDs"):
            vdi = db.get(vbd, "VDI")
            if vdi != NULL and db.get(vdi, "is_a_snapshot"):
                db.set(vdi, snapshot_time=when)


def messages(pool: Pool, vms: Sequence[str], dice: random.Random) -> None:
    """The last starts, and what went wrong once."""
    db, now = pool.db, pool.clock.now()
    told: list[tuple[float, str, int, str, str, str]] = []
    for vm in vms[:12]:
        record = db.record("VM", vm)
        if record["power_state"] != "Running":
            continue
        host = db.record("host", record["resident_on"])
        body = f"VM '{record['name_label']}' (uuid: {record['uuid']}) started on host: {host['name_label']} (uuid: {host['uuid']})"
        told.append((pool.seconds(db.get(record["metrics"], "start_time")), "VM_STARTED", 5, "VM", record["uuid"], body))
    master = db.record("host", db.get(pool.ref, "master"))
    when = now - dice.uniform(1, 5) * DAY
    told.append((when, "HOST_CLOCK_SKEW_DETECTED", 3, "Host", master["uuid"], "Host clock differs from the master's by 4 seconds"))
    busy = next((db.record("VM", vm) for vm in vms if pool.facts["loads"].get(db.get(vm, "uuid")) == "hot"), None)
    if busy:
        told.append((now - 23 * 60, "ALARM", 3, "VM", busy["uuid"], alarm("cpu_usage", 0.971, 0.9)))
    for time, name, priority, cls, uuid, body in sorted(told):
        pool.messages.create(name, priority, cls, uuid, body, iso(time))


def alarm(name: str, value: float, level: float) -> str:
    """The body of an ALARM, as perfmon writes it."""
    settings: Mapping[str, object] = {
        "name": name, "alarm_trigger_level": level, "alarm_trigger_sense": "high", "alarm_trigger_period": 60,
        "alarm_auto_inhibit_period": 3600, "alarm_priority": 3,
    }  # fmt: skip
    lines = "\n".join(f'<{key} value="{told}"/>' for key, told in settings.items())
    return f"value: {value:f}\nconfig:\n<variable>\n{lines}\n</variable>\n"


def work(pool: Pool, vms: Sequence[str]) -> None:
    """One task that is done, and a client's that is not; life.py carries the second on."""
    db, now = pool.db, pool.clock.now()
    done = tasks.create(pool, "Async.VM.snapshot", host=pool.master.ref)
    tasks.succeed(pool, done, f"<value>{vms[0]}</value>")
    db.set(done, created=iso(now - 1290), finished=iso(now - 1284))
    name = db.get(vms[0], "name_label")
    running = tasks.create(pool, f"Backup of {name}", "Nightly copies to nfs-backup", host=pool.master.ref)
    db.set(running, created=iso(now - 312), progress=0.38, other_config={"backup:vm": db.get(vms[0], "uuid")})
    pool.facts["unfinished"] = running
