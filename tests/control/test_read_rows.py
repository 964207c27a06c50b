"""What a plan read is written down as it was when it was read, though a thread does so when the rows are others."""

from __future__ import annotations

from pathlib import Path

from data.objects import VM, Host
from data.reading import PastRows, reading
from data.stores.directory import DataDirectory
from data.stores.vault import Vault
from tests import fakes
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.resume.lines import RunLine


def test_rows_asked_for_in_any_way_are_kept_as_they_were() -> None:
    mirror = fakes.fleet(hosts=2, vms=4)
    (pool,) = mirror
    first, second, third, untouched = [vm for vm in pool.all(VM).values() if vm.name_label.startswith("app")][:4]
    with reading(mirror.pools) as seen:
        assert pool.all(VM).get(first.ref) is first
        assert second.ref in pool.all(VM)
        assert pool.by_uuid(VM, third.uuid) is third
        assert pool.all(Host).get("OpaqueRef:none") is None
    recorded, before = seen.recorded(), second.name_label
    fakes.change(mirror, second, name_label="another")
    kept = recorded()
    assert {row.ref for row in kept.rows} == {first.ref, second.ref, third.ref}
    assert untouched.ref not in {row.ref for row in kept.rows}
    with PastRows(mirror.pools, kept).restored():
        assert second.name_label == before
    assert second.name_label == "another"


async def test_a_line_that_the_thread_cannot_make_leaves_no_file_and_stops_no_run(tmp_path: Path) -> None:
    def broken() -> RunLine:
        raise TypeError("no plain data")

    file = RunFiles(tmp_path, Vault(DataDirectory(tmp_path))).begin("run")
    assert file is not None
    file.note_later(broken)
    await file.settle()
    file.note_later(broken)
    await file.settle()
    assert not file.path.exists()
