"""What is in a pool at its start is whole, fits, is the same for the same seed, and is there soon."""

import re
import time
from collections import Counter
from typing import Any

import pytest

from tests.simulator.inside import NOON, built, vm_named
from xo_dash.simulator.dialect import dialects
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.types import NULL, Type

SIZES = [(1, 0, 0, 0), (1, 1, 0, 1), (1, 6, 2, 1), (2, 2, 1, 0), (3, 40, 4, 0), (2, 60, 6, 2)]  # hosts, VMs, SRs, index
REF = re.compile(r"OpaqueRef:")


def real(pool: Pool) -> dict[str, dict[str, Any]]:
    """The VMs a person would call VMs."""
    return {ref: vm for ref, vm in pool.db.records("VM") if not (vm["is_a_template"] or vm["is_control_domain"])}


def references(kind: Type, value: Any) -> list[tuple[str, str]]:
    """(class, reference) of everything that a value points to."""
    if kind.kind == "ref":
        return [(kind.name, value)] if value != NULL else []
    if kind.kind == "set" and kind.of:
        return [found for item in value for found in references(kind.of, item)]
    if kind.kind == "map" and kind.of and kind.key:
        return [found for key, item in value.items() for found in references(kind.key, key) + references(kind.of, item)]
    return []


@pytest.mark.parametrize("hosts, vms, srs, index", SIZES)
async def test_every_reference_leads_somewhere_and_back(hosts: int, vms: int, srs: int, index: int) -> None:
    pool = await built(hosts, vms, srs, index=index)
    for cls, model in pool.model.classes.items():
        for ref, record in pool.db.records(cls):
            for field in model.fields.values():
                for other, target in references(field.type, record[field.name]):
                    assert other == "session" or target in pool.db.rows(other), f"{cls}.{field.name} of {record}"
            for link in pool.model.links[cls].values():
                for target in record[link.field] if link.many else [record[link.field]]:
                    if target != NULL:
                        back = pool.db.get(target, link.other_field)
                        assert ref in back if link.other_many else ref == back, f"{cls}.{link.field}"


@pytest.mark.parametrize("hosts, vms, srs, index", SIZES)
async def test_everyone_fits(hosts: int, vms: int, srs: int, index: int) -> None:
    pool = await built(hosts, vms, srs, index=index)
    db = pool.db
    assert len(real(pool)) == vms
    for _, host in db.records("host"):
        held = sum(db.get(vm, "memory_dynamic_max") + db.get(vm, "memory_overhead") for vm in host["resident_VMs"])
        assert held + host["memory_overhead"] <= db.get(host["metrics"], "memory_total")
        assert any(db.get(vm, "is_control_domain") for vm in host["resident_VMs"])
    for _, sr in db.records("SR"):
        used = sum(db.get(vdi, "physical_utilisation") for vdi in sr["VDIs"])
        assert used <= sr["physical_utilisation"] <= sr["physical_size"], sr["name_label"]
        assert sr["virtual_allocation"] == sum(db.get(vdi, "virtual_size") for vdi in sr["VDIs"])


@pytest.mark.parametrize("hosts, vms, srs, index", SIZES)
async def test_allowed_operations_are_up_to_date(hosts: int, vms: int, srs: int, index: int) -> None:
    pool = await built(hosts, vms, srs, index=index)
    before = pool.db.generation
    for cls in pool.registry.checks:
        pool.refresh(*pool.db.rows(cls))
    changed = [pool.db.class_of(row.ref) for row in pool.db._rows.values() if row.modified > before]
    assert changed == []


async def test_the_same_seed_gives_the_same_pool_at_any_time() -> None:
    one, same, other = await built(), await built(now=NOON + 5e6), await built(seed="else")

    def identity(pool: Pool) -> list[tuple[str, str, str]]:
        return [(ref, r["uuid"], r.get("name_label", "")) for cls in pool.model.classes for ref, r in pool.db.records(cls)]

    assert identity(one) == identity(same)
    assert not set(identity(one)) & set(identity(other))


async def test_what_people_have() -> None:
    pool = await built()
    db, vms = pool.db, real(pool)
    assert db.get(pool.ref, "name_label") == "lab-pool"
    states = Counter(vm["power_state"] for vm in vms.values())
    assert states["Running"] >= 30 and states["Halted"] >= 5 and states["Paused"] == 1 and states["Suspended"] == 1
    assert {"bios", "uefi"} <= {vm["HVM_boot_params"].get("firmware") for vm in vms.values()}
    assert {"hvm", "pv"} == {vm["domain_type"] for vm in vms.values()}
    told = [db.record("VM_guest_metrics", vm["guest_metrics"]) for vm in vms.values() if vm["power_state"] == "Running"]
    assert any(not one["PV_drivers_version"] for one in told) and all(one["live"] for one in told), "one without tools"
    assert max(sum(db.get(v, "type") == "Disk" for v in vm["VBDs"]) for vm in vms.values()) == 3
    assert any(db.get(v, "type") == "CD" and not db.get(v, "empty") for vm in vms.values() for v in vm["VBDs"])
    assert min(vm["memory_static_max"] for vm in vms.values()) == 1 << 29
    networks = db.get(vms[vm_named(pool, "db-01")]["guest_metrics"], "networks")
    assert {"0/ip", "0/ipv4/0", "0/ipv6/0", "1/ip"} <= set(networks)
    assert len({vif["MAC"] for _, vif in db.records("VIF") if not db.get(vif["VM"], "is_a_snapshot")}) == sum(
        len(v["VIFs"]) for v in vms.values()
    )
    assert sorted(task["status"] for _, task in db.records("task")) == ["pending", "success"]
    assert {m["name"] for _, m in pool.messages.items()} >= {"VM_STARTED", "ALARM", "HOST_CLOCK_SKEW_DETECTED", "VM_SNAPSHOTTED"}


async def test_storage_and_networks() -> None:
    pool = await built()
    db = pool.db
    assert {"ext", "nfs", "iso", "udev", "lvmoiscsi"} == {sr["type"] for _, sr in db.records("SR")}
    (full,) = [sr for _, sr in db.records("SR") if sr["name_label"] == "nfs-vault"]
    assert full["physical_utilisation"] / full["physical_size"] == pytest.approx(0.96, abs=0.01)
    (tools,) = [sr for _, sr in db.records("SR") if sr["is_tools_sr"]]
    assert [db.get(vdi, "is_tools_iso") for vdi in tools["VDIs"]] == [True]
    assert {vlan["tag"] for _, vlan in db.records("VLAN")} == {20} and len(db.rows("VLAN")) == 3
    internal = [n for _, n in db.records("network") if n["other_config"].get("is_host_internal_management_network") == "true"]
    assert len(internal) == 1
    assert [db.get(m, "carrier") for m in db.rows("PIF_metrics")].count(False) == 1
    assert sum(pif["management"] for _, pif in db.records("PIF")) == 3


async def test_what_is_licensed() -> None:
    """Clients look for a key of each feature, and take it for missing where there is none."""
    pool = await built(1, 1)
    (row,), (host,) = pool.db.tables["pool"].rows.values(), pool.db.tables["host"].rows.values()
    restrictions = row.record["restrictions"]
    assert {"restrict_vtpm", "restrict_dmc", "restrict_vswitch_controller", "restrict_vm_start"} <= set(restrictions)
    assert [key for key, value in restrictions.items() if value == "true"] == ["enable_xha"]
    assert restrictions.items() <= host.record["license_params"].items()
    assert "restrict_vtpm" not in dialects()["xcpng-8.2"].restrictions and "restrict_vtpm" in dialects()["xcpng-8.3"].restrictions


async def test_messages_are_of_the_day_of_what_they_tell() -> None:
    pool = await built()
    told = [message for _, message in pool.messages.items()]
    assert [message["timestamp"] for message in told] == sorted(message["timestamp"] for message in told)
    shots = {vm["snapshot_time"] for _, vm in pool.db.records("VM") if vm["is_a_snapshot"]}
    assert {message["timestamp"] for message in told if message["name"] == "VM_SNAPSHOTTED"} == shots


async def test_snapshots_are_trees_in_the_past() -> None:
    pool = await built()
    db = pool.db
    shots = {ref: vm for ref, vm in db.records("VM") if vm["is_a_snapshot"]}
    assert len({shot["snapshot_of"] for shot in shots.values()}) >= 4
    assert any(len([c for c in shot["children"] if c in shots]) > 1 for shot in shots.values()), "one of them forks"
    assert all(pool.seconds(shot["snapshot_time"]) < NOON - 3600 for shot in shots.values())
    assert all(db.get(vdi, "snapshot_time") == shot["snapshot_time"] for shot in shots.values() for vdi in disks(pool, shot))


def disks(pool: Pool, vm: dict[str, Any]) -> list[str]:
    return [pool.db.get(vbd, "VDI") for vbd in vm["VBDs"] if pool.db.get(vbd, "type") == "Disk"]


@pytest.mark.parametrize("state, method, arguments", [
    ("Halted", "VM.start", (False, False)), ("Paused", "VM.unpause", ()), ("Suspended", "VM.resume", (False, False)),
])  # fmt: skip
async def test_whatever_is_down_can_come_up(state: str, method: str, arguments: tuple[bool, ...]) -> None:
    pool = await built(index=1, hosts=2, vms=80)
    pool.clock.instant = True
    found = [ref for ref, vm in real(pool).items() if vm["power_state"] == state]
    assert found
    await pool.run(method, found[0], *arguments)
    assert pool.db.get(found[0], "power_state") == "Running"


async def test_new_vms_from_templates() -> None:
    pool = await built()
    pool.clock.instant = True
    (template,) = pool.db.find("VM", name_label="Debian Trixie 13")
    assert pool.db.get(template, "is_default_template")
    made = await pool.run("VM.clone", template, "new")
    disk = pool.db.get(made, "other_config")["disks"].replace('sr=""', f'sr="{pool.db.get(pool.db.get(pool.ref, "default_SR"), "uuid")}"')
    pool.db.set(made, other_config={**pool.db.get(made, "other_config"), "disks": disk})
    await pool.run("VM.provision", made)
    await pool.run("VM.start", made, False, False)
    assert pool.db.get(made, "power_state") == "Running" and len(disks(pool, pool.db.record("VM", made))) == 1


async def test_an_inventory_costs_what_is_in_it() -> None:
    """Processor time grows with the number of VMs, and hardly more."""

    async def cost(hosts: int, vms: int) -> float:
        began = time.process_time()
        assert len(real(await built(hosts, vms))) == vms
        return time.process_time() - began

    small = min([await cost(2, 100), await cost(2, 100)])
    assert await cost(8, 400) < 4 * 2 * small
