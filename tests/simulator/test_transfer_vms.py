"""VMs as files: what is exported can be imported, here and from a real host; and what goes wrong on the way."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shutil
import socket
import subprocess
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.recorded import recorded
from tests.simulator.client import Client, http, until
from tests.simulator.making import Maker
from tests.simulator.transfers import (
    GIB,
    MIB,
    NOISE,
    archived,
    disks_of,
    ended,
    failure,
    get,
    imported,
    members,
    put,
    request,
    result,
)
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.simulator.transfer import xxh64


def test_an_export_is_a_tar_of_records_and_of_blocks_that_hold_something(client: Client, written: tuple[str, str]) -> None:
    reply = get(client, "/export", ref=written[0])
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    assert "content-length" not in reply.headers
    assert "transfer-encoding" not in reply.headers
    files = members(reply.body)
    assert next(iter(files)) == "ova.xml"
    blocks = [name.partition("/")[2] for name in files if "/" in name]
    assert blocks == [n + s for n in ("00000000", "00000003", "00001023") for s in ("", ".xxhash")]
    assert files[next(n for n in files if n.endswith("/00000003"))] == NOISE
    assert files[next(n for n in files if n.endswith("/00000003.xxhash"))].decode() == f"{xxh64.xxh64(NOISE):016X}"
    assert result(client, reply) == ""


def test_a_vm_comes_back_as_it_was_with_another_uuid_and_other_macs(client: Client, written: tuple[str, str]) -> None:
    vm, disk = written
    (copy,) = imported(client, get(client, "/export", ref=vm).body)
    old, new = client.call("VM.get_record", vm), client.call("VM.get_record", copy)
    for name in ("name_label", "memory_static_max", "VCPUs_max", "platform", "HVM_boot_params", "power_state", "is_a_template"):
        assert old[name] == new[name], name
    assert old["uuid"] != new["uuid"]
    assert new["current_operations"] == {}
    assert "start" in new["allowed_operations"]
    (twin,) = disks_of(client, copy)
    assert twin != disk
    assert client.call("VDI.get_SR", twin) == client.call("VDI.get_SR", disk)
    assert (
        get(client, "/export_raw_vdi", vdi=twin, format="vhd").body[512:2048]
        == (get(client, "/export_raw_vdi", vdi=disk, format="vhd").body[512:2048])
    )
    assert len(new["VIFs"]) == len(old["VIFs"]) == 1
    assert client.call("VIF.get_MAC", new["VIFs"][0]) != client.call("VIF.get_MAC", old["VIFs"][0])
    assert client.call("VIF.get_network", new["VIFs"][0]) == client.call("VIF.get_network", old["VIFs"][0])


@pytest.mark.parametrize("packing", ["gzip", "true"])
def test_a_packed_export_is_the_same_archive(client: Client, written: tuple[str, str], packing: str) -> None:
    packed = get(client, "/export", ref=written[0], use_compression=packing).body
    assert next(iter(members(gzip.decompress(packed)))) == "ova.xml"
    (copy,) = imported(client, packed)
    assert client.call("VM.get_name_label", copy) == "written"


@pytest.mark.skipif(not shutil.which("zstd"), reason="no zstd here")
def test_zstd_is_packed_and_recognised(client: Client, written: tuple[str, str]) -> None:
    reply = get(client, "/export", ref=written[0], use_compression="zstd")
    assert reply.body[:4] == b"\x28\xb5\x2f\xfd"
    result(client, reply)
    archive = subprocess.run(["zstd", "-d", "-c"], input=reply.body, capture_output=True, check=True).stdout
    assert next(iter(members(archive))) == "ova.xml"
    (copy,) = imported(client, reply.body)
    assert get(client, "/export_raw_vdi", vdi=disks_of(client, copy)[0], format="qcow2").body.count(NOISE[:4096]) == 1
    assert failure(client, put(client, "/import", reply.body[:-5000])) == ["IMPORT_ERROR_PREMATURE_EOF"]


def test_without_the_program_zstd_is_refused(client: Client, written: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    reply = get(client, "/export", ref=written[0], use_compression="zstd", task_id=(task := client.call("task.create", "x", "")))
    assert reply.status == 500
    assert ended(client, task)["error_info"][0] == "NOT_IMPLEMENTED"


def test_the_clients_own_task_gets_progress_result_and_words_of_the_request(client: Client, written: tuple[str, str]) -> None:
    task = client.call("task.create", "backup", "")
    reply = request(client, "GET", "/export", headers={"X-Http-Other-Config-job": "7"}, cookie=True, ref=written[0], task_id=task)
    assert reply.headers["task-id"] == task
    record = ended(client, task)
    assert (record["name_label"], record["status"], record["progress"]) == ("backup", "success", 1.0)
    assert record["other_config"]["http:job"] == "7"


def test_without_a_session_it_is_401_and_the_task_says_so(client: Client, written: tuple[str, str]) -> None:
    task = client.call("task.create", "backup", "")
    reply = get(Client(client.url), "/export", ref=written[0], task_id=task)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Basic realm="get_export"'
    assert ended(client, task)["error_info"] == ["SESSION_AUTHENTICATION_FAILED"]


def test_a_password_will_do(pool: SimulatedPool, client: Client, written: tuple[str, str]) -> None:
    basic = base64.b64encode(f"{pool.user}:{pool.password}".encode()).decode()
    reply = http(f"{client.url}/export?ref={written[0]}", headers={"Authorization": f"Basic {basic}"})
    assert reply.status == 200
    assert "ova.xml" in members(reply.body)


def test_a_running_vm_cannot_be_exported(client: Client, maker: Maker) -> None:
    vm = maker.vm("busy")
    client.call("VM.start", vm, False, False)
    task = client.call("task.create", "x", "")
    reply = get(client, "/export", ref=vm, task_id=task)
    assert reply.status == 500
    assert b"VM_BAD_POWER_STATE" in reply.body
    assert ended(client, task)["error_info"] == ["VM_BAD_POWER_STATE", vm, "halted, suspended", "running"]
    client.call("VM.hard_shutdown", vm)


def test_a_cancelled_export_ends_as_cancelled(pool: SimulatedPool, client: Client, written: tuple[str, str]) -> None:
    vm, disk = written
    pool.do(lambda inside: inside.db.set(disk, physical_utilisation=500 * GIB))  # takes its time
    task = client.call("task.create", "x", "")
    reader = threading.Thread(target=lambda: get(client, "/export", ref=vm, task_id=task), daemon=True)
    reader.start()
    until(lambda: client.call("task.get_allowed_operations", task) == ["cancel"])
    until(lambda: "export" in client.call("VM.get_current_operations", vm).values())
    client.call("task.cancel", task)
    record = ended(client, task)
    assert record["status"] == "cancelled"
    assert record["error_info"] == ["TASK_CANCELLED", task]
    reader.join(10)
    until(lambda: client.call("VM.get_current_operations", vm) == {})


def test_a_cancelled_import_leaves_nothing_behind(client: Client, written: tuple[str, str]) -> None:
    archive = get(client, "/export", ref=written[0]).body
    before = len(client.call("VM.get_all")), len(client.call("VDI.get_all"))
    task = client.call("task.create", "x", "")
    parts = urlsplit(client.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
        head = f"PUT /import?session_id={client.session}&task_id={task} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(archive)}\r\n\r\n"
        raw.sendall(head.encode() + archive[: MIB + 100_000])  # the first block is whole, the second is not
        until(lambda: client.call("task.get_other_config", task).get("object_creation") == "complete")
        client.call("task.cancel", task)
        raw.sendall(archive[MIB + 100_000 :])
        assert ended(client, task)["error_info"] == ["TASK_CANCELLED", task]
    assert (len(client.call("VM.get_all")), len(client.call("VDI.get_all"))) == before


def test_an_upload_that_is_cut_off_leaves_nothing_behind(client: Client, written: tuple[str, str]) -> None:
    archive = get(client, "/export", ref=written[0]).body
    before = len(client.call("VM.get_all")), len(client.call("VDI.get_all"))
    task = client.call("task.create", "x", "")
    parts = urlsplit(client.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
        head = f"PUT /import?session_id={client.session}&task_id={task} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(archive)}\r\n\r\n"
        raw.sendall(head.encode() + archive[: 2 * MIB])
    assert ended(client, task)["error_info"] == ["IMPORT_ERROR_PREMATURE_EOF"]
    assert (len(client.call("VM.get_all")), len(client.call("VDI.get_all"))) == before


def test_a_suspended_vm_travels_with_its_memory(client: Client, maker: Maker) -> None:
    vm = maker.vm("sleeper")
    client.call("VM.start", vm, False, False)
    until(lambda: "suspend" in client.call("VM.get_allowed_operations", vm))
    client.call("VM.suspend", vm)
    halted, asleep = get(client, "/export", ref=vm).body, get(client, "/export", ref=vm, preserve_power_state="true").body
    (one,), (other,) = imported(client, halted), imported(client, asleep)
    assert client.call("VM.get_power_state", one) == "Halted"
    assert client.call("VM.get_power_state", other) == "Suspended"
    client.call("VM.resume", other, False, False)
    assert client.call("VM.get_power_state", other) == "Running"
    client.call("VM.hard_shutdown", other)


def test_a_host_that_cannot_see_the_disks_sends_the_client_to_one_that_can(pool: SimulatedPool, client: Client, maker: Maker) -> None:
    there = next(h for h in client.call("host.get_all") if h != maker.master)
    local = next(r for r, s in client.call("SR.get_all_records").items() if not s["shared"] and s["content_type"] == "user"
                 and [client.call("PBD.get_host", p) for p in s["PBDs"]] == [there])  # fmt: skip
    disk = maker.disk(SR=local)
    task = client.call("task.create", "x", "")
    reply = get(client, "/export_raw_vdi", vdi=disk, task_id=task)
    assert reply.status == 302
    assert urlsplit(reply.headers["location"]).hostname == pool.addresses[1]
    assert f"task_id={task}" in reply.headers["location"].replace("%3A", ":")
    assert client.call("task.get_status", task) == "pending"
    assert put(client, "/import", b"", sr_id=local).status == 302


def test_sums_of_sha1_are_read_as_well(client: Client, written: tuple[str, str]) -> None:
    files = members(get(client, "/export", ref=written[0]).body)
    old = {}
    for name, data in files.items():
        if name.endswith(".xxhash"):
            old[name.replace(".xxhash", ".checksum")] = hashlib.sha1(files[name.removesuffix(".xxhash")]).hexdigest().encode()
        else:
            old[name] = data
    (copy,) = imported(client, archived(old))
    assert len(disks_of(client, copy)) == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda a: a.replace(NOISE[:64], bytes(64)), "IMPORT_ERROR"),
        (lambda a: a[: len(a) // 2], "IMPORT_ERROR_PREMATURE_EOF"),
        (lambda a: a.replace(b"ova.xml", b"ovaxxml", 1), "IMPORT_ERROR"),
        (lambda a: b"no archive at all" * 100, "IMPORT_ERROR"),
        (lambda a: b"", "IMPORT_ERROR_PREMATURE_EOF"),
        (lambda a: gzip.compress(a)[:-5000], "IMPORT_ERROR_PREMATURE_EOF"),
        (lambda a: archived({"other.xml": b"x"}), "IMPORT_ERROR_UNEXPECTED_FILE"),
        (lambda a: archived({"ova.xml": b"<value><struct>"}), "IMPORT_ERROR"),
    ],
)
def test_a_broken_archive_leaves_nothing_behind(
    client: Client, written: tuple[str, str], spoil: Callable[[bytes], bytes], code: str
) -> None:
    archive = get(client, "/export", ref=written[0]).body
    before = len(client.call("VM.get_all")), len(client.call("VDI.get_all")), len(client.call("VBD.get_all"))
    reply = put(client, "/import", spoil(archive))
    assert reply.status == 200  # said before the archive was read: the task knows
    assert failure(client, reply)[0] == code
    assert (len(client.call("VM.get_all")), len(client.call("VDI.get_all")), len(client.call("VBD.get_all"))) == before


def test_force_takes_a_block_with_a_wrong_sum(client: Client, written: tuple[str, str]) -> None:
    archive = get(client, "/export", ref=written[0]).body.replace(NOISE[:64], bytes(64))
    (copy,) = imported(client, archive, force="true")
    assert client.call("VM.get_name_label", copy) == "written"


def test_chunked_uploads_are_refused(client: Client) -> None:
    task = client.call("task.create", "x", "")
    reply = request(client, "PUT", "/import", iter([b"some", b"thing"]), {"Transfer-Encoding": "chunked"}, task_id=task)
    assert reply.status == 403
    assert ended(client, task)["error_info"] == ["IMPORT_ERROR_CANNOT_HANDLE_CHUNKED"]


def test_a_library_of_isos_is_no_place_for_vms(client: Client) -> None:
    iso = next(r for r, s in client.call("SR.get_all_records").items() if s["content_type"] == "iso" and s["PBDs"])
    task = client.call("task.create", "x", "")
    assert put(client, "/import", b"x", sr_id=iso, task_id=task).status == 400
    assert ended(client, task)["error_info"] == ["SR_OPERATION_NOT_SUPPORTED"]


def test_the_disks_go_to_the_sr_that_is_asked_for(client: Client, written: tuple[str, str]) -> None:
    here = client.call("PBD.get_all_records_where", f'field "host"="{Maker(client).master}"').values()
    seen = {pbd["SR"] for pbd in here if pbd["currently_attached"]} - {client.call("VDI.get_SR", written[1])}
    sr = next(r for r in seen if client.call("SR.get_content_type", r) == "user")
    (copy,) = imported(client, get(client, "/export", ref=written[0]).body, sr_uuid=client.call("SR.get_uuid", sr))
    assert [client.call("VDI.get_SR", vdi) for vdi in disks_of(client, copy)] == [sr]


def test_a_client_that_claims_to_send_far_more_is_answered_when_the_archive_ends(client: Client, written: tuple[str, str]) -> None:
    archive = get(client, "/export", ref=written[0]).body
    parts = urlsplit(client.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
        raw.sendall(f"PUT /import?session_id={client.session} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n\r\n".encode() + archive)
        head = raw.recv(4096).decode()
        task = re.search(r"task-id: (\S+)", head)
        assert task
        assert ended(client, task[1])["status"] == "success"


@pytest.mark.parametrize("name", ["export_vm.xva", "export_metadata_vm.xva"])
def test_what_a_real_host_exported_is_imported(client: Client, name: str) -> None:
    refs = imported(client, recorded(name))
    assert refs
    for ref in refs:
        record = client.call("VM.get_record", ref)
        assert record["power_state"] == "Halted"
        assert record["memory_static_max"] == GIB
        assert len(record["VIFs"]) == 1


def test_records_are_written_as_a_real_host_writes_them(client: Client, written: tuple[str, str]) -> None:
    real = members(recorded("export_vm.xva")[:23552])["ova.xml"].decode()
    ours = members(get(client, "/export", ref=written[0]).body)["ova.xml"].decode()
    classes = "<name>class</name><value>([^<]*)</value>"
    assert set(re.findall(classes, ours)) <= set(re.findall(classes, real)) | {"host"}
    for cls in ("VM", "VBD", "VIF", "VDI", "SR", "network"):
        assert fields(ours, cls) == fields(real, cls), cls


def fields(xml: str, cls: str) -> list[str]:
    for found in ET.fromstring(xml).iter("struct"):
        values = {m[0].text: m[1] for m in found}
        if "class" in values and values["class"].text == cls:
            return [m[0].text or "" for m in values["snapshot"][0]]
    raise AssertionError(cls)
