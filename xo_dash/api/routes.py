"""All of `/api/v1`, put into the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

from nicegui import App
from starlette.responses import RedirectResponse, Response

from xo_dash.api import access, actions, consoles, events, invitations, metrics, objects, openapi, people, quotas, rolling, runs, transfers
from xo_dash.api.asked import Asked, Desk, Handler, Problem, WrongMethod, endpoint, told
from xo_dash.api.collections import FINDINGS, OBJECTS, Collection
from xo_dash.api.listing import listed
from xo_dash.context import Context
from xo_dash.i18n import _

BASE: Final = "/api/v1"
COLLECTIONS: Final[Sequence[Collection[Any]]] = (*OBJECTS, FINDINGS, runs.RUNS, rolling.ROLLING, *people.COLLECTIONS, quotas.QUOTAS)
METHODS: Final = ("GET", "HEAD", "QUERY", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
MEASURED: Final = ("hosts", "vms", "srs")


class ApiRoute(NamedTuple):
    """One route."""

    method: str
    path: str  # below BASE
    handler: Handler
    body: Any = None  # the type of what is posted, for the description


def add_routes(app: App, context: Context) -> None:
    desk = Desk(context)
    rows = tuple(table())
    for row in rows:
        app.add_route(BASE + row.path, endpoint(desk, row.handler), methods=[row.method], include_in_schema=False)
    app.add_route("/metrics", endpoint(desk, metrics.metrics), methods=["GET"], include_in_schema=False)
    openapi.add_page(app)  # before what answers for everything else
    for path in (BASE, "/api/{rest:path}"):
        app.add_route(path, endpoint(desk, nothing_of(rows)), methods=list(METHODS), include_in_schema=False)


def table() -> Iterator[ApiRoute]:
    """What is asked in which way. Of two routes that fit the first is taken."""
    yield ApiRoute("GET", "/openapi.json", partial(openapi.described, COLLECTIONS, table))
    yield ApiRoute("GET", "/events", partial(events.events, events.EventFeeds()))
    yield ApiRoute("GET", "/actions", actions.all_actions)
    yield ApiRoute("GET", "/actions/{id}", actions.one_action)
    yield ApiRoute("POST", "/actions/{id}", actions.give, actions.ActionBody)
    yield ApiRoute("GET", "/access", access.access)
    yield ApiRoute("GET", "/runs/{id}", runs.one_run)
    yield ApiRoute("GET", "/runs/{id}/file", transfers.fetch)
    yield ApiRoute("POST", "/uploads", transfers.offer, transfers.FileOffer)
    yield ApiRoute("GET", "/uploads/{id}", transfers.wanted)
    yield ApiRoute("PUT", "/uploads/{id}", transfers.send)
    yield ApiRoute("POST", "/vms/{uuid}/console", consoles.ticket)
    yield ApiRoute("DELETE", "/runs/{id}", runs.cancel)
    yield ApiRoute("POST", "/runs/{id}/undo", runs.undo, runs.UndoBody)
    yield ApiRoute("POST", "/pools/{uuid}/rolling", rolling.begin, rolling.RollingBody)
    yield ApiRoute("POST", "/rolling/{id}/answer", rolling.answer, rolling.RollingAnswer)
    yield ApiRoute("POST", "/users", people.add_user, people.NewUser)
    yield ApiRoute("DELETE", "/users/{uuid}", people.remove_user)
    yield ApiRoute("PUT", "/users/{uuid}/state", invitations.set_state, invitations.UserState)
    yield ApiRoute("POST", "/users/{uuid}/invitation", invitations.renew, invitations.NewLink)
    yield ApiRoute("POST", "/invitations", invitations.invite, invitations.NewInvitation)
    yield ApiRoute("POST", "/groups", people.add_group, people.NewGroup)
    yield ApiRoute("PUT", "/groups/{uuid}/members", people.set_members, people.GroupMembers)
    yield ApiRoute("DELETE", "/groups/{uuid}", people.remove_group)
    yield ApiRoute("POST", "/roles", people.save_role, people.NewRole)
    yield ApiRoute("DELETE", "/roles/{uuid}", people.remove_role)
    yield ApiRoute("POST", "/grants", people.add_grant, Annotated[people.NewGrant, people.FOR_ONE])
    yield ApiRoute("DELETE", "/grants/{uuid}", people.remove_grant)
    yield ApiRoute("POST", "/quotas", quotas.save_quota, Annotated[quotas.NewQuota, people.FOR_ONE, quotas.LIMITS_SOMETHING])
    yield ApiRoute("DELETE", "/quotas/{uuid}", quotas.remove_quota)
    yield ApiRoute("PUT", "/vms/{uuid}/owner", quotas.set_owner, quotas.NewOwner)
    for collection in COLLECTIONS:
        yield ApiRoute("GET", f"/{collection.name}", partial(listed, collection))
        if collection.name in MEASURED:
            yield ApiRoute("GET", f"/{collection.name}/{{uuid}}/stats", partial(objects.stats, collection))
        if collection is not runs.RUNS:
            yield ApiRoute("GET", f"/{collection.name}/{{uuid}}", partial(objects.one, collection))


def nothing_of(rows: Sequence[ApiRoute]) -> Handler:
    """The answer where nothing is, or nothing of that method."""

    async def nothing(asked: Asked) -> Response:
        path = asked.request.url.path.partition(BASE)[2].strip("/")
        if not path:
            return await told(asked, {"collections": [f"{BASE}/{one.name}" for one in COLLECTIONS], "actions": f"{BASE}/actions",
                                      "openapi": f"{BASE}/openapi.json"})  # fmt: skip
        methods = {row.method for row in rows if _is_at(row.path.strip("/"), path)}
        if asked.request.method in methods:  # all but the slash at its end is the address of something
            return RedirectResponse(asked.request.url.replace(scheme="", netloc="", path=f"{BASE}/{path}"), status_code=308)
        if methods:
            raise WrongMethod(asked.request.method, methods)
        if "/" not in path:
            names = ", ".join(sorted({row.path.split("/")[1] for row in rows if row.method == "GET"}))
            raise Problem(404, _("there is no “{name}” here; there are: {names}").format(name=path[:80], names=names))
        raise Problem(404, _("there is nothing at this address; see {path}").format(path=f"{BASE}/openapi.json"))

    return nothing


def _is_at(pattern: str, path: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(one.startswith("{") or one == other for one, other in zip(wanted, given, strict=True))
