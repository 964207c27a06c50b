"""Commands over the API, on a pool that does what the test says; the table is asked as every role."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from data.facts.pool import own_pool
from data.stores.users import Role
from tests import fakes
from tests.api.conftest import Api
from xo_dash.api.routes import table
from xo_dash.control.actions import ACTIONS


async def ended(api: Api, run: dict[str, Any], by: str = "admin") -> dict[str, Any]:
    while run["state"] in ("waiting", "running"):
        await asyncio.sleep(0.01)
        run = await api.get(f"/runs/{run['id']}", by=by)
    return run


async def test_every_action_has_a_schema_and_a_place_in_the_description(api: Api) -> None:
    items = (await api.get("/actions"))["items"]
    assert [one["id"] for one in items] == [action.id for action in ACTIONS]
    described = await api.get("/openapi.json")
    for one in items:
        assert one["schema"]["type"] == "object" and one["title"], one["id"]
        body = described["paths"][f"/actions/{one['id']}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        named = body["properties"]["with"]["$ref"].rpartition("/")[2]
        assert described["components"]["schemas"][named]["properties"].keys() == one["schema"]["properties"].keys()
    refs = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(described)))
    assert refs == {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    for row in table():
        path = row.path if row.path != "/actions/{id}" or row.method == "GET" else "/actions/vm.start"
        assert row.method.lower() in described["paths"][path], row
    create = await api.get("/actions/vm.create")
    assert {"name", "template"} == set(create["schema"]["required"])


async def test_a_dry_run_tells_its_calls_and_does_nothing(api: Api) -> None:
    vm = fakes.find(api.context.mirror, "test-a")
    answer = await api.post("/actions/vm.clone", {"on": [vm.uuid], "with": {"name": "copy"}, "dry_run": True})
    assert answer.status_code == 200
    (preview,) = answer.json()["preview"]
    assert preview["uuid"] == vm.uuid and preview["steps"] and any("vm-clone" in call for call in preview["calls"])
    assert not api.context.runner.runs


async def test_a_command_is_a_run(api: Api) -> None:
    vm = fakes.find(api.context.mirror, "test-a")
    answer = await api.post("/actions/vm.start", {"on": [vm.uuid]}, by="operator")
    assert answer.status_code == 202 and answer.headers["location"] == f"/api/v1/runs/{answer.json()['id']}"
    run = await ended(api, answer.json(), by="viewer")
    assert run["state"] == "refused" and run["steps"] and run["results"][0]["reason"], run["results"]
    assert (run["user"], run["results"][0]["name"]) == ("operator", "test-a")
    assert [one["id"] for one in (await api.get("/runs", filter="test-a"))["items"]] == [run["id"]]
    await api.refused(409, "DELETE", f"/runs/{run['id']}")
    assert "nothing of it is left" in (await api.refused(409, "POST", f"/runs/{run['id']}/undo", json={}))["detail"]


async def test_what_cannot_be_given_is_said_at_once(api: Api) -> None:
    vm = fakes.find(api.context.mirror, "test-a")
    assert "vm.start" in (await api.refused(404, "POST", "/actions/vm.fly", json={"on": [vm.uuid]}))["detail"]
    told = await api.refused(422, "POST", "/actions/vm.clone", json={"on": [vm.uuid], "with": {"name": 7, "colour": "red"}})
    assert set(told["faults"]) == {"name", "colour"}
    await api.refused(404, "POST", "/actions/vm.start", json={"on": ["nothing"]})
    await api.refused(400, "POST", "/actions/vm.start", json={"on": []})
    for body in ([], {"on": vm.uuid}, {"on": [1]}, {"on": [vm.uuid], "with": []}, {"on": [vm.uuid], "dry_run": "no"}, {"of": []}):
        assert "dry_run" in (await api.refused(400, "POST", "/actions/vm.start", json=body))["detail"]
    await api.refused(400, "POST", "/actions/vm.start", content=b"\xff{")
    await api.refused(413, "POST", "/actions/vm.start", content=b"[" + b"1," * (1 << 20))


@pytest.mark.parametrize("role", Role)
async def test_every_action_asks_for_its_role(api: Api, role: Role) -> None:
    """A new row of the table is covered by being there."""
    for action in ACTIONS:
        subject = next(iter(api.context.mirror.every(action.kind)), None)
        if subject is None:
            continue
        answer = await api.post(f"/actions/{action.id}", {"on": [f"{subject.uuid}@{subject.home.key}"], "dry_run": True}, by=role)
        expected = 404 if role is Role.NONE else 403 if not role.includes(action.role) else None
        if answer.status_code == 422:
            continue  # more is needed than the object: the rights are asked of what makes sense
        assert answer.status_code == (expected or 200), f"{action.id} by {role}: {answer.text}"


async def test_a_token_never_does_more_than_it_says(api: Api) -> None:
    admin = api.context.users.by_name("admin")
    assert admin is not None
    api.tokens["small"], token = api.context.tokens.add_now(admin.id, "small", Role.VIEWER)
    vm = fakes.find(api.context.mirror, "test-a")
    assert (await api.get("/vms", by="small"))["items"]
    await api.refused(403, "POST", "/actions/vm.start", by="small", json={"on": [vm.uuid]})
    await api.context.auth.revoke_token(token.id)
    await api.refused(401, "GET", "/vms", by="small")


async def test_a_browser_that_is_signed_in_may_ask_too_and_no_other_site_through_it(api: Api) -> None:
    admin = api.context.users.by_name("admin")
    assert admin is not None
    token, _session = api.context.auth.sessions.start(admin, "::1")
    cookie = {"cookie": f"xo-dash={token}"}
    assert (await api.ask("GET", "/vms", by="", headers=cookie)).status_code == 200
    vm = fakes.find(api.context.mirror, "test-a")
    foreign = await api.ask("POST", "/actions/vm.start", by="", headers={**cookie, "origin": "http://evil"}, json={"on": [vm.uuid]})
    assert foreign.status_code == 403


async def test_a_token_opens_no_page(api: Api) -> None:
    headers = {"authorization": f"Bearer {api.tokens['admin']}", "accept": "text/html"}
    assert (await api.http.get("/vms", headers=headers)).status_code == 403


async def test_what_looks_into_its_file_first_takes_an_address_only(api: Api) -> None:
    pool = own_pool(next(iter(api.context.mirror)))
    assert pool
    offered = (await api.post("/uploads", {"name": "a.ova", "size": 4096})).json()
    told = await api.refused(400, "POST", "/actions/pool.import_ova", json={"on": [pool.uuid], "with": {"file": offered}})
    assert "give the file as an address" in told["detail"]
    told = await api.refused(422, "POST", "/actions/pool.import_ova", json={"on": [pool.uuid], "with": {"file": "https://127.0.0.1/a.ova"}})
    assert told["faults"]["file"]
