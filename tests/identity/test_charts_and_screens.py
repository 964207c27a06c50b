"""What is made once for all who look is made for each of two objects with one uuid."""

from __future__ import annotations

import json
from array import array
from collections.abc import AsyncIterator
from gzip import decompress
from pathlib import Path
from typing import cast

import pytest
from nicegui import app, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.charts.pictures import ChartDataCache
from components.kiosk.board import KioskBoard
from data.archives import ArchiveData, ArchiveRange
from data.identity import key_of
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM
from data.scope import Scope, on_a_screen
from pages import archives
from tests import fakes
from tests.fakes import judged
from xo_dash.sync.archives import ArchiveResult, Archives

DAY = ArchiveRange(3600, 26)


class OfItsPool(Archives):
    """Every archive says which pool it is of: its first value is 1 of the first, 2 of the second."""

    def __init__(self, mirror: Mirror) -> None:
        super().__init__(self._none)
        self._values = {pool.id: float(number) for number, pool in enumerate(mirror, 1)}

    @staticmethod
    def _none(_server: str) -> object:  # type: ignore[override]
        raise AssertionError("nothing is asked for over the wire")

    async def of_vm(self, vm: VM, stretch: ArchiveRange) -> ArchiveResult:
        column = array("f", [self._values[vm.home.id]])
        return ArchiveResult([ArchiveData(stretch.step, 0, {"AVERAGE": {"cpu0": column}})])


async def test_the_past_is_that_of_its_own_pool() -> None:
    mirror = fakes.twins()
    pictures = ChartDataCache(OfItsPool(mirror))
    vms = [next(vm for vm in pool.all(VM).values() if vm.name_label.startswith("vm-00")) for pool in mirror]
    assert vms[0].uuid == vms[1].uuid
    answers = [json.loads(decompress((await pictures.of(vm, DAY)).content)) for vm in vms]
    assert [answer["panels"]["cpu"][0][1][0][1][0] for answer in answers] == [1, 2]
    assert [(await pictures.of(vm, DAY)).content for vm in vms] != [(await pictures.of(vms[0], DAY)).content] * 2


@pytest.fixture
def mirror() -> Mirror:
    return judged(fakes.twins())


@pytest.fixture
async def user(mirror: Mirror, tmp_path: Path) -> AsyncIterator[User]:
    async with user_simulation(lambda: None) as user:
        context = fakes.context(mirror, tmp_path)
        fakes.sign_in(app, context)
        archives.create(context)

        screen = Scope(mirror, on_a_screen)

        @ui.page("/board")
        def board() -> None:
            KioskBoard(screen.mirror)

        try:
            yield user
        finally:
            await context.runner.stop()


async def test_a_screen_leads_to_the_one_that_is_full(user: User, mirror: Mirror) -> None:
    told: list[list[str]] = []
    client = await user.open("/board")

    def hear(_kind: str, message: object, _to: str) -> None:
        code = message.get("code", "") if isinstance(message, dict) else ""
        if ",'show'," in code:
            told[:] = json.loads(code.partition(",'show',")[2].removesuffix(")"))[0]

    client.outbox.enqueue_message = hear  # type: ignore[method-assign]  # NiceGUI's simulated browser runs no scripts
    user.find(KioskBoard).trigger("ready")
    full = {key_of(sr) for sr in mirror.every(SR) if sr.shared}
    assert len(full) == 2 and full <= {row[0] for row in told}


async def test_the_past_of_a_uuid_alone_is_nobodys(user: User, mirror: Mirror) -> None:
    vm = next(mirror.every(VM))
    answer = await user.http_client.get(f"/past/vm/{vm.uuid}?step=3600&rows=26")
    assert answer.status_code == 404
    assert isinstance(cast(PoolMirror, vm.home), PoolMirror)
