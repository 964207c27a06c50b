"""Every command that puts something on an SR says at its field, before anything is sent, that the SR is full or cut off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from data.identity import key_of
from data.objects import PBD, SR
from data.types import GIB, XapiObject
from tests.control.asked import faults
from tests.control.fake_pool import FakePool, user
from tests.control.test_changes import Place, of
from xo_dash.control.actions import ACTIONS, action
from xo_dash.control.eligibility import why_not
from xo_dash.control.pool.import_vm import usual_sr

FILE: Final = {"id": "x", "name": "big.img", "size": 70 * GIB}
DISKS: Final = [{"file": "a.vmdk", "size": "99 GiB", "stored": 70 * GIB}]
COPY: Final = {"name": "copy", "fast": False}
PUT: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "vm.clone": ("vm", COPY), "snapshot.new_vm": ("vm", COPY), "snapshot.new_template": ("vm", COPY),
    "vm.copy_to_pool": ("vm", {"name": "x"}), "vm.add_disk": ("vm", {"name": "data", "size": "70"}),
    "vdi.move": ("disk", {}), "pool.import_vm": ("pool", {"file": FILE}),
    "pool.import_ova": ("pool", {"file": FILE, "vcpus": 1, "memory": "1", "nics": [], "disks": DISKS}),
}  # fmt: skip
"""What asks for 70 GiB on an SR that has 60: of what, with what."""
OTHERS: Final[Mapping[str, str]] = {
    "vm.migrate": "tests/migration", "pool.default_sr": "puts nothing there", "pool.enable_ha": "tests/pools",
    "pool.special_srs": "puts nothing there",
}  # fmt: skip


@pytest.fixture
def place(fake: FakePool) -> Place:
    place = Place(fake)
    fake.change(place.disk, virtual_size=70 * GIB)
    fake.vm("Other install media", is_a_template=True, is_default_template=True, domain_type="hvm")
    return place


def cut_off(place: Place, sr: SR) -> None:
    for pbd in sr.all_of(PBD, sr.PBDs):
        place.fake.change(pbd, currently_attached=False)


def test_all_of_them_are_here() -> None:
    named = {row.id for row in ACTIONS if any(field.kind is SR for field in row.fields)}
    assert named == {*PUT, *OTHERS}


@pytest.mark.parametrize("action_id", PUT)
def test_an_sr_that_is_full_or_cut_off_is_refused_at_its_field(place: Place, action_id: str) -> None:
    what, values = PUT[action_id]
    there = Place(FakePool("there", place.fake.mirror)) if action_id == "vm.copy_to_pool" else place
    sr, subject = there.fast, of(place, what)

    def said() -> str:
        (fault,) = faults(action_id, subject, **values, sr=key_of(sr) if there is not place else sr.uuid)
        return fault

    assert "70\u202fGiB needed, 60\u202fGiB free" in said().replace(" GiB", "\u202fGiB")
    cut_off(there, sr)
    assert "it is not attached on any host; attach it first" in said()
    choices = {choice.value.partition("@")[0]: choice.refused for choice in action(action_id).choices["sr"]([subject])}
    assert "not attached" in str(choices[sr.uuid])


def test_commands_of_an_sr_say_it_of_themselves(place: Place) -> None:
    sr: XapiObject = place.fast
    assert faults("sr.import_disk", sr, file=FILE) == ["70\u202fGiB needed, 60\u202fGiB free on fast"]
    cut_off(place, place.fast)
    place.fake.change(place.vault, content_type="iso", type="iso")
    cut_off(place, place.vault)
    for action_id, subject in (("sr.import_disk", sr), ("sr.new_disk", sr), ("sr.upload_iso", place.vault)):
        assert str(why_not(action(action_id), subject, user())) == "it is not attached on any host; attach it first"


def test_a_thin_sr_takes_what_is_in_a_disk(place: Place) -> None:
    """What was promised and not written needs no space there."""
    place.fake.change(place.fast, type="nfs")
    place.fake.change(place.disk, physical_utilisation=10 * GIB)
    assert faults("vm.clone", place.vm, name="x", fast=False, sr=place.fast.uuid) == []
    place.fake.change(place.disk, physical_utilisation=61 * GIB)
    assert faults("vm.clone", place.vm, name="x", fast=False, sr=place.fast.uuid) == ["61\u202fGiB needed, 60\u202fGiB free on fast"]


def test_an_import_goes_to_the_default_sr_unless_that_is_cut_off(place: Place) -> None:
    place.fake.change(place.pool, default_SR=place.fast.ref)
    assert usual_sr(place.pool) == place.fast.uuid
    cut_off(place, place.fast)
    assert usual_sr(place.pool) == place.vault.uuid
    cut_off(place, place.vault)
    assert usual_sr(place.pool) == place.fast.uuid
