"""Who hears of a change: those whom it concerns, and nobody else."""

from data.changes import Change, Operation
from data.objects import VM, Host
from data.types import Ref
from tests import fakes


def test_a_topic_is_a_class_or_a_reference_and_others_are_not_called() -> None:
    mirror = fakes.home_lab()
    vm, other = list(mirror.every(VM))[:2]
    heard: list[Change] = []
    never: list[object] = []
    mirror.observe_subjects((VM, vm.ref, vm), heard.extend)
    mirror.observe_subjects((other.ref, Host), never.extend)
    fakes.change(mirror, vm, name_label="web")
    assert [(change.subject, change.names) for change in heard] == [(vm, {"name_label"})], "once, whatever it is known by"
    assert not never


def test_what_is_not_there_yet_is_heard_when_it_comes() -> None:
    mirror = fakes.home_lab()
    heard: list[Operation] = []
    stop = mirror.observe_subjects((Ref("OpaqueRef:new"),), lambda changes: heard.extend(change.operation for change in changes))
    build = fakes.Builder(mirror, "other")
    build.put(VM, Ref("OpaqueRef:new"), name_label="new")
    build.commit()
    assert heard == [Operation.ADD]
    stop()
    fakes.change(mirror, fakes.find(mirror, "new"), name_label="newer")
    assert heard == [Operation.ADD] and mirror.observer_count == 0
