"""Logs, the audit log, the database as XML, archives for support, and what else is read over HTTP."""

from __future__ import annotations

import bz2
import gzip
import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable

import pytest

from tests.simulator.client import Client, http, sign_in, until
from tests.simulator.making import Maker
from tests.simulator.transfers import failure, get, members, put, result
from xo_dash.simulator.testing import SimulatedPool, simulated


def test_the_audit_log_says_who_did_what_to_what(client: Client) -> None:
    vm = Maker(client).vm("audited")
    client.call("VM.add_tags", vm, "seen")
    client.failure("VM.pause", vm)
    reply = get(client, "/audit_log")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/plain")
    lines = [line for line in reply.body.decode().splitlines() if "'VM.add_tags'" in line or "'VM.pause'" in line]
    assert f"'root' 'ALLOWED' 'OK' 'API' 'VM.add_tags' (('self' 'audited' '{client.call('VM.get_uuid', vm)}' '{vm}')" in lines[-2]
    assert "'ALLOWED' 'ERROR:VM_BAD_POWER_STATE" in lines[-1]
    assert "get_uuid" not in reply.body.decode()
    assert get(client, "/audit_log", since="2990-01-01").body == b""
    assert b"'http/get_audit_log'" in get(client, "/audit_log", since="2001-01-01T00:00:00Z").body


def test_passwords_are_not_in_the_audit_log(client: Client, pool: SimulatedPool) -> None:
    assert pool.password.encode() not in get(client, "/audit_log").body


def test_the_database_as_xml(client: Client) -> None:
    vm = Maker(client).vm("a name\twith 100% of it")
    reply = get(client, "/pool/xmldbdump")
    root = ET.fromstring(reply.body)
    assert root.tag == "database"
    rows = {row.get("ref"): row for row in root.iterfind("table[@name='VM']/row")}
    assert rows[vm].get("name__label") == "a%.name%twith%.100%%%.of%.it"
    assert rows[vm].get("HVM__boot_params") == "(('order'%.'cd'))"
    assert {pair.get("key") for pair in root.iterfind("manifest/pair")} == {"schema_major_vsn", "schema_minor_vsn", "generation_count"}
    assert result(client, reply) == ""


@pytest.mark.parametrize("path", ["/system-status", "/host_backup", "/host_logs_download"])
def test_archives_for_support(client: Client, path: str) -> None:
    reply = get(client, path)
    assert reply.status == 200
    archive = gzip.decompress(reply.body) if path == "/host_logs_download" else reply.body
    assert any(name.endswith("audit.log") for name in members(archive))
    result(client, reply)


def test_what_could_be_in_a_status_report(client: Client) -> None:
    reply = get(client, "/system-status", list="")
    assert reply.status in (200,)


def test_services(client: Client) -> None:
    reply = get(client, "/services")
    assert (reply.status, reply.json["driver"], reply.json["features"]) == (200, "mux", ["/services/SM"])
    drivers = get(client, "/services/SM").json
    (nfs,) = [driver for driver in drivers if driver["driver"] == "nfs"]
    assert get(client, "/services/SM/nfs").json == nfs
    assert {driver.keys() == reply.json.keys() for driver in drivers} == {True}
    assert get(client, "/services/driver").json == []
    assert get(client, "/services/SM/floppy").status == get(client, "/services/else").status == 404


@pytest.mark.parametrize("path", ["/export", "/export_metadata", "/export_raw_vdi", "/audit_log", "/pool/xmldbdump", "/vncsnapshot"])
def test_nothing_without_a_session(client: Client, path: str) -> None:
    assert http(f"{client.url}{path}?ref=x").status == 401


def test_who_may_not_is_told_403_and_the_task_why(pool: SimulatedPool, client: Client) -> None:
    def lower(inside: object) -> None:
        inside.sessions.get(client.session).permissions = frozenset({"task.get_error_info"})  # type: ignore[attr-defined]

    task = client.call("task.create", "x", "")
    pool.do(lower)
    assert get(client, "/export", ref="x", task_id=task).status == 403
    assert client.call("task.get_error_info", task)[:2] == ["RBAC_PERMISSION_DENIED", "http/get_export"]


def test_a_fault_cuts_a_transfer_and_its_task_fails(pool: SimulatedPool, client: Client) -> None:
    pool.fault("/pool/xmldbdump", action="truncate", count=1)
    task = client.call("task.create", "x", "")
    assert len(get(client, "/pool/xmldbdump", task_id=task).body) == 4096
    assert client.call("task.get_status", task) == "failure"
    assert len(get(client, "/pool/xmldbdump").body) > 4096


@pytest.mark.parametrize(
    ("output", "kind", "opened"),
    [
        ("tar", "application/x-tar", members),
        ("tar.bz2", "application/x-bzip2", lambda body: members(bz2.decompress(body))),
        ("zip", "application/zip", lambda body: dict.fromkeys(zipfile.ZipFile(io.BytesIO(body)).namelist())),
        ("rar", "application/x-tar", members),
    ],
)
def test_status_reports_in_every_form(client: Client, output: str, kind: str, opened: Callable[[bytes], dict[str, bytes]]) -> None:
    reply = get(client, "/system-status", output=output, entries="xenserver-logs")
    assert reply.headers["content-type"] == kind
    assert "bug-report/var/lib/xcp/state.db" in opened(reply.body)


def test_blobs_hold_bytes_with_a_type(client: Client) -> None:
    vm = Maker(client).vm("owner")
    blob = client.call("VM.create_new_blob", vm, "icon", "image/png", False)
    assert client.failure("VM.create_new_blob", vm, "icon", "", False) == ["MAP_DUPLICATE_KEY", "VM", "blobs", vm, "icon"]
    assert get(client, "/blob", ref=blob).status == 404, "nobody wrote it yet"
    task = client.call("task.create", "x", "")
    assert put(client, "/blob", b"\x89PNG", ref=blob, task_id=task).status == 200
    assert client.call("task.get_status", task) == "success"
    record = client.call("blob.get_record", blob)
    assert (record["size"], record["mime_type"]) == (4, "image/png")
    assert record["last_updated"] != "19700101T00:00:00Z"
    reply = get(client, "/blob", uuid=record["uuid"])
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "image/png", b"\x89PNG")
    assert http(f"{client.url}/blob?ref={blob}").status == 401
    client.call("blob.set_public", blob, True)
    assert http(f"{client.url}/blob?ref={blob}").body == b"\x89PNG"
    assert http(f"{client.url}/blob?ref={blob}", b"x", "PUT").status == 401
    client.call("blob.destroy", blob)
    assert client.call("VM.get_blobs", vm) == {}
    assert get(client, "/blob", ref=blob).status == 404
    assert get(client, "/blob").status == 400
    assert client.call("blob.get_mime_type", client.call("blob.create", "", True)) == "application/octet-stream"


def test_a_database_that_is_given_back_is_the_pool_of_then() -> None:
    with simulated(hosts=(2,), vms=(4,)) as running:
        client = sign_in(running.pool)
        vm = Maker(client).vm("from then")
        dump = get(client, "/pool/xmldbdump").body
        generation = running.pool.do(lambda inside: inside.db.generation)
        client.call("VM.set_name_label", vm, "renamed since")
        later = Maker(client).vm("made since")
        result(client, put(client, "/pool/xmldbdump", dump, dry_run="true"))
        assert client.call("VM.get_name_label", vm) == "renamed since"
        result(client, put(client, "/pool/xmldbdump", dump))
        until(lambda: not running.pool.do(lambda inside: later in inside.db.rows("VM")))
        until(lambda: signed_in(running.pool) is not None)
        again = signed_in(running.pool)
        assert again is not None
        assert again.call("VM.get_name_label", vm) == "from then"
        assert again.failure("VM.get_record", later)[0] == "HANDLE_INVALID"
        assert Client(client.url, client.session).failure("VM.get_all") == ["SESSION_INVALID", client.session]
        assert running.pool.do(lambda inside: inside.db.generation) >= generation


def signed_in(pool: SimulatedPool) -> Client | None:
    try:
        return sign_in(pool)
    except (OSError, KeyError, ValueError):  # its toolstack is on its way
        return None


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda d: d.replace(b'key="schema_minor_vsn" value="', b'key="schema_minor_vsn" value="1'), "RESTORE_INCOMPATIBLE_VERSION"),
        (lambda d: d[: len(d) // 2], "COULD_NOT_IMPORT_DATABASE"),
        (lambda d: b"no XML", "COULD_NOT_IMPORT_DATABASE"),
    ],
)
def test_databases_that_cannot_be_given_back(client: Client, spoil: Callable[[bytes], bytes], code: str) -> None:
    dump = get(client, "/pool/xmldbdump").body
    assert failure(client, put(client, "/pool/xmldbdump", spoil(dump)))[0] == code


def test_a_host_cannot_be_restored(client: Client) -> None:
    assert failure(client, put(client, "/host_restore", b"x"))[0] == "RESTORE_SCRIPT_FAILED"
