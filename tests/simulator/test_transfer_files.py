"""Logs, the audit log, the database as XML, archives for support, and what else is read over HTTP."""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET

import pytest

from tests.simulator.conftest import Client, http
from tests.simulator.making import Maker
from tests.simulator.transfers import get, members, result
from xo_dash.simulator.testing import SimulatedPool


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
    assert get(client, "/system-status", output="zip").status == 501


@pytest.mark.parametrize("path", ["/services", "/services/SM"])
def test_services(client: Client, path: str) -> None:
    reply = get(client, path)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml")
    assert ET.fromstring(reply.body)[0].tag == "struct"


@pytest.mark.parametrize("path", ["/export", "/export_metadata", "/export_raw_vdi", "/audit_log", "/pool/xmldbdump", "/vncsnapshot"])
def test_nothing_without_a_session(client: Client, path: str) -> None:
    assert http(f"{client.url}{path}?ref=x").status == 401


def test_who_may_not_is_told_403_and_the_task_why(pool: SimulatedPool, client: Client) -> None:
    def lower(inside: object) -> None:
        inside.sessions.get(client.session).roles = frozenset({"read-only"})  # type: ignore[attr-defined]

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
