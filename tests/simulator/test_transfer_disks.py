"""Disks as files: raw, VHD, deltas, tar, xapi's own chunks; ISO uploads; and what is refused."""

from __future__ import annotations

import random
import socket
import struct
import uuid
import zlib
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import Client
from tests.simulator.making import RECORD, Maker
from tests.simulator.transfers import MIB, ended, failure, get, members, put, request, result
from xo_dash.simulator.transfer import qcow2, vhd

SIZE = 8 * MIB
NOISE = random.Random(2).randbytes(3 * MIB)
IMAGE = NOISE[:MIB] + bytes(4 * MIB) + NOISE[MIB:] + bytes(MIB)


@pytest.fixture
def disk(client: Client, maker: Maker) -> str:
    """8 MiB, with something in blocks 0, 2 and 3 of VHD's 2 MiB."""
    vdi = maker.disk(SIZE)
    reply = put(client, "/import_raw_vdi", IMAGE, vdi=vdi)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    assert result(client, reply) == f"<value>{vdi}</value>"
    return vdi


def raw(client: Client, vdi: str) -> bytes:
    reply = get(client, "/export_raw_vdi", vdi=vdi)
    assert reply.status == 200
    return reply.body


def test_what_goes_in_comes_out(client: Client, disk: str) -> None:
    reply = get(client, "/export_raw_vdi", vdi=client.call("VDI.get_uuid", disk), format="raw")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == f'attachment; filename="{client.call("VDI.get_uuid", disk)}.raw"'
    assert reply.body == IMAGE
    assert result(client, reply) == ""
    assert 3 * MIB <= client.call("VDI.get_physical_utilisation", disk) <= SIZE
    assert client.call("VDI.get_VBDs", disk) == []


def test_a_vhd_goes_from_disk_to_disk(client: Client, maker: Maker, disk: str) -> None:
    reply = get(client, "/export_raw_vdi", vdi=disk, format="vhd")
    assert reply.headers["content-type"] == "application/vhd"
    image = reply.body
    assert vhd.read_footer(image[:512]) == vhd.read_footer(image[-512:]) == vhd.Shape(SIZE, vhd.DYNAMIC)
    assert image[-512:][68:84] == uuid.UUID(client.call("VDI.get_uuid", disk)).bytes
    assert len(image) == 512 + 1024 + 512 + 3 * (512 + 2 * MIB) + 512
    other = maker.disk(SIZE)
    result(client, put(client, "/import_raw_vdi", image, vdi=other, format="vhd"))
    assert raw(client, other) == IMAGE


def test_a_delta_holds_what_changed_since_a_snapshot(client: Client, disk: str) -> None:
    snapshot = client.call("VDI.snapshot", disk, {})
    clone = client.call("VDI.clone", snapshot, {})
    changed = IMAGE[:MIB] + b"changed" + IMAGE[MIB + 7 :]
    result(client, put(client, "/import_raw_vdi", changed, vdi=disk))
    delta = get(client, "/export_raw_vdi", vdi=disk, format="vhd", base=snapshot).body
    assert vhd.read_footer(delta[:512]).kind == vhd.DIFFERENCING
    assert len(delta) < 3 * MIB
    assert raw(client, clone) == raw(client, snapshot) == IMAGE
    result(client, put(client, "/import_raw_vdi", delta, vdi=clone, format="vhd"))
    assert raw(client, clone) == changed


def test_a_qcow2_goes_from_disk_to_disk(client: Client, maker: Maker, disk: str) -> None:
    reply = get(client, "/export_raw_vdi", vdi=disk, format="qcow2")
    assert reply.headers["content-type"] == "application/x-qemu-disk"
    assert len(reply.body) % qcow2.CLUSTER == 0 and len(reply.body) < 4 * MIB
    other = maker.disk(SIZE)
    result(client, put(client, "/import_raw_vdi", reply.body, vdi=other, format="qcow2"))
    assert raw(client, other) == IMAGE
    snapshot = client.call("VDI.snapshot", disk, {})
    changed = IMAGE[: 5 * MIB] + b"changed" + IMAGE[5 * MIB + 7 :]
    result(client, put(client, "/import_raw_vdi", changed, vdi=disk))
    delta = get(client, "/export_raw_vdi", vdi=disk, format="qcow2", base=snapshot).body
    assert len(delta) == 6 * qcow2.CLUSTER, "header, tables, counts, and one cluster"
    result(client, put(client, "/import_raw_vdi", delta, vdi=other, format="qcow2"))
    assert raw(client, other) == changed


def test_a_qcow2_of_other_makers(client: Client, maker: Maker) -> None:
    """Version 2 with clusters of 4 KiB, its tables at the end, one cluster packed."""
    packed = zlib.compressobj(wbits=-12)
    deflated = packed.compress(NOISE[:4096]) + packed.flush()
    level2 = [0] * 512
    level2[3], level2[5] = 4096 | 1 << 63, 1 << 62 | 8 << 58 | 8192
    end = 16384
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 12, SIZE, 0, 4, end, 0, 0, 0, 0)
    image = head.ljust(4096, b"\0") + b"plain".ljust(4096, b"x") + deflated.ljust(8192, b"\0")
    image += struct.pack(">4Q", end + 4096, 0, 0, 0).ljust(4096, b"\0") + struct.pack(">512Q", *level2)
    vdi = maker.disk(SIZE)
    result(client, put(client, "/import_raw_vdi", image, vdi=vdi, format="qcow2"))
    held = raw(client, vdi)
    assert held[3 * 4096 : 4 * 4096] == b"plain".ljust(4096, b"x")
    assert held[5 * 4096 : 6 * 4096] == NOISE[:4096]
    assert not any(held[6 * 4096 :])


def test_a_disk_as_blocks_with_sums(client: Client, maker: Maker, disk: str) -> None:
    reply = get(client, "/export_raw_vdi", vdi=disk, format="tar")
    assert reply.headers["content-type"] == "application/x-tar"
    assert [n for n in members(reply.body) if not n.endswith(".xxhash")] == [f"vdi/{n:08d}" for n in (0, 5, 6, 7)]
    other = maker.disk(SIZE)
    result(client, put(client, "/import_raw_vdi", reply.body, vdi=other, format="tar"))
    assert raw(client, other) == IMAGE


def test_xapis_own_chunks(client: Client, maker: Maker) -> None:
    vdi = maker.disk(SIZE)
    body = b"".join(struct.pack("<QI", at, len(data)) + data for at, data in ((5 * MIB, b"late"), (0, b"early"))) + bytes(12)
    result(client, put(client, "/import_raw_vdi", body, vdi=vdi, chunked="true"))
    held = raw(client, vdi)
    assert (held[:5], held[5 * MIB : 5 * MIB + 4]) == (b"early", b"late")


@pytest.mark.parametrize("path", ["/import_raw_vdi", "/import"])
def test_the_answer_comes_before_the_upload(client: Client, disk: str, path: str) -> None:
    """xen-api sends nothing at all before it has an answer, to learn of a redirection; it claims a huge length and hangs up."""
    address = urlsplit(client.url)
    with socket.create_connection((address.hostname, address.port or 80), timeout=5) as wire:
        wire.sendall(f"PUT {path}?session_id={client.session}&vdi={disk} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 50}\r\n\r\n".encode())
        head = wire.recv(4096)
        if path == "/import_raw_vdi":  # dom0 may have it twice
            result(client, put(client, path, IMAGE, vdi=disk))
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    task = head.split(b"task-id: ")[1].split(b"\r\n")[0].decode()
    assert ended(client, task)["status"] == "failure"


def test_a_new_disk_and_an_iso_upload(client: Client) -> None:
    iso = next(r for r, s in client.call("SR.get_all_records").items() if s["type"] == "iso" and s["PBDs"] and not s["is_tools_sr"])
    new = result(client, put(client, "/import_raw_vdi", IMAGE, sr_id=iso))
    vdi = new.removeprefix("<value>").removesuffix("</value>")
    record = client.call("VDI.get_record", vdi)
    assert (record["SR"], record["virtual_size"], record["name_label"]) == (iso, SIZE, "Imported VDI")
    made = Maker(client).disk(SIZE, SR=iso, name_label="own.iso")
    result(client, put(client, "/import_raw_vdi", IMAGE, vdi=made))
    assert raw(client, made) == IMAGE


@pytest.mark.parametrize(
    ("query", "status", "info"),
    [
        ({"format": "floppy"}, 404, ["INTERNAL_ERROR", "Unknown format floppy"]),
        ({"format": "vhd", "chunked": "true"}, 404, ["INTERNAL_ERROR", "Cannot handle chunked VHD"]),
        ({"format": "qcow2", "chunked": "true"}, 404, ["INTERNAL_ERROR", "Cannot handle chunked VHD"]),
    ],
)
def test_formats_that_are_refused(client: Client, disk: str, query: dict[str, str], status: int, info: list[str]) -> None:
    task = client.call("task.create", "x", "")
    assert put(client, "/import_raw_vdi", b"x", vdi=disk, task_id=task, **query).status == status
    assert ended(client, task)["error_info"] == info
    assert raw(client, disk) == IMAGE


def test_encodings_and_unknown_disks_are_refused(client: Client, disk: str) -> None:
    task = client.call("task.create", "x", "")
    reply = request(client, "PUT", "/import_raw_vdi", iter([b"x"]), {"Transfer-Encoding": "chunked"}, vdi=disk, task_id=task)
    assert reply.status == 404
    assert ended(client, task)["error_info"] == ["INTERNAL_ERROR", "Cannot handle encoding: chunked"]
    task = client.call("task.create", "x", "")
    assert put(client, "/import_raw_vdi", b"x", vdi="nobody", task_id=task).status == 400
    assert ended(client, task)["error_info"] == ["UUID_INVALID", "VDI", "nobody"]
    assert put(client, "/import_raw_vdi", b"x").status == 400


@pytest.mark.parametrize(
    ("format_", "body"),
    [
        ("raw", bytes(SIZE + 1)),
        ("qcow2", b"QFI\xfb" * 99),
        ("qcow2", b"".join(qcow2.beginning(2 * SIZE, [3]))),
        ("vhd", b"no VHD at all" * 100),
        ("vhd", vhd.beginning(SIZE, uuid.uuid4(), [0])),
        ("tar", b"x" * 600),
    ],
)
def test_images_that_do_not_fit_or_make_no_sense(client: Client, maker: Maker, format_: str, body: bytes) -> None:
    reply = put(client, "/import_raw_vdi", body, vdi=maker.disk(SIZE), format=format_)
    assert reply.status == 200
    told = failure(client, reply)
    assert told == ["VDI_IO_ERROR", "Device I/O errors"] or (format_ == "tar" and told[0] == "IMPORT_ERROR")


def test_a_disk_in_use_is_read_all_the_same(client: Client, maker: Maker, disk: str) -> None:
    """XAPI's check of drives leaves control domains out: they know how to share."""
    vm = maker.vm("user")
    maker.drive(vm, disk, "1")
    client.call("VM.start", vm, False, False)
    read = get(client, "/export_raw_vdi", vdi=disk)
    assert (read.status, len(read.body)) == (200, SIZE)
    assert [b for b in client.call("VDI.get_VBDs", disk) if client.call("VM.get_is_control_domain", client.call("VBD.get_VM", b))] == []
    client.call("VM.hard_shutdown", vm)


def test_a_deleted_disk_leaves_no_contents(client: Client, disk: str) -> None:
    client.call("VDI.destroy", disk)
    assert get(client, "/export_raw_vdi", vdi=disk).status == 500


def test_contents_go_wherever_a_disk_goes(client: Client, maker: Maker, disk: str) -> None:
    vm = client.call("VM.create", {**RECORD, "name_label": "keeper"})
    maker.drive(vm, disk)
    shot = client.call("VM.snapshot", vm, "before")
    there = next(r for r, s in client.call("SR.get_all_records").items() if s["content_type"] == "user" and r != maker.sr and s["PBDs"]
                 and maker.master in [client.call("PBD.get_host", p) for p in s["PBDs"]])  # fmt: skip
    result(client, put(client, "/import_raw_vdi", b"overwritten".ljust(MIB, b"\0"), vdi=disk))
    assert raw(client, disk) != IMAGE
    copies = [maker.disk_of(client.call("VM.copy", shot, "copy", there)), maker.disk_of(client.call("VM.clone", shot, "clone"))]
    client.call("VM.revert", shot)
    copies += [maker.disk_of(vm), client.call("VDI.copy", maker.disk_of(vm), there)]
    assert [client.call("VDI.get_SR", vdi) for vdi in copies] == [there, maker.sr, maker.sr, there]
    assert all(raw(client, vdi) == IMAGE for vdi in copies)
    client.call("VDI.resize", copies[1], 2 * SIZE)
    assert raw(client, copies[1]) == IMAGE + bytes(SIZE)
    moved = client.call("VDI.pool_migrate", copies[0], maker.sr, {})
    assert raw(client, moved) == IMAGE
    assert len(client.call("VDI.get_uuid", moved)) == 36
