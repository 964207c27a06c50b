"""A pool that keeps account: what is written, made, destroyed, plugged. After an undoing it must stand as before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from data.objects import KINDS, TaskStatus
from data.types import Ref
from tests.control.fake_pool import FakePool
from xo_dash.control.plan import Call
from xo_dash.xapi.errors import XapiFailure

PAIRS: Mapping[str, tuple[str, bool]] = {
    "plug": ("attached", True), "unplug": ("attached", False), "start": ("up", True), "clean_shutdown": ("up", False),
}  # fmt: skip
UNCHANGED = (None, "", {}, [], False)


class Ledger:
    """Answers for a FakePool; the call number `fails` fails, once."""

    def __init__(self, fake: FakePool, fails: int = -1) -> None:
        self.fake = fake
        self.values: dict[tuple[Any, ...], Any] = {}
        self.made: Counter[str] = Counter()
        self.count = 0
        self._fails = fails
        self._records: dict[str, str] = {}

    def answer(self, call: Call) -> Callable[..., Any]:
        method = f"Async.{call.method}" if call.asynchronous else call.method

        def answered(*parameters: Any) -> Any:
            self.count += 1
            failing = self.count - 1 == self._fails
            result = "" if failing else self._done(call.method, *parameters)
            if not call.asynchronous:
                if failing:
                    raise XapiFailure("SR_FULL", ["10", "5"])
                return result
            status = TaskStatus.FAILURE if failing else TaskStatus.SUCCESS
            error = ["SR_FULL", "10", "5"] if failing else []
            return self.fake.task(method, status=status, error_info=error, result=f"<value>{result}</value>")

        return answered

    def expect(self, calls: list[Call]) -> None:
        """Answer these, and what takes them back."""
        for call in calls:
            self.fake.answers[f"Async.{call.method}" if call.asynchronous else call.method] = self.answer(call)
            for undo in [] if call.undo is None else call.undo("OpaqueRef:made-1"):
                assert isinstance(undo, Call)
                self.fake.answers[f"Async.{undo.method}" if undo.asynchronous else undo.method] = self.answer(undo)

    @property
    def changed(self) -> dict[tuple[Any, ...], Any]:
        """What is other than it was."""
        return {key: value for key, value in self.values.items() if value != self._before(*key)}

    def _before(self, ref: str, field: str, key: str = "") -> Any:
        if field == "attached" and ref.startswith("OpaqueRef:made"):
            return True  # whatever it is, it is gone
        row = next((row for kind in KINDS if (row := self.fake.home.one(kind, Ref(ref)))), None)
        if field in ("attached", "up"):
            return True
        if field == "memory_limits":
            return tuple(getattr(row, f"memory_{name}") for name in ("static_min", "static_max", "dynamic_min", "dynamic_max"))
        held = getattr(row, field, None)
        return held.get(key) if key and isinstance(held, dict) else held

    def _done(self, method: str, *parameters: Any) -> str:
        verb, ref = method.partition(".")[2], parameters[0]
        if verb in ("create", "copy", "introduce"):
            made = f"OpaqueRef:made-{len(self._records) + 1}"
            self._records[made] = str(sorted(ref.items())) if isinstance(ref, dict) else method
            self.made[self._records[made]] += 1
            return made
        if verb in ("destroy", "forget"):
            self.values = {key: value for key, value in self.values.items() if key[0] != ref or not ref.startswith("OpaqueRef:made")}
            record = self._records.get(ref) or str(sorted(self._written(ref).items()))
            self.made[record] -= 1
        elif verb in PAIRS:
            field, value = PAIRS[verb]
            self.values[(ref, field)] = value
        elif verb.startswith("add_to_"):
            self._write((ref, verb.removeprefix("add_to_"), parameters[1]), parameters[2])
        elif verb.startswith("remove_from_"):
            self.values[(ref, verb.removeprefix("remove_from_"), parameters[1])] = None
        elif verb.startswith("set_"):
            self.values[(ref, verb.removeprefix("set_"))] = parameters[1] if len(parameters) == 2 else parameters[1:]
        elif verb in ("insert", "eject"):
            self.values[(ref, "VDI")] = parameters[1] if verb == "insert" else None
        elif verb == "move":
            self.values[(ref, "network")] = parameters[1]
        return ""

    def _write(self, key: tuple[Any, ...], value: str) -> None:
        held = self.values[key] if key in self.values else self._before(*key)
        if held is not None:
            raise XapiFailure("MAP_DUPLICATE_KEY", [key[0], key[1], key[2], value])
        self.values[key] = value

    def _written(self, ref: str) -> dict[str, Any]:
        """As the plans make such a row again."""
        from data.objects import VBD, VIF
        from xo_dash.control.vbd import record as drives
        from xo_dash.control.vif import record as nics

        if drive := self.fake.home.one(VBD, Ref(ref)):
            return drives.record_of(drive)
        vif = self.fake.home.one(VIF, Ref(ref))
        return nics.record_of(vif) if vif else {"gone": ref}
