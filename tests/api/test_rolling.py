"""Rolling runs over the API: what stands against one, who may begin it, how it is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

from data.objects import Host, Pool
from tests import fakes
from tests.api.conftest import Api
from tests.api.test_grants import grant, web
from xo_dash.control.rolling.pauses import NOT_DONE
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.state import HostTurn, Rolling, RollingFiles, TurnState


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
    turn = HostTurn(host="h", name="one", state=TurnState.FAILED, reason="it does not respond")
    left = Rolling(id="1-a", pool=pool.home.id, pool_uuid=pool.uuid, user_id="x", user_name="eve", request=RollHosts(update=True),
                   turns=[turn], began=1.0, prepared=True, paused=NOT_DONE)  # fmt: skip
    RollingFiles(tmp_path).write(left)
    ended = asyncio.Event()
    rolling.observe(lambda one: ended.set() if one.ended else None)
    rolling.recall()
    try:
        told = await api.get("/rolling/1-a")
        assert (told["user"], told["request"]["update"], told["turns"][0]["reason"]) == ("eve", True, "it does not respond")
        assert (await api.get("/rolling", by="none"))["items"] == []
        await api.refused(404, "GET", "/rolling/1-a", by="none")
        await api.refused(404, "POST", "/rolling/1-a/answer", by="none", json={"answer": "stop"})
        await api.refused(400, "POST", "/rolling/1-a/answer", json={"answer": "perhaps"})
        await api.refused(403, "POST", "/rolling/1-a/answer", by="viewer", json={"answer": "stop"})
        assert (await api.post("/rolling/1-a/answer", {"answer": "stop"})).json()["stopping"]
        await asyncio.wait_for(ended.wait(), 20)
        assert "ended" in (await api.refused(409, "POST", "/rolling/1-a/answer", json={"answer": "again"}))["detail"]
        assert [one["id"] for one in (await api.get("/rolling"))["items"]] == ["1-a"]
        await api.refused(404, "GET", "/rolling/nothing")
    finally:
        await rolling.stop()
