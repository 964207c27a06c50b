"""What stands in the way of a host's maintenance, as xapi names it: a VM, and the reason that weighs most."""

from typing import Any

import pytest

from tests.simulator.inside import built
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.pool import Pool


async def two_hosts() -> tuple[Pool, str, str, list[str]]:
    """(pool, host, the other one, VMs on the first): each VM could go to the other."""
    pool = await built(2, 12)
    pool.clock.instant = True
    host, other = pool.db.rows("host")
    for vm in list(pool.db.get(host, "resident_VMs")):
        if not pool.db.get(vm, "is_control_domain") and await blockers(pool, host, vm):
            await pool.run("VM.hard_shutdown", vm)
    vms = [vm for vm in pool.db.get(host, "resident_VMs") if not pool.db.get(vm, "is_control_domain")]
    assert len(vms) > 1 and await blockers(pool, host) == {}
    return pool, host, other, vms


async def blockers(pool: Pool, host: str, vm: str = "") -> dict[str, list[str]]:
    found: dict[str, list[str]] = await pool.run("host.get_vms_which_prevent_evacuation", host)
    return {ref: why for ref, why in found.items() if vm in ("", ref)}


async def refused(pool: Pool, method: str, *arguments: Any) -> list[str]:
    with pytest.raises(XapiError) as caught:
        await pool.run(method, *arguments)
    return caught.value.details


async def test_nobody_to_go_to() -> None:
    pool, host, other, vms = await two_hosts()
    pool.db.set(other, enabled=False)
    assert await blockers(pool, host) == {vm: ["NO_HOSTS_AVAILABLE", vm] for vm in vms}
    assert (await refused(pool, "host.evacuate", host))[0] == "NO_HOSTS_AVAILABLE"


async def test_the_vm_that_may_not_go_is_named() -> None:
    pool, host, _, vms = await two_hosts()
    pool.db.set(pool.db.get(vms[0], "metrics"), nomigrate=True)
    assert await blockers(pool, host) == {vms[0]: ["VM_IS_IMMOBILE", vms[0]]}
    assert await refused(pool, "host.evacuate", host) == ["VM_IS_IMMOBILE", vms[0]]
    assert await refused(pool, "host.assert_can_evacuate", host) == ["CANNOT_EVACUATE_HOST", f"VM_IS_IMMOBILE,{vms[0]}"]


async def test_memory_is_told_of_first() -> None:
    """The plan is made of all that is there, also of what cannot go: it is short of memory before anything else."""
    pool, host, other, vms = await two_hosts()
    pool.db.set(pool.db.get(vms[0], "metrics"), nomigrate=True)
    pool.db.set(pool.db.get(other, "metrics"), memory_total=0)
    assert await blockers(pool, host) == {vm: ["HOST_NOT_ENOUGH_FREE_MEMORY", vm] for vm in vms}
    assert (await refused(pool, "host.evacuate", host))[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"
