"""What is wrong with a question is one sentence with a way out: to a program as a problem, to a person on the page that they see."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from nicegui import app
from nicegui.testing.user_simulation import user_simulation

from data.grants.grant import GrantKind
from data.stores.users import Role
from tests import fakes
from tests.api.conftest import Api
from xo_dash.app import add_routes
from xo_dash.auth.directory import LdapDirectory
from xo_dash.config_sign_in import LdapServer

WEB = {"on": {"kind": "vm", "uuid": "00000000-0000-0000-0000-000000000000"}}
PROBLEMS = [
    ("GET", "/vms?fields=colour", None, 400, "the fields are: "),
    ("GET", "/vms?filter=colour:red", None, 400, "power_state"),
    ("GET", "/vms?filter=is:purple", None, 400, "running"),
    ("GET", "/vms?filter=memory_static_max:>many", None, 400, "memory_static_max:>4GiB"),
    ("GET", "/cars", None, 404, "vms"),
    ("QUERY", "/vms", None, 405, "GET"),
    ("GET", "/actions/vm.fly", None, 404, "GET /api/v1/actions"),
    ("POST", "/actions/vm.fly", {"on": ["x"]}, 404, "vm.start"),
    ("POST", "/actions/vm.restore", {"on": ["web-1"]}, 422, "“vm.restore” is not for “web-1”; what is: vm.start"),
    ("POST", "/users", ["a list"], 400, "must be a JSON object with these fields: name, password, role"),
    ("POST", "/grants", {"user": "viewer", "role": 7, **WEB}, 400, "with these fields: user, group, role, on"),
    ("POST", "/grants", {"user": "viewer", "role": "viewer", "colour": "red", **WEB}, 400, "unknown field `colour`"),
    ("POST", "/grants", {"user": "viewer", "role": "viewer", **WEB}, 404, "enter the UUID of one that is there"),
    ("PUT", "/groups/all/members", {"groups": ["ops"]}, 409, "itself"),
    ("POST", "/quotas", {"user": "viewer", "memory": "much"}, 422, "something like “32 GiB”"),
    ("POST", "/quotas", {"user": "viewer"}, 422, "a quota limits something"),
    ("POST", "/roles", {"name": "Pilot", "verbs": ["vm.fly"]}, 422, "see: xo-dash do"),
    ("POST", "/roles", {"name": "admin", "verbs": ["vm.start"]}, 409, "choose another name"),
    ("POST", "/users", {"name": "viewer", "password": "long and seldom seen"}, 409, "already exists"),
    ("POST", "/users", {"name": "weak", "password": "12345678"}, 422, "easy to guess"),
    ("GET", "/runs/gone?fields=colour", None, 400, "the fields are: id"),
    ("POST", "/invitations", {"name": "bob", "until": "soon"}, 422, "write 90d, 12h"),
    ("PUT", "/uploads/gone?offset=x", None, 400, "whole number"),
    ("PUT", "/uploads/gone", None, 404, "offer it again"),
    ("GET", "/runs/gone", None, 404, "GET /api/v1/runs"),
]
"""(method, path, body, status, part of the sentence)"""
PAGES = [
    ("/vm/gone", "VM not found", "/vms"),
    ("/run/gone", "This task is no longer available", "/tasks"),
    ("/people/gone", "No user has this name", "/people"),
    ("/messages?object=gone", "No messages", "/messages"),
    ("/compare?o=car:1&o=vm:gone", "Nothing to compare", ""),
    ("/migrate?vms=gone", "No VMs selected", "/vms"),
    ("/vms?state=nonsense", "", ""),
    ("/attention?tab=nonsense", "", ""),
    ("/people?tab=nonsense", "Who may sign in", ""),
]
"""(address, what the page says, where it leads)"""
AWAY = "LDAP is not responding, so only local users can sign in now."


async def test_a_program_is_told_in_a_problem(api: Api) -> None:
    for name, groups in (("all", []), ("ops", ["all"])):
        assert (await api.post("/groups", {"name": name, "groups": groups})).status_code == 201
    for method, path, body, status, said in PROBLEMS:
        told = await api.refused(status, method, path, **({"json": body} if body is not None else {}))
        assert said in told["detail"], (path, told["detail"])
    as_text: dict[str, Any] = {"headers": {"content-type": "text/plain"}, "content": b'{"name": "some"}'}
    assert "Content-Type: application/json" in (await api.refused(415, "POST", "/groups", **as_text))["detail"]


async def test_a_person_is_told_on_the_page(api: Api) -> None:
    admin = api.context.users.by_name("admin")
    assert admin
    token, _session = api.context.auth.sessions.start(admin, "::1")
    for path, said, link in PAGES:
        answer = await api.http.get(path, headers={"cookie": f"xo-dash={token}", "accept": "text/html"})
        status = 404 if path.endswith("/gone") else 200
        assert answer.status_code == status and said in answer.text and link in answer.text, path
        assert "This page could not be shown" not in answer.text, path


async def test_a_grant_on_what_is_gone_stays_and_can_be_removed(api: Api) -> None:
    user = next(iter(api.context.users.all()))
    await api.context.grants.grants.add("viewer", GrantKind.VM, "abcdef12-gone@pool", user_id=user.id)
    await api.context.grants.grants.add("viewer", GrantKind.VM, "abcdef13-gone", user_id=user.id)
    await api.context.grants.refresh()
    one, bare = sorted((await api.get("/grants"))["items"], key=lambda grant: str(grant["on"]["uuid"]))
    assert one["on"] == {"kind": "vm", "uuid": "abcdef12-gone", "pool": "pool"}
    assert bare["on"] == {"kind": "vm", "uuid": "abcdef13-gone", "pool": None}, "where nobody said of which pool"
    assert (await api.ask("DELETE", f"/grants/{one['id']}")).status_code == 204


async def test_a_directory_that_is_away_is_told_by_the_page_and_in_a_problem(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = LdapServer(url=f"ldap://127.0.0.1:{nobody.getsockname()[1]}", roles={"*": "viewer"}, base="dc=example,dc=org")
        async with user_simulation(lambda: None) as user:
            context = fakes.context(fakes.home_lab(), tmp_path, ldap=LdapDirectory(away))
            context.users.add_now("boss", "hash", Role.ADMIN)
            add_routes(app, context)
            given = {"name": "anna", "password": "anna's password"}
            page = await user.http_client.post("/login", data=given, headers={"accept": "text/html"})
            assert page.status_code == 401 and AWAY in page.text and 'value="anna"' in page.text
            ours = {"origin": str(user.http_client.base_url)}
            told = await user.http_client.post("/login", json=given, headers=ours)
            assert (told.status_code, told.headers["content-type"]) == (401, "application/problem+json")
            assert told.json()["detail"].startswith(AWAY)
            await context.auth.close()
