"""Observers: who gets traces of what. The simulator makes none."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from ..call import Call
from ..database import Database, Record
from ..errors import XapiError
from ..generic import constructor
from ..registry import message

COMPONENTS = ("xapi", "xenopsd", "xapi-clusterd", "smapi")
BUGTOOL = "bugtool"  # traces stay in files of the host
DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$")
KEY = re.compile(r"[a-z0-9_.-]{1,80}$")
LONGEST = 4096


def is_endpoint(text: str) -> bool:
    if text == BUGTOOL:
        return True
    try:
        url = urlsplit(text)
        host = url.hostname or ""
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return url.scheme in ("http", "https") and bool(DOMAIN.match(host))
    return url.scheme in ("http", "https")


def check(db: Database, values: Record) -> None:
    for component in values.get("components", ()):
        if component not in COMPONENTS:
            raise XapiError("INVALID_VALUE", "component", component)
    for endpoint in values.get("endpoints", ()):
        if not is_endpoint(endpoint):
            raise XapiError("INVALID_VALUE", "endpoint", endpoint)
    for host in values.get("hosts", ()):
        if db.class_of(host) != "host":
            raise XapiError("INVALID_VALUE", "host", host)
    for key, value in values.get("attributes", {}).items():
        if not KEY.match(key) or len(value) > LONGEST:
            raise XapiError("INVALID_VALUE", "attributes", f"{key}:{value}")


@message("Observer.create")
def create(call: Call, args: Record) -> str:
    fields = constructor(call.db.model, "Observer", args)
    check(call.db, fields)
    return call.db.create("Observer", fields)


@message("Observer.set_components", "Observer.set_endpoints", "Observer.set_hosts", "Observer.set_attributes", "Observer.set_enabled")
def set_field(call: Call, observer: str, value: object) -> str:
    name = call.method.removeprefix("Observer.set_")
    check(call.db, {name: value} if name != "enabled" else {})
    call.db.set(observer, **{name: value})
    return ""
