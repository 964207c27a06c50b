"""What Prometheus scrapes; and the API by the socket and by the command line."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from data.stores.users import Role
from tests import fakes
from tests.api.conftest import Api
from xo_dash import cli_api
from xo_dash.api.local import LocalApi
from xo_dash.cli_api import carry_out
from xo_dash.cli_dashboards import ApiError, Local, NoDashboard, Remote, got
from xo_dash.local_socket import within

LINE = re.compile(r'xodash_[a-z_]+\{([a-z]+="([^"\\]|\\.)*",?)+\} -?[0-9.e+]+')


async def test_prometheus_gets_gauges_of_what_its_token_may_see(api: Api) -> None:
    fakes.change(api.context.mirror, fakes.find(api.context.mirror, "web-1"), name_label='we"b\\1\n')
    headers = {"authorization": f"Bearer {api.tokens['viewer']}"}
    answer = await api.http.get("/metrics", headers=headers)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(line.startswith("# ") or LINE.fullmatch(line) for line in lines)
    assert sum(line.startswith("xodash_vm_running{") for line in lines) == 41
    assert r'name="we\"b\\1\n"' in answer.text
    nothing = await api.http.get("/metrics", headers={"authorization": f"Bearer {api.tokens['none']}"})
    assert nothing.status_code == 200 and "xodash_vm_running{" not in nothing.text
    assert (await api.http.get("/metrics")).status_code == 401


async def test_the_socket_answers_as_the_api_does(api: Api) -> None:
    local = LocalApi(api.context)
    status, *body = [piece async for piece in local.answer("/api/v1/vms?fields=name_label&filter=web-1")]
    assert status == 200 and b"web-1" in b"".join(body)  # type: ignore[arg-type]
    assert await anext(local.answer("/api/v1/cars")) == 404
    stream = local.answer("/api/v1/events")
    assert await anext(stream) == 200 and b"hello" in await anext(stream)  # type: ignore[operator]
    await stream.aclose()  # type: ignore[attr-defined]


class Breaking:
    """Streams that end: cut off, by themselves, and for good."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._streams: list[tuple[str, list[str]]] = [
            ("cut", ["hello e-1 {}", 'vms e-2 {"op":"mod","uuid":"a"}']), ("end", ["reset e-7 {}"]), ("refused", []),
        ]  # fmt: skip

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        self.asked.append(path.rpartition("=")[2])
        end, events = self._streams.pop(0)
        for name, number, data in (event.split(" ") for event in events):
            yield f"id: {number}\nevent: {name}\ndata: {data}\n\n".encode()
        if end != "end":
            raise NoDashboard("no response") if end == "cut" else ApiError("the token has expired")


async def test_what_is_watched_goes_on_where_it_was_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    there = Breaking()
    with pytest.raises(ApiError, match="expired"):
        await cli_api._watch(argparse.Namespace(collections=["vms"], json=False), there, again=0)
    told = capsys.readouterr()
    assert there.asked == ["", "e-2", "e-7"] and told.out == "vms  mod  a\n"
    lines = told.err.splitlines()
    assert len(lines) == 3 and "lost" in lines[0] and "missed" in lines[1] and "lost" in lines[2]


@pytest.mark.parametrize("status", [502, 503, 504, 403])
async def test_a_proxy_whose_dashboard_starts_anew_is_a_cut_and_no_refusal(status: int) -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: httpx.Response(status)), base_url="http://test")
    with pytest.raises(ApiError, match=str(status)) as raised:
        await got(Remote(client), "/vms")
    assert isinstance(raised.value, NoDashboard) == (status != 403)


async def test_a_dashboard_of_this_machine_that_ends_before_it_answers_is_a_cut(tmp_path: Path) -> None:
    with within(tmp_path) as name:
        server = await asyncio.start_unix_server(lambda _reader, writer: writer.close(), name)
    async with server:
        with pytest.raises(NoDashboard, match="no dashboard runs"):
            await got(Local(tmp_path), "/vms")


def remote(api: Api, role: Role) -> Remote:
    headers = {"authorization": f"Bearer {api.tokens[role]}", "content-type": "application/json"}
    return Remote(httpx.AsyncClient(transport=api.http._transport, base_url="http://test", headers=headers))


async def test_the_command_line_lists_shows_and_does(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    admin = remote(api, Role.ADMIN)
    given = argparse.Namespace(collection="vms", filter=["is:running", "host:xcp-lab-3"], fields="", json=False)
    await cli_api._list(given, admin)
    assert len(capsys.readouterr().out.splitlines()) == 6, "five and the head"
    await cli_api._show(argparse.Namespace(collection="vms", object="web-1", json=False), admin)
    assert re.search(r"^power_state +Running$", capsys.readouterr().out, re.MULTILINE)
    told = [one async for one in carry_out(admin, "vm.clone", ["test-a"], {"name": "x"}, dry_run=True)]
    assert told[0]["preview"][0]["calls"]
    told = [one async for one in carry_out(remote(api, Role.OPERATOR), "vm.start", ["test-a"], {}, dry_run=False)]
    assert told[-1]["run"]["ended"]
    with pytest.raises(ApiError, match="administrator"):
        _ = [one async for one in carry_out(remote(api, Role.VIEWER), "vm.start", ["test-a"], {}, dry_run=False)]
    with pytest.raises(ApiError, match="no dashboard runs"):
        await got(Local(Path("/nowhere")), "/vms")
