"""Every rule, in a small pool that is as it should be until something is done to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components.findings.fixes import MENDING, fix_of, page_of
from components.findings.rule_names import RULE_NAMES
from components.findings.tuning import limits_words, read, said
from components.findings.words import sentence
from data.changes import Subject
from data.findings.finding import Reading, Rule
from data.findings.rules import RULES
from data.level import Level
from data.objects import VM, Message
from data.views.finding import finding_view
from tests.findings.rule_cases import CASES, CRITICAL, NOW, RULE, WARNING, House, chain_of, ha, lost_host, told_of
from xo_dash.control.actions import BY_ID
from xo_dash.i18n import using


@pytest.fixture
def house() -> House:
    return House()


def test_all_is_well(house: House) -> None:
    assert [sentence(finding, house.mirror) for finding in house.look()] == []


# ---- what is done to it: {rule: [(what, level or none, the sentence)]}


@pytest.mark.parametrize(("key", "do", "level", "words"), CASES, ids=[f"{case[0]}-{case[2].name.lower()}" for case in CASES])
def test_a_rule_sees_it_and_nothing_else(house: House, key: str, do: Callable[[House], object], level: Level, words: str) -> None:
    do(house)
    found = [finding for finding in house.look() if finding.rule.key == key]
    told = [(finding.level, sentence(finding, house.mirror)[0].replace("\u202f", " ")) for finding in found]
    assert told == ([(level, words.replace("\u202f", " "))] if level else [])
    for finding in found:
        with using("ru"):
            assert all(sentence(finding, house.mirror)[:1])
        view = finding_view(finding, house.mirror)
        assert fix_of(finding).actions or page_of(finding, view), "there is a way out"
        assert view.place.page is None or page_of(finding, view)
        assert all(any(BY_ID[row].applies_to(subject) for subject in view.rows) for row in fix_of(finding).actions)
    seen = readings(house)
    for vm in house.home.all(VM).values():
        vm.name_label, vm.name_description, vm.allowed_operations = "another", "another", frozenset({"another"})
    assert readings(house) == seen, "nobody looks at a VM again for these: data.findings.affected.WORDS"


def readings(house: House) -> list[list[Reading]]:
    """What the rules about VMs see."""
    seen = [rule.look(vm, NOW) for rule in RULES if rule.kind is VM for vm in house.home.all(VM).values()]
    return [[one] if isinstance(one, Reading) else list(one or ()) for one in seen]


def test_every_rule_was_tried_and_is_known_everywhere() -> None:
    assert {case[0] for case in CASES if case[2]} == set(RULE) == set(MENDING) == set(RULE_NAMES)
    assert {action for mending in MENDING.values() for action in mending.actions} <= BY_ID.keys()


def test_one_host_alone_has_no_elsewhere(house: House) -> None:
    house.remove(house.two)
    house.change(house.web, attached_PCIs=["OpaqueRef:p"])
    assert house.look() == []


def test_of_a_lost_host_nothing_else_is_said(house: House) -> None:
    lost_host(house)
    house.measure(house.two, cpu=0.99)
    house.change(house.two, enabled=False, pending_guidances=["reboot_host"])
    assert [finding.rule.key for finding in house.look()] == ["host.lost"]


def test_an_alarm_that_is_dismissed_is_over(house: House) -> None:
    told_of("VM_CRASHED", 2)(house)
    assert house.look()
    (message,) = house.home.all(Message).values()
    house.remove(message)
    house.mirror.findings.forget(message)
    assert house.look() == []


def test_the_map_shows_it_on_what_it_is_about(house: House) -> None:
    def marks() -> list[Level]:
        house.look()
        return [house.mirror.findings.mark(thing) for thing in (house.web, house.sr, house.one, house.pool)]

    assert marks() == [Level.NONE] * 4
    told_of("VM_CRASHED", 2)(house)
    (message,) = house.home.all(Message).values()
    chain_of(21)(house)
    ha(house, ha_overcommitted=True)
    assert marks() == [CRITICAL, WARNING, Level.NONE, CRITICAL]
    heard: list[frozenset[Subject]] = []
    house.mirror.findings.publish()
    house.mirror.findings.observe(heard.append)
    house.remove(message)
    house.mirror.findings.forget(message)
    house.mirror.findings.publish()
    assert house.mirror.findings.mark(house.web) is Level.NONE
    assert heard == [frozenset({message, house.web})]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_limits_are_written_and_read_in_their_unit(rule: Rule) -> None:
    assert limits_words(rule, rule.limits, rule.hold)
    for value in filter(None, rule.limits):
        assert read(rule, said(rule, value)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sr.full", "warning at 85% or more, critical at 95% or more"),
        ("sr.filling", "warning at 14 d or less, critical at 1 d or less"),
        ("vm.latency", "warning at 50 ms or more, after 5 min"),
        ("host.lost", "critical"),
        ("host.maintenance", "information, after 10 min"),
    ],
)
def test_what_a_rule_tells_is_said(key: str, words: str) -> None:
    rule = RULE[key]
    assert limits_words(rule, rule.limits, rule.hold).replace("\u202f", " ") == words
