"""What can be done to a pool behind everyone's back: by the control API, and by a scenario.

A verb is a function `(pool, **arguments)`; what is named `host`, `vm`, `sr` or `network` comes from outside as a name, an address, a uuid
or a reference, and arrives as a reference. One that returns a coroutine goes on by itself.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Coroutine
from typing import Any, get_type_hints

from ..errors import XapiError
from ..pool import Pool
from . import guests, hosts, storage, whole

log = logging.getLogger(__name__)

Verb = Callable[..., Any]
OBJECTS = {"host": "host", "vm": "VM", "sr": "SR", "network": "network"}
KINDS = {str: "a text", float: "a number", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}

TABLE: dict[str, Verb] = {
    "host.die": hosts.die,
    "host.boot": hosts.boot,
    "host.fence": hosts.fence,
    "host.cut": hosts.cut,
    "host.reconnect": hosts.reconnect,
    "host.carrier": hosts.carrier,
    "host.cpu": hosts.cpu,
    "host.maintain": hosts.maintain,
    "host.return": hosts.come_back,
    "toolstack.restart": hosts.restart_toolstack,
    "master.elect": hosts.elect,
    "sr.fill": storage.fill,
    "sr.drain": storage.drain,
    "sr.unplug": storage.unplug,
    "sr.plug": storage.plug,
    "sr.slow": storage.slow,
    "vm.crash": guests.crash,
    "vm.tools": guests.tools,
    "vm.power_off": guests.power_off,
    "vm.busy": guests.busy,
    "vm.backup": guests.backup,
    "vm.move": guests.move,
    "vm.balloon": guests.balloon,
    "message": whole.message,
    "call": whole.call,
    "change": whole.change,
    "clock.jump": whole.jump,
    "sessions.end": whole.end_sessions,
    "database.save": whole.save,
    "database.restore": whole.restore,
    "faults.add": whole.add_fault,
    "faults.clear": whole.clear_faults,
}


def check(name: str, arguments: dict[str, Any]) -> None:
    """ValueError, in words, on a verb that is none or arguments it does not take."""
    if name not in TABLE:
        raise ValueError(f"there is no {name!r}; there are {', '.join(TABLE)}")
    parameters = dict(list(inspect.signature(TABLE[name]).parameters.items())[1:])
    if unknown := set(arguments) - set(parameters):
        raise ValueError(f"{name} takes no {', '.join(sorted(unknown))}")
    missing = [n for n, p in parameters.items() if p.default is p.empty and n not in arguments]
    if missing:
        raise ValueError(f"{name} needs {', '.join(missing)}")
    hints = get_type_hints(TABLE[name])
    for key, value in arguments.items():
        wanted = getattr(hints[key], "__origin__", hints[key])
        if wanted is not Any and not is_a(value, wanted):
            raise ValueError(f"{key} of {name} is {KINDS[wanted]}, not {value!r}")


def is_a(value: Any, wanted: type) -> bool:
    if isinstance(value, bool):
        return wanted is bool
    return isinstance(value, (int, float) if wanted is float else wanted)


def perform(pool: Pool, name: str, arguments: dict[str, Any]) -> None:
    """ValueError if that makes no sense or names nobody, XapiError if it cannot be."""
    check(name, arguments)
    known = {key: resolve(pool, OBJECTS[key], value) if key in OBJECTS and value else value for key, value in arguments.items()}
    done = TABLE[name](pool, **known)
    if inspect.iscoroutine(done):
        pool.spawn(go_on(name, done))


async def go_on(name: str, work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except XapiError as error:
        log.debug("%s: %s", name, error)  # whoever was there first


def resolve(pool: Pool, cls: str, text: str) -> str:
    """A reference; ValueError if nobody is called so."""
    table = pool.db.tables[cls]
    if text in table.rows:
        return text
    if text in table.by_uuid:
        return table.by_uuid[text]
    for ref, record in pool.db.records(cls):
        named = record["name_label"] == text or (cls == "host" and record["address"] == text)
        if named and not (record.get("is_a_snapshot") or record.get("is_a_template")):
            return ref
    raise ValueError(f"there is no {cls} {text!r} in {pool.db.get(pool.ref, 'name_label')}")
