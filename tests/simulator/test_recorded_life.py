"""A real xapi's afternoon, lived again: the same calls from the same start, with the same answers, tasks and changes.

The start is that xapi's own database. Everything that is not the same is named below, with its reason; an exception that is no longer
needed fails the test as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import XenAPI

from tests.recorded import recorded_file, recorded_json
from tests.simulator.client import Client, sign_in, until
from tests.simulator.recorded_life import Event, Pairs, Step, differing, fold, pair_new, pair_results, steps
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.server import SimulatorOptions
from xo_dash.simulator.testing import SimulatedPool, Simulation

# what differs in any step: (class, field), or in that of one method -> why
FIELDS: dict[tuple[str, ...], str] = {
    ("vm", "generation_id"): "random numbers",
    ("vm", "snapshot_metadata"): "the whole row as one text, with all that differs elsewhere; test_lifecycle_snapshots.py reads it",
    ("vm", "consoles"): "the recorded hypervisor draws no screens",
    ("vif", "MAC"): "made from a random seed",
    ("vif", "metrics"): "points at a row that is not there: the class has none any more",
    ("vm_metrics", "memory_actual"): "measured by a daemon that did not run there",
    ("vm_metrics", "last_updated"): "measured by a daemon that did not run there",
    ("vm_guest_metrics", "networks"): "made up on both sides",
    ("vdi", "virtual_size"): "the recorded driver, a dummy, makes copies of size 0",
    ("vdi", "physical_utilisation"): "the recorded driver does not count",
    ("vdi", "sm_config"): "the recorded driver says that it is a dummy",
    ("vdi", "read_only"): "the recorded driver, a dummy, says of a snapshot that it is read-only, until it is asked again",
    ("sr", "virtual_allocation"): "the recorded driver does not count",
    ("sr", "physical_utilisation"): "the recorded driver does not count",
    ("network", "bridge"): "numbered since the start of that xapi, which had made others before",
    ("task", "other_config"): "how often xenopsd could have been cancelled: there is none here",
}
# what one side alone tells: (method or *, class, operation) -> why
EVENTS = {
    ("*", "console", "add"): "the recorded hypervisor draws no screens",
    ("*", "host_metrics", "mod"): "measured by a daemon that did not run there",
    ("*", "console", "del"): "the recorded hypervisor draws no screens",
    ("SR.scan", "vdi", "mod"): "the recorded driver, a dummy, says otherwise of snapshots than when it made them",
}
# calls that end otherwise -> why; what they changed here is taken back, and not compared
OTHERWISE = {
    "Async.VM.checkpoint": "LICENCE_RESTRICTION: that xapi had no licence for it",
    "VM.set_memory_limits": "MEMORY_CONSTRAINT_VIOLATION_MAXPIN: that xapi had no licence for ballooning",
    "VM.copy": "INTERNAL_ERROR: that storage backend cannot copy",
}


@dataclass
class Replay:
    """The recorded calls, made here; what differed is in `differences`, what was forgiven in `forgiven`."""

    pool: SimulatedPool
    client: Client
    pairs: Pairs = field(default_factory=Pairs)
    last: dict[str, Any] = field(default_factory=dict)  # their reference -> the record they last saw
    differences: list[str] = field(default_factory=list)
    forgiven: set[Any] = field(default_factory=set)
    token: str = ""

    def find(self, cls: str, name: str) -> str:
        return str(self.client.call(f"{cls}.get_by_name_label", name)[0])

    def begin(self, recorded: list[Step]) -> None:
        """Their initial objects are ours; what was set up by hand before is set up here."""
        initial: dict[str, Event] = {}
        for step in recorded:
            for ref, event in step.events.items():
                if event["operation"] == "mod":
                    initial.setdefault(ref, event)
        vm, call = self.find("VM", "vm1"), self.client.call
        call("VM.hard_shutdown", vm)
        sr = self.find("SR", "dummy SR")
        disk = next(vdi for vdi in call("SR.get_VDIs", sr) if not call("VDI.get_is_a_snapshot", vdi))
        named = {("vm", "vm1"): vm, ("sr", "dummy SR"): sr, ("host", "vm"): call("host.get_all")[0],
                 ("pool", "lab pool"): call("pool.get_all")[0], ("network", "net0"): self.find("network", "net0"),
                 ("vm", "Control domain on host: vm"): self.find("VM", "Control domain on host: vm"),
                 ("vdi", "d1"): disk}  # fmt: skip
        for ref, event in initial.items():
            ours = named.pop((event["class"], event["snapshot"].get("name_label", "")), None)
            if ours:
                self.pairs.add(ref, ours)
                self.pool.do(lambda pool, ours=ours, event=event: alike(pool, ours, event))  # type: ignore[misc]
        self.token = call("event.from", ["*"], "", 0.0)["token"]

    def events(self) -> dict[str, Event]:
        """What changed since the last time, once nothing goes on any more."""
        self.pool.advance(15)
        batch = self.client.call("event.from", ["*"], self.token, 0.0)
        self.token = batch["token"]
        found: dict[str, Event] = {}
        for event in batch["events"]:
            fold(found, event)
        return found

    def live(self, step: Step) -> None:
        result, failure, task = self.call(step)
        if step.method in OTHERWISE:
            self.forgiven.add(step.method)
            self.take_back(step, result)
            return
        ours = self.events()
        pair_results(self.pairs, step.result, result)
        if step.task and task:
            pair_results(self.pairs, step.task["result"], task["result"])
            self.compare(step, "task", step.task, task)
        pair_new(self.pairs, step.events, ours)
        self.same(step, "result", self.pairs.theirs(step.result or None), self.pairs.mine(result or None))
        self.same(step, "failure", self.pairs.theirs(step.failure), self.pairs.mine(failure))
        self.compare_events(step, ours)

    def call(self, step: Step) -> tuple[Any, list[str] | None, dict[str, Any] | None]:
        arguments = self.pairs.translated(step.arguments)
        if step.method == "message.create":
            arguments[3] = self.client.call("VM.get_uuid", self.find("VM", "vm1"))
        try:
            result = self.client.call(step.method, *arguments)
        except XenAPI.Failure as failure:
            return None, list(failure.details), None
        if not step.method.startswith("Async."):
            return result, None, None
        until(lambda: self.client.call("task.get_status", result) != "pending")
        task = self.client.call("task.get_record", result)
        self.client.call("task.destroy", result)
        return result, None, task

    def take_back(self, step: Step, result: Any) -> None:
        vm = self.pairs.translated(step.arguments[0])
        if step.method == "VM.copy":
            disks = [self.client.call("VBD.get_VDI", vbd) for vbd in self.client.call("VM.get_VBDs", result)]
            self.client.call("VM.destroy", result)
            for disk in disks:
                self.client.call("VDI.destroy", disk)
        if step.method == "VM.set_memory_limits":
            before = [str(v) for v in (512 << 20, 1 << 30, 1 << 30, 1 << 30)]
            self.client.call("VM.set_memory_limits", vm, *before)
            self.pool.do(lambda inside: inside.db.set(vm, memory_target=0))
        self.events()

    def compare_events(self, step: Step, ours: dict[str, Event]) -> None:
        for ref, event in step.events.items():
            mine = ours.pop(self.pairs.ours.get(ref, ""), None)
            if mine is None:
                self.missing(step, ref, event)
            elif mine["operation"] != event["operation"]:
                self.same(step, event["class"], event["operation"], mine["operation"])
            elif "snapshot" in event:
                self.compare(step, event["class"], event["snapshot"], mine["snapshot"])
            self.last[ref] = event.get("snapshot")
        for event in ours.values():
            self.alone(step, event, f"only here: {event['class']} {event['operation']}")

    def missing(self, step: Step, ref: str, event: Event) -> None:
        touched = event["operation"] == "mod" and event["snapshot"] == self.last.get(ref)  # a write of what was there already
        unseen = (
            event["class"] == "task" and ref not in self.last and event["operation"] == "del"
        )  # a short one, of which only the end was told
        if not (touched or unseen):
            self.alone(step, event, f"only there: {event['class']} {event['operation']} {ref}")

    def alone(self, step: Step, event: Event, told: str) -> None:
        for method in (step.method, "*"):
            if (known := (method, event["class"], event["operation"])) in EVENTS:
                self.forgiven.add(known)
                return
        self.differences.append(f"{step.method}: {told}")

    def compare(self, step: Step, cls: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
        for name, one, other in differing(self.pairs, theirs, ours):
            if known := next((k for k in ((cls, name), (step.method, cls, name)) if k in FIELDS), None):
                self.forgiven.add(known)
            else:
                self.same(step, f"{cls}.{name}", one, other)

    def same(self, step: Step, what: str, theirs: Any, ours: Any) -> None:
        if theirs != ours:
            self.differences.append(f"{step.method}: {what}: there {theirs!r:.300}, here {ours!r:.300}")


def alike(pool: Pool, ref: str, event: Event) -> None:
    """What had happened between the database and the recording."""
    cls = pool.db.class_of(ref) or ""
    record, recorded = pool.db.record(cls, ref), event["snapshot"]
    names = {"VM": ("other_config",), "host": ("API_version_minor", "address", "other_config"), "VDI": ("metadata_of_pool",)}.get(cls, ())
    for name in names:
        kind = type(record[name])
        pool.db.set(ref, **{name: kind(recorded[name])})
    if cls == "host":
        pool.facts["domids"] = {ref: 4}


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    database = recorded_file("state.db", tmp_path_factory.mktemp("recorded"))
    simulation = Simulation(SimulatorOptions(databases=(database,), password="secret", speed=500.0))
    simulation.start()
    yield Replay(simulation.pool, sign_in(simulation.pool))
    simulation.close()


def test_the_same_calls_have_the_same_answers_tasks_and_changes(replay: Replay) -> None:
    recorded = steps(recorded_json("lifecycle.json"))
    replay.begin(recorded)
    for step in recorded:
        replay.live(step)
    assert replay.differences == []
    assert {*FIELDS, *EVENTS, *OTHERWISE} - replay.forgiven == set()
