"""Asking a host what it sees of storage: SR.probe, or SR.probe_ext, which change nothing, in a task of its own that can be stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from data.mirror import Mirror
from data.objects import Host, TaskStatus
from data.stores.users import Role, User
from data.types import Ref
from xo_dash.control.access import may
from xo_dash.control.failures import explain_error
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.local_user import Users
from xo_dash.control.results import task_result
from xo_dash.control.steps import revealed
from xo_dash.control.task_waiter import Caller, Connections, TaskWaiter
from xo_dash.i18n import N_
from xo_dash.xapi.errors import XapiError, XapiFailure

log = logging.getLogger(__name__)

PROBE, PROBE_EXT, UNSUPPORTED = "Async.SR.probe", "Async.SR.probe_ext", "SR_OPERATION_NOT_SUPPORTED"
"""Source: drivers of the second storage interface are asked by SR.probe and print XML, those of the third answer SR.probe_ext with
records; each kind refuses the other call with that code."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """`text`: XML, of a success or of a failure that tells what is missing. `code`: of a failure. `refused`: it was not even asked."""

    text: str = ""
    code: str = ""
    arguments: tuple[str, ...] = ()
    refused: LazyText | None = None

    @property
    def number(self) -> int:
        """Of the driver's failure; 0 for none, and for a failure that is not the driver's."""
        found = self.code.removeprefix("SR_BACKEND_FAILURE_")
        return int(found) if found != self.code and found.isdecimal() else 0


class Prober:
    """One question at a time for each host: drivers mount at one place and log in and out while they look."""

    role = Role.ADMIN
    """Who may ask: whoever may add an SR."""

    def __init__(self, mirror: Mirror, connections: Connections, users: Users) -> None:
        self._connections = connections
        self._users = users
        self._follower = TaskWaiter(mirror)
        self._hosts: dict[tuple[str, Ref], asyncio.Lock] = {}
        self._stopping: set[asyncio.Task[None]] = set()  # a task nobody holds may be collected

    async def ask(self, user: User, host: Host, kind: str, config: Mapping[str, object]) -> ProbeAnswer:
        """What the driver of `kind` finds by `config`, whose secrets are hidden. Cancelling it cancels the task in the pool."""
        verdict = may(self._users.get(user.id), self)
        if not verdict:
            return ProbeAnswer(refused=verdict.reason)
        pool = host.home.id
        async with self._hosts.setdefault((pool, host.ref), asyncio.Lock()):
            answer = await self._asked(host, PROBE, kind, config)
            return await self._asked(host, PROBE_EXT, kind, config) if answer.code == UNSUPPORTED else answer

    async def _asked(self, host: Host, method: str, kind: str, config: Mapping[str, object]) -> ProbeAnswer:
        pool = host.home.id
        try:
            caller = self._connections(pool)
            task = Ref(str(await caller.call(method, host.ref, revealed(dict(config)), kind, {})))
        except XapiFailure as failure:
            return _failed(failure.details)
        except XapiError as error:
            return ProbeAnswer(refused=explain_error(error, host.home)[0])
        return await self._answer(pool, caller, task)

    async def _answer(self, pool: str, caller: Caller, task: Ref) -> ProbeAnswer:
        try:
            end = await self._follower.end(pool, task, caller, lambda _progress: None)
        except asyncio.CancelledError:
            self._spawn(caller, "task.cancel", task)
            raise
        self._spawn(caller, "task.destroy", task)
        match end.status:
            case TaskStatus.SUCCESS:
                return ProbeAnswer(text=_as_text(task_result(end.result)))
            case TaskStatus.FAILURE:
                return _failed(tuple(end.error_info))
            case TaskStatus.CANCELLED:
                return ProbeAnswer(refused=lazy(N_("it was cancelled")))
        return ProbeAnswer(refused=lazy(N_("the pool lost track of the search; try again")))

    def _spawn(self, caller: Caller, method: str, task: Ref) -> None:
        going = asyncio.get_running_loop().create_task(_tidied(caller, method, task))
        self._stopping.add(going)
        going.add_done_callback(self._stopping.discard)


async def _tidied(caller: Caller, method: str, task: Ref) -> None:
    try:
        await caller.call(method, task)
    except XapiError as error:
        log.debug("%s of %s: %s", method, task, error)


def _as_text(found: object) -> str:
    """Records of SR.probe_ext as the XML that other drivers print for the same: an SR for each that is complete and has one."""
    if not isinstance(found, list):
        return str(found or "")
    top = Element("SRlist")
    for result in found:
        stat = result.get("sr") if isinstance(result, dict) and result.get("complete") else None
        if isinstance(stat := _option(stat), dict) and isinstance(uuid := _option(stat.get("uuid")), str):
            one = SubElement(top, "SR")
            for tag, value in (("UUID", uuid), ("name_label", stat.get("name_label", "")), ("size", stat.get("total_space", ""))):
                SubElement(one, tag).text = str(value)
    return tostring(top, encoding="unicode")


def _option(value: object) -> object:
    """Source: XAPI writes an option as nothing or a list of one; older ones as the bare value."""
    return (value[0] if value else None) if isinstance(value, list) else value


def _failed(details: tuple[str, ...]) -> ProbeAnswer:
    """Source: what the caller could have said is in the third argument of a driver's failure."""
    code, *arguments = details or ("",)
    xml = next((text for text in arguments if text.lstrip().startswith("<")), "")
    return ProbeAnswer(xml, code, tuple(arguments))
