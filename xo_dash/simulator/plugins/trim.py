"""trim: gives the free space of an SR back to the array beneath it, where its driver can."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from ..call import Call
from ..classes import sm
from .script import Functions, needed

LAST = "trim_last_triggered"  # in the SR's other_config: seconds since the epoch
LEAST = 4 << 20  # bytes of free space, without which there is nothing to make a volume of


def told(code: str, message: str) -> str:
    """Not an error: the script succeeds, and says in XML why it did nothing."""
    pairs = "".join(
        f"<key_value_pair><key>{key}</key><value>{escape(value)}</value></key_value_pair>"
        for key, value in (("errcode", code), ("errmsg", message))
    )
    return f'<?xml version="1.0" ?><trim_response>{pairs}</trim_response>'


async def do_trim(call: Call, _host: str, arguments: Mapping[str, str]) -> str:
    uuid = needed(arguments, "sr_uuid")
    sr = call.db.by_uuid("SR", uuid)
    record = call.db.record("SR", sr)
    if "SR_TRIM" not in sm.driver(record["type"]).can():
        return told("UnsupportedSRForTrim", f"Trim on [{uuid}] not supported")
    await call.sleep(2.0)
    full = record["physical_size"] - record["physical_utilisation"] < LEAST
    call.db.set(sr, other_config={**call.db.get(sr, "other_config"), LAST: f"{call.clock.now():.2f}"})
    if full:
        return told("Trim failed on completely filled SR", "No space to claim on a completely filled SR")
    return "True"


FUNCTIONS: Functions = {"do_trim": do_trim}
