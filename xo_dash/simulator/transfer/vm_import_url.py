"""VM.import: an archive that xapi fetches itself. VM.import_convert and VM.sysprep, which ask for what no simulated host has."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from ..call import Call
from ..classes.sr_rules import is_plugged
from ..errors import XapiError
from ..outgoing import connected
from ..registry import message
from .body import Body
from .restore_rules import ImportMode
from .task import Job
from .vm_import import stream

REDIRECTS = 5
LONGEST_ANSWER = 32 << 10  # bytes that unattend.xml may have


class MovedError(Exception):
    """It is somewhere else."""


@message("VM.import")
async def vm_import(call: Call, url: str, sr: str, full_restore: bool, force: bool) -> list[str]:
    if not is_plugged(call.pool, call.db.record("SR", sr)):
        raise XapiError("SR_HAS_NO_PBDS", sr)
    for _ in range(REDIRECTS + 1):
        try:
            async with fetched(url) as raw:
                return await stream(Job(call), raw, ImportMode(sr, full_restore, force))
        except MovedError as moved:
            url = urljoin(url, str(moved))
        except (OSError, ValueError) as error:
            raise XapiError("INTERNAL_ERROR", repr(error)) from None
    raise XapiError("IMPORT_ERROR", "too many redirects")


@asynccontextmanager
async def fetched(url: str) -> AsyncIterator[Body]:
    """What is there. OSError, ValueError, MovedError; IMPORT_ERROR for another status than 200."""
    parts = urlsplit(url)
    async with connected(url) as exchange:
        await exchange.ask("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers(parts))
        try:
            status, told = await exchange.head()
        except EOFError:
            raise XapiError("IMPORT_ERROR_PREMATURE_EOF") from None
        if status[:1] == "3" and "location" in told:
            raise MovedError(told["location"])
        if status[:3] != "200":
            raise XapiError("IMPORT_ERROR", status)
        yield Body(exchange.pieces())


def headers(parts: SplitResult) -> dict[str, str]:
    host = {"Host": parts.netloc.rpartition("@")[2]}
    if not parts.username:
        return host
    who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {**host, "Authorization": f"Basic {base64.b64encode(who.encode()).decode()}"}


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
