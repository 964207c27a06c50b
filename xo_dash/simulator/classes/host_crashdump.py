"""Dumps of hosts that crashed; ours never do, but a real pool's may have."""

from __future__ import annotations

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..registry import message


@message("host_crashdump.destroy")
def destroy_dump(call: Call, dump: str) -> str:
    machine.need(call.pool, call.db.get(dump, "host"))
    call.db.destroy(dump)
    return ""


@message("host_crashdump.upload")
def upload_dump(call: Call, dump: str, url: str, _options: dict[str, str]) -> str:
    """Nothing leaves the simulator."""
    machine.need(call.pool, call.db.get(dump, "host"))
    if url == "":
        raise XapiError("INVALID_VALUE", "url", "")
    raise XapiError("INTERNAL_ERROR", f"no upload to {url}")
