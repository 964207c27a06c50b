"""A page is built in turns, and sent as a whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from nicegui import Client, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components import parts
from components.cells import CellTable
from components.live import fresh_slot
from components.parts import at_once_or_in_turns, page, part
from components.ui import Column, data_table
from data import turns
from tests.waiting import until

ROWS = [(str(n), (f"row {n}",)) for n in range(20)]


@asynccontextmanager
async def drawn(monkeypatch: pytest.MonkeyPatch, draw: Callable[[], object]) -> AsyncIterator[User]:
    """A page in which every part takes longer than others may wait."""
    monkeypatch.setattr(turns, "TURN", 0.0)
    monkeypatch.setattr(parts, "timed", turns.timed)
    async with user_simulation(lambda: None) as user:
        page("/built")(draw)
        yield user


async def test_others_have_their_turn_between_two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    columns = [Column("name")]

    def draw() -> None:
        asyncio.get_running_loop().call_soon(seen.append, "others")
        table = CellTable(columns, "")
        table.show(ROWS[:1])
        table.show(ROWS)  # it has changed meanwhile
        part(seen.append, "first")
        part(lambda: part(asyncio.get_running_loop().call_soon, seen.append, "others"))
        part(seen.append, "last")
        data_table(columns, [cells for _key, cells in ROWS])

    async with drawn(monkeypatch, draw) as user:
        await user.open("/built")
        assert seen == ["others", "first", "others", "last"]
        texts = [label.text for label in user.find(ui.label).elements if label.text.startswith("row")]
        assert sorted(texts) == sorted(f"row {n}" for n in (*range(20), *range(20)))


async def test_what_a_click_draws_is_drawn_in_turns_as_well(
    monkeypatch: pytest.MonkeyPatch, error_log: list[logging.LogRecord]
) -> None:  # fmt: skip
    seen: list[str] = []

    def draw() -> None:
        box = ui.element()

        def fill() -> None:
            with fresh_slot(box):
                part(seen.append, "first")
                part(lambda: 1 / 0)
                data_table([Column("name")], [cells for _key, cells in ROWS])
                part(seen.append, "last")
            asyncio.get_running_loop().call_soon(seen.append, "others")

        ui.button("fill", on_click=fill)

    async with drawn(monkeypatch, draw) as user:
        await user.open("/built")
        user.find("fill").click()
        await until(lambda: "last" in seen)
        assert seen == ["first", "others", "last"]
        assert len([label for label in user.find(ui.label).elements if label.text.startswith("row")]) == len(ROWS)
        (_failed,) = error_log  # and the rest was drawn
        error_log.clear()


async def test_what_a_page_need_not_wait_for_begins_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    readers: set[Client] = set()

    def drawing() -> Iterator[None]:
        for text in ("at once", "in turns", "in turns"):
            seen.append(text)
            readers.add(ui.context.client)  # whose language its words are in
            yield

    def draw() -> None:
        readers.add(ui.context.client)
        at_once_or_in_turns(drawing())
        for _number in range(5):
            part(seen.append, "part")

    async with drawn(monkeypatch, draw) as user:
        await user.open("/built")
        await until(lambda: len(seen) == 8)
        assert seen == ["at once", *["part"] * 5, "in turns", "in turns"] and len(readers) == 1


async def test_what_is_drawn_anew_meanwhile_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw() -> None:
        box = ui.element()

        def fill(text: str) -> None:
            with fresh_slot(box):
                part(ui.label, text)

        fill("before")
        asyncio.get_running_loop().call_soon(fill, "after")
        part(ui.label, "below")

    async with drawn(monkeypatch, draw) as user:
        await user.open("/built")
        assert sorted(label.text for label in user.find(ui.label).elements) == ["after", "below"]


async def test_nothing_is_built_for_a_browser_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []

    def draw() -> None:
        if built:
            ui.label("again")
            return
        built.append("first")
        asyncio.get_running_loop().call_soon(ui.context.client.delete)  # its session ends
        part(built.append, "second")

    async with drawn(monkeypatch, draw) as user:
        await user.open("/built")
        await user.should_see("again")
        assert built == ["first"]
