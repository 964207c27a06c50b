"""A client of the simulator's HTTP transfers, as a program of a few lines would be one."""

from __future__ import annotations

import http.client
import io
import random
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.simulator.client import Client, Reply, until
from tests.simulator.making import NULL, Maker

MIB = 1 << 20
GIB = 1 << 30
NOISE = random.Random(1).randbytes(MIB)


def request(
    client: Client,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: dict[str, str] | None = None,
    *,
    cookie: bool = False,
    **query: Any,
) -> Reply:
    """With the client's session, in the query or in a cookie; an empty session is left out."""
    parts = urlsplit(client.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = dict(headers or {})
    if client.session and cookie:
        headers["Cookie"] = f"session_id={client.session}"
    elif client.session:
        query["session_id"] = client.session
    try:
        connection.request(method, f"{path}?{urlencode(query)}", body, headers, encode_chunked=not isinstance(body, bytes | None))
        answer = connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def get(client: Client, path: str, **query: Any) -> Reply:
    return request(client, "GET", path, **query)


def put(client: Client, path: str, body: bytes, **query: Any) -> Reply:
    return request(client, "PUT", path, body, **query)


def ended(client: Client, task: str) -> Any:
    """The task's record, once it is no longer pending."""
    until(lambda: client.call("task.get_status", task) != "pending")
    return client.call("task.get_record", task)


def result(client: Client, reply: Reply) -> str:
    """What the task of this transfer came to; it must have succeeded."""
    record = ended(client, reply.headers["task-id"])
    assert record["status"] == "success", record["error_info"]
    assert record["progress"] == 1.0
    return str(record["result"])


def failure(client: Client, reply: Reply) -> list[str]:
    record = ended(client, reply.headers["task-id"])
    assert record["status"] == "failure", record
    return list(record["error_info"])


def imported(client: Client, archive: bytes, **query: Any) -> list[str]:
    """References of the VMs."""
    reply = put(client, "/import", archive, **query)
    assert reply.status == 200, reply
    return [v.text or "" for v in ET.fromstring(result(client, reply)).iter("value") if v.text]


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {m.name: file.read() for m in tar.getmembers() if (file := tar.extractfile(m)) is not None}


def archived(files: dict[str, bytes]) -> bytes:
    """Tar as Python writes it, which is not how xapi does."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return held.getvalue()


def full_vm(client: Client) -> tuple[str, str]:
    """(VM, its disk): 1 GiB, with something in the first and in the fourth block."""
    vm = Maker(client).vm("written")
    (disk,) = disks_of(client, vm)
    reply = put(client, "/import_raw_vdi", b"boot".ljust(3 * MIB, b"\0") + NOISE, vdi=disk)
    assert result(client, reply) == f"<value>{disk}</value>"
    return vm, disk


def disks_of(client: Client, vm: str) -> list[str]:
    vdis = [client.call("VBD.get_VDI", vbd) for vbd in client.call("VM.get_VBDs", vm)]
    return [vdi for vdi in vdis if vdi != NULL]
