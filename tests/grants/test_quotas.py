"""Quotas: what is counted, what each command adds, what is refused at the moment of acting; and a small team that serves itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.new_vm.draft import VMDraft
from components.new_vm.model import model_of
from data.grants.grant import GrantKind
from data.grants.quota import Amounts, Quota, exceeded
from data.identity import key_of
from data.objects import SR, VBD, VDI, VIF, VM, Appliance, Host, Network, Pool, PowerState
from data.scope import Scope
from data.stores.directory import DataDirectory
from data.stores.users import Role, User, UserStore
from data.types import GIB, XapiObject
from tests.control.asked import faults
from tests.control.fake_pool import Users, user
from tests.creation.world import World
from xo_dash.auth.grants import Grants, GrantStores
from xo_dash.auth.visibility import PersonSees
from xo_dash.control.actions import BY_ID, action
from xo_dash.control.audit import Audit
from xo_dash.control.orders import Asking, Order, accept, preview
from xo_dash.control.quota.demands import COMMANDS
from xo_dash.control.requests.fault import Fault
from xo_dash.control.run import RunState
from xo_dash.control.runner import Runner
from xo_dash.control.vm.clone import CloneVM
from xo_dash.control.vm.creation.blueprint import default_network
from xo_dash.control.vm.creation.request import CreateVM


class Team:
    """A pool, and dev, who has nothing but what a test gives."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self.mirror, self.pool = self.world.fake.mirror, self.world.pool
        self.dev, self.boss, self.users = user(Role.NONE, "dev"), user(Role.ADMIN, "boss"), Users()
        self.users |= {self.dev.id: self.dev, self.boss.id: self.boss}
        self.runner = Runner(self.mirror, lambda _server: self.world, self.users, Audit(folder))  # type: ignore[arg-type,return-value]
        directory = DataDirectory(folder)
        self.kept = Grants(GrantStores(directory), self.mirror.grants, UserStore(directory))
        self.runner.quotas.own = self.kept.own

    async def quota(self, **limits: object) -> Quota:
        saved = await self.kept.quotas.save(Quota(id="", user_id=self.dev.id, **limits))  # type: ignore[arg-type]
        await self.kept.refresh()
        return saved

    async def lets_create(self) -> None:
        role = await self.kept.roles.save("Creator", ["vm.create"])
        await self.kept.grants.add(role.id, GrantKind.POOL, key_of(self.pool), user_id=self.dev.id)
        await self.kept.grants.add("viewer", GrantKind.VM, key_of(self.world.golden), user_id=self.dev.id)
        await self.kept.refresh()

    async def owned(self, **fields: object) -> VM:
        """A VM of dev's."""
        vm = self.world.fake.vm("mine", **fields)  # type: ignore[arg-type]
        await self.kept.own(key_of(vm), self.dev.id)
        return vm

    async def said(self, action_id: str, subject: XapiObject, by: User | None = None, **values: object) -> str:
        """What it is refused for; empty if it is done."""
        run = await self.runner.run(by or self.dev, action(action_id), [subject], values)
        (item,) = run.items
        assert item.state in (RunState.DONE, RunState.REFUSED), (item.state, str(item.reason))
        return str(item.reason or "")

    async def create(self, **values: object) -> str:
        return await self.said("vm.create", self.pool, **({"name": "web", "template": self.world.golden.uuid} | values))

    def limits(self, request: CreateVM) -> list[Fault]:
        return self.runner.quotas.faults(self.dev, "vm.create", request, self.pool)

    def scope(self) -> Scope:
        class Known:
            def get(self, _user_id: str) -> User:
                return team.dev

        team = self
        return Scope(self.mirror, PersonSees(self.dev.id, Role.ADMIN, self.mirror.grants, Known()))  # type: ignore[arg-type]


@pytest.fixture
async def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_what_takes_something_is_a_command(team: Team) -> None:
    assert BY_ID.keys() >= COMMANDS


def test_a_limit_is_passed_by_what_adds_to_it_alone() -> None:
    quota = Quota(id="", user_id="dev", vms=2, memory=GIB)
    assert exceeded(quota, Amounts(vms=5), Amounts(memory=GIB)) is None, "too many already, but none more"
    assert exceeded(quota, Amounts(vms=1), Amounts(vms=1, memory=GIB)) is None
    limit = exceeded(quota, Amounts(vms=1, memory=1), Amounts(vms=1, memory=GIB))
    assert limit is not None and (limit.resource, limit.used, limit.most) == ("memory", 1, GIB)


async def test_a_small_team_serves_itself(team: Team) -> None:
    """A role, a template, an SR, a network and a quota: dev makes a VM, and sees and runs it; of the rest nothing but names."""
    world = team.world
    other = world.fake.vm("secret")
    assert "no such" in await team.create() or "role" in await team.create(), "nothing is given yet"
    await team.lets_create()
    await team.quota(vms=1, disk=15 * GIB, srs=(key_of(world.vault),), networks=(key_of(world.lan),))
    scope = team.scope()
    before = scope.mirror
    assert [vm.name_label for vm in before.every(VM)] == ["golden"] and {sr.name_label for sr in before.every(SR)} == {"vault"}
    assert {one.name_label for one in before.every(Network)} == {"lan"}
    assert all(one.uuid for one in before.every(Pool)) and not any(one.name_label == "secret" for one in before.every(VM))
    assert not list(before.every(VDI)) or {disk.name_label for disk in before.every(VDI)} <= {"golden"}, "of the SR its name alone"
    form = model_of(VMDraft(name="web", template=world.debian.uuid), next(before.every(Pool)))
    assert form.plan is None and form.request is None, "a template that is not seen"
    form = model_of(VMDraft(name="web", template=world.golden.uuid), next(before.every(Pool)))
    usual = default_network(form.pool.home)
    assert usual is not None and usual.name_label == "lan", "also where no ports are seen"
    assert not form.faults and form.request is not None and not form.seats, "who sees no hosts leaves the choice to the pool"
    assert "fast" not in await team.create(disks=[{"position": "0", "sr": world.fast.uuid}]) != "", "an SR that dev does not see is none"
    assert "VLAN" not in await team.create(nics=[{"network": world.vlan.uuid}]) != ""
    assert "disks" in await team.create(disks=[{"position": "0", "size": "16 GiB"}])
    assert await team.create() == ""
    (mine,) = [vm for vm in world.fake.home.all(VM).values() if vm.name_label == "web"]
    assert team.mirror.grants.owners == {key_of(mine): team.dev.id}
    seen = team.scope()
    assert {vm.name_label for vm in seen.mirror.every(VM)} == {"golden", "web"} and not any(seen.mirror.having(VM, key_of(other)))
    world.fake.change(mine, resident_on=world.hosts[0].ref, is_a_template=False)
    form = model_of(
        VMDraft(name="web-2", template=world.golden.uuid), next(seen.mirror.every(Pool)), is_seen=seen.shows, limits=team.limits
    )
    assert form.plan is not None and form.plan.host is None, "a host that is known by name, with its VM, is nothing to put others on"
    assert "allows 1 VMs and 1 are in use" in str(form.fault("name"))
    assert await team.said("vm.rename", mine, name="shop") == ""
    assert "allows 1 VMs and 1 are in use" in await team.create()
    assert await team.said("vm.create", team.pool, by=team.boss, name="more", template=world.golden.uuid) == "", "an administrator may"


async def test_what_nobody_named_is_chosen_of_what_may_be_used(team: Team) -> None:
    """The template is on an SR and a network that the quota has not: its disk is copied to the one that it has."""
    world, home = team.world, team.world.fake.home
    await team.lets_create()
    await team.quota(srs=(key_of(world.fast),), networks=(key_of(world.vlan),))
    scope = team.scope()
    row = next(scope.mirror.every(Pool))
    form = model_of(VMDraft(name="web", template=world.golden.uuid), row, limits=team.limits, user=team.dev)
    assert not form.faults and form.plan is not None, "the page begins with what is going to be"
    assert [disk.sr.name_label for disk in form.plan.disks if disk.sr] == ["fast"]
    assert [card.network.name_label for card in form.plan.cards if card.network] == ["vlan 20"]
    order = Order(action="vm.create", on=[row.uuid], values={"name": "web", "template": world.golden.uuid})
    given, subjects, request = accept(order, scope.mirror, team.dev)
    (told,) = preview(given, subjects, request, Asking(team.dev, team.runner.quotas))
    assert world.fast.uuid in str(told["calls"]) and world.vault.uuid not in str(told["calls"]), told
    assert await team.create() == ""
    (web,) = [vm for vm in home.all(VM).values() if vm.name_label == "web"]
    assert {home.one(Network, vif.network) for vif in web.all_of(VIF, web.VIFs)} == {world.vlan}
    assert [told[-1] for name, told in world.fake.calls if name == "Async.VM.copy"] == [world.fast.ref]
    named = {"disks": [{"position": "0", "sr": world.vault.uuid}]}
    assert "does not allow the SR vault" in await team.create(name="b", **named), "what somebody names is not changed"
    await team.quota(srs=(key_of(world.images),))
    assert "does not allow" in await team.create(name="c"), "where there is none that may be used"


async def test_a_copy_that_may_not_stay_where_the_original_is_may_go_elsewhere(team: Team) -> None:
    world, limits = team.world, team.runner.quotas
    vm = await team.owned()
    disk = world._vdi("mine", world.vault, virtual_size=GIB)
    world.fake.change(vm, VBDs=[world.fake.put(VBD(VM=vm.ref, VDI=disk.ref, userdevice="0"))])
    await team.quota(srs=(key_of(world.fast),))
    for name in ("vm.clone", "snapshot.new_vm", "snapshot.new_template"):
        kept, moved = (CloneVM(name="copy", fast=fast, sr=sr) for fast, sr in ((True, None), (False, world.fast.uuid)))
        (fault,) = limits.faults(team.dev, name, kept, vm)
        assert fault.field == "sr" and "SR vault" in str(fault.reason) and "full copy" in str(fault.reason)
        assert not limits.faults(team.dev, name, moved, vm), "as the sentence says"


async def test_a_dry_run_where_the_usual_sr_is_not_seen_tells_what_will_be(team: Team) -> None:
    world = team.world
    role = await team.kept.roles.save("Creator", ["vm.create"])
    await team.kept.grants.add(role.id, GrantKind.POOL, key_of(team.pool), user_id=team.dev.id)
    await team.kept.grants.add("viewer", GrantKind.VM, key_of(world.debian), user_id=team.dev.id)
    await team.quota(srs=(key_of(world.fast),), networks=(key_of(world.vlan),))
    scope = team.scope()  # in which "fast" is the only SR, and so the usual one
    order = Order(action="vm.create", on=[team.pool.uuid], values={"name": "web", "template": world.debian.uuid})
    (told,) = preview(*accept(order, scope.mirror, team.dev), Asking(team.dev, team.runner.quotas))
    assert "refused" not in told, told
    assert await team.create(template=world.debian.uuid) == ""


async def test_without_a_quota_it_is_what_they_see(team: Team) -> None:
    world = team.world
    await team.lets_create()
    await team.kept.grants.add("viewer", GrantKind.VM, key_of(world.debian), user_id=team.dev.id)
    await team.kept.grants.add("viewer", GrantKind.SR, key_of(world.fast), user_id=team.dev.id)
    await team.kept.refresh()
    assert await team.create(template=world.debian.uuid) == ""
    assert ("VDI.create", world.fast.ref) in {
        (name.removeprefix("Async."), told[0]["SR"]) for name, told in world.fake.calls if "VDI.cr" in name
    }
    own = {"disks": [{"position": "0", "sr": world.vault.uuid}]}
    assert await team.create(name="other", **own) == "", "the SR of a template that they see may be named"
    vm = await team.owned()
    order = Order(action="vm.add_disk", on=[vm.uuid])
    assert accept(order, team.mirror, team.dev)[2].sr == world.fast.uuid, "a dialog and a program begin with it too"  # type: ignore[attr-defined]


async def test_a_host_that_somebody_does_not_see_counts_for_how_many_vcpus_can_start(team: Team) -> None:
    world = team.world
    small, *others = world.fake.home.all(Host).values()
    assert others
    for host in (small, *others):
        world.fake.change(host, cpu_info={"cpu_count": "16" if host is small else "64"})
    vm = world.fake.vm("theirs")
    await team.kept.grants.add("operator", GrantKind.VM, key_of(vm), user_id=team.dev.id)
    await team.kept.grants.add("viewer", GrantKind.HOST, key_of(small), user_id=team.dev.id)
    await team.kept.refresh()
    scope = team.scope()
    row = next(one for one in scope.mirror.every(VM) if one.uuid == vm.uuid)
    assert len(row.home.all(Host)) == 1
    assert faults("vm.vcpus", row, vcpus=32) == []
    assert faults("vm.vcpus", row, vcpus=65)


async def test_each_change_is_held_against_the_quota_of_the_owner(team: Team) -> None:
    fast = team.world.fast
    disk = team.world._vdi("data", fast, virtual_size=10 * GIB)
    vm = await team.owned(memory_static_max=2 * GIB, memory_static_min=GIB, memory_dynamic_min=GIB, memory_dynamic_max=2 * GIB, VCPUs_max=2,
                          VCPUs_at_startup=2)  # fmt: skip
    await team.quota(vms=1, vcpus=2, memory=3 * GIB, disk=10 * GIB)
    assert "3\u202fGiB of memory and 2\u202fGiB are in use, 2\u202fGiB more" in await team.said("vm.memory", vm, memory="4 GiB")
    assert "2 vCPUs and 2 are in use" in await team.said("vm.vcpus", vm, vcpus=3)
    assert "1 VMs" in await team.said("vm.clone", vm, name="copy")
    assert await team.said("vm.start", vm) == "", "halted VMs count, so starting takes nothing"
    helper = user(Role.OPERATOR, "helper")
    team.users[helper.id] = helper
    size = {"name": "d", "size": "20 GiB", "sr": fast.uuid}
    assert "10\u202fGiB of disks and 0" in await team.said("vm.add_disk", vm, by=helper, **size), "whoever does it, it is the owner's"
    assert await team.said("vm.attach_disk", vm, by=helper, disk=disk.uuid) == ""
    team.world.fake.change(disk, VBDs=list(vm.VBDs))
    assert "in use" in await team.said("vdi.grow", disk, size="+1")
    await team.quota(networks=(key_of(team.world.lan),))
    assert "no such" in await team.said("vm.add_nic", vm, network=team.world.vlan.uuid)


async def test_running_vms_alone_may_count(team: Team) -> None:
    fields = {"memory_static_max": 2 * GIB, "VCPUs_max": 2}
    one, other = await team.owned(**fields), await team.owned(state=PowerState.RUNNING, **fields)
    quota = await team.quota(memory=3 * GIB, running=True)
    assert team.runner.quotas.used(quota) == Amounts(2, 2, 2 * GIB, 0)
    assert "memory" in await team.said("vm.start", one)
    fake = team.world.fake
    fake.change(other, power_state=PowerState.HALTED)
    vapp = Appliance(name_label="shop", VMs=[one.ref, other.ref])
    fake.put(vapp)
    assert "memory" in await team.said("vm_appliance.start", vapp), "both of them, started by their vApp"
    assert await team.said("vm.start", one) == ""


async def test_a_group_shares_one_and_several_at_once_do_not_pass_it(team: Team) -> None:
    vms = [team.world.fake.vm(name) for name in ("a", "b", "c")]
    for vm in vms:
        await team.kept.grants.add("operator", GrantKind.VM, key_of(vm), user_id=team.dev.id)
    group = await team.kept.groups.add("ops", [team.dev.id, "id-ann"])
    await team.kept.quotas.save(Quota(id="", group_id=group.id, vms=3))
    await team.kept.own(key_of(vms[0]), "id-ann")
    await team.kept.own(key_of(vms[1]), "somebody else")
    run = await team.runner.run(team.dev, action("vm.clone"), vms, {"name": "{name} copy"})
    assert sorted(item.state.value for item in run.items) == ["done", "done", "refused"]
    (refused,) = [item for item in run.items if item.state is RunState.REFUSED]
    assert "allows 3 VMs and 3 are in use" in str(refused.reason)
