"""The elements all pages are made of, on a page that has each of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components import ui as own
from components.browser import tell
from components.ui.meters import HEIGHT, runs
from tests.waiting import until

EVIL = "<img src=x onerror=alert(1)>{{ constructor }}"


class Seen:
    """What the page's handlers were told."""

    def __init__(self) -> None:
        self.clicks: list[str] = []
        self.tabs: list[str] = []
        self.answers: list[object] = []


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def user(seen: Seen) -> AsyncIterator[User]:
    async with user_simulation(lambda: gallery(seen)) as user:
        await user.open("/")
        yield user


def gallery(seen: Seen) -> None:
    async def ask() -> None:
        seen.answers.append(await own.confirm("Force web-1 off?", "What is not on disk is lost.", yes="Force off", no="Leave it"))

    with own.page():
        head = own.PageHead(EVIL, "a note")
        with head.marks:
            own.StateMark("running", "Running")
            own.chip(EVIL)
        with head.verbs:
            own.Button("Reboot", lambda: seen.clicks.append("reboot")).mark("reboot")
            own.Button("Ask", ask, kind=own.ButtonKind.DANGER)
            with own.Button(icon="more", label="More"), own.menu(right=True):
                own.menu_item("Suspend", lambda: seen.clicks.append("suspend"), icon="pause")
        own.Tabs([own.Tab("overview", "Overview"), own.Tab("disks", "Disks", "2")], "nonsense", seen.tabs.append)
        own.Notice("It is old", own.Tone.STALE)
        with own.cards(), own.Card("Disks", "2 of them"):
            own.key_values([("Host", "xcp-lab-1"), ("Tags", ""), ("Drawn", lambda: ui.label("drawn value"))])
            own.data_table(
                [own.Column("Name", main=True), own.Column("Size", number=True)], [(EVIL, "40 GiB"), ("b", lambda: own.Bar(0.5))]
            )
            own.Meter(0.95, "95 %", warning=0.8, critical=0.9)
            own.Age(time.time() - 130)
            own.Age(None)
            own.Field("Name", "web-1", hint="as in the pool").mark("name")
            own.choice({1: "One", 2: "Two"}, 1, label="Choice")
            own.check("Auto-start", True)
        with own.empty_state("Nothing", "And this is why."):
            own.Button("Change that")


async def test_everything_is_there_and_names_are_only_text(user: User) -> None:
    for text in ("Running", "Overview", "It is old", "xcp-lab-1", "drawn value", "40 GiB", "95 %", "ago", "Nothing", "Change that", EVIL):
        await user.should_see(text)
    for element in user.client.elements.values() if user.client else ():
        markup = str(element.props.get("innerHTML", ""))
        assert not markup or markup.startswith("<svg ")


async def test_what_is_not_possible_says_why_and_does_nothing(user: User, seen: Seen) -> None:
    button = next(iter(user.find(marker="reboot").elements))
    assert isinstance(button, own.Button)
    button.allow("it is halted")
    user.find(marker="reboot").click()
    assert seen.clicks == []
    assert button.props["data-tip"] == "it is halted"
    assert button.props["aria-disabled"] == "true"
    assert "disabled" not in button.props  # it must stay in reach of the keyboard
    button.allow()
    user.find(marker="reboot").click()
    assert seen.clicks == ["reboot"]
    assert button.props["data-tip"] == ""


async def test_an_unknown_tab_is_the_first_and_each_is_told_once(user: User, seen: Seen) -> None:
    tabs = next(iter(user.find(own.Tabs).elements))
    assert tabs.selected == "overview"
    assert seen.tabs == []
    with user:
        tabs.select("disks")
        tabs.select("disks")
    assert seen.tabs == ["disks"]


@pytest.mark.parametrize(("button", "answer"), [("Force off", True), ("Leave it", False)])
async def test_a_dialog_gives_its_answer_and_goes(user: User, seen: Seen, button: str, answer: bool) -> None:
    user.find("Ask").click()
    await user.should_see("What is not on disk is lost.")
    user.find(button).click()
    await until(lambda: seen.answers)
    assert seen.answers == [answer]
    await user.should_not_see("What is not on disk is lost.")


async def test_what_is_asked_already_is_not_asked_twice(user: User, seen: Seen) -> None:
    user.find("Ask").click()
    user.find("Ask").click()
    await user.should_see("What is not on disk is lost.")
    assert len(user.find(kind=own.Dialog).elements) == 1
    user.find("Force off").click()
    await until(lambda: len(seen.answers) == 2)
    assert sorted(map(bool, seen.answers)) == [False, True]


async def test_an_answer_is_given_once() -> None:
    given: list[str] = []
    going = asyncio.Event()

    def page() -> None:
        async def answer() -> None:
            given.append("yes")
            await going.wait()
            dialog.close()

        dialog = own.Dialog("A link")
        yes = dialog.answers("Cancel", "Make it", answer).mark("yes")
        assert yes.enabled
        dialog.open()

    async with user_simulation(page) as user:
        await user.open("/")
        for _time in range(3):
            user.find(marker="yes").click()
            await asyncio.sleep(0)
        going.set()
        for _turn in range(100):
            await asyncio.sleep(0)
        user.find(marker="dialog").trigger("keydown.enter")  # it is closed
        assert given == ["yes"]


async def test_enter_does_the_main_thing(user: User, seen: Seen) -> None:
    user.find("Ask").click()
    await user.should_see("Force off")
    user.find(kind=ui.element, marker="dialog").trigger("keydown.enter")
    await until(lambda: seen.answers)
    assert seen.answers == [True]


async def test_a_field_says_what_is_wrong(user: User) -> None:
    field = next(iter(user.find(marker="name").elements))
    assert isinstance(field, own.Field)
    field.fault("There is one of that name")
    await user.should_see("There is one of that name")
    field.fault(None)
    await user.should_not_see("There is one of that name")


def test_a_gap_breaks_the_line() -> None:
    points = [(float(t), 0.5) for t in (0, 5, 10, 30, 35)]
    assert [len(run) for run in runs(points)] == [3, 2]
    assert runs(points[:1]) == []


async def test_a_sparkline_stays_in_its_box(user: User) -> None:
    with user:
        line = own.Sparkline()
    line.show([(0, -1), (5, 0.5), (10, 9)], top=1, start=0, end=10)
    numbers = [float(value) for value in line._line.props["d"].replace("M", " ").replace("L", " ").split()]
    assert all(0 <= y <= HEIGHT for y in numbers[1::2])
    line.show([], top=1, start=0, end=10)
    assert line._line.props["d"] == ""


async def test_a_dialog_is_typed_into_at_once() -> None:
    def page() -> None:
        dialog = own.Dialog("A link")
        with dialog:
            ui.label("Whoever has it sees the map.")
            own.Field("Name")
            own.Field("Note")
        dialog.answers("Cancel", "Make it")
        dialog.open()

    async with user_simulation(page) as user:
        await user.open("/")
        fields = sorted(user.find(own.Field).elements, key=lambda field: field.id)
        assert [bool(field.props.get("autofocus")) for field in fields] == [True, False]


async def test_what_is_told_in_one_turn_is_one_message(user: User) -> None:
    client = await user.open("/")
    client.outbox.messages.clear()
    with client:
        one, two = ui.element(), ui.element()
    tell(one, "show", "[1]")
    tell(two, "show", "[2]")
    assert [message["code"] for _to, _kind, message in client.outbox.messages] == [
        f"try{{runMethod({one.id},'show',[1])}}finally{{runMethod({two.id},'show',[2])}}"
    ]
