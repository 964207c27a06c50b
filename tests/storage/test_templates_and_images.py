"""Templates and ISO images as places: whose they are, who uses them, and taking an image out of every drive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.grant_texts import naming_owners
from components.storage.rows import UNUSED, USED, image_table
from components.vms.templates import BUILT_IN, OWN, template_table
from components.vms.templates import UNUSED as UNUSED_TEMPLATE
from data.changes import Change, Operation
from data.grants.quota import Owner, Quota
from data.identity import key_of
from data.objects import SR, VBD, VDI, VM, PowerState
from data.stores.users import Role
from data.types import GIB
from data.vms import BASE_TEMPLATE
from tests import fakes
from tests.control.asked import calls_of, steps_of
from tests.control.fake_pool import FakePool, user
from xo_dash.control.actions import action, actions_for
from xo_dash.control.eligibility import why_not
from xo_dash.control.plan import Call


def library(fake: FakePool, name: str = "debian.iso", **fields: Any) -> VDI:
    sr = SR(name_label="isos", type="iso", content_type="iso", shared=True)
    image = VDI(**{"name_label": name, "virtual_size": GIB, "SR": fake.put(sr), "read_only": True} | fields)
    fake.put(image)
    return image


def inserted(fake: FakePool, image: VDI, name: str, state: PowerState = PowerState.RUNNING) -> VM:
    vm = fake.vm(name, state)
    drive = fake.put(VBD(VM=vm.ref, VDI=image.ref, type="CD", currently_attached=state is PowerState.RUNNING))
    fake.change(image, VBDs=[*image.VBDs, drive])
    return vm


def test_an_image_tells_who_has_it(fake: FakePool) -> None:
    image, table = library(fake), image_table()
    assert table.belongs(image) and table.row(image).segments == (UNUSED,)
    inserted(fake, image, "web-1")
    inserted(fake, image, "db-1", PowerState.HALTED)
    name, who, amount, sr, *_rest = table.row(image).cells
    assert (name.text, who.text, amount.text, sr.text) == ("debian.iso", "web-1 +1", "1\u202fGiB", "isos")
    assert table.row(image).segments == (USED,)


def test_an_image_is_ejected_everywhere_and_then_deleted(fake: FakePool) -> None:
    image = library(fake)
    assert str(why_not(action("vdi.eject"), image, user())) == "it is in no drive"
    for name in ("web-1", "db-1"):
        inserted(fake, image, name)
    assert calls_of("vdi.eject", image) == [("VBD.eject", (drive,)) for drive in image.VBDs]
    assert all(isinstance(step, Call) and step.alone for step in steps_of("vdi.eject", image))
    assert str(why_not(action("vdi.delete_image"), image, user())) == "it is in the drive of web-1, db-1; eject it there first"
    fake.change(image, VBDs=[])
    assert calls_of("vdi.delete_image", image) == [("VDI.destroy", (image.ref,))]


def test_an_image_is_no_disk(fake: FakePool) -> None:
    offered = [row.id for row in actions_for(library(fake))]
    assert offered == ["vdi.rename", "vdi.describe", "vdi.eject", "vdi.delete_image"]
    assert [row.id for row in actions_for(library(fake, is_tools_iso=True))] == ["vdi.eject"]


def template(fake: FakePool, name: str, **fields: Any) -> VM:
    return fake.vm(name, is_a_template=True, **fields)


@pytest.mark.parametrize(
    ("fields", "hidden", "segments"), [({}, False, (OWN, UNUSED_TEMPLATE)), ({"is_default_template": True}, True, (BUILT_IN,))]
)
def test_built_in_templates_are_folded_away(fake: FakePool, fields: dict[str, Any], hidden: bool, segments: tuple[str, ...]) -> None:
    table, row = template_table(), template(fake, "golden", **fields)
    assert (table.belongs(row), table.hidden(row), table.row(row).segments) == (True, hidden, segments)


def test_a_template_and_an_image_tell_whose_they_are(fake: FakePool, tmp_path: Path) -> None:
    golden, context = template(fake, "golden"), fakes.context(fake.mirror, tmp_path)
    ann, bob = (context.users.add_now(name, "h" * 60, role) for name, role in (("ann", Role.ADMIN), ("bob", Role.OPERATOR)))
    carl = context.users.add_now("carl", "h" * 60, Role.OPERATOR)
    context.grants.table.put((), owners=[Owner(id=key_of(golden), user_id=bob.id)])
    told = [template_table(naming_owners(replace(context, viewer=who.id))).row(golden).cells[6].text for who in (ann, bob, carl)]
    assert told == ["bob", "bob", "–"]
    image = library(fake)
    context.grants.table.put((), owners=[Owner(id=key_of(image), user_id=bob.id)])
    told = [image_table(naming_owners(replace(context, viewer=who.id))).row(image).cells[4].text for who in (ann, bob, carl)]
    assert told == ["bob", "bob", "–"]
    quota = Quota(id="q", user_id=bob.id)
    assert context.grants.table.disks_of(quota, fake.mirror) == [], "an image is for everybody, and counts for nobody"


def test_a_template_tells_what_was_made_of_it(fake: FakePool) -> None:
    table, golden = template_table(), template(fake, "golden")
    vms = [fake.vm(f"web-{number}", other_config={BASE_TEMPLATE: "golden"}) for number in range(5)]
    assert table.row(golden).cells[1].text == "web-0, web-1, web-2 and 2 more" and table.row(golden).segments == (OWN,)
    assert table.near is not None
    assert list(table.near([Change(vms[0], Operation.ADD, frozenset())])) == [golden]
    assert not table.belongs(fake.vm("snap", is_a_template=True, is_a_snapshot=True))
