"""Rolling runs over the API: what stands against one, who may begin it, how it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from data.objects import Host, Pool
from tests import fakes
from tests.api.conftest import Api
from tests.api.test_grants import grant, web
from tests.waiting import PATIENCE
from xo_dash import cli_rolling
from xo_dash.api.local import LocalApi
from xo_dash.cli_dashboards import ApiError
from xo_dash.cli_parser import parser
from xo_dash.control.lazy_text import lazy
from xo_dash.control.packed_text import packed
from xo_dash.control.rolling.pauses import NOT_DONE
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingFiles, TurnState
from xo_dash.i18n import N_


async def test_what_stands_against_a_rolling_run_is_told_and_who_may_begin_it(api: Api) -> None:
    pool = max(api.context.mirror.every(Pool), key=lambda one: len(one.home.all(Host)))
    fakes.change(api.context.mirror, next(iter(pool.home.all(Host).values())), enabled=False)
    path = f"/pools/{pool.uuid}/rolling"
    looked = (await api.post(path, {"with": {"update": True}, "dry_run": True})).json()
    assert "maintenance" in looked["refused"] and looked["checks"][0]["fix"] == "host.enable"
    refused = await api.refused(409, "POST", path, json={"with": {"update": True}})
    assert refused["checks"] == looked["checks"] and refused["detail"] == looked["refused"]
    wrong = await api.refused(422, "POST", path, json={"with": {"at_once": 99, "days": 2}})
    assert set(wrong["faults"]) == {"at_once", "days"}
    assert "administrator" in (await api.refused(403, "POST", path, by="operator", json={}))["detail"]
    assert (await api.get("/rolling"))["items"] == []


async def test_one_that_is_under_way_is_told_and_answered(api: Api, tmp_path: Path) -> None:
    await grant(api)  # of one VM there
    pool, rolling = next(iter(web(api).home.all(Pool).values())), api.context.rolling
    turn = HostTurn(host="h", name="one", state=TurnState.FAILED, why=packed(lazy(N_("{host} does not respond"), host="one")))
    left = Rolling(id="1-a", pool=pool.home.id, pool_uuid=pool.uuid, user_id="x", user_name="eve", request=RollHosts(update=True),
                   turns=[turn], began=1.0, prepared=True, paused=NOT_DONE)  # fmt: skip
    RollingFiles(tmp_path).write(left)
    ended = asyncio.Event()
    rolling.observe(lambda one: ended.set() if one.ended else None)
    rolling.recall()
    try:
        told = await api.get("/rolling/1-a")
        assert (told["user"], told["request"]["update"], told["turns"][0]["reason"]) == ("eve", True, "one does not respond")
        assert (told["state"], told["paused"]) == ("paused", "one is not done: one does not respond")
        assert told["answers"] == ["look", "again", "skip", "stop"]
        russian = (await api.ask("GET", "/rolling/1-a", headers={"accept-language": "ru"})).json()
        assert russian["turns"][0]["reason"] == "one не отвечает" and russian["log"][0]["what"].startswith("xo-dash перезапущен")
        assert "is no answer" in (await api.refused(409, "POST", "/rolling/1-a/answer", json={"answer": "go_on"}))["detail"]
        assert (await api.get("/rolling", by="none"))["items"] == []
        await grant(api, "viewer", on={"kind": "pool", "uuid": pool.uuid})
        assert len((await api.get("/rolling", by="none"))["items"]) == 1
        await grant(api, "viewer", deny=True)  # one of the VMs that the run may name
        await api.refused(404, "GET", "/rolling/1-a", by="none")
        await api.refused(404, "POST", "/rolling/1-a/answer", by="none", json={"answer": "stop"})
        await api.refused(400, "POST", "/rolling/1-a/answer", json={"answer": "perhaps"})
        await api.refused(403, "POST", "/rolling/1-a/answer", by="viewer", json={"answer": "stop"})
        assert (await api.post("/rolling/1-a/answer", {"answer": "stop"})).json()["stopping"]
        await asyncio.wait_for(ended.wait(), PATIENCE)
        assert "ended" in (await api.refused(409, "POST", "/rolling/1-a/answer", json={"answer": "again"}))["detail"]
        assert [one["id"] for one in (await api.get("/rolling"))["items"]] == ["1-a"]
        await api.refused(404, "GET", "/rolling/nothing")
    finally:
        await rolling.stop()


class BySocket:
    """The API as the command line asks it on the same machine."""

    def __init__(self, api: Api) -> None:
        self._local = LocalApi(api.context)

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        yield await self._told(path, None)

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        return orjson.loads(await self._told(path, orjson.dumps(body)))

    async def _told(self, path: str, body: bytes | None) -> bytes:
        status, *pieces = [piece async for piece in self._local.answer(f"/api/v1{path}", body)]
        content = b"".join(pieces)  # type: ignore[arg-type]
        if status not in (200, 202):
            raise ApiError(orjson.loads(content)["detail"])
        return content


async def test_the_command_line_begins_shows_and_stops_one(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    pool = max(api.context.mirror.every(Pool), key=lambda one: len(one.home.all(Host)))
    first, *others = pool.home.all(Host).values()
    fakes.change(api.context.mirror, first, enabled=False)
    there, ended = BySocket(api), asyncio.Event()
    api.context.rolling.observe(lambda one: ended.set() if one.ended or one.paused else None)

    async def roll(*words: str) -> tuple[int, str]:
        return await cli_rolling._carry_out(parser().parse_args(["rolling", *words]), there), capsys.readouterr().out

    status, said = await roll("reboot", pool.name_label, "--dry-run")
    assert status == 1 and f"xo-dash do host.enable {first.uuid}" in said and "It cannot start" in said
    left_out = [word for host in (first, *others[1:]) for word in ("--leave-out", host.name_label)]
    status, said = await roll("reboot", pool.name_label, "--dry-run", *left_out)
    assert status == 0 and "It can start." in said and others[0].name_label in said
    with pytest.raises(cli_rolling.WrongChoice, match="like web-1=suspend"):
        await roll("reboot", pool.name_label, "--vm", "web-1")
    with pytest.raises(ApiError, match="one of"):
        await roll("reboot", pool.name_label, "--vm", "web-1=dance")
    try:
        status, said = await roll("reboot", pool.name_label, "--no-pause", *left_out)
        (rolling,) = api.context.rolling.runs
        assert status == 0 and rolling.id in said and not rolling.request.pause_first
        await asyncio.wait_for(ended.wait(), PATIENCE)  # there is no connection in these tests
        status, said = await roll("status", rolling.id, "--wait")
        assert status == 1 and f"xo-dash rolling answer {rolling.id} go_on|stop" in said
        status, said = await roll("answer", rolling.id, "stop")
        assert status == 0 and rolling.stopping
        assert rolling.id in (await roll("status"))[1]
        with pytest.raises(ApiError, match="there is no"):
            await roll("answer", "nothing", "stop")
    finally:
        await api.context.rolling.stop()
