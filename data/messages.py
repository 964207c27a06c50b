"""XAPI's messages: what one is about, how grave it is, and what the body of an ALARM says."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from data.level import Level
from data.names import name_of
from data.objects import SR, VDI, VM, Certificate, Host, Message, Pool
from data.types import XapiObject

CLASSES: Final[dict[str, type[XapiObject]]] = {"VM": VM, "Host": Host, "SR": SR, "Pool": Pool, "VDI": VDI, "Certificate": Certificate}
"""What `Message.cls` may be, of what we keep."""
LONGEST: Final = 20_000
"""Characters of a body that are read."""
_SETTING: Final = re.compile(r"<(\w+)\s+value=[\"']([^\"'<>]{0,200})[\"']\s*/?>")
_VALUE: Final = re.compile(r"^value:\s*(\S{1,40})\s*$", re.MULTILINE)


class Alarm(NamedTuple):
    """What perfmon writes when something that is measured was beyond its limit for a while."""

    name: str  # cpu_usage, fs_usage, sr_io_throughput_total_1234abcd ...
    value: float
    limit: float
    period: float  # seconds it lasted
    high: bool  # False: it is too low


def alarm_of(message: Message) -> Alarm | None:
    """None for anything else, and for what cannot be read. Source: perfmon, `value: 1.0\\nconfig:\\n<variable>...`."""
    if message.name != "ALARM":
        return None
    body = message.body[:LONGEST]
    found = _VALUE.search(body)
    settings = dict(_SETTING.findall(body))
    try:
        return Alarm(
            settings["name"],
            float(found[1]) if found else float("nan"),
            float(settings["alarm_trigger_level"]),
            float(settings.get("alarm_trigger_period", 60)),
            settings.get("alarm_trigger_sense", "high") != "low",
        )
    except (KeyError, ValueError):
        return None


def subject_of(message: Message) -> XapiObject | None:
    """What it is about, if that is still there."""
    kind = CLASSES.get(message.cls)
    return message.home.by_uuid(kind, message.obj_uuid) if kind else None


def subject_name(message: Message) -> str:
    """What it is about, by name; as it was called if that is gone, "" if nobody knows.

    Source: xapi puts `'web-1' (uuid: ...)` into what it writes about a VM.
    """
    subject = subject_of(message)
    if subject is not None:
        return name_of(subject)
    if remembered := message.home.name_of_gone(message.obj_uuid):
        return remembered
    before, found, _after = message.body[:LONGEST].partition(f"' (uuid: {message.obj_uuid})")
    return before.partition("'")[2] if found and message.obj_uuid else ""


def level_of(message: Message) -> Level:
    """Source: XAPI's priorities, 1 data loss, 2 service loss, 3 degraded, 4 recovered, 5 information."""
    if message.priority <= 2:
        return Level.CRITICAL
    return Level.WARNING if message.priority == 3 else Level.INFORMATION
