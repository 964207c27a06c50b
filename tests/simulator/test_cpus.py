"""CPUs that differ: what a VM may use, where it may go, and what a pool has in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.client import until
from tests.simulator.migrating import Place, place
from tests.simulator.test_pools import make_ready
from xo_dash.simulator import admin_api
from xo_dash.simulator.classes.cpu_features import CPUS, LESS, common
from xo_dash.simulator.testing import Simulation, simulated

NAPLES, ROME, GENOA = (CPUS[name].features for name in ("naples", "rome", "genoa"))


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(2, 1), vms=(0, 0), srs=(3, 3)) as running:
        yield running


def install(at: Place, host: str, cpu: str) -> None:
    at.pool.do(lambda pool: admin_api.perform(pool, "host.cpu", {"host": host, "like": cpu}))


def told(at: Place) -> dict[str, str]:
    found: dict[str, str] = at.x.call("pool.get_cpu_info", at.make.pool)
    return found


def test_what_masks_have_in_common() -> None:
    assert common([ROME, GENOA]) == ROME and common([NAPLES, ROME]) == NAPLES
    assert common(["ff-0f", "", "f0"]) == "000000f0-00000000"
    assert common([]) == common(["xyz", "ff"]) == ""


def test_a_pool_has_what_all_its_hosts_have(here: Place) -> None:
    install(here, here.hosts[0], "genoa")
    assert told(here)["features_hvm_host"] == ROME
    install(here, here.hosts[1], "naples")
    info = told(here)
    assert info["features_hvm_host"] == info["features_pv_host"] == NAPLES
    assert here.make.get(here.hosts[0], "cpu_info", "host")["features_hvm_host"] == GENOA


def test_a_vm_boots_with_that_and_goes_everywhere(here: Place) -> None:
    install(here, here.hosts[1], "naples")
    vm = here.running("modest", here.hosts[0])
    assert here.make.get(vm, "last_boot_CPU_flags") == {"vendor": "AuthenticAMD", "features": NAPLES}
    here.x.call("VM.pool_migrate", vm, here.hosts[1], {})


def test_a_vm_that_has_seen_more_stays(here: Place) -> None:
    vm = here.running("spoilt", here.hosts[0])
    install(here, here.hosts[1], "naples")
    refused = ["VM_INCOMPATIBLE_WITH_THIS_HOST", vm, here.hosts[1], LESS]
    assert here.x.failure("VM.pool_migrate", vm, here.hosts[1], {}) == refused
    assert here.x.failure("VM.assert_can_boot_here", vm, here.hosts[1]) == refused
    assert here.x.call("host.get_vms_which_prevent_evacuation", here.hosts[0])[vm][0] == "VM_INCOMPATIBLE_WITH_THIS_HOST"
    here.x.call("VM.suspend", vm)
    assert here.x.failure("VM.resume_on", vm, here.hosts[1], False, False) == refused
    here.x.call("VM.hard_shutdown", vm)
    here.x.call("VM.start_on", vm, here.hosts[1], False, False)
    assert here.make.get(vm, "last_boot_CPU_flags")["features"] == NAPLES


def test_another_vendor(here: Place, there: Place) -> None:
    vm = here.running("foreign", here.hosts[0])
    install(there, there.hosts[0], "skylake")
    told = here.x.failure("VM.assert_can_migrate", vm, *here.arguments(vm, there, there.hosts[0]))
    assert told[0] == "VM_INCOMPATIBLE_WITH_THIS_HOST" and "vendor" in told[3]
    make_ready(there.pool)
    assert there.x.failure("pool.join", *joining(here)) == ["HOSTS_NOT_HOMOGENEOUS", "CPUs differ"]


def test_to_a_pool_of_another_program(here: Place) -> None:
    vm = here.running("guest", here.hosts[0])
    with simulated(hosts=(1,), vms=(0,), seed="other") as other:
        there = place(other.pool)
        install(there, there.hosts[0], "naples")
        arguments = here.arguments(vm, there, there.hosts[0])
        assert here.x.failure("VM.assert_can_migrate", vm, *arguments)[0] == "VM_INCOMPATIBLE_WITH_THIS_HOST"
        assert here.x.failure("VM.migrate_send", vm, *arguments)[0] == "VM_INCOMPATIBLE_WITH_THIS_HOST"
        here.send(vm, there, there.hosts[0], {"force": "true"})


def test_a_host_that_joins_lowers_the_level_and_one_that_leaves_raises_it(here: Place, there: Place) -> None:
    install(there, there.hosts[0], "naples")
    vm = here.running("first", here.hosts[0])
    uuid = there.make.get(there.hosts[0], "uuid", "host")
    make_ready(there.pool)
    there.x.call("pool.join", *joining(here))
    until(lambda: uuid in {r["uuid"] for r in here.x.call("host.get_all_records").values()})
    new = here.x.call("host.get_by_uuid", uuid)
    until(lambda: here.x.call("host_metrics.get_live", here.make.get(new, "metrics", "host")))
    assert told(here)["features_hvm_host"] == NAPLES
    assert here.x.failure("VM.assert_can_boot_here", vm, new)[0] == "VM_INCOMPATIBLE_WITH_THIS_HOST"
    until(lambda: here.make.get(new, "enabled", "host"))
    here.x.call("pool.eject", new)
    until(lambda: told(here)["features_hvm_host"] == ROME)


def joining(to: Place) -> tuple[str, str, str]:
    return to.make.get(to.make.master, "address", "host"), to.pool.user, to.pool.password
