"""What a pool's release does not have is refused before anything is sent, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.methods import Methods
from data.objects import Host, Pool, PowerState
from data.stores.users import Role
from tests.control.asked import faults, steps_of
from tests.control.fake_pool import Desk, FakePool
from tests.control.signatures import METHODS
from xo_dash.control.actions import action
from xo_dash.control.eligibility import impossible, summarize
from xo_dash.control.orders import preview
from xo_dash.control.plan import Transfer
from xo_dash.control.requests.decode import decode
from xo_dash.control.results import task_result
from xo_dash.control.run import RunState
from xo_dash.control.xe import LINES


def without(fake: FakePool, *methods: str) -> None:
    fake.home.part(Methods).learn(METHODS - set(methods))


async def test_a_call_in_the_middle_that_is_not_there_stops_all_before_the_first(tmp_path: Path, fake: FakePool) -> None:
    desk, vm = Desk(tmp_path, fake), fake.vm("web-1")
    ann = desk.hire()
    wish = {"name": "web-2", "description": "a copy"}
    without(fake, "VM.set_name_description")
    run = await desk.runner.run(ann, action("vm.clone"), [vm], wish)
    assert run.state is RunState.REFUSED and fake.sent == []
    words = "Editing the description of web-2: this pool's version does not support this command; update its hosts"
    assert str(run.items[0].reason) == words
    (told,) = preview(action("vm.clone"), [vm], decode(action("vm.clone").request, wish))
    assert told["refused"] == words
    without(fake)
    assert "calls" in preview(action("vm.clone"), [vm], decode(action("vm.clone").request, wish))[0]


def test_a_button_says_what_its_pool_lacks(fake: FakePool) -> None:
    host = Host(name_label="host-1")
    fake.put(host)
    reset = action("host.reset_certificate")
    assert "this pool's version" not in str(impossible(reset, host))
    without(fake, "host.reset_server_certificate")
    assert "this pool's version" in str(impossible(reset, host))
    assert summarize(reset, [host], Desk(Path(), fake).hire(Role.ADMIN)).able == 0


def test_a_vtpm_is_refused_at_its_field(fake: FakePool) -> None:
    vm = fake.vm("web-1", PowerState.HALTED, HVM_boot_policy="BIOS order", HVM_boot_params={"firmware": "uefi"})
    assert faults("vm.firmware", vm, firmware="uefi", vtpm=True) == []
    without(fake, "VTPM.create")
    assert faults("vm.firmware", vm, firmware="uefi", vtpm=True) == ["this pool's version has no vTPMs; update its hosts"]


def test_a_purpose_is_refused_at_its_field(fake: FakePool) -> None:
    pool = Pool(name_label="lab")
    fake.put(pool)
    assert faults("pool.new_network", pool, kind="internal", name="a", purpose="nbd") == []
    without(fake, "network.add_purpose")
    assert "this pool's version" in faults("pool.new_network", pool, kind="internal", name="a", purpose="nbd")[0]


@pytest.mark.parametrize(
    ("restrictions", "able"),
    [
        ({}, True),  # it says nothing
        ({"restrict_zstd_export": "false", "restrict_ha": "true"}, True),
        ({"restrict_ha": "false"}, False),  # from before it
        ({"restrict_zstd_export": "true"}, False),
    ],
)
def test_what_a_pool_cannot_pack_with_is_refused_at_its_field(fake: FakePool, restrictions: dict[str, str], able: bool) -> None:
    fake.put(Pool(restrictions=restrictions))
    vm = fake.vm("web-1", PowerState.HALTED)
    assert action("vm.export").defaults([vm])["compression"] == ("zstd" if able else "gzip")
    refusal = "this pool's version or licence does not have Zstandard; choose gzip"
    assert faults("vm.export", vm, compression="zstd") == ([] if able else [refusal])
    assert faults("vm.export", vm, compression="gzip") == []
    (step,) = steps_of("vm.export", vm, compression="gzip")
    assert isinstance(step, Transfer) and step.query["use_compression"] == "true", "as releases before zstd wrote it, too"


HOSTILE = " " * (1 << 20) + "<?xml"
"""What takes hours where each blank is begun at."""
NAMELESS = "<value><struct><member><value>1</value></member></struct></value>"


def test_what_a_task_brought_is_read_however_it_is_written() -> None:
    for text in (
        "<value>OpaqueRef:1</value>",
        "<value><string>OpaqueRef:1</string></value>",
        '<?xml version="1.0"?><value>OpaqueRef:1</value>',
    ):
        assert task_result(text) == "OpaqueRef:1"
    for text in (
        "",
        "<value/>",
        "<value></value>",
        '<?xml version="1.0"?>',
        "<!DOCTYPE x><value>OpaqueRef:1</value>",
        "no XML",
        HOSTILE,
        NAMELESS,
    ):
        assert task_result(text) is None


def test_whatever_has_an_xe_line_is_a_call_of_xapi() -> None:
    assert LINES.keys() - METHODS == {"host.is_in_emergency_mode"}, "which the data model hides"
