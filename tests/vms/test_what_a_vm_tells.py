"""Pure: what is derived from a VM's row and what belongs to it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from components.vms.words import doing_of
from data.dependencies import DependencyKind, dependencies_of
from data.facts.vm import Tools, ToolsState, addresses_of, tools_of
from data.mirror import Mirror, PoolMirror
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, Network, PIFMetrics, VMGuestMetrics, VMMetrics
from data.snapshots import snapshot_tree
from data.types import GIB, Ref
from data.vms import (
    Firmware,
    boot_order,
    cores_per_socket,
    disk_total,
    disk_used,
    drives_of,
    firmware_of,
    nics_of,
    os_name,
    started_at,
)  # fmt: skip
from tests.fakes import Builder, judged


@pytest.fixture
def build() -> Builder:
    return Builder(Mirror(), "pool")


def made(build: Builder, guest: dict[str, Any] | None = None, metrics: dict[str, Any] | None = None, **fields: Any) -> VM:
    """A VM with these fields, running unless said otherwise."""
    ref = build.put(
        VM, **{"power_state": "Running"} | fields,
        guest_metrics=build.put(VMGuestMetrics, **guest) if guest is not None else "OpaqueRef:NULL",
        metrics=build.put(VMMetrics, **metrics) if metrics is not None else "OpaqueRef:NULL",
    )  # fmt: skip
    found = build.commit().one(VM, ref)
    assert found
    return found


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, []),
        ({"0/ip": "10.0.0.5", "0/ipv4/0": "10.0.0.5"}, ["10.0.0.5"]),
        ({"1/ip": "10.0.0.6", "0/ip": "10.0.0.5"}, ["10.0.0.5", "10.0.0.6"]),
        ({"10/ip": "10.0.0.9", "2/ip": "10.0.0.6"}, ["10.0.0.6", "10.0.0.9"]),
        ({"0/ipv6/0": "fe80::1", "0/ipv6/1": "2001:db8::1", "0/ip": "10.0.0.5"}, ["10.0.0.5", "2001:db8::1"]),
        ({"0/ipv6/0": "2001:DB8:0::1"}, ["2001:db8::1"]),
        ({"0/ipv6/0": "fe80::1"}, ["fe80::1"]),
        ({"0/ip": "10.0.0.5 10.0.0.7"}, ["10.0.0.5", "10.0.0.7"]),
        ({"0/ip": "", "1/ip": "nonsense", "2/ip": "0.0.0.0", "x": "10.0.0.1"}, []),
    ],
)
def test_addresses(build: Builder, told: dict[str, str], expected: list[str]) -> None:
    assert addresses_of(made(build, {"networks": told})) == expected


def test_a_halted_guest_has_no_address_though_its_agent_once_said_one(build: Builder) -> None:
    vm = made(
        build,
        {"networks": {"0/ip": "10.0.0.5"}, "os_version": {"name": "Alpine"}},
        {"start_time": "20260101T00:00:00Z"},
        power_state="Halted",
    )
    assert addresses_of(vm) == []
    assert started_at(vm) is None
    assert os_name(vm) == "Alpine"


@pytest.mark.parametrize(
    ("state", "guest", "expected"),
    [
        ("Running", None, Tools(ToolsState.MISSING, "")),
        ("Running", {}, Tools(ToolsState.MISSING, "")),
        ("Running", {"live": True, "PV_drivers_version": {"major": "8", "minor": "3", "micro": "0", "build": "1"}},
         Tools(ToolsState.WORKING, "8.3.0-1")),
        ("Running", {"live": True}, Tools(ToolsState.MISSING, "")),  # as xapi makes them for every VM that runs
        ("Running", {"live": True, "PV_drivers_detected": True}, Tools(ToolsState.SILENT, "")),
        ("Running", {"live": True, "networks": {"0/ip": "10.0.0.5"}}, Tools(ToolsState.WORKING, "")),
        ("Running", {"live": False, "PV_drivers_version": {"major": "7", "minor": "-1"}}, Tools(ToolsState.SILENT, "7")),
        ("Halted", {"live": True, "PV_drivers_version": {"major": "8", "minor": "3"}}, Tools(ToolsState.OFF, "8.3")),
        ("Paused", None, Tools(ToolsState.OFF, "")),
    ],
)  # fmt: skip
def test_tools(build: Builder, state: str, guest: dict[str, Any] | None, expected: Tools) -> None:
    assert tools_of(made(build, guest, power_state=state)) == expected


@pytest.mark.parametrize(
    ("os", "expected"),
    [
        ({"name": "Microsoft Windows Server 2022|C:\\Windows|\\Device\\Harddisk0\\Partition2"}, "Microsoft Windows Server 2022"),
        ({"name": " Debian GNU/Linux 12 "}, "Debian GNU/Linux 12"),
        ({"distro": "alpine"}, "alpine"),
        ({}, ""),
    ],
)
def test_system(build: Builder, os: dict[str, str], expected: str) -> None:
    assert os_name(made(build, {"os_version": os})) == expected


@pytest.mark.parametrize(
    ("fields", "firmware", "order"),
    [
        ({"HVM_boot_policy": "BIOS order", "HVM_boot_params": {"order": "dcx"}}, Firmware.BIOS, "dc"),
        ({"HVM_boot_policy": "BIOS order", "HVM_boot_params": {"order": "CDN", "firmware": "uefi"}}, Firmware.UEFI, "cdn"),
        (
            {"HVM_boot_policy": "BIOS order", "HVM_boot_params": {"firmware": "uefi"}, "platform": {"secureboot": "true"}},
            Firmware.SECURE,
            "cd",
        ),
        ({"HVM_boot_policy": ""}, Firmware.NONE, ""),
        ({"HVM_boot_policy": "BIOS order", "domain_type": "pv"}, Firmware.NONE, ""),
    ],
)
def test_firmware(build: Builder, fields: dict[str, Any], firmware: Firmware, order: str) -> None:
    vm = made(build, **fields)
    assert (firmware_of(vm), boot_order(vm)) == (firmware, order)


@pytest.mark.parametrize(("text", "cores"), [("4", 4), ("0", 1), ("-2", 1), ("", 1), ("many", 1)])
def test_cores(build: Builder, text: str, cores: int) -> None:
    assert cores_per_socket(made(build, platform={"cores-per-socket": text})) == cores


def test_drives_stand_by_position_and_the_cd_last(build: Builder) -> None:
    sr = build.put(SR, name_label="store")
    disks = [build.put(VDI, name_label=f"d{i}", SR=sr, virtual_size=i * GIB) for i in range(3)]
    places = [("10", disks[1], "Disk"), ("3", disks[0], "CD"), ("2", disks[2], "Disk"), ("x", "OpaqueRef:gone", "Disk")]
    vbds = [build.put(VBD, userdevice=place, VDI=vdi, type=kind, empty=False) for place, vdi, kind in places]
    vm = made(build, VBDs=[*vbds, "OpaqueRef:dangling"])
    assert [(drive.vbd.userdevice, drive.vdi and drive.vdi.name_label) for drive in drives_of(vm)] == [
        ("2", "d2"), ("10", "d1"), ("x", None), ("3", "d0"),
    ]  # fmt: skip
    assert disk_total(vm) == 3 * GIB


def test_a_disk_takes_the_room_of_its_chain(build: Builder) -> None:
    build.put(VDI, uuid="base", managed=False, physical_utilisation=10, sm_config={"vhd-parent": "base"})  # a loop ends
    build.put(VDI, uuid="mid", managed=False, physical_utilisation=5, sm_config={"vhd-parent": "base"})
    tip = build.put(VDI, uuid="tip", physical_utilisation=1, sm_config={"vhd-parent": "mid"})
    blind = build.put(VDI, physical_utilisation=-1)
    pool = build.commit()
    assert [disk_used(vdi) for ref in (tip, blind) if (vdi := pool.one(VDI, ref))] == [16, -1]


def test_nics_stand_by_position_with_their_addresses(build: Builder) -> None:
    network = build.put(Network, name_label="lan")
    vifs = [build.put(VIF, device=device, network=network if device == "2" else "OpaqueRef:NULL") for device in ("10", "2")]
    vm = made(build, {"networks": {"2/ip": "10.0.0.1", "2/ipv6/0": "2001:db8::1"}}, VIFs=vifs)
    assert [(nic.vif.device, nic.network and nic.network.name_label, nic.addresses) for nic in nics_of(vm)] == [
        ("2", "lan", ("10.0.0.1", "2001:db8::1")), ("10", None, ()),
    ]  # fmt: skip


def test_what_it_hangs_on(build: Builder) -> None:
    host = build.put(Host, name_label="h1")
    local = build.put(SR, name_label="local", physical_size=100, physical_utilisation=96)
    far = build.put(SR, name_label="far", shared=True, physical_size=100)
    isos = build.put(SR, name_label="isos", shared=True, content_type="iso")
    paths = {
        local: [build.put(PBD, host=host, SR=local, currently_attached=True)],
        far: [build.put(PBD, host=host, SR=far)],
        isos: [build.put(PBD, host=host, SR=isos, currently_attached=True)],
    }
    disks = [build.put(VDI, name_label=name, SR=sr) for name, sr in (("cache", local), ("data", far), ("debian.iso", isos))]
    vbds = [
        build.put(VBD, VDI=disk, type=kind, userdevice=str(i))
        for i, (disk, kind) in enumerate(zip(disks, ("Disk", "Disk", "CD"), strict=True))
    ]
    vbds.append(build.put(VBD, VDI="OpaqueRef:gone", userdevice="7"))
    carrier = build.put(PIFMetrics, carrier=False)
    network = build.put(Network, name_label="lan", PIFs=[build.put(PIF, host=host, metrics=carrier)])
    vm = made(build, resident_on=host, VBDs=vbds, VIFs=[build.put(VIF, network=network)], attached_PCIs=["OpaqueRef:pci"])
    pool = build.pool
    for sr, pbds in paths.items():
        row = pool.one(SR, sr)
        assert row
        row.PBDs = pbds
    judged(build.mirror)
    found = dependencies_of(vm)
    assert [dependency.kind for dependency in found] == [
        DependencyKind.FULL,
        DependencyKind.UNPLUGGED,
        DependencyKind.GONE,
        DependencyKind.NO_LINK,
        DependencyKind.LOCAL_DISK,
        DependencyKind.CD,
        DependencyKind.DEVICE,
    ]
    assert [dependency.what for dependency in found] == ["", "", "7", "", "cache", "debian.iso", ""]


def grown(build: Builder, *parents: tuple[str, str]) -> tuple[PoolMirror, VM]:
    """A VM and its snapshots: (name, parent's name) in the order of their age, the VM itself last."""
    refs = {name: Ref(f"OpaqueRef:{name}") for name, _parent in parents}
    *snapshots, (own, _above) = parents
    for day, (name, parent) in enumerate(parents, 1):
        more: dict[str, Any] = {"snapshots": [refs[name] for name, _ in snapshots]} if name == own else {"is_a_snapshot": True}
        build.put(
            VM, refs[name], name_label=name, parent=refs.get(parent, "OpaqueRef:NULL"), snapshot_time=f"202601{day:02}T00:00:00Z", **more
        )
    pool = build.commit()
    vm = pool.one(VM, refs[own])
    assert vm
    return pool, vm


@pytest.mark.parametrize(
    ("parents", "picture"),
    [
        ([("vm", "")], []),
        ([("a", ""), ("b", "a"), ("vm", "b")], ["a0 below", "b0 above below", "vm0 above"]),
        ([("a", ""), ("b", "a"), ("c", "a"), ("vm", "c")], ["a0 below forks(1)", "b1 above passing(0)", "c0 above below", "vm0 above"]),
        ([("a", ""), ("b", "a"), ("c", "b"), ("vm", "a")],
         ["a0 below forks(1)", "b1 above below passing(0)", "c1 above passing(0)", "vm0 above"]),
        ([("a", "gone"), ("vm", "gone")], ["a1", "vm0"]),
        ([("a", ""), ("b", "a"), ("c", "b"), ("d", "b"), ("vm", "a")],
         ["a0 below forks(1)", "b1 above below passing(0) forks(2)", "c1 above passing(0,2)", "d2 above passing(0)", "vm0 above"]),
        ([("a", "b"), ("b", ""), ("vm", "a")], ["a0 below", "b1 passing(0)", "vm0 above"]),
    ],
)  # fmt: skip
def test_the_tree_of_snapshots(build: Builder, parents: list[tuple[str, str]], picture: list[str]) -> None:
    _pool, vm = grown(build, *parents)
    found = []
    for twig in snapshot_tree(vm):
        words = [f"{twig.vm.name_label}{twig.column}", "above" * twig.above, "below" * twig.below]
        words += [
            f"{name}({','.join(map(str, columns))})" for name, columns in (("passing", twig.passing), ("forks", twig.forks)) if columns
        ]
        found.append(" ".join(filter(None, words)))
    assert found == picture


def test_no_operation_is_shown_as_xapi_calls_it() -> None:
    model = json.loads(files("xo_dash.simulator").joinpath("model.json").read_bytes())
    operations = model["classes"]["VM"]["enums"]["vm_operations"]
    assert len(operations) > 40
    for operation in (*operations, "of_a_newer_xapi"):
        said = doing_of(VM(current_operations={"OpaqueRef:t": operation}))
        assert said and said[0].isupper() and "_" not in said
    assert doing_of(VM()) == ""
