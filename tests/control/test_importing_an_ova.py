"""OVAs become VMs: what is in them, what is wrong with them, and that nothing stays of one that fails."""

from __future__ import annotations

import asyncio
import io
import tarfile
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from dissect.hypervisor.disk.vmdk import VMDK

from data.objects import VBD, VDI, VIF, VM, Appliance, Network
from data.vms import disks_of
from tests.control.asked import steps_of
from tests.control.moving_bytes import everything, fetched, sent, sr_of
from tests.control.ova_files import BOMB, VIRTUALBOX, VMWARE, Folder, ova, ovf_of, vmdk
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.ova.archive import ApplianceContents, look
from xo_dash.control.ova.beside import FilesMissing
from xo_dash.control.ova.ovf import Startup, parsed, unit_of
from xo_dash.control.pool.ova_request import ImportOVA, OVANic
from xo_dash.control.quota.demands import demand
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.file import File
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.images import converted
from xo_dash.control.transfers.upload import Upload
from xo_dash.control.transfers.vhd_stream import BLOCK
from xo_dash.control.transfers.vmdk_writing import VMDKWriter
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.testing import simulated

IMPORT, EXPORT = action("pool.import_ova"), action("vm.export_ova")
ROOT = bytes(200_000) + b"the root of it" * 40_000
DATA = b"data" * 50_000
WEB = {"web.ovf": VIRTUALBOX.encode(), "web-disk001.vmdk": vmdk(ROOT), "web-disk002.vmdk": vmdk(DATA)}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Wired]:
    with simulated((2,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            yield bench


async def looked(content: bytes, **beside: bytes) -> ApplianceContents:
    """`beside`: files that are sent with it."""
    files = {"web.ova": content, **beside}
    folder = Folder(files)
    return await look(folder.file("web.ova"), [folder.file(name) for name in beside], folder.opening)


async def why(content: bytes, **beside: bytes) -> str:
    with pytest.raises(EndFailed) as error:
        await looked(content, **beside)
    return str(error.value.reason)


async def imported(bench: Wired, content: bytes, beside: Mapping[str, bytes] = MappingProxyType({}), **changes: object) -> RunItem:
    """As the page does it: looked into first, then given."""
    exchange, pool = bench.runner.exchange, bench.pool
    uploads = {name: exchange.offer(name, len(one), bench.ann.id) for name, one in {"web.ova": content, **beside}.items()}
    sending = [asyncio.create_task(sent(uploads[name], one)) for name, one in {"web.ova": content, **beside}.items()]
    file, *files = ({"id": one.id, "name": name, "size": one.size} for name, one in uploads.items())
    request = decode(ImportOVA, {"file": file, "files": [{"file": one} for one in files], "sr": sr_of(bench, "disk").uuid})
    assert IMPORT.look is not None
    request = await IMPORT.look(request, lambda file: exchange.looking(file, bench.ann.id), [pool])
    run = await bench.runner.run(bench.ann, IMPORT, [pool], msgspec.structs.replace(request, **changes))
    assert all(upload.closed for upload in uploads.values())
    await asyncio.gather(*sending)
    return run.items[0]


async def test_what_virtualbox_exports_becomes_a_vm(bench: Wired) -> None:
    item = await imported(bench, ova(WEB))
    assert item.state is RunState.DONE, str(item.reason)
    assert [step.meter.moved for step in item.steps if step.meter] == [len(WEB["web-disk001.vmdk"]), len(WEB["web-disk002.vmdk"])]
    vm = await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]
    await bench.until(lambda: len(vm.VBDs) == 3 and len(vm.VIFs) == 1)
    assert (vm.name_label, vm.name_description, vm.VCPUs_max, vm.memory_static_max) == ("web", "A web server", 2, 2 << 30)
    assert vm.HVM_boot_params["firmware"] == "uefi" and not vm.is_a_template
    disks = {vbd.userdevice: bench.home.one(VDI, vbd.VDI) for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type == "Disk"}
    for position, content in (("0", ROOT), ("1", DATA)):
        disk = disks[position]
        assert disk is not None
        run = bench.runner.start(bench.ann, action("vdi.export"), [disk], {"format": "raw"})
        got = await fetched(bench, run)
        assert got[: len(content)] == content and not any(got[len(content) :])
        await bench.until(lambda run=run: run.ended)  # type: ignore[misc]


async def test_a_nic_gets_the_network_that_was_chosen(bench: Wired) -> None:
    network = next(one for one in bench.home.all(Network).values() if one.PIFs)
    nics = (OVANic(network=network.uuid, was="VM Network"),)
    content = ova({"db.ovf": VMWARE.encode(), "db-disk1.vmdk": vmdk(DATA)}, manifest="SHA1")
    item = await imported(bench, content, name="db-2", vcpus=1, nics=nics)
    assert item.state is RunState.DONE, str(item.reason)
    vm = await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]
    await bench.until(lambda: len(vm.VIFs) == 1)
    assert (vm.name_label, vm.VCPUs_max, vm.memory_static_max) == ("db-2", 1, 512 << 20)
    assert next(iter(vm.all_of(VIF, vm.VIFs))).network == network.ref


async def test_of_one_that_fails_nothing_stays(bench: Wired) -> None:
    before = everything(bench)
    item = await imported(bench, ova(WEB, spoil="web-disk002.vmdk"))
    assert item.state is RunState.FAILED and "checksum" in str(item.reason) and not item.left
    await bench.until(lambda: everything(bench) == before)
    broken = bytearray(WEB["web-disk002.vmdk"])
    broken[1024 + 12 : 1024 + 40] = bytes(28)
    item = await imported(bench, ova({**WEB, "web-disk002.vmdk": bytes(broken)}))
    assert item.state is RunState.FAILED and "damaged" in str(item.reason) and not item.left
    await bench.until(lambda: everything(bench) == before)


async def test_what_is_in_it_is_told_before() -> None:
    contents = await looked(ova(WEB))
    (appliance,), disks = contents.envelope.systems, list(contents.disks.values())
    assert [str(one) for one in appliance.ignored] == [
        "device “sound”",
        "values that are given to the appliance when it is deployed (vApp properties)",
    ]
    assert [(one.file, one.size) for one in disks] == [("web-disk001.vmdk", 2 << 20), ("web-disk002.vmdk", 2 << 20)]
    assert disks[0].checksum.startswith("sha256:") and appliance.nics == ("NAT",)


def link() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("web.ovf")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    return made.getvalue()


async def test_a_hostile_or_broken_one_is_refused_in_a_sentence() -> None:
    whole, bomb = ova(WEB), bytearray(vmdk(DATA))
    bomb[12:20] = (1 << 60).to_bytes(8, "little")
    assert "ends too early" in await why(whole[: len(whole) // 2])
    assert "ends too early" in await why(whole[:3000])
    assert "not an OVA" in await why(b"not an archive" * 100)
    assert "not an OVA" in await why(b"")
    assert "not an OVA" in await why(ova({"readme.txt": b"x"}))
    assert "leads out" in await why(ova({"../../etc/cron.d/x": b"x", **WEB}))
    assert "leads out" in await why(ova({"/etc/x": b"x", **WEB}))
    assert "link" in await why(link())
    assert "what the manifest says" in await why(ova(WEB, spoil="web.ovf"))
    assert "entities" in await why(ova({"web.ovf": BOMB.encode()}))
    assert "cannot be read" in await why(ova({"web.ovf": b"<Envelope>"}))
    assert "not in the archive" in await why(ova({name: content for name, content in WEB.items() if name != "web-disk002.vmdk"}))
    assert "more files" in await why(ova({f"{n}.txt": b"x" for n in range(300)}))
    assert "a size that no disk has" in await why(ova({**WEB, "web-disk001.vmdk": bytes(bomb)}))
    assert "more than 20 VMs" in await why(ova({"w.ovf": b"<Envelope>" + b"<VirtualSystem/>" * 21 + b"</Envelope>"}))


async def test_an_ovf_without_its_archive_says_what_belongs_to_it() -> None:
    disk, given = vmdk(ROOT), ovf_of({"web": "disks/web%201.vmdk", "db": "db.vmdk"}, "shop")
    with pytest.raises(FilesMissing) as missing:
        await looked(given)
    assert missing.value.names == ("web 1.vmdk", "db.vmdk") and "web 1.vmdk, db.vmdk" in str(missing.value.reason)
    assert "missing: db.vmdk" in await why(given, **{"web 1.vmdk": disk})
    contents = await looked(given, **{"web 1.vmdk": disk, "db.vmdk": vmdk(DATA), "other.txt": b"x"})
    assert [file.name for file in contents.files] == ["web 1.vmdk", "db.vmdk", "other.txt"]
    assert contents.disks["disks/web%201.vmdk"].stored == len(disk) and contents.envelope.group == "shop"
    assert not contents.envelope.ignored
    for hostile in ("../../etc/passwd", "/etc/passwd", "%2e%2e/x", "a\\b", "https://evil.example/x", "a//b", "x%00", "x%2525"):
        assert "not in its folder" in await why(ovf_of({"web": hostile}), passwd=b"x")
    assert "same name" in await why(ovf_of({"web": "a/1.vmdk", "db": "b/1.vmdk"}), **{"1.vmdk": disk})
    assert "what the manifest says" in await why(given, **{"x.mf": b"SHA256(web.ova)= " + b"0" * 64, "web 1.vmdk": disk, "db.vmdk": disk})
    assert "too large" in await why(given.ljust(5 << 20), **{"web 1.vmdk": disk, "db.vmdk": disk})
    # what is called as the disk is not an image of one
    assert "size that no disk has" in await why(ovf_of({"web": "a.vmdk"}), **{"a.vmdk": disk[:12] + b"\xff" * 7 + disk[19:]})


async def test_of_an_ovf_at_an_address_the_files_beside_it_are_fetched() -> None:
    there = "https://files.example/vm"
    folder = Folder({f"{there}/web.ovf?key=1": ovf_of({"web": "disks/a b.vmdk"}), f"{there}/disks/a%20b.vmdk": vmdk(ROOT)})
    contents = await look(File.at(f"{there}/web.ovf?key=1"), [], folder.opening)
    assert [file.url for file in contents.files] == [f"{there}/disks/a%20b.vmdk"]
    assert folder.asked == [f"{there}/web.ovf?key=1", f"{there}/web.mf", f"{there}/disks/a%20b.vmdk"]  # no manifest is no fault


async def test_several_vms_of_files_side_by_side_become_a_vapp_or_nothing(bench: Wired) -> None:
    before = everything(bench)
    disks = {"web.vmdk": vmdk(ROOT), "db.vmdk": vmdk(DATA)}
    given = ovf_of({"web": "web.vmdk", "db": "db.vmdk"}, "shop")
    item = await imported(bench, given, {**disks, "x.mf": b"SHA256(db.vmdk)= " + b"0" * 64})
    assert item.state is RunState.FAILED and "checksum" in str(item.reason) and not item.left
    await bench.until(lambda: everything(bench) == before and not bench.home.all(Appliance))
    startup = '<Item id="db" order="1" startDelay="30" startAction="powerOn"/><Item id="web" order="2" stopDelay="5"/>'
    item = await imported(bench, ovf_of({"web": "web.vmdk", "db": "db.vmdk"}, "shop", startup), disks)
    assert item.state is RunState.DONE, str(item.reason)
    group = await bench.until(lambda: next(iter(bench.home.all(Appliance).values()), None))
    await bench.until(lambda: len(group.VMs) == 2)
    vms = {vm.name_label: vm for vm in group.all_of(VM, group.VMs)}
    wanted = {"db": (1, 30, 0), "web": (2, 0, 5)}
    await bench.until(lambda: {name: (vm.order, vm.start_delay, vm.shutdown_delay) for name, vm in vms.items()} == wanted)
    assert group.name_label == "shop" and vms.keys() == {"web", "db"} and vms["web"].ref == item.result
    assert all(len([vbd for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type == "Disk"]) == 1 for vm in vms.values())


async def test_a_vapp_goes_out_and_comes_in_again(bench: Wired) -> None:
    """What was exported is imported: disks byte for byte, start order, networks, firmware."""
    item = await imported(bench, ova(WEB))
    web = await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]
    await bench.until(lambda: len(web.VBDs) == 3 and len(web.VIFs) == 1)
    run = await bench.runner.run(bench.ann, action("vm.start_order"), [web], {"order": 2, "start_delay": 30})
    assert run.items[0].state is RunState.DONE
    run = await bench.runner.run(bench.ann, action("pool.new_appliance"), [bench.pool], {"name": "shop & <co>", "members": [web.uuid]})
    group = await bench.until(lambda: next((one for one in bench.home.all(Appliance).values() if one.VMs), None))
    run = bench.runner.start(bench.ann, action("vm_appliance.export"), [group], {})
    content = await fetched(bench, run)
    await bench.until(lambda: run.ended)
    assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = ["shop_co.ovf", "shop_co-vm1-disk1.vmdk", "shop_co-vm1-disk2.vmdk", "shop_co.mf"]
        assert archive.getnames() == names
    (system,) = (await looked(content)).envelope.systems
    assert (system.name, system.description, system.vcpus, system.memory, system.firmware) == ("web", "A web server", 2, 2 << 30, "uefi")
    assert system.startup == Startup(2, 30, 0) and len(system.nics) == 1 and not system.ignored
    item = await imported(bench, content)
    assert item.state is RunState.DONE, str(item.reason)
    again = await bench.until(lambda: bench.home.one(VM, str(item.result)))  # type: ignore[arg-type]
    await bench.until(lambda: len(again.VBDs) == 3 and again.start_delay == 30)
    drives = {vbd.userdevice: vbd for vbd in again.all_of(VBD, again.VBDs)}
    for position, wanted in (("0", ROOT), ("1", DATA)):
        disk = bench.home.one(VDI, drives[position].VDI)
        assert disk is not None
        run = bench.runner.start(bench.ann, action("vdi.export"), [disk], {"format": "raw"})
        got = await fetched(bench, run)
        assert got[: len(wanted)] == wanted and not any(got[len(wanted) :])
        await bench.until(lambda run=run: run.ended)  # type: ignore[misc]


async def test_an_ova_that_breaks_off_is_not_whole(bench: Wired) -> None:
    vm = next(vm for vm in bench.machines if EXPORT.blocked(vm) is None and disks_of(vm))
    (line,) = xe_lines(steps_of(EXPORT.id, vm), bench.home)
    assert line.startswith("# XAPI: GET /export_raw_vdi (packed) vdi="), "xe has no command for it"
    run = bench.runner.start(bench.ann, EXPORT, [vm], {})
    await fetched(bench, run, enough=1)
    await bench.until(lambda: run.ended)
    assert run.items[0].state is RunState.FAILED and "interrupted" in str(run.items[0].reason)
    await bench.until(lambda: "export" in vm.allowed_operations)


@pytest.mark.parametrize("size", [8192, 3 << 20, (34 << 20) + 8192])
def test_an_image_is_as_long_as_foretold(size: int) -> None:
    blocks = sorted({0, size // BLOCK})
    image = VMDKWriter(size, BLOCK, blocks, "a.vmdk")
    content = image.begin() + b"".join(piece for number in blocks for piece in image.block(number, bytes([number + 1]) * BLOCK))
    content += b"".join(image.finish())
    assert len(content) == image.length
    disk = VMDK(io.BytesIO(content))  # by its tables, which our own reader does not need
    assert disk.size == size
    for number in (*blocks, *range(1, 2 if size > 2 * BLOCK else 1)):
        disk.seek(number * BLOCK)
        length = min(BLOCK, size - number * BLOCK)
        assert disk.read(length) == (bytes([number + 1]) if number in blocks else b"\0") * length


async def test_all_vms_of_a_file_count_in_a_quota(bench: Wired) -> None:
    file, other = {"id": "x", "name": "x.ova", "size": 9}, {"name": "db", "vcpus": 2, "memory": "2 GiB", "firmware": "bios"}
    values = {"file": file, "sr": sr_of(bench, "disk").uuid, "vcpus": 1, "memory": "1 GiB", "disks": [], "others": [other]}
    assert demand(IMPORT.id, decode(ImportOVA, values), bench.pool).amounts[:3] == (2, 3, 3 << 30)


async def test_a_grain_that_unpacks_to_more_is_refused() -> None:
    small = vmdk(DATA)
    bomb = zlib.compress(bytes(100 << 20))
    grain = (0).to_bytes(8, "little") + len(bomb).to_bytes(4, "little") + bomb
    content = small[:1024] + grain.ljust(-(-len(grain) // 512) * 512, b"\0") + bytes(512)
    upload = Upload("id", "x.vmdk", len(content), "ann")
    sending = asyncio.create_task(sent(upload, content))
    with pytest.raises(EndFailed, match="damaged"):
        async for _frame in converted("", zeros=False)(upload):
            pass
    upload.close()
    await sending


def test_when_vms_start_is_read_with_care() -> None:
    items = f"""<Item id="web" order="-1" startDelay="{"9" * 15}" stopDelay="x"/><Item id="db" order="{"9" * 15}" startAction="none"/>
        <Item id="shop" order="3"/><Item/><Item id="gone" order="1"/>"""
    envelope = parsed(ovf_of({"web": "a", "db": "b"}, "shop", items))
    assert [system.startup for system in envelope.systems] == [Startup(0, 86_400, 0), Startup(1 << 30, 0, 0)]
    assert [str(one) for one in envelope.ignored] == ["when the group “shop” starts", "that “db” does not start with the others"]


@pytest.mark.parametrize(
    ("text", "unit"),
    [("byte * 2^20", 1 << 20), ("MegaBytes", 1 << 20), ("byte*2^30", 1 << 30), ("GB", 1 << 30), ("", 1)],
)
def test_units(text: str, unit: int) -> None:
    assert unit_of(text) == unit
