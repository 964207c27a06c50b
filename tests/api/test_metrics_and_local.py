"""What Prometheus scrapes; and the API by the socket and by the command line."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import httpx
import pytest

from data.stores.users import Role
from tests import fakes
from tests.api.conftest import Api
from xo_dash import cli_api
from xo_dash.api.local import LocalApi
from xo_dash.cli_api import ApiError, Remote, carry_out, got

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
        await got(cli_api.Local(Path("/nowhere")), "/vms")
