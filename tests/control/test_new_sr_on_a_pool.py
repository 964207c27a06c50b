"""Adding and removing SRs through the wire: found, made, attached, forgotten; and after each failure nothing is half made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from data.objects import PBD, SR, VDI, Host, Pool
from data.stores.users import Role
from data.types import GIB, XapiObject
from tests.control.fake_pool import user
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.sr.discovery import Discovery, discover
from xo_dash.control.sr.new_sr import NewSR
from xo_dash.control.sr.probe import ProbeAnswer
from xo_dash.simulator.testing import SimulatedPool, simulated

ADMIN = user(Role.ADMIN, "root")
NFS = {"kind": "nfs", "name": "vms", "server": "10.10.0.10", "path": "/mnt/tank/vms"}
PORTAL, TARGET = "10.10.0.20", "iqn.2005-10.org.freenas.ctl"
FREE, OLD = "36589cfc000000a010000000000000001", "36589cfc000000a010000000000000002"
ISCSI = {"kind": "iscsi", "name": "san", "target": PORTAL, "iqn": f"{TARGET}:vms", "scsi_id": FREE}
SECURE = ISCSI | {"iqn": f"{TARGET}:secure", "scsi_id": "36589cfc000000a020000000000000001"}


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    """One for the whole file."""
    with simulated(hosts=(2,), vms=(2,)) as simulation:
        yield simulation.pool


def of(bench: Wired) -> Pool:
    (pool,) = bench.home.all(Pool).values()
    return pool


async def do(bench: Wired, action_id: str, subject: XapiObject, values: Mapping[str, object] | None = None) -> RunItem:
    bench.hire(ADMIN)
    run = await asyncio.wait_for(bench.runner.run(ADMIN, action(action_id), [subject], values or {}), 60)
    return run.items[0]


async def done(bench: Wired, action_id: str, subject: XapiObject, values: Mapping[str, object] | None = None) -> object:
    item = await do(bench, action_id, subject, values)
    assert (item.state, str(item.reason or "")) == (RunState.DONE, ""), action_id
    return item.result


async def made(bench: Wired, values: Mapping[str, object]) -> SR:
    """Once the mirror shows it as the pool has it: its row and each of its paths come by events of their own."""
    ref: Any = await done(bench, "pool.new_sr", of(bench), values)
    paths: Any = await bench.connection.call("SR.get_PBDs", ref)

    def shown() -> SR | None:
        sr = bench.home.one(SR, ref)
        attached = [pbd for pbd in sr.all_of(PBD, sr.PBDs) if pbd.currently_attached] if sr is not None else []
        return sr if len(attached) == len(paths) else None

    return await bench.until(shown) or SR()


async def look(bench: Wired, values: Mapping[str, object]) -> Discovery:
    """What a search finds at its end."""
    bench.hire(ADMIN)
    master = bench.home.one(Host, of(bench).master)
    assert master is not None

    async def ask(kind: str, config: Mapping[str, object]) -> ProbeAnswer:
        return await bench.runner.prober.ask(ADMIN, master, kind, config)

    found = [one async for one in discover(decode(NewSR, values), of(bench), ask)]
    assert found[-1].done
    return found[-1]


def written(folder: Path) -> str:
    """All that was written down, but for what is sealed."""
    return "".join(path.read_text("utf-8", "replace") for path in folder.rglob("*.jsonl"))


def rows(bench: Wired) -> tuple[int, int]:
    return len(bench.home.all(SR)), len(bench.home.all(PBD))


async def test_an_nfs_sr_from_its_search_to_its_end(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        found = await look(bench, NFS | {"path": ""})
        assert "/mnt/tank/vms" in found.exports and found.srs["/mnt/tank/vms"] == () and len(found.srs["/mnt/tank/backup"]) == 1
        sr = await made(bench, NFS | {"make_default": True})
        await bench.until(lambda: of(bench).default_SR == sr.ref)
        assert len(sr.PBDs) == 2
        await done(bench, "sr.new_disk", sr, {"name": "data", "size": "2"})
        disk = await bench.until(lambda: next(iter(sr.all_of(VDI, sr.VDIs)), None))
        assert disk is not None and disk.virtual_size == 2 * GIB
        assert "move or delete them first" in str((await do(bench, "sr.destroy", sr)).reason)
        await done(bench, "vdi.enable_cbt", disk)
        await bench.until(lambda: disk.cbt_enabled)
        await done(bench, "vdi.disable_cbt", disk)
        await bench.until(lambda: not disk.cbt_enabled)
        await done(bench, "sr.auto_scan", sr, {"on": True})
        await done(bench, "sr.detach", sr)
        await bench.until(lambda: not any(pbd.currently_attached for pbd in sr.all_of(PBD, sr.PBDs)))
        await done(bench, "pbd.plug", sr.all_of(PBD, sr.PBDs)[0])
        await done(bench, "sr.attach", sr)
        uuid = sr.uuid
        await done(bench, "sr.forget", sr)
        await bench.until(lambda: bench.home.by_uuid(SR, uuid) is None)
        assert [one.uuid for one in (await look(bench, NFS | {"path": ""})).srs["/mnt/tank/vms"]] == [uuid]
        again = await made(bench, NFS | {"existing": uuid})
        await bench.until(lambda: [vdi.name_label for vdi in again.all_of(VDI, again.VDIs)] == ["data"])
        assert again.uuid == uuid and len(again.PBDs) == 2
        await done(bench, "vdi.delete", again.all_of(VDI, again.VDIs)[0])
        await bench.until(lambda: not again.VDIs)
        await done(bench, "sr.destroy", again)
        await bench.until(lambda: bench.home.by_uuid(SR, uuid) is None)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (NFS | {"server": "10.99.0.1"}, "there is no NFS server at this address"),
        (NFS | {"server": "nas.nowhere"}, "the name of the storage server cannot be resolved"),
        (NFS | {"path": "/nothing/here"}, "the NFS share could not be mounted"),
        (SECURE | {"user": "xen", "password": "wrong"}, "the iSCSI target rejected the login"),
        (ISCSI | {"target": "10.99.0.1"}, "the iSCSI target does not respond"),
        (ISCSI | {"scsi_id": "36000"}, "choose a LUN"),
        (ISCSI | {"scsi_id": OLD}, f"there is an SR on {OLD} already, "),
        (NFS | {"path": "/mnt/tank/backup", "existing": "5b0f3a52-0000-4000-8000-000000000001"}, "the NFS share could not be mounted"),
        ({"kind": "smb", "name": "s", "share": "//nas/vms"}, "the SMB share could not be mounted"),
        ({"kind": "iso_nfs", "name": "i", "server": "10.10.0.10", "path": "/none"}, "the ISO share could not be mounted"),
    ],
)
async def test_after_a_failure_nothing_is_half_made(lab: SimulatedPool, tmp_path: Path, values: dict[str, object], words: str) -> None:
    async with wired(lab, tmp_path) as bench:
        before = rows(bench)
        item = await do(bench, "pool.new_sr", of(bench), values)
        assert item.state is RunState.FAILED and words in str(item.reason) and not item.left
        await bench.until(lambda: rows(bench) == before)
    assert "wrong" not in written(tmp_path)


async def test_a_name_that_is_taken_is_refused_before_anything_is_sent(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        taken = next(iter(bench.home.all(SR).values())).name_label
        item = await do(bench, "pool.new_sr", of(bench), NFS | {"name": taken})
        assert item.state is RunState.REFUSED and "the pool has an SR of this name" in str(item.reason)


async def test_luns_are_found_and_one_that_holds_an_sr_is_attached(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        found = await look(bench, ISCSI | {"scsi_id": ""})
        assert [target.iqn for target in found.targets] == [f"{TARGET}:vms", f"{TARGET}:secure"]
        assert found.srs[FREE] == () and len(found.srs[OLD]) == 1
        refused = await look(bench, SECURE | {"scsi_id": "", "user": "xen", "password": "wrong"})
        assert refused.fault is not None and refused.fault.field == "password" and refused.targets
        assert (await look(bench, SECURE | {"scsi_id": "", "user": "xen", "password": "chap-secret-1"})).luns
        old = await made(bench, ISCSI | {"name": "old", "scsi_id": OLD, "existing": found.srs[OLD][0].uuid})
        await bench.until(lambda: len(old.VDIs) >= 2)
        san = await made(bench, ISCSI)
        assert len(san.PBDs) == 2
        await done(bench, "sr.trim", san)
        item = await do(bench, "pool.new_sr", of(bench), ISCSI | {"name": "again"})
        assert item.state is RunState.REFUSED and "is on it; choose another" in str(item.reason)
        await done(bench, "sr.destroy", san)
        await done(bench, "sr.forget", old)
        new = await made(bench, ISCSI | {"name": "new", "scsi_id": OLD, "erase": old.uuid})
        await bench.until(lambda: len(new.PBDs) == 2 and not new.VDIs)
        await done(bench, "sr.destroy", new)


async def test_a_library_has_its_images(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        sr = await made(bench, {"kind": "iso_nfs", "name": "images", "server": "10.10.0.10", "path": "/mnt/tank/iso"})
        await bench.until(lambda: len(sr.VDIs) == 3)
        assert sr.content_type == "iso" and sr.shared
        await done(bench, "sr.forget", sr)
        host = next(iter(bench.home.all(Host).values()))
        local = await made(bench, {"kind": "iso_local", "name": "folder", "folder": "/srv/iso", "host": host.uuid})
        assert len(local.PBDs) == 1 and not local.shared
        await done(bench, "sr.forget", local)


async def test_who_may_not_add_an_sr_may_not_search(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        host = next(iter(bench.home.all(Host).values()))
        answer = await bench.runner.prober.ask(bench.ann, host, "nfs", {"server": "10.10.0.10"})
        assert "administrator" in str(answer.refused) and not answer.text
