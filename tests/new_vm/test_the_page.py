"""What a person sees and does on the page of a new VM."""

from __future__ import annotations

import asyncio

from nicegui import ui
from nicegui.testing import User

from components.new_vm.draft import Drafts, VMDraft, remembered
from components.new_vm.form import Form
from components.new_vm.saved import SavedConfigs
from components.ui import Field
from data.objects import VM
from data.stores.cloud_configs import ConfigKind
from data.stores.users import Role
from tests.creation.world import World
from tests.waiting import PATIENCE
from xo_dash.context import Context


def form(user: User) -> Form:
    (found,) = user.find(Form).elements
    return found


def type_into(user: User, marker: str, text: str) -> None:
    (box,) = user.find(marker=marker).elements
    box.value = text  # type: ignore[attr-defined]


async def made(world: World, name: str) -> VM:
    """The VM of that name, once it is there."""
    stirred = asyncio.Event()
    unsubscribe = world.fake.mirror.observe(lambda _changes: stirred.set())
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := [vm for vm in world.fake.home.all(VM).values() if vm.name_label == name]):
                stirred.clear()
                await stirred.wait()
    finally:
        unsubscribe()
    return found[0]


async def test_a_name_and_one_click_are_enough(user: User, world: World) -> None:
    await user.open("/new-vm")
    for text in ("golden · own", "1 vCPU · 2 GiB fixed", "1 NIC: lan · MAC generated", "host-1, suggested"):
        await user.should_see(text.replace("2 GiB", "2\u202fGiB"))
    type_into(user, "name", "web-1")
    await user.should_see("No other VM has this name.")
    user.find(marker="create").click()
    await made(world, "web-1")
    await user.should_see("web-1 is created")
    await user.should_see("Open web-1")
    assert world.fake.sent[0] == "Async.VM.clone" and world.fake.sent[-1] == "Async.VM.start_on"


async def test_what_is_wrong_is_told_and_keeps_it_from_being_created(user: User, world: World) -> None:
    await user.open("/new-vm")
    user.find(marker="create").click()
    await user.should_see("“Name” is missing")
    await user.should_see("1 field to correct: Name")
    type_into(user, "name", "web-1")
    page = form(user)
    page.draft.memory = "1 TiB"
    with page:
        page.changed("memory")
    await user.should_see("1 field to correct: CPU and memory")
    (button,) = user.find(marker="create").elements
    assert button._props["aria-disabled"] == "true"
    page.draft.memory = "4"
    with page:
        page.changed("memory")
    await user.should_not_see("1 field to correct: CPU and memory")
    assert button._props["aria-disabled"] == "false"
    page.draft.memory = "1 TiB"
    with page:
        page.changed("memory")
    user.find(marker="create").click()
    await user.should_see("no host in the pool has that much; the largest has 64 GiB")  # its part has unfolded
    assert world.fake.sent == []


async def test_what_vanishes_says_so_at_its_field_and_nothing_else_is_lost(user: User, world: World) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "web-1")
    world.fake.remove(world.golden)
    await user.should_see("this template is no longer in the pool; choose another")
    assert form(user).draft.name == "web-1"


async def test_a_draft_is_kept_for_its_person(user: User, world: World, context: Context) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "web-9")
    await user.open("/new-vm")
    assert form(user).draft.name == "web-9" and len(context.shared(Drafts)._by_user) == 1
    await user.open(f"/new-vm?template={world.debian.uuid}")
    assert form(user).draft.template == world.debian.uuid and form(user).draft.name == ""


async def test_several_by_a_pattern(user: User, world: World) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "k8s")
    user.find(marker="several").click()
    await user.should_see("k8s-1 to k8s-3")
    user.find(marker="create").click()
    await made(world, "k8s-3")
    await user.should_see("3 VMs are created")


async def test_a_failure_brings_the_form_back_as_it_was(user: User, world: World) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "web-1")
    world.fails_at = 3
    before = world.rows()
    user.find(marker="create").click()
    await user.should_see("web-1 was not created")
    assert world.rows() == before
    user.find(marker="correct").click()
    assert form(user).draft.name == "web-1"


async def test_a_password_is_nowhere_but_in_the_request(user: User, world: World, context: Context) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "web-1")
    page = form(user)
    page.draft.cloud.on, page.draft.cloud.user, page.draft.cloud.password = True, "ann", "hunter2"
    with page:
        for part in page.parts:
            part.unfold()
        page.changed()
    await user.should_see("ann, no SSH key, DHCP")
    shown = [str(element._props) for element in user.client.elements.values() if element._props.get("type") != "password"]  # type: ignore[union-attr]
    assert not any("hunter2" in one for one in shown)
    user.find(marker="create").click()
    await user.should_see("web-1 is created")
    assert b"ann" in world.written and b"hunter2" not in world.written
    (who,) = context.users.all()
    assert "hunter2" not in str(who.preferences)


async def test_who_may_only_look_is_told_so(user: User, world: World, context: Context) -> None:
    (who,) = context.users.all()
    await context.users.add("eve", "x", Role.ADMIN)  # the last one cannot become less
    await context.users.set_role(who.id, Role.VIEWER)
    await user.open("/new-vm")
    type_into(user, "name", "web-1")
    (button,) = user.find(marker="create").elements
    assert "operator" in str(button._props["data-tip"]) and button._props["aria-disabled"] == "true"
    user.find(marker="create").click()
    assert world.fake.sent == []


async def test_a_text_of_ones_own_is_checked_at_its_field(user: User) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "web-1")
    page = form(user)
    with page:
        page.draft.cloud.on = page.draft.cloud.own = True
        for part in page.parts:
            part.unfold()
        page.changed()
    (text,) = user.find("User-data", kind=Field).elements
    text.value = "#cloud-config\npackagess: [a]\nruncmd: x\n"
    await user.should_see("“runcmd” must be a list")
    await user.should_see("cloud-init has no key “packagess”; did you mean “packages”?")


async def test_what_is_to_be_picked_is_asked_for_when_one_creates(user: User, world: World) -> None:
    await user.open("/new-vm")
    type_into(user, "name", "web-1")
    user.find(marker="from-iso").click()
    await user.should_not_see("“Disc” is missing")
    user.find(marker="create").click()
    await user.should_see("“Disc” is missing")
    user.find(marker="from-disk").click()
    await user.should_see("“Disk” is missing")
    assert world.fake.sent == []


async def test_a_preset_is_saved_for_all_and_brings_back_what_it_says(user: User, world: World, context: Context) -> None:
    await user.open("/new-vm")
    kept = VMDraft(template=world.golden.uuid, memory="8", vcpus="4", tags="web, prod", protect=True)
    kept.cloud.on, kept.cloud.user, kept.cloud.password = True, "anna", "hunter2"
    assert "hunter2" not in str(remembered(kept))
    made = context.cloud_configs.save_now("web", "bob", remembered(kept), shared=True, kind=ConfigKind.PRESET)
    lost = context.cloud_configs.save_now("lost", "bob", remembered(VMDraft(template="gone")), shared=True, kind=ConfigKind.PRESET)
    assert context.cloud_configs.visible("ann") == ()  # those of cloud-init are others
    await user.open("/new-vm")
    await user.should_see(marker="saved-preset")
    (saved,) = user.find(kind=SavedConfigs, marker="saved-preset").elements
    (field,) = [one for one in saved.descendants() if isinstance(one, ui.select)]
    field.set_value(made.id)
    draft = context.shared(Drafts).of(next(iter(context.users.all())).id)
    assert draft is not None and (draft.template, draft.memory, draft.vcpus, draft.tags) == (world.golden.uuid, "8", "4", "web, prod")
    assert draft.protect and draft.cloud.user == "anna" and not draft.cloud.password
    await user.open("/new-vm")
    (saved,) = user.find(kind=SavedConfigs, marker="saved-preset").elements
    (field,) = [one for one in saved.descendants() if isinstance(one, ui.select)]
    field.set_value(lost.id)
    draft = context.shared(Drafts).of(next(iter(context.users.all())).id)
    assert draft is not None and draft.template == world.golden.uuid  # of one that is gone: the first there is
