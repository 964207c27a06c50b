"""Lists and single objects: fields, filters, pages, and what is wrong with a question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.facts.vm import is_guest
from data.mirror import Mirror
from data.objects import VM
from data.scope import everything
from data.stores.directory import DataDirectory
from data.stores.tokens import TokenStore
from data.stores.users import Role, UserStore
from tests import fakes
from tests.api.conftest import Api
from xo_dash.api.asked import RateLimit
from xo_dash.api.collections import OBJECTS
from xo_dash.api.routes import COLLECTIONS


async def test_vms_have_the_names_that_xapi_gives_them(api: Api) -> None:
    answer = await api.get("/vms")
    assert answer["next"] is None and len(answer["items"]) == 41
    web = next(vm for vm in answer["items"] if vm["name_label"] == "web-1")
    host = next(host for host in (await api.get("/hosts"))["items"] if host["name_label"] == "xcp-lab-1")
    assert (web["power_state"], web["resident_on"], web["pool"]) == ("Running", host["uuid"], host["pool"])
    assert "OpaqueRef" not in str(web), "references are uuids"
    assert await api.get(f"/vms/{web['uuid']}") == await api.get(f"/vms/{web['uuid']}@{web['pool']}") == web


async def test_a_row_is_told_as_its_fields_are(api: Api) -> None:
    for collection in OBJECTS:
        for row in api.context.mirror.every(collection.kind):  # type: ignore[type-var]  # they are of a kind
            each = {name: tell(row, everything) for name, tell in collection.fields.items()}
            assert collection.as_data(row, everything) == each, collection.name


async def test_fields_filter_and_pages(api: Api) -> None:
    ci = await api.get("/vms", fields="name_label,power_state", filter="k8s -worker power_state:running")
    assert [set(vm) for vm in ci["items"]] == [{"uuid", "pool", "name_label", "power_state"}]
    assert {vm["name_label"] for vm in (await api.get("/vms", filter="tag:ci"))["items"]} == {"ci-runner-1"}
    assert len((await api.get("/vms", filter="host:xcp-lab-2 is:running"))["items"]) == 9
    assert not (await api.get("/vms", filter="memory_static_max:>1TiB"))["items"]
    seen: list[str] = []
    cursor = ""
    while True:
        page = await api.get("/vms", limit="7", cursor=cursor, fields="name_label")
        seen += [vm["uuid"] for vm in page["items"]]
        if not (cursor := page["next"] or ""):
            break
    assert len(seen) == 41 and seen == sorted(seen) and len(set(seen)) == 41


@pytest.mark.parametrize("name", [one.name for one in COLLECTIONS])
async def test_every_collection_is_listed_and_its_items_are_found_by_what_they_are_called(api: Api, name: str) -> None:
    items = (await api.get(f"/{name}"))["items"]
    for item in items[:2]:
        key = item.get("uuid") or item["id"]
        assert await api.get(f"/{name}/{key}") == item
        narrow = await api.get(f"/{name}/{key}", fields=list(item)[-1])
        assert narrow.items() <= item.items() and len(narrow) < len(item)


async def test_who_has_a_list_is_told_that_it_is_the_same(api: Api) -> None:
    first = await api.ask("GET", "/vms")
    assert (await api.ask("GET", "/vms", headers={"if-none-match": first.headers["etag"]})).status_code == 304
    fakes.change(api.context.mirror, fakes.find(api.context.mirror, "web-1"), name_label="web-2")
    assert (await api.ask("GET", "/vms", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_a_wrong_question_is_answered_with_a_way_out(api: Api) -> None:
    assert "name_label" in (await api.refused(400, "GET", "/vms?fields=colour"))["detail"]
    assert "power_state" in (await api.refused(400, "GET", "/vms?filter=colour:red"))["detail"]
    assert "limit" in (await api.refused(400, "GET", "/vms?limits=3"))["detail"]
    for wrong in ("limit=0", "limit=many", "limit=99999", "cursor=%21", "limit=1&limit=2"):
        await api.refused(400, "GET", f"/vms?{wrong}")
    await api.refused(404, "GET", "/vms/00000000-0000-0000-0000-000000000000")
    await api.refused(404, "GET", "/cars")
    assert "GET" in (await api.refused(405, "PUT", "/vms"))["detail"]
    slash = await api.ask("GET", "/vms/?fields=uuid")
    assert slash.status_code == 308 and slash.headers["location"] == "/api/v1/vms?fields=uuid"


async def test_nobody_and_who_has_an_expired_token(api: Api) -> None:
    assert "Bearer" in (await api.refused(401, "GET", "/vms", by=""))["detail"]
    store = api.context.tokens
    token = store.get(api.tokens["admin"].split("_")[1])
    assert token is not None
    store.remove_now(token.id)
    await api.refused(401, "GET", "/vms")


async def test_what_was_measured(api: Api) -> None:
    vm = fakes.find(api.context.mirror, "web-1")
    api.context.mirror.pools[vm.home.id].history.put(vm.uuid, "cpu", 2e9, 0.25)
    told = await api.get(f"/vms/{vm.uuid}/stats")
    assert told["step"] == 5 and told["end"] == 2e9 and told["series"]["cpu"][-1] == 0.25 and told["series"]["cpu"][0] is None


async def test_a_uuid_of_two_pools_is_answered_with_both(api: Api) -> None:
    mirror: Mirror = api.context.mirror
    vm = fakes.find(mirror, "web-1")
    other = next(pool for pool in mirror if pool is not vm.home)
    twin = next(one for one in other.all(VM).values() if is_guest(one))
    fakes.change(mirror, twin, uuid=vm.uuid)
    told = await api.refused(409, "GET", f"/vms/{vm.uuid}")
    assert set(told["matches"]) == {f"{vm.uuid}@{pool.key}" for pool in mirror}
    assert all(match in told["detail"] for match in told["matches"])
    told = await api.refused(409, "POST", "/actions/vm.start", json={"on": [vm.uuid]})
    assert len(told["matches"]) == 2
    assert (await api.get(f"/vms/{told['matches'][0]}"))["uuid"] == vm.uuid


async def test_a_token_of_the_command_line_opens_at_once(api: Api) -> None:
    """The server's own copy of the stores is older."""
    directory = DataDirectory(api.context.settings.data_dir)
    user = UserStore(directory).add_now("late", "hash", Role.VIEWER)
    api.tokens["late"], _token = TokenStore(directory).add_now(user.id, "tests")
    directory.close()
    assert (await api.get("/vms", by="late"))["items"]


async def test_an_expired_token_is_told_by_its_name(api: Api) -> None:
    store = api.context.tokens
    store._update(None, api.tokens["admin"].split("_")[1], lambda token: replace(token, until=1.0))
    assert "“tests” has expired" in (await api.refused(401, "GET", "/vms"))["detail"]


def test_a_session_that_asks_too_fast_waits() -> None:
    now = [0.0]
    limit = RateLimit(burst=3, rate=2, clock=lambda: now[0])
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.wait("b") == 0, "others are served"
    now[0] = 0.5
    assert limit.wait("a") == 0 and limit.wait("a") > 0
