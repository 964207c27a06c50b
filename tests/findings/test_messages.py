"""XAPI's messages: in words, narrowed, dismissed pool by pool."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from nicegui import ElementFilter, app
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.lists.bounded import BoundedListing
from components.lists.window import FIRST
from components.messages.rows import message_table
from components.messages.words import NAMES, alarm_words, details, title
from components.ui import Button
from data.changes import Change, Operation
from data.level import Level
from data.messages import Alarm, alarm_of, level_of, subject_of
from data.mirror import Mirror
from data.objects import Message, Pool
from data.stores.users import Role
from data.types import XapiDate
from pages import layout, messages
from tests import fakes
from tests.control.fake_pool import FakePool
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner

ALARM = """value: {value}
config:
<variable>
\t<name value="{name}"/>
\t<alarm_trigger_level value="{level}"/>
\t<alarm_trigger_sense value="{sense}"/>
\t<alarm_trigger_period value="{period}"/>
</variable>
"""


def alarm(name: str, value: float, level: float, sense: str = "high", period: int = 60) -> Message:
    return Message(name="ALARM", priority=3, body=ALARM.format(name=name, value=value, level=level, sense=sense, period=period))


@pytest.mark.parametrize(
    ("message", "words", "more"),
    [
        (alarm("cpu_usage", 0.971, 0.9), "CPU above 90% for 1 min", "it was 97%"),
        (alarm("memory_free_kib", 1024, 262144, "low", 600), "Free memory below 256 MiB for 10 min", "it was 1 MiB"),
        (alarm("network_usage", 2e8, 1e8), "Network above 800 Mbit/s for 1 min", "it was 1.6 Gbit/s"),
        (alarm("sr_io_throughput_total_0123abcd", 300, 200), "Throughput to the SR above 200 MiB/s for 1 min", "it was 300 MiB/s"),
        (alarm("something_else", 3, 2), "something_else above 2 for 1 min", "it was 3"),
        (Message(name="ALARM", body="who knows"), "Alarm", "who knows"),
        (Message(name="ALARM", body="value: x\nconfig:\n<name value='cpu_usage'/>"), "Alarm", "value: x config: <name value='cpu_usage'/>"),
        (Message(name="VM_CRASHED"), "VM crashed", ""),
        (
            Message(name="VM_STARTED", body="VM 'a' (uuid: 00000000-0000-4000-8000-000000000001) started\non host: b"),
            "VM started",
            "VM 'a' started on host: b",
        ),
        (Message(name="NEWER_THING", body="x" * 5000), "Newer thing", "x" * 2000),
    ],
)
def test_a_message_is_said_in_words(message: Message, words: str, more: str) -> None:
    alarm = alarm_of(message)
    assert title(message.name, alarm).replace("\u202f", " ").replace("\u00a0", " ") == words
    assert details(message.body, alarm).replace("\u202f", " ").replace("\u00a0", " ") == more


@pytest.mark.parametrize(
    "text", ["", "value: 1" * 10000, "value: nan\nconfig:\n<variable><name value=''/>", "<" * 50000, "value: 1\n" + '<a value="' * 9999]
)
def test_any_body_is_survived_quickly(text: str) -> None:
    started = time.thread_time()
    assert alarm_of(Message(name="ALARM", body=text)) is None
    read = time.thread_time() - started
    assert sum(character == "<" for character in "x" * 100_000) == 0  # one look at as many characters as the longest has
    assert read < 10 * (time.thread_time() - started - read)


def test_alarms_that_fall_say_below() -> None:
    assert alarm_words(Alarm("mem_usage", 0.1, 0.5, 30, False)).replace("\u202f", " ") == "Control domain memory below 50% for 30 s"
    assert alarm_words(Alarm("mem_usage", float("nan"), 0.5, 30, True))


def test_how_grave_a_message_is() -> None:
    levels = [level_of(Message(priority=priority)) for priority in range(7)]
    assert levels == [Level.CRITICAL, Level.CRITICAL, Level.CRITICAL, Level.WARNING, *[Level.INFORMATION] * 3]
    assert all(NAMES.values())


def at(seconds: float) -> XapiDate:
    return XapiDate(time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime(time.time() - seconds)))


def filled(fake: FakePool, count: int) -> list[Message]:
    fake.put(Pool(name_label=fake.server.label))
    vm = fake.vm("web-1")
    names = list(NAMES)
    rows = [
        Message(name=names[i % len(names)], priority=2 + i % 4, cls="VM", obj_uuid=vm.uuid if i % 2 else "gone", timestamp=at(i * 60.0))
        for i in range(count)
    ]
    for row in rows:
        fake.put(row)
    return rows


def test_a_row_leads_to_what_it_is_about() -> None:
    fake = FakePool("lab")
    gone, here = filled(fake, 2)
    assert (subject_of(gone), getattr(subject_of(here), "name_label", "")) == (None, "web-1")
    spec = message_table(lambda message: True)
    assert [spec.row(row).cells[2].text for row in (gone, here)] == ["VM", "web-1"]
    assert [bool(spec.row(row).cells[2].path) for row in (gone, here)] == [False, True]
    vm = subject_of(here)
    assert vm is not None and spec.near is not None and list(spec.near([Change(vm, Operation.DEL, frozenset())])) == [here]


def test_what_is_gone_keeps_its_name() -> None:
    """From what we saw of it; after a start of ours from what xapi wrote."""
    fake = FakePool("lab")
    vm = fake.vm("web-1")
    told = Message(name="VM_STARTED", priority=5, cls="VM", obj_uuid=vm.uuid, timestamp=at(60))
    body = "VM 'it's old' (uuid: 00000000-0000-4000-8000-000000000009) started on host: h (uuid: 00000000-0000-4000-8000-000000000008)"
    older = Message(name="VM_STARTED", priority=5, cls="VM", obj_uuid="00000000-0000-4000-8000-000000000009", body=body, timestamp=at(90))
    for row in (told, older):
        fake.put(row)
    spec = message_table(lambda message: True)
    assert spec.row(told).cells[2].path
    fake.change(vm, name_label="web-2")
    fake.remove(vm)
    assert [spec.row(row).cells[2].text for row in (told, older)] == ["web-2", "it's old"]
    assert (spec.row(told).cells[2].path, spec.row(told).cells[2].tip) == ("", "VM, no longer exists")


class House:
    def __init__(self, folder: Path, user: User, role: Role) -> None:
        self.mirror = Mirror()
        self.pools = {label: FakePool(label, self.mirror) for label in ("lab", "home")}
        self.user = user
        bare: Context = fakes.context(self.mirror, folder / "data")
        self.runner = Runner(self.mirror, lambda server_id: self.pools[server_id], bare.users, Audit(folder))
        self.context = replace(bare, runner=self.runner)
        layout.install(app, self.context)
        messages.create(self.context)
        fakes.sign_in(app, self.context, "ann", role)

    def listing(self) -> BoundedListing[Message]:
        (found,) = self.user.find(BoundedListing).elements
        return found

    def trigger(self, kind: str, args: object = None) -> None:
        listing = self.listing()
        for listener in listing._event_listeners.values():
            if listener.type == kind:
                listing._handle_event({"listener_id": listener.id, "args": args})


async def test_messages_of_two_pools_are_dismissed_also_those_that_are_not_here(tmp_path: Path) -> None:
    async with user_simulation(lambda: None) as user:
        house = House(tmp_path, user, Role.OPERATOR)
        lab, home = filled(house.pools["lab"], 600), filled(house.pools["home"], 3)
        await user.open("/messages")
        house.trigger("ready")
        listing = house.listing()
        await until(lambda: len(listing._ids) == FIRST)
        assert set(listing._ids) == {*lab[: FIRST - 3], *home}, "the newest of all pools"
        house.trigger("ask", [1, ["web-1 crashed", "", None, None, FIRST, False]])
        crashed = [row for row in (*lab, *home) if row.name == "VM_CRASHED" and row.obj_uuid != "gone"]
        await until(lambda: set(listing._ids) == set(crashed))
        house.trigger("act", ["all", ["", "", None, None, None, False]])
        await user.should_see("Dismiss 603 messages?")
        user.find(kind=Button, content="Dismiss").click()
        await user.should_see("603 messages dismissed")
        calls = {pool.server.id: [method for method, _args in pool.calls] for pool in house.pools.values()}
        assert calls == {"lab": ["message.destroy"] * 600, "home": ["message.destroy"] * 3}
        assert {run.action.id for run in house.runner.runs} == {"pool.dismiss_messages"}
        await house.runner.stop()
        await asyncio.sleep(0.05)


async def test_one_is_dismissed_without_a_question_and_pools_are_chosen(tmp_path: Path) -> None:
    async with user_simulation(lambda: None) as user:
        house = House(tmp_path, user, Role.OPERATOR)
        filled(house.pools["lab"], 4)
        (only, *_rest) = filled(house.pools["home"], 2)
        await user.open("/messages?pool=home")
        house.trigger("ready")
        await until(lambda: house.listing()._ids)
        ids = house.listing()._ids
        assert {row.home.id for row in ids} == {"home"}
        house.trigger("act", [ids[only]])
        await user.should_see("1 message dismissed")
        await user.open(f"/messages?object={only.obj_uuid}")
        house.trigger("ready")
        await until(lambda: house.listing()._ids)
        assert {row.obj_uuid for row in house.listing()._ids} == {only.obj_uuid}
        await house.runner.stop()
        await asyncio.sleep(0.05)


async def test_what_goes_while_rows_are_still_made_is_not_told(tmp_path: Path) -> None:
    async with user_simulation(lambda: None) as user:
        house = House(tmp_path, user, Role.VIEWER)
        lab = house.pools["lab"]
        rows = filled(lab, 2000)
        await user.open("/messages")
        house.trigger("ask", [1, ["", "", None, None, None, False]])
        house.trigger("ready")
        for row in rows[:2]:
            lab.remove(row)
        await until(lambda: set(house.listing()._ids) == set(rows[2:]))
        house.trigger("ready")  # as after a lost connection
        await until(lambda: len(house.listing()._sent) == 1998)
        await house.runner.stop()
        await asyncio.sleep(0.05)


async def test_a_viewer_dismisses_nothing(tmp_path: Path) -> None:
    async with user_simulation(lambda: None) as user:
        house = House(tmp_path, user, Role.VIEWER)
        rows = filled(house.pools["lab"], 2)
        await user.open("/messages")
        assert "acts" not in house.listing().props
        house.trigger("ready")
        await until(lambda: house.listing()._ids)
        house.trigger("act", [house.listing()._ids[rows[0]]])
        await asyncio.sleep(0.1)
        assert not house.runner.runs
        await house.runner.stop()
        await asyncio.sleep(0.05)
        with user:
            assert list(ElementFilter(kind=BoundedListing))
