"""VM.import: an archive that xapi fetches itself. VM.import_convert and VM.sysprep, which ask for what no simulated host has."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from ..call import Call
from ..classes.sr_rules import is_plugged
from ..errors import XapiError
from ..registry import message
from .body import PIECE, Body
from .restore_rules import Way
from .task import Job
from .vm_import import stream

REDIRECTS = 5
LONGEST_ANSWER = 32 << 10  # bytes that unattend.xml may have
PORTS = {"http": 80, "https": 443}


class MovedError(Exception):
    """It is somewhere else."""


@message("VM.import")
async def vm_import(call: Call, url: str, sr: str, full_restore: bool, force: bool) -> list[str]:
    if not is_plugged(call.pool, call.db.record("SR", sr)):
        raise XapiError("SR_HAS_NO_PBDS", sr)
    for _ in range(REDIRECTS + 1):
        try:
            async with fetched(url) as raw:
                return await stream(Job(call), raw, Way(sr, full_restore, force))
        except MovedError as moved:
            url = urljoin(url, str(moved))
        except (OSError, ValueError) as error:
            raise XapiError("INTERNAL_ERROR", repr(error)) from None
    raise XapiError("IMPORT_ERROR", "too many redirects")


@contextlib.asynccontextmanager
async def fetched(url: str) -> AsyncIterator[Body]:
    """What is there. OSError, ValueError, MovedError; IMPORT_ERROR for another status than 200."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        raise ValueError(f"no {parts.scheme!r} but http and https")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or PORTS[parts.scheme], ssl=unchecked(parts))
    try:
        writer.write(request(parts))
        status, headers = await answer(reader)
        if status[:1] == "3" and "location" in headers:
            raise MovedError(headers["location"])
        if status[:3] != "200":
            raise XapiError("IMPORT_ERROR", status)
        yield Body(pieces(reader))
    finally:
        writer.close()


def unchecked(parts: SplitResult) -> ssl.SSLContext | None:
    """Certificates of hosts are self-signed."""
    if parts.scheme == "http":
        return None
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def request(parts: SplitResult) -> bytes:
    """HTTP/1.0, so that nothing comes in chunks."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.0", f"Host: {parts.netloc.rpartition('@')[2]}"]
    if parts.username:
        who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(who.encode()).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()


async def answer(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """("200 OK", headers in lower case). IMPORT_ERROR_PREMATURE_EOF."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise XapiError("IMPORT_ERROR_PREMATURE_EOF") from None
    first, *lines = head.rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first.partition(" ")[2], {name.strip().lower(): value.strip() for name, _, value in pairs}


async def pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while data := await reader.read(PIECE):
        yield data


@message("VM.import_convert")
def import_convert(call: Call, kind: str, username: str, password: str, sr: str, remote_config: dict[str, str]) -> str:
    """It asks the plugin of the conversion appliance, which has to be installed first."""
    raise XapiError("XENAPI_MISSING_PLUGIN", "conversion")


@message("VM.sysprep")
async def sysprep(call: Call, vm: str, unattend: str, patience: float) -> str:
    """SYSPREP [uuid, why]: no guest here has the agent for it."""
    if patience < 0:
        raise XapiError("INVALID_VALUE", "timeout", f"{patience:g}")
    async with call.operation(vm, "sysprep"):
        too_large = len(unattend.encode()) > LONGEST_ANSWER
        raise XapiError(
            "SYSPREP", call.db.get(vm, "uuid"), "unattend.xml is too large" if too_large else "the VM's drivers do not support sysprep"
        )
