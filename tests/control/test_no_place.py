"""NO_HOSTS_AVAILABLE says nothing; what each host lacks is in the mirror."""

from __future__ import annotations

from typing import Any

import pytest

from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network, PowerState, TaskStatus
from data.types import GIB
from tests.control.asked import faults
from tests.control.fake_pool import Desk, FakePool, ends_at_once
from xo_dash.control.actions import action
from xo_dash.control.failures import explain


class Lab:
    """Two hosts, a shared SR and a network, and a VM that uses both."""

    def __init__(self, fake: FakePool, memory: int = 4) -> None:
        self.fake = fake
        self.sr, self.network = SR(name_label="vault", shared=True), Network(name_label="lan")
        fake.put(self.sr)
        fake.put(self.network)
        self.vm = fake.vm("web", memory_dynamic_max=memory * GIB)
        drive = VBD(VM=self.vm.ref, VDI=fake.put(VDI(SR=self.sr.ref)), empty=False)
        nic = VIF(VM=self.vm.ref, network=self.network.ref)
        fake.change(self.vm, VBDs=[fake.put(drive)], VIFs=[fake.put(nic)])

    def host(self, name: str, memory: int = 16, *, live: bool = True, sr: bool = True, network: bool = True, **fields: Any) -> Host:
        row = Host(name_label=name, metrics=self.fake.put(HostMetrics(live=live, memory_total=memory * GIB)), **{"enabled": True} | fields)
        self.fake.put(row)
        path = PBD(host=row.ref, SR=self.sr.ref, currently_attached=sr)
        ports = [self.fake.put(PIF(host=row.ref, network=self.network.ref))] if network else []
        self.fake.change(row, PBDs=[self.fake.put(path)], PIFs=ports)
        self.fake.change(self.network, PIFs=[*self.network.PIFs, *ports])
        return row

    def said(self, *arguments: str, code: str = "NO_HOSTS_AVAILABLE", vm: VM | None = None) -> str:
        return str(explain(code, arguments, self.fake.home, vm or self.vm))


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ([{"memory": 3}, {"enabled": False}],
         "no host has enough free memory for it: it needs 4\u202fGiB, and xcp-0 has 3\u202fGiB; stop some VMs there, or "
        "give it less memory "
         "(xcp-1: in maintenance mode)"),
        ([{"enabled": False}], "no host can run it: xcp-0 is in maintenance mode; take it out of maintenance mode first"),
        ([{"sr": False}, {"live": False}],
         "no host can run it: vault is not attached on xcp-0; attach it there (xcp-1: not responding)"),
        ([{}, {}], None),
    ],
)  # fmt: skip
def test_the_nearest_host_is_named_with_a_way_out(fake: FakePool, hosts: list[dict[str, Any]], words: str | None) -> None:
    lab = Lab(fake)
    for number, fields in enumerate(hosts):
        lab.host(f"xcp-{number}", **fields)
    general = str(explain("NO_HOSTS_AVAILABLE", [], fake.home))
    assert lab.said() == (words or general)


def test_a_network_that_one_host_has_is_missing_on_the_other(fake: FakePool) -> None:
    lab = Lab(fake)
    lab.host("xcp-0", enabled=False)
    lab.host("xcp-1", network=False)
    assert lab.said() == "no host can run it: xcp-0 is in maintenance mode; take it out of maintenance mode first (xcp-1: no network lan)"


def test_of_many_hosts_some_are_named(fake: FakePool) -> None:
    lab = Lab(fake)
    for number in range(20):
        lab.host(f"xcp-{number:02}", enabled=False)
    assert lab.said().endswith("xcp-04: in maintenance mode; xcp-05: in maintenance mode; and 14 more)")


def test_a_vm_that_runs_is_not_told_of_its_own_host(fake: FakePool) -> None:
    lab = Lab(fake)
    own = lab.host("xcp-0")
    running = fake.vm("db", PowerState.RUNNING, resident_on=own.ref)
    assert lab.said(vm=running) == "the pool has no other host"


def test_a_shortage_without_amounts_gets_them_from_the_mirror(fake: FakePool) -> None:
    lab = Lab(fake, memory=32)
    lab.host("xcp-0")
    assert "it needs 32\u202fGiB, and xcp-0 has 16\u202fGiB" in lab.said(lab.vm.ref, code="HOST_NOT_ENOUGH_FREE_MEMORY")
    assert lab.said("2147483648", "0", code="HOST_NOT_ENOUGH_FREE_MEMORY").startswith("2\u202fGiB of memory needed")


async def test_a_start_that_finds_no_host_says_so(desk: Desk, fake: FakePool) -> None:
    lab = Lab(fake)
    lab.host("xcp-0", enabled=False)
    fake.answers["Async.VM.start"] = ends_at_once(fake, TaskStatus.FAILURE, "NO_HOSTS_AVAILABLE")
    run = await desk.runner.run(desk.hire(), action("vm.start"), [lab.vm])
    assert str(run.items[0].reason) == "no host can run it: xcp-0 is in maintenance mode; take it out of maintenance mode first"


def test_a_host_to_start_on_says_what_it_lacks(fake: FakePool) -> None:
    lab = Lab(fake)
    cut = lab.host("xcp-0", sr=False)
    lab.host("xcp-1", memory=2)
    lab.host("xcp-2", network=False)
    assert [(choice.label, str(choice.refused or "")) for choice in action("vm.start_on").choices["host"]([lab.vm])] == [
        ("xcp-1", ""),
        ("xcp-0", "it has no access to vault"),
        ("xcp-2", "it does not have the network lan"),
    ]
    assert faults("vm.start_on", lab.vm, host=cut.uuid) == ["xcp-0 cannot run it: it has no access to vault"]
