"""A pool whose calls have their effect, and programs that die in the middle of a run. What they left on the disk the next one finds."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from data.objects import KINDS, VBD, VDI, VIF, VM, PowerState, TaskStatus
from data.stores.directory import DataDirectory
from data.stores.vault import Vault
from data.types import NULL_REF, Ref, XapiObject
from tests.control.fake_pool import FakePool, Users
from tests.waiting import PATIENCE
from xo_dash.control.audit import Audit
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.run import Run
from xo_dash.control.runner import Runner
from xo_dash.xapi.errors import NotConnected, XapiFailure
from xo_dash.xapi.streams import TransferStream

STATES: Final[Mapping[str, PowerState]] = {
    "start": PowerState.RUNNING, "start_on": PowerState.RUNNING, "resume": PowerState.RUNNING, "unpause": PowerState.RUNNING,
    "pause": PowerState.PAUSED, "suspend": PowerState.SUSPENDED, "clean_shutdown": PowerState.HALTED, "hard_shutdown": PowerState.HALTED,
}  # fmt: skip
Sent = tuple[str, tuple[Any, ...]]


class Deeds:
    """What calls do to the rows of a fake pool, as far as plans read it."""

    def __init__(self, fake: FakePool) -> None:
        self.fake = fake
        self.made = 0

    def do(self, method: str, *arguments: Any) -> Any:
        kind, _dot, verb = method.partition(".")
        row = self._row(arguments[0]) if arguments and isinstance(arguments[0], str) else None
        if verb in ("create", "clone", "copy", "snapshot"):
            return self._make(kind, verb, *arguments)
        if row is None:
            return ""
        for start, change in self._changes.items():
            if verb.startswith(start):
                change(self, row, verb.removeprefix(start), *arguments[1:])
                return ""
        return ""

    def looked(self, method: str, ref: Ref) -> Any:
        """What undoing asks."""
        row: Any = self._row(ref)
        if method == "VM.get_VBDs":
            return [] if row is None else row.VBDs
        return {} if row is None else {"type": row.type, "VDI": row.VDI}

    def _row(self, ref: str) -> XapiObject | None:
        return next((row for kind in KINDS if (row := self.fake.home.one(kind, Ref(ref)))), None)

    def _make(self, kind: str, verb: str, *arguments: Any) -> str:
        self.made += 1
        ref = f"OpaqueRef:made-{self.made}"
        classes: dict[str, type[XapiObject]] = {"VBD": VBD, "VDI": VDI, "VIF": VIF, "VM": VM}
        given = arguments[0] if isinstance(arguments[0], dict) else {"name_label": arguments[1]} if kind == "VM" else {}
        if kind in classes:
            known = classes[kind].__struct_fields__
            self.fake.put(classes[kind](**{name: value for name, value in given.items() if name in known}), ref)
        return ref

    def _set(self, row: XapiObject, field: str, *values: Any) -> None:
        if field == "memory_limits":
            names = ("static_min", "static_max", "dynamic_min", "dynamic_max")
            self.fake.change(row, **{f"memory_{name}": value for name, value in zip(names, values, strict=True)})
        elif hasattr(row, field) and len(values) == 1:
            self.fake.change(row, **{field: values[0]})

    def _add(self, row: XapiObject, field: str, key: str, value: str) -> None:
        held: dict[str, str] = getattr(row, field, {})
        if key in held:
            raise XapiFailure("MAP_DUPLICATE_KEY", [key])
        self.fake.change(row, **{field: {**held, key: value}})

    def _drop(self, row: XapiObject, field: str, key: str) -> None:
        self.fake.change(row, **{field: {name: value for name, value in getattr(row, field, {}).items() if name != key}})

    def _tag(self, row: XapiObject, verb: str, tag: str) -> None:
        self.fake.change(row, tags=[*getattr(row, "tags", []), tag] if verb == "add" else [])

    def _turn(self, row: XapiObject, verb: str) -> None:
        self.fake.change(row, power_state=STATES[verb])

    def _attach(self, row: XapiObject, attached: bool) -> None:
        self.fake.change(row, currently_attached=attached)

    def _remove(self, row: XapiObject) -> None:
        self.fake.remove(row)

    _changes: Final[Mapping[str, Callable[..., None]]] = {
        "set_": _set, "add_to_": _add, "remove_from_": _drop,
        "add_tags": lambda self, row, _rest, tag: self._tag(row, "add", tag),
        "remove_tags": lambda self, row, _rest, tag: self._tag(row, "remove", tag),
        "plug": lambda self, row, _rest, *_more: self._attach(row, True),
        "unplug": lambda self, row, _rest, *_more: self._attach(row, False),
        "destroy": lambda self, row, _rest, *_more: self._remove(row),
        "eject": lambda self, row, _rest: self.fake.change(row, empty=True, VDI=NULL_REF),
        "insert": lambda self, row, _rest, disc: self.fake.change(row, empty=False, VDI=disc),
        "resize": lambda self, row, _rest, size: self.fake.change(row, virtual_size=size),
        "disable": lambda self, row, _rest: self.fake.change(row, enabled=False),
        "enable": lambda self, row, _rest: self.fake.change(row, enabled=True),
        **{verb: lambda self, row, _rest, *_more, verb=verb: self._turn(row, verb) for verb in sorted(STATES, key=len, reverse=True)},
    }  # fmt: skip


class Life:
    """One program: a runner over `fake`, until it dies. The call `holds_at` (from 0) does not come to its end."""

    def __init__(
        self, folder: Path, fake: FakePool, users: Users, deeds: Deeds, holds_at: int = -1, fails_at: int = -1, tells_at: int = -1
    ) -> None:
        self.folder, self.fake, self.users, self.deeds = folder, fake, users, deeds
        self.holds_at, self.fails_at, self.tells_at = holds_at, fails_at, tells_at
        self.sent: list[Sent] = []
        self.held = asyncio.Event()
        self.dead = False
        self._released = asyncio.Event()
        self._task, self._result = "", ""
        self._directory = DataDirectory(folder)
        self.files = RunFiles(folder, Vault(self._directory))
        self.runner = Runner(fake.mirror, lambda _server: self, users, Audit(folder), files=self.files, patience=30.0)

    async def call(self, method: str, *arguments: Any) -> Any:
        """As `Connection.call`."""
        if self.dead:
            raise NotConnected("it is dead")
        plain = method.removeprefix("Async.")
        if plain.startswith("task.") or ".get_" in plain:
            return await self._looked(plain, *arguments)
        number = len(self.sent)
        self.sent.append((plain, arguments))
        if number == self.holds_at and plain == method:
            self.held.set()
            await self._released.wait()
            raise NotConnected("it is dead")
        if number == self.tells_at:
            self.held.set()
            await asyncio.sleep(0)
        if number == self.fails_at:
            return self._failed(method, plain)
        result = self.deeds.do(plain, *arguments)
        if plain == method:
            return result
        ends = number != self.holds_at
        status = TaskStatus.SUCCESS if ends else TaskStatus.PENDING
        task = self.fake.task(method, status=status, result=f"<value>{result}</value>" if ends else "", progress=float(ends))
        if not ends:
            self._task, self._result = task, result
            self.held.set()
        return task

    def _failed(self, method: str, plain: str) -> Any:
        if plain == method:
            raise XapiFailure("SR_FULL", ["10", "5"])
        return self.fake.task(method, status=TaskStatus.FAILURE, error_info=["SR_FULL", "10", "5"])

    async def transfer(
        self, method: str, path: str, query: Mapping[str, str], *, length: int | None = None, host: str = ""
    ) -> TransferStream:
        """As `Connection.transfer`: it never ends."""
        self.sent.append((f"{method} {path}", (dict(query),)))
        self.held.set()
        await self._released.wait()
        raise NotConnected("it is dead")

    async def _looked(self, method: str, *arguments: Any) -> Any:
        if method == "task.create":
            return self.fake.task(arguments[0])
        if method in ("VM.get_VBDs", "VBD.get_record"):
            return self.deeds.looked(method, *arguments)
        return [] if method == "host.get_vms_which_prevent_evacuation" else ""

    @property
    def is_async(self) -> bool:
        """Whether the call that is held is a task in the pool."""
        return self._task != ""

    def finish_held(self) -> None:
        """The pool ends the task that was under way when the program died."""
        self.fake.end(Ref(self._task), result=f"<value>{self._result}</value>")

    async def dies(self, into: Path) -> None:
        """Leave the disk as it is at this moment, and send nothing more."""
        await self.files.settle()
        shutil.copytree(self.folder, into, dirs_exist_ok=True)
        self.dead = True
        self._released.set()
        await self.ends()

    async def until_ended(self, run: Run) -> None:
        await asyncio.wait_for(self.runner.ended(run), PATIENCE)

    async def ends(self) -> None:
        await self.runner.stop()
        self._directory.close()
