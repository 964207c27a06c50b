"""Grants over the API: who sees and may what, and what becomes of it at once when a grant is taken away."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from data.objects import SR, VM, Host
from data.stores.directory import DataDirectory
from data.stores.grants import GrantStore
from data.stores.users import Role
from tests import fakes
from tests.api.conftest import Api
from xo_dash import cli_api
from xo_dash.api.routes import table
from xo_dash.control.actions import action

ADMIN_ALONE = {"/users", "/groups", "/roles", "/grants", "/quotas", "/invitations"}


def web(api: Api) -> VM:
    return fakes.find(api.context.mirror, "web-1")


async def grant(api: Api, role: str = "operator", **more: Any) -> dict[str, Any]:
    body = {"user": "none", "role": role, "on": {"kind": "vm", "uuid": web(api).uuid}} | more
    answer = await api.post("/grants", body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/grants/{told['id']}"
    return told


async def power(api: Api) -> bool:
    return (await api.post("/roles", {"name": "Power", "verbs": ["vm.start", "vm.clean_shutdown"]})).status_code == 201


class LocalAdmin:
    """The API as the command line asks it."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def stream(self, path: str) -> AsyncIterator[bytes]:
        yield (await self._api.ask("GET", path)).content


async def names(api: Api, collection: str, by: str) -> set[str]:
    return {item["name_label"] for item in (await api.get(f"/{collection}", by=by))["items"]}


async def test_who_has_a_grant_sees_and_does_that_and_no_more(api: Api) -> None:
    assert await names(api, "vms", "none") == set()
    given = await grant(api)
    assert (given["user"], given["role"], given["on"]["uuid"]) == ("none", "operator", web(api).uuid)
    assert await names(api, "vms", "none") == {"web-1"}
    assert await names(api, "vdis", "none") == {"web-1 root"}
    for unseen in ("hosts", "srs", "networks", "pools"):
        assert await names(api, unseen, "none") == set()
    mine = await api.get(f"/vms/{web(api).uuid}", by="none")
    assert mine["power_state"] == "Running"
    other = fakes.find(api.context.mirror, "db-01")
    await api.refused(404, "GET", f"/vms/{other.uuid}", by="none")
    await api.refused(404, "POST", "/actions/vm.snapshot", by="none", json={"on": [other.uuid]})
    for name, status in (("vm.snapshot", 200), ("vm.rename", 200)):
        answer = await api.post(f"/actions/{name}", {"on": [web(api).uuid], "with": {"name": "x"}, "dry_run": True}, by="none")
        assert answer.status_code == status, answer.text
    assert (await api.get("/grants", by="none"))["items"] == [given]


async def test_what_is_taken_away_is_gone_with_the_answer(api: Api) -> None:
    given = await grant(api, "viewer")
    assert await names(api, "vms", "none") == {"web-1"}
    await api.refused(403, "POST", "/actions/vm.snapshot", by="none", json={"on": [web(api).uuid]})
    assert (await api.ask("DELETE", f"/grants/{given['id']}")).status_code == 204
    assert await names(api, "vms", "none") == set()


async def test_what_the_command_line_takes_away_is_gone_also_beside_a_damaged_file(api: Api) -> None:
    given = await grant(api)
    assert (await api.post("/roles", {"name": "Power", "verbs": ["vm.start"]})).status_code == 201
    folder = api.context.settings.data_dir
    GrantStore(DataDirectory(folder)).remove_now(given["id"])
    (folder / "roles.json").write_text("{")
    await api.context.grants.tick()
    assert await names(api, "vms", "none") == set()


async def test_a_deny_wins_over_the_role_that_holds_everywhere(api: Api) -> None:
    await grant(api, "operator", user="admin", deny=True)
    told = await api.refused(403, "POST", "/actions/vm.snapshot", json={"on": [web(api).uuid]})
    assert "a deny of operator" in told["detail"]
    await grant(api, "viewer", user="viewer", deny=True)
    assert "web-1" not in await names(api, "vms", "viewer") and len(await names(api, "vms", "viewer")) == 40


async def test_why_somebody_can_or_cannot_names_the_grant(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    given, deny = await grant(api), await grant(api, "Power", deny=True) if await power(api) else {}
    asked = {"user": "none", "action": "vm.start", "on": web(api).uuid}
    told = await api.get("/access", **asked)
    assert (told["allowed"], told["by"]) == (False, "deny") and "a deny of Power on web-1" in told["reason"]
    assert {(one["id"], one["effect"], one["decides"]) for one in told["grants"]} == {
        (given["id"], "allows", False), (deny["id"], "denies", True),
    }  # fmt: skip
    assert await api.get("/access", by="none", action="vm.start", on="web-1") == told, "of themselves everybody"
    told = await api.get("/access", action="vm.start", on="web-1")
    assert told["allowed"] and told["by"] == "role" and "running" in told["obstacle"] and told["grants"] == []
    await api.refused(403, "GET", "/access?user=admin&action=vm.start&on=web-1", by="none")
    await api.refused(404, "GET", "/access?action=vm.start&on=db-01", by="none")
    await api.refused(404, "GET", "/access?action=vm.fly&on=web-1")
    await api.refused(404, "GET", "/access")
    await cli_api._why(argparse.Namespace(user="none", action="vm.start", object="web-1", json=False), LocalAdmin(api))
    said = capsys.readouterr().out
    assert "a deny of Power on web-1" in said and deny["id"] in said


async def test_a_deny_does_not_tell_its_user_of_what_they_do_not_see(api: Api) -> None:
    given, other = await grant(api), fakes.find(api.context.mirror, "db-01")
    hidden = [{"kind": "vm", "uuid": other.uuid}, {"kind": "tag", "tag": "secret"}, {"kind": "filter", "filter": "name:secret"}]
    host = web(api).home.one(Host, web(api).resident_on)
    assert host is not None
    fakes.change(api.context.mirror, host, tags=("secret",))
    denies = [await grant(api, "operator", deny=True, on=on) for on in hidden]
    mine = {one["id"]: one for one in (await api.get("/grants", by="none"))["items"]}
    assert mine.keys() == {given["id"], *(one["id"] for one in denies)} and mine[given["id"]] == given
    for deny in denies:
        assert mine[deny["id"]] == deny | {"on": {"kind": deny["on"]["kind"]}, "by": None}
    told = await api.get("/access", by="none", action="vm.start", on="web-1")
    assert told["reason"].startswith("none may not do this to web-1: a deny of operator (direct)") and "secret" not in str(told)
    assert "tag secret" in (await api.get("/access", user="none", action="vm.start", on="web-1"))["reason"]


async def test_a_group_a_tag_and_a_role_of_ones_own(api: Api) -> None:
    assert await power(api)
    assert (await api.post("/groups", {"name": "ops", "users": ["none"]})).status_code == 201
    await grant(api, "Power", user="", group="ops", on={"kind": "tag", "tag": "ci"})
    assert await names(api, "vms", "none") == {"ci-runner-1"}
    ci = fakes.find(api.context.mirror, "ci-runner-1")
    on = {"on": [ci.uuid], "dry_run": True}
    assert (await api.post("/actions/vm.clean_shutdown", on, by="none")).status_code == 200
    await api.refused(403, "POST", "/actions/vm.clean_reboot", by="none", json=on)
    roles = {role["name"]: role["verbs"] for role in (await api.get("/roles", by="none"))["items"]}
    assert roles["Power"] == ["vm.start", "vm.clean_shutdown"] and "vm.see" in roles["viewer"] and roles["none"] == []


async def test_a_wrong_grant_is_refused_with_a_way_out(api: Api) -> None:
    on = {"kind": "vm", "uuid": web(api).uuid}
    for status, body in (
        (404, {"user": "nobody", "role": "viewer", "on": on}),
        (404, {"user": "none", "role": "king", "on": on}),
        (404, {"user": "none", "role": "viewer", "on": {"kind": "vm", "uuid": "gone"}}),
        (404, {"user": "none", "role": "none", "on": on}),
        (400, {"user": "none", "role": "viewer", "on": {"kind": "car", "uuid": "x"}}),
        (400, {"role": "viewer", "on": on}),
        (400, {"user": "none", "role": "viewer", "on": {"kind": "tag"}}),
        (400, {"user": "none", "role": "viewer", "on": {"kind": "filter", "filter": "is:running"}}),
        (422, {"user": "none", "role": "viewer", "on": on, "until": "yesterday"}),
        (422, {"user": "none", "role": "viewer", "on": on, "until": "9999y"}),
        (422, {"user": "none", "role": "viewer", "on": on, "until": "0001-01-01"}),
    ):
        await api.refused(status, "POST", "/grants", json=body)
    first = (await api.post("/groups", {"name": "a"})).json()
    second = (await api.post("/groups", {"name": "b", "groups": ["a"]})).json()
    told = await api.refused(409, "PUT", f"/groups/{first['id']}/members", json={"groups": [second["name"]]})
    assert "itself" in told["detail"]
    await api.refused(404, "DELETE", "/grants/nothing")


async def test_a_quota_is_set_seen_and_held_against_what_is_done(api: Api) -> None:
    sr = next(iter(api.context.mirror.every(SR)))
    body = {"user": "none", "vms": 1, "memory": "32 GiB", "srs": [sr.uuid]}
    answer = await api.post("/quotas", body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["vms"], told["vcpus"], told["memory"], told["used"]["vms"]) == (1, None, 32 << 30, 0)
    assert (await api.get("/quotas", by="none"))["items"] == [told] and (await api.get("/quotas", by="viewer"))["items"] == []
    assert await names(api, "srs", "none") == set(), "known by name alone, and so none of the list"
    answer = await api.ask("PUT", f"/vms/{web(api).uuid}/owner", json={"user": "none"})
    assert answer.json()["owner"] == "none" and await names(api, "vms", "none") == {"web-1"}
    assert (await api.get("/quotas"))["items"][0]["used"]["vms"] == 1
    assert (await api.get("/access", by="none", action="vm.start", on="web-1"))["allowed"], "who owns it runs it"
    for status, wrong in ((404, {"user": "none", "srs": ["gone"]}), (422, {"vms": 1}),
                          (400, {"user": "none", "vms": -1})):  # fmt: skip
        await api.refused(status, "POST", "/quotas", json=wrong)
    assert (await api.ask("PUT", f"/vms/{web(api).uuid}/owner", json={"user": ""})).json()["owner"] is None
    assert (await api.ask("DELETE", f"/quotas/{told['id']}")).status_code == 204


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_administrators_change_who_may_what(api: Api, role: Role) -> None:
    """Every route of the table that changes people: a new one is covered by being there."""
    asked = [row for row in table() if row.method != "GET" and f"/{row.path.split('/')[1]}" in ADMIN_ALONE]
    assert len(asked) >= 9
    for row in asked:
        await api.refused(403, row.method, row.path.replace("{uuid}", "x"), by=role, json={})


async def test_a_request_names_nothing_that_its_user_does_not_see(api: Api) -> None:
    """Nor is it told how things stand with that: it is as if it were not there."""
    await grant(api)
    host = fakes.find(api.context.mirror, "attic", Host)
    fakes.change(api.context.mirror, host, enabled=False)
    reasons = []
    for uuid in (host.uuid, "00000000-0000-0000-0000-000000000000"):
        order = {"on": [web(api).uuid], "with": {"host": f"{uuid}@{host.home.key}"}}
        (dry,) = (await api.post("/actions/vm.migrate", order | {"dry_run": True}, by="none")).json()["preview"]
        assert dry["refused"] == "there is no such host in its pool; choose another"
        run = (await api.post("/actions/vm.migrate", order, by="none")).json()
        while run["state"] in ("waiting", "running"):
            await asyncio.sleep(0.01)
            run = await api.get(f"/runs/{run['id']}", by="none")
        assert run["state"] == "refused" and "no such host" in run["results"][0]["reason"], run
        reasons.append(run["results"][0]["reason"])
    assert reasons[0] == reasons[1]


async def test_a_file_is_not_taken_from_its_user_through_their_eyes(api: Api) -> None:
    await grant(api)
    users, runner = api.context.users, api.context.runner
    boss, theirs = users.by_name("admin"), users.by_name("none")
    assert boss and theirs
    run = runner.start(theirs, action("vm.snapshot"), [web(api)], {"name": "x"})
    delivery = runner.exchange.deliver(run, run.items[0], "web-1.xva")
    cookie, session = api.context.auth.sessions.start(boss, "127.0.0.1")
    session.viewing_as = theirs.id
    await api.refused(403, "GET", f"/runs/{run.key}/file", by="", headers={"cookie": f"xo-dash={cookie}"})
    assert runner.exchange.waiting(run) == [delivery]


async def test_somebody_is_invited_and_shut_out(api: Api) -> None:
    asked = {"name": "eve", "role": "viewer", "until": "12h"}
    await api.refused(404, "POST", "/invitations", json=asked | {"groups": ["nobody's"]})
    assert api.context.users.by_name("eve") is None
    answer = await api.post("/invitations", asked)
    assert answer.status_code == 201 and "/invitation#" in answer.json()["link"] and answer.json()["user"] == "eve"
    again = await api.post("/users/eve/invitation", {})
    secret = again.json()["link"].partition("#")[2]
    assert (await api.context.auth.by_invitation.look(secret, "192.0.2.7")).name == "eve"
    assert (await api.ask("PUT", "/users/eve/state", json={"disabled": True})).status_code == 204
    (eve,) = [one for one in (await api.get("/users", fields="name,disabled"))["items"] if one["name"] == "eve"]
    assert eve["disabled"] is True
    await api.refused(409, "POST", "/invitations", json=asked)
    await api.refused(400, "PUT", "/users/eve/state", json={"disabled": 1})
