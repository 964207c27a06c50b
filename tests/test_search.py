"""Search over everything there is."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from data.mirror import Mirror
from data.objects import VIF, VM, Host, VMGuestMetrics
from data.search import Group, GroupResult, Index
from tests import fakes


def filled(mirror: Mirror) -> Index:
    index = Index(mirror)
    for _ in index.fill():
        pass
    return index


def names(found: list[GroupResult], group: Group = Group.VM) -> list[str]:
    return [getattr(hit.row, "name_label", "") for part in found if part.group is group for hit in part.hits]


@pytest.fixture
def mirror() -> Mirror:
    return fakes.home_lab()


def test_names_come_best_first(mirror: Mirror) -> None:
    index = filled(mirror)
    assert names(index.find("k8s"))[0] == "k8s-cp-1"
    assert names(index.find("WEB-1")) == ["web-1"]
    assert names(index.find("worker 2"))[0] == "k8s-worker-2"
    assert names(index.find("db"))[:2] == ["db-01", "db-02"]
    assert names(index.find("   ")) == []


def test_an_address_leads_to_the_vm_and_says_why(mirror: Mirror) -> None:
    vm = fakes.find(mirror, "git")
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics)
    assert guest
    address = guest.networks["0/ip"]
    hit = next(hit for found in filled(mirror).find(address) for hit in found.hits if hit.row is vm)
    assert hit.why == address


@pytest.mark.parametrize("what", ["mac", "uuid", "tag", "note"])
def test_every_other_field_leads_to_the_vm(mirror: Mirror, what: str) -> None:
    vm = fakes.find(mirror, "ci-runner-1")
    query = {"mac": vm.all_of(VIF, vm.VIFs)[0].MAC.upper(), "uuid": vm.uuid[:8], "tag": "nightly", "note": "ci-runner-1 of the lab"}[what]
    assert names(filled(mirror).find(query)) == ["ci-runner-1"]


def test_all_kinds_are_found(mirror: Mirror) -> None:
    index = filled(mirror)
    assert names(index.find("xcp-lab-2"), Group.HOST) == ["xcp-lab-2"]
    assert names(index.find("nfs-vault"), Group.SR) == ["nfs-vault"]
    assert names(index.find("vlan 20"), Group.NETWORK) == ["vlan 20", "vlan 20"]
    assert names(index.find("web-1 root"), Group.VDI) == ["web-1 root"]
    assert names(index.find("lab-pool"), Group.POOL) == ["lab-pool"]
    assert names(index.find("192.168.1.11"), Group.HOST) == ["xcp-lab-2"]
    assert names(index.find("control domain")) == []


def test_the_index_follows_changes(mirror: Mirror) -> None:
    index = filled(mirror)
    mirror.observe(index.update)
    vm = fakes.find(mirror, "web-1")
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics)
    assert guest
    fakes.change(mirror, vm, name_label="shop", name_description="")
    fakes.change(mirror, guest, networks={"0/ip": "172.16.9.9"})
    fakes.change(mirror, vm.all_of(VIF, vm.VIFs)[0], MAC="02:00:00:00:00:01")
    assert names(index.find("shop")) == ["shop"]
    assert names(index.find("172.16.9.9")) == ["shop"]
    assert names(index.find("02:00:00:00:00:01")) == ["shop"]
    assert names(index.find("web-1")) == []
    fakes.change(mirror, vm, is_a_template=True)
    assert names(index.find("shop"), Group.TEMPLATE) == ["shop"]
    fakes.remove(mirror, vm)
    assert not any(found.group in (Group.VM, Group.TEMPLATE) for found in index.find("shop"))
    mirror.remove(fakes.find(mirror, "attic", Host).home.id)
    assert names(index.find("redis")) == []
    assert len(index) == len(filled(mirror))


def test_ten_thousand_vms_are_looked_through_while_one_types() -> None:
    mirror = fakes.fleet(hosts=60, vms=10_000, pools=2)
    index = filled(mirror)
    labels = [vm.name_label for vm in mirror.every(VM)]
    look = min(_seconds(lambda: [label for label in labels if "no such thing" in label.casefold()]) for _ in range(5))
    for query in ("a", "app", "app-1-0042", "10.1.3", "56:0e:2a", "no such thing"):
        best = min(_seconds(lambda query=query: index.find(query)) for _ in range(5))  # type: ignore[misc]
        assert best < 40 * look, f"{query}: {best / look:.1f} looks at every name"  # 5 to 15


def _seconds(do: Callable[[], object]) -> float:
    start = time.thread_time()
    do()
    return time.thread_time() - start


def test_a_strange_query_finds_nothing_and_harms_nothing(mirror: Mirror) -> None:
    index = filled(mirror)
    for query in ("\n", "\0", "(" * 5000, "<script>", "OpaqueRef:NULL", "…"):
        assert names(index.find(query)) == []
    assert VM in {type(hit.row) for found in index.find("e") for hit in found.hits}
