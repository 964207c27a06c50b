"""The book of findings: who is marked, what is listed, what is folded, put off or not wanted."""

import math

import pytest

from components.findings.titles import MANY, TITLES
from components.findings.words import TONES, sentence
from components.new_vm.disks import srs
from components.servers.words import state_mark
from data.changes import Subject
from data.facts.vm import is_guest
from data.findings.finding import AGAIN, ALWAYS, Finding, Limits, Reading, Rule, Steps
from data.findings.overrides import Acknowledgement, Overrides, Tuning, name_of
from data.findings.registry import FindingRegistry
from data.findings.rules import RULES
from data.level import Level
from data.mirror import Mirror
from data.objects import SR, VDI, VM, Host, HostMetrics, Message, Pool
from data.server import ServerState
from data.types import XapiObject
from tests import fakes
from tests.map import fleets
from xo_dash.i18n import bare

NOW = 1_800_000_000.0
FULL = next(rule for rule in RULES if rule.key == "sr.full")


def many(vm: VM, _now: float) -> Reading | None:
    return Reading(2, vms=1, detail=vm.name_label[:2]) if is_guest(vm) else None


@pytest.fixture
def mirror() -> Mirror:
    return fleets.fleet(fleets.LAB)


def look(mirror: Mirror, now: float = NOW) -> list[Finding]:
    """One way round everything."""
    for pool in mirror:
        subjects: list[Subject] = [pool.server, *(row for kind in mirror.findings.kinds for row in pool.all(kind).values())]
        for subject in subjects:
            mirror.findings.look(subject, now)
    mirror.findings.publish()
    return mirror.findings.all(now)


def keys(found: list[Finding]) -> list[str]:
    return [finding.rule.key for finding in found if finding.level > Level.INFORMATION]


def test_the_worst_comes_first(mirror: Mirror) -> None:
    look(mirror)
    found = look(mirror, NOW + 3600)
    assert [finding.level for finding in found] == sorted((finding.level for finding in found), reverse=True)
    assert [key for key in keys(found) if key in ("sr.full", "network.no_link")] == ["sr.full", "network.no_link"]
    titles = [sentence(finding, mirror)[0] for finding in found]
    assert "nfs-vault is 96% full" in titles
    assert "storage: link down on xcp-lab-3" in titles


def test_a_name_to_the_left_does_not_draw_its_sentence_along(mirror: Mirror) -> None:
    home = max(mirror, key=lambda pool: len(pool.all(VM)))
    sr = next(sr for sr in home.all(SR).values() if sr.uuid in srs(home))
    host = next(iter(home.all(Host).values()))
    sr.name_label = "\u05d0\u05e8\u05db\u05d9\u05d5\u05df 2"
    finding = Finding(FULL, Level.WARNING, (sr,), Reading(0.96, where=(host,)), NOW)
    title, _detail = sentence(finding, mirror)
    assert title == f"\u2068{sr.name_label}\u2069 is 96% full"
    assert bare(title) == f"{sr.name_label} is 96% full"  # what programs are told
    assert srs(home)[sr.uuid].startswith(f"\u2068{sr.name_label}\u2069 · ")  # so does a choice
    assert TITLES["sr.unplugged"](finding).endswith(f" is not attached on {host.name_label}")


def test_every_rule_has_a_sentence_and_a_name_of_its_own() -> None:
    assert {rule.key for rule in RULES} - {"pool.gone"} == set(TITLES)
    assert len({rule.key for rule in RULES}) == len(RULES)


def test_many_of_one_cause_are_one_line(mirror: Mirror) -> None:
    rule = Rule("t", VM, many, Limits(warning=1), folds=ALWAYS, adds=True)
    registry = FindingRegistry([rule])
    vms = [vm for vm in mirror.every(VM) if is_guest(vm)]
    for vm in vms:
        registry.look(vm, NOW)
    found = registry.all(NOW)
    assert sum(len(finding.subjects) for finding in found) == len(vms) == sum(finding.reading.vms for finding in found)
    assert {(finding.subject.home, finding.reading.detail) for finding in found if isinstance(finding.subject, VM)} == {
        (vm.home, vm.name_label[:2]) for vm in vms
    }
    assert all(finding.reading.value == 2 * len(finding.subjects) for finding in found)


def test_time_alone_asks_again_what_is_told_and_the_rest_as_seldom_as_of_others(mirror: Mirror) -> None:
    asked: list[str] = []

    def rule(key: str, value: float) -> Rule:
        return Rule(key, Host, lambda _host, _now: asked.append(key) or Reading(value), Limits(warning=1))

    registry, host = FindingRegistry([rule("told", 1), rule("quiet", 0)]), next(mirror.every(Host))

    def look(now: float) -> list[str]:
        asked.clear()
        for _ in registry.looking(host, now):
            pass
        return list(asked)

    assert look(NOW) == ["told", "quiet"]
    assert look(NOW + 60) == ["told"]
    registry.changed(host)
    assert look(NOW + 120) == ["told", "quiet"]
    assert look(NOW + 120 + AGAIN - 1) == ["told"]
    assert look(NOW + 120 + AGAIN) == ["told", "quiet"]


def test_each_rule_is_a_step_though_it_sees_nothing_and_one_may_be_several(mirror: Mirror) -> None:
    def at_many(_pool: Pool, _now: float) -> Steps:
        yield
        yield
        return Reading(1, detail="of many")

    rules = [Rule("quiet", Pool, lambda _pool, _now: None, Limits(warning=1)), Rule("many", Pool, at_many, Limits(warning=1))]
    registry, pool = FindingRegistry([*rules, Rule("last", Pool, lambda _pool, _now: None, Limits(warning=1))]), next(mirror.every(Pool))
    assert len(list(registry.looking(pool, NOW))) == 5
    assert [finding.reading.detail for finding in registry.of(pool)] == ["of many"]


def test_observers_hear_of_what_differs_and_of_nothing_else(mirror: Mirror) -> None:
    look(mirror)
    heard: list[frozenset[Subject]] = []
    stop = mirror.findings.observe(heard.append)
    look(mirror)
    assert not heard
    host = fakes.find(mirror, "xcp-lab-3", Host)
    metrics = host.home.one(HostMetrics, host.metrics)
    assert metrics is not None
    fakes.change(mirror, metrics, live=False)
    mirror.findings.look(host, NOW)
    mirror.findings.publish()
    assert heard == [frozenset({host})]
    assert mirror.findings.mark(host) is Level.CRITICAL
    stop()


def test_a_finding_that_is_put_off_is_neither_listed_nor_marked(mirror: Mirror) -> None:
    rule = Rule("t", Host, lambda host, now: Reading(1), Limits(warning=1))
    registry, host = FindingRegistry([rule]), next(mirror.every(Host))
    registry.overrides = Overrides(notes={name_of(rule, host): Acknowledgement("demo", NOW, until=NOW + 60)})
    registry.look(host, NOW)
    assert (registry.all(NOW), registry.mark(host), [f.subject for f in registry.snooze(NOW)]) == ([], Level.NONE, [host])
    registry.look(host, NOW + 61)
    assert ([f.subject for f in registry.all(NOW + 61)], registry.mark(host)) == ([host], Level.WARNING)
    registry.overrides = Overrides(notes={name_of(rule, host): Acknowledgement("demo", NOW, until=math.inf)})
    assert registry.all(NOW + 1e9) == []


@pytest.mark.parametrize(
    ("tuning", "level"),
    [
        (Tuning(on=False), Level.NONE),
        (Tuning(warning=0.97, critical=0.99), Level.NONE),
        (Tuning(critical=0.97), Level.WARNING),
        (Tuning(tags=("prod",)), Level.NONE),
        (Tuning(), Level.CRITICAL),
    ],
)
def test_an_installation_has_its_own_limits(mirror: Mirror, tuning: Tuning, level: Level) -> None:
    mirror.findings.overrides = Overrides(tunings={FULL.key: tuning})
    mirror.findings.forget(sr := next(sr for sr in mirror.every(SR) if sr.name_label == "nfs-vault"))
    mirror.findings.look(sr, NOW)
    found = [finding.level for finding in mirror.findings.of(sr, NOW) if finding.rule is FULL]
    assert found == ([level] if level else [])


@pytest.mark.parametrize("state", list(ServerState))
def test_a_pool_that_does_not_answer_says_so(mirror: Mirror, state: ServerState) -> None:
    server = next(pool.server for pool in mirror if pool.server.label == "lab-pool")
    mirror.set_server(server, state=state)
    quiet = (ServerState.LIVE, ServerState.CONNECTING, ServerState.SYNCING, ServerState.DISABLED)
    mirror.findings.look(server, NOW)
    level = mirror.findings.mark(server)
    assert level is (Level.NONE if state in quiet else Level.CRITICAL)
    assert (state_mark(state) == TONES.get(Level.CRITICAL)) is (level is Level.CRITICAL), "tree, list and head say the same"
    assert all(sentence(finding, mirror)[0] for finding in mirror.findings.all(NOW))


def test_many_of_one_cause_are_one_line_of_one_severity(mirror: Mirror) -> None:
    """A rule whose sentence is best for one has a line each while there are few; what is graver is told apart."""
    rule = Rule("t", VM, lambda vm, now: Reading(vm.VCPUs_max) if is_guest(vm) else None, Limits(warning=1, critical=1000))
    registry = FindingRegistry([rule])
    pool = max(mirror, key=lambda pool: len(pool.all(VM)))
    vms = [vm for vm in pool.all(VM).values() if is_guest(vm)]
    for count, vm in enumerate(vms[:20], 1):
        registry.look(vm, NOW)
        assert len(registry.all(NOW)) == (count if count < rule.folds else 1)
    (line,) = registry.all(NOW)
    assert [part.subject for part in line.parts] == list(line.subjects) and len(line.subjects) == 20
    vms[3].VCPUs_max = 1000
    registry.look(vms[3], NOW)
    critical, warning = registry.all(NOW)
    assert (critical.level, critical.subjects, warning.level, len(warning.subjects)) == (Level.CRITICAL, (vms[3],), Level.WARNING, 19)
    assert {part.level for part in warning.parts} == {registry.mark(vms[0])}


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if issubclass(rule.kind, XapiObject) and rule.kind is not Pool], ids=lambda r: r.key
)
def test_every_line_about_many_says_how_many_or_whom(mirror: Mirror, rule: Rule) -> None:
    if rule.kind in (Message, VDI):
        pytest.skip("named by what they are about")
    home = max(mirror, key=lambda pool: len(pool.all(VM)))
    rows = list(home.all(rule.kind).values())[:2] * 3  # type: ignore[type-var]
    parts = tuple(Finding(rule, Level.WARNING, (row,), Reading(-1.0 if rule.unit == "days_left" else 0.9), NOW) for row in rows)
    finding = Finding(rule, Level.WARNING, tuple(rows), parts[0].reading, NOW, parts)
    title, detail = sentence(finding, mirror)
    assert "6" in title or "4 more" in title
    assert rule.key not in MANY or rows[0].name_label in detail
