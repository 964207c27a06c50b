"""What is four times as large takes four times the work: rows of an SR with thousands of disks, of a VM with hundreds of snapshots."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from components.hosts.rows import _vm_row
from components.networks.rows import _network_row, _nic_row
from components.storage.rows import _disk_row, _sr_row
from data.contents import contents_of
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network
from data.snapshots import snapshot_tree
from data.types import GIB, Ref
from tests.fakes import Builder
from xo_dash.i18n import using

HOST, STORAGE, NETWORK = Ref("OpaqueRef:host"), Ref("OpaqueRef:sr"), Ref("OpaqueRef:network")


def large(count: int) -> PoolMirror:
    """A host with `count` VMs, each with a disk on a base and a NIC; the first has `count` snapshots."""
    build = Builder(Mirror(), "large")
    vms = [Ref(f"OpaqueRef:vm{n}") for n in range(count)]
    snapshots = [Ref(f"OpaqueRef:snapshot{n}") for n in range(count)]
    disks, nics = [], []
    for n, vm in enumerate([*vms, *snapshots]):
        base, drive, nic = build.uuid(), Ref(f"OpaqueRef:drive{n}"), Ref(f"OpaqueRef:nic{n}")
        disks.append(build.put(VDI, uuid=base, SR=STORAGE, managed=False, physical_utilisation=GIB))
        disks.append(build.put(VDI, SR=STORAGE, VBDs=[drive], virtual_size=GIB, physical_utilisation=GIB, sm_config={"vhd-parent": base}))
        build.put(VBD, drive, VM=vm, VDI=disks[-1])
        nics.append(build.put(VIF, nic, VM=vm, network=NETWORK, device="0"))
        if n < count:
            build.put(VM, vm, power_state="Running", resident_on=HOST, VBDs=[drive], VIFs=[nic], snapshots=snapshots if n == 0 else [])
        else:
            parent = snapshots[n - count - 1] if n % 5 else "OpaqueRef:NULL"
            taken = f"2026{1 + n % 12:02d}01T00:00:{n % 60:02d}Z"
            build.put(VM, vm, is_a_snapshot=True, is_a_template=True, snapshot_of=vms[0], VBDs=[drive], parent=parent, snapshot_time=taken)
    build.put(SR, STORAGE, type="nfs", shared=True, physical_size=9000 * GIB, physical_utilisation=GIB, VDIs=disks)
    build.put(Network, NETWORK, VIFs=nics)
    build.put(Host, HOST, metrics=build.put(HostMetrics, live=True), resident_VMs=vms)
    return build.commit()


def steps(work: Callable[[PoolMirror], Any], pool: PoolMirror) -> int:
    """Instructions of the interpreter that it takes: the same on every machine, however busy."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    work(pool)  # what is cached is
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(pool)
    finally:
        sys.settrace(before)
    return count


WORK: dict[str, Callable[[PoolMirror], Any]] = {
    "disks of an SR": lambda pool: [_disk_row(vdi) for vdi in pool.all(VDI).values()],
    "an SR": lambda pool: [_sr_row(sr) for sr in pool.all(SR).values()],
    "what fills an SR": lambda pool: list(contents_of(pool.all(SR)[STORAGE])),
    "VMs on a host": lambda pool: [_vm_row(vm) for vm in pool.all(VM).values() if not vm.is_a_snapshot],
    "NICs on a network": lambda pool: [_nic_row(vif) for vif in pool.all(VIF).values()],
    "a network": lambda pool: [_network_row(network) for network in pool.all(Network).values()],
    "snapshots of a VM": lambda pool: snapshot_tree(pool.all(VM)[Ref("OpaqueRef:vm0")]),
}


@pytest.mark.parametrize("name", WORK)
def test_work_grows_as_things_do(name: str) -> None:
    with using("en"):
        few, many = (steps(WORK[name], large(count)) for count in (25, 100))
    assert many < 6 * few, f"{many / few:.1f} times the work for four times as many"
