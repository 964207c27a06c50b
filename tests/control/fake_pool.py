"""A pool that does what a test says: calls are noted, tasks end when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import orjson

from data.changes import Event, Operation
from data.mirror import Mirror, PoolMirror
from data.objects import KINDS, VM, PowerState, Task, TaskStatus
from data.server import Server, ServerState
from data.stores.users import Role, User
from data.types import Ref, XapiObject
from tests.control.signatures import refused
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner
from xo_dash.xapi.errors import NotConnected, XapiFailure
from xo_dash.xapi.streams import TransferStream

# Source: VM.allowed_operations of a VM at rest, as far as the table has them.
OFFERED: Mapping[PowerState, frozenset[str]] = {
    PowerState.HALTED: frozenset({"start", "start_on", "snapshot", "clone", "copy", "export", "destroy", "make_into_template"}),
    PowerState.RUNNING: frozenset({"clean_shutdown", "clean_reboot", "hard_shutdown", "hard_reboot", "pause", "suspend", "snapshot"}),
    PowerState.PAUSED: frozenset({"unpause", "hard_shutdown", "hard_reboot", "snapshot"}),
    PowerState.SUSPENDED: frozenset({"export", "resume", "resume_on", "hard_shutdown", "snapshot", "destroy"}),
    PowerState.UNKNOWN: frozenset(),
}


def user(role: Role = Role.OPERATOR, name: str = "ann") -> User:
    return User(id=f"id-{name}", name=name, password_hash="", role=role, created=0.0, epoch="")


class Users(dict[str, User]):
    """The store of users, as far as the runner goes."""


class FakePool:
    """A mirror with one pool, and the connection to it."""

    def __init__(self, label: str = "lab", mirror: Mirror | None = None) -> None:
        self.mirror = mirror or Mirror()
        self.server = Server(id=label, label=label, address="192.0.2.1", state=ServerState.LIVE)
        self.home: PoolMirror = self.mirror.add(self.server)
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.answers: dict[str, Any] = {}  # method -> a value, an exception, or a function of the arguments
        self.called = asyncio.Event()
        self.away = False  # whether there is no connection
        self._serial = 0

    # what is there

    def put(self, row: XapiObject, ref: str = "") -> Ref:
        self._serial += 1
        ref = Ref(ref or f"OpaqueRef:{self.server.id}-{self._serial}")
        row.uuid = row.uuid or f"00000000-0000-4000-8000-{self._serial:012d}"
        self.mirror.apply(self.home, [Event(type(row), Operation.ADD, ref, row)])
        return ref

    def vm(self, name: str = "web-1", state: PowerState = PowerState.HALTED, **fields: Any) -> VM:
        row = VM(**{"name_label": name, "power_state": state, "allowed_operations": OFFERED[state]} | fields)
        self.put(row)
        return row

    def change(self, row: XapiObject, **fields: Any) -> None:
        names = [name for name in row.__struct_fields__ if name not in ("ref", "home")]
        fresh = type(row)(**{name: getattr(row, name) for name in names} | fields)
        self.mirror.apply(self.home, [Event(type(row), Operation.MOD, row.ref, fresh)])

    def remove(self, row: XapiObject) -> None:
        self.mirror.apply(self.home, [Event(type(row), Operation.DEL, row.ref, None)])

    # what it is asked

    async def call(self, method: str, *arguments: Any) -> Any:
        """As `Connection.call`: tests.contracts holds it to that."""
        if self.away:
            raise NotConnected("not signed in")
        refusal = [] if method in self.answers else self._refusal(method, *arguments)
        if refusal and not (refusal[0] == "HANDLE_INVALID" and method.startswith("Async.")):
            raise XapiFailure(refusal[0], refusal[1:])
        self.calls.append((method, arguments))
        self.called.set()
        answer = self.answers.get(method)
        if callable(answer):
            answer = answer(*arguments)
        if isinstance(answer, Exception):
            raise answer
        if answer is None and method.startswith("Async."):
            status = TaskStatus.FAILURE if refusal else TaskStatus.PENDING  # what a call of its own task is about is looked up in it
            return self.task(method, status=status, error_info=refusal)
        if answer is None and method == "task.get_record":
            return self._record(self.task_row(arguments[0]))
        return answer if answer is not None else ""

    async def call_member(self, host: str, method: str, *arguments: Any) -> Any:
        """As `Connection.call_member`: nobody answers here, unless a test says so."""
        if method not in self.answers:
            raise NotConnected("not signed in")
        return await self.call(method, *arguments)

    async def transfer(
        self, method: str, path: str, query: Mapping[str, str], *, length: int | None = None, host: str = ""
    ) -> TransferStream:
        """As `Connection.transfer`: nothing is moved here."""
        raise NotConnected("not signed in")

    def _refusal(self, method: str, *arguments: Any) -> list[str]:
        """[code, argument ...] for what a pool does not take: a method that is none, an object that is gone."""
        plain = method.removeprefix("Async.")
        if refusal := refused(plain, arguments):
            return refusal
        name = plain.partition(".")[0]
        kind = next((kind for kind in KINDS if kind.xapi_class == name), None)
        if kind is not None and arguments and str(arguments[0]).startswith("OpaqueRef:") and not self.home.one(kind, arguments[0]):
            return ["HANDLE_INVALID", name, str(arguments[0])]
        return []

    @staticmethod
    def _record(row: XapiObject) -> dict[str, Any]:
        """As XAPI writes it, as far as we read it."""
        return {name: getattr(row, name) for name in row.__struct_fields__ if name not in ("ref", "home")}

    @property
    def sent(self) -> list[str]:
        """The methods called, without what tidies up."""
        return [method for method, _arguments in self.calls if method not in ("task.destroy", "task.get_record")]

    def task(self, label: str, **fields: Any) -> Ref:
        return self.put(Task(name_label=label, allowed_operations=frozenset({"cancel"}), **fields))

    def end(self, ref: Ref, status: TaskStatus = TaskStatus.SUCCESS, *error: str, result: str = "<value></value>") -> None:
        self.change(self.task_row(ref), status=status, progress=1.0, result=result, error_info=list(error), allowed_operations=frozenset())

    def task_row(self, ref: Ref) -> Task:
        return cast(Task, self.home.one(Task, ref))

    async def until(self, count: int) -> None:
        """Wait until so many calls came that change something."""
        while len(self.sent) < count:
            self.called.clear()
            await asyncio.wait_for(self.called.wait(), 30)
        await asyncio.sleep(0)


class Desk:
    """A runner over fake pools, with its users and its audit."""

    def __init__(self, folder: Path, *pools: FakePool, at_once: int = 10, patience: float = 30.0) -> None:
        self.folder = folder
        self.pools = {pool.server.id: pool for pool in pools}
        self.users = Users()
        self.runner = Runner(pools[0].mirror, self.connection, self.users, Audit(folder), at_once=at_once, patience=patience)

    def connection(self, server_id: str) -> FakePool:
        """As `Servers.connection`."""
        pool = self.pools.get(server_id)
        if pool is None:
            raise NotConnected("this server is not connected")
        return pool

    def hire(self, role: Role = Role.OPERATOR, name: str = "ann") -> User:
        hired = user(role, name)
        self.users[hired.id] = hired
        return hired

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for a change of a run after which it is true."""
        stirred = asyncio.Event()
        unsubscribe = self.runner.observe(lambda _run: stirred.set())
        try:
            async with asyncio.timeout(30):
                while not true():
                    stirred.clear()
                    await stirred.wait()
        finally:
            unsubscribe()

    def audit(self) -> list[dict[str, Any]]:
        path = self.folder / "audit.jsonl"
        return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def ends_at_once(pool: FakePool, status: TaskStatus = TaskStatus.SUCCESS, *error: str, made: str = "") -> Callable[..., Ref]:
    """An answer whose task has ended when it is looked at. `made`: the reference of what it made."""
    return lambda *_arguments: pool.task("Async.x", status=status, error_info=list(error), result=f"<value>{made}</value>")
