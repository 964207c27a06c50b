"""A host leaves its pool: it forgets everything, and is a pool of its own again."""

from __future__ import annotations

import secrets

from .. import machine
from ..call import Call
from ..clock import Clock
from ..database import Database
from ..errors import XapiError
from ..pool import Pool
from ..registry import message
from . import host_power, pool_birth
from .pool_master import FUSE


@message("pool.eject")
async def eject(call: Call, host: str) -> str:
    """Its storage is unplugged, what only it had is forgotten; then its rows go, and it reboots as after an installation."""
    pool = call.pool
    if call.db.get(pool.ref, "ha_enabled"):
        raise XapiError("HA_IS_ENABLED")
    machine.need(pool, host)
    if host == pool.master.ref:
        raise XapiError("INTERNAL_ERROR", "Xapi_pool.Cannot_eject_master")
    check_empty(call.db, host)
    srs = [call.db.get(pbd, "SR") for pbd in call.db.get(host, "PBDs")]
    alone = [sr for sr in srs if len(call.db.get(sr, "PBDs")) == 1]
    for pbd in list(call.db.get(host, "PBDs")):
        await call.run("PBD.unplug", pbd)
    for sr in alone:
        await call.run("SR.forget", sr)
    leaving = pool_birth.keep(pool, host)
    host_power.remove(pool, host)
    pool.spawn(be_alone(pool, leaving))
    return ""


def check_empty(db: Database, host: str) -> None:
    for vm in db.get(host, "resident_VMs"):
        if not db.get(vm, "is_control_domain"):
            raise XapiError("OPERATION_NOT_ALLOWED", "VM resident on host")


async def be_alone(pool: Pool, leaving: pool_birth.Leaving) -> None:
    """It reboots; what answers then is another pool, at the same address and port."""
    pace = machine.pace(pool)
    await pool.clock.sleep(FUSE / pace)
    gate = pool.gate.give(leaving.address, None)
    born = Pool(pool.dispatcher, seed=secrets.token_hex(8), user=pool.user, password=pool.password,
                clock=Clock(0.0, pool.clock.now()), generation=pool.db.generation)  # fmt: skip
    born.port, born.gate = pool.port, gate
    born.facts |= {name: pool.facts[name] for name in ("scheme", "pace", "program", "endpoints") if name in pool.facts}
    pool_birth.build(born, leaving)
    born.clock = pool.clock
    found = machine.of(born, born.master.ref)
    found.on = found.agent = False
    for key in [key for key in born.facts.get("endpoints", {}) if key[0] == leaving.address]:
        born.facts["endpoints"][key] = (born, born.master)
    born.facts.get("program", []).append(born)
    born.start()
    await machine.boot(born, born.master.ref)
