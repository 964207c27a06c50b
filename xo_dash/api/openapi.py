"""`/api/v1/openapi.json`: what can be asked for, made of the tables that answer it; and a page of ours that shows it."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

import msgspec
from nicegui import App
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from xo_dash import __version__
from xo_dash.api.asked import Asked, told
from xo_dash.api.collections import Collection
from xo_dash.api.listing import MOST, USUAL
from xo_dash.auth.kinds import PROGRAMS, open_to
from xo_dash.control.actions import ACTIONS
from xo_dash.control.requests.fields import hide_unchanged

Described = dict[str, Any]
PROBLEM: Final[Described] = {
    "type": "object",
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence with a way out"},
    },
    "required": ["type", "title", "status", "detail"],
}  # fmt: skip
RUN: Final[Described] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "state": {"enum": ["waiting", "running", "done", "failed", "refused", "cancelled", "lost"]},
        "steps": {"type": "array", "items": {"type": "object"}},
        "results": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["id", "state", "steps", "results"],
}  # fmt: skip
CURSOR: Final = "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{3}=|[A-Za-z0-9_-]{2}==)?$"
ON: Final[Described] = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "string"},
    "description": "uuid, uuid@pool, or a name that only one has",
}


class Route(Protocol):
    """A row of the table of routes."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def handler(self) -> object: ...

    @property
    def body(self) -> Any: ...


async def described(collections: Sequence[Collection[Any]], table: Callable[[], Iterable[Route]], asked: Asked) -> Response:
    asked.query(())
    return await told(asked, await to_thread(description, collections, tuple(table())))


def description(collections: Sequence[Collection[Any]], routes: Iterable[Route]) -> Described:
    """The whole of it."""
    paths: dict[str, Described] = {}
    routes = tuple(routes)
    shapes = list(dict.fromkeys((*(action.request for action in ACTIONS), *(route.body for route in routes if route.body is not None))))
    schemas, parts = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    hide_unchanged(parts.values())
    schema_of = dict(zip(shapes, schemas, strict=True))
    known = list(_operations(collections, schema_of))
    told_apart = {(path, method) for path, method, _operation in known}
    others = [_other(route, schema_of) for route in routes if (route.path, route.method.lower()) not in told_apart]
    for path, method, operation in (*known, *others):
        paths.setdefault(path, {})[method] = {
            **operation,
            "responses": {**operation["responses"], "default": _answer("Problem", "problem+json")},
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "xo-dash", "version": __version__},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**parts, "Problem": PROBLEM, "Run": RUN},
        },
    }


def _operations(collections: Sequence[Collection[Any]], schema_of: Mapping[Any, Described]) -> Iterator[tuple[str, str, Described]]:
    for one in collections:
        fields = list(one.fields)
        some = "|".join(fields)
        asked = [_query("fields", "Comma separated", {"type": "string", "pattern": f"^(({some})(,({some}))*)?$"}),
                 _query("filter", "Words and key:value, combined with AND"),
                 _query("limit", "", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
                 _query("cursor", "`next` of the answer before", {"type": "string", "pattern": CURSOR})]  # fmt: skip
        yield f"/{one.name}", "get", {"summary": one.title, "parameters": asked, "responses": {"200": _page(fields)}}
        key = "id" if one.name == "runs" else "uuid"
        yield f"/{one.name}/{{{key}}}", "get", {
            "summary": f"One of the {one.name}", "parameters": [_path(key), asked[0]], "responses": {"200": _object(fields)},
        }  # fmt: skip
    yield "/runs/{id}", "delete", {"summary": "Cancel a run", "parameters": [_path("id")], "responses": {"202": _answer("Run")}}
    asked = [_query("user", "Name or id; you, where it is left out"), _query("action", "Id of an action, or vm.see, vm.console ..."),
             _query("on", "uuid, uuid@pool, or a name that only one has")]  # fmt: skip
    yield "/access", "get", {
        "summary": "Whether a user may do one thing to one object, and which grant says so", "parameters": asked,
        "responses": {"200": _object(["user", "action", "on", "allowed", "by", "reason", "obstacle", "grants"])},
    }  # fmt: skip
    yield "/actions", "get", {"summary": "All actions, with the schema of their requests", "responses": {"200": _object([])}}
    for action in ACTIONS:
        body = {"type": "object", "required": ["on"], "additionalProperties": False,
                "properties": {"on": ON, "with": schema_of[action.request], "dry_run": {"type": "boolean", "default": False}}}  # fmt: skip
        yield f"/actions/{action.id}", "post", {
            "summary": action.title, "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {"200": _object(["action", "dry_run", "preview"]), "202": _answer("Run")},
        }  # fmt: skip
        yield f"/actions/{action.id}", "get", {"summary": f"What “{action.title}” wants to know", "responses": {"200": _object([])}}


def _other(route: Route, schema_of: Mapping[Any, Described]) -> tuple[str, str, Described]:
    """Of a route that is neither a list nor an action: what its handler says of itself."""
    handler = route.handler.func if isinstance(route.handler, partial) else route.handler
    summary = (handler.__doc__ or getattr(handler, "__name__", "").replace("_", " ").capitalize()).strip().partition("\n")[0]
    parameters = [_path(part[1:-1]) for part in route.path.split("/") if part.startswith("{")]
    operation: Described = {"summary": summary, "parameters": parameters, "responses": {"2XX": {"description": "OK"}}}
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema_of[route.body]}}}
    return route.path, route.method.lower(), operation


def _query(name: str, text: str, schema: Mapping[str, object] | None = None) -> Described:
    return {"name": name, "in": "query", "description": text, "schema": schema or {"type": "string"}}


def _path(name: str) -> Described:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _answer(schema: str, kind: str = "json") -> Described:
    return {"description": schema, "content": {f"application/{kind}": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _object(fields: Sequence[str]) -> Described:
    schema = {"type": "object", "properties": {name: {} for name in fields}}
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _page(fields: Sequence[str]) -> Described:
    items = {"type": "array", "items": {"type": "object", "properties": {name: {} for name in fields}}}
    schema = {"type": "object", "properties": {"items": items, "next": {"type": ["string", "null"]}}}
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>xo-dash API</title>
<style>
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 13px/1.5 ui-monospace, monospace }
summary { cursor: pointer; padding: .3rem 0 }
summary b { display: inline-block; width: 4.5rem }
details { border-bottom: 1px solid #8884 }
pre { overflow: auto; padding: .5rem; background: #8881 }
input { font: inherit; width: 100%; padding: .4rem; box-sizing: border-box }
</style></head><body><h1>xo-dash API</h1>
<p>Send <code>Authorization: Bearer xod_…</code>. The same as data: <a href="openapi.json">openapi.json</a></p>
<input id="q" type="search" aria-label="Find" placeholder="Find"><div id="all"></div>
<script>
const rows = [], all = document.getElementById("all"), find = document.getElementById("q");
const add = (parent, tag, text) => {
  const made = document.createElement(tag);
  made.textContent = text ?? "";
  parent.append(made);
  return made;
};
fetch("openapi.json").then((answer) => answer.json()).then((api) => {
  const whole = (part) => part?.$ref ? whole(api.components.schemas[part.$ref.split("/").pop()])
    : Array.isArray(part) ? part.map(whole)
    : part && typeof part === "object" ? Object.fromEntries(Object.entries(part).map(([key, one]) => [key, whole(one)])) : part;
  for (const [path, methods] of Object.entries(api.paths))
  for (const [method, one] of Object.entries(methods)) {
    const box = add(all, "details"), head = add(box, "summary");
    add(head, "b", method.toUpperCase()); add(head, "code", "/api/v1" + path); head.append(" " + one.summary);
    const told = { parameters: one.parameters, body: one.requestBody?.content["application/json"].schema };
    box.addEventListener("toggle", () => box.querySelector("pre") ?? add(box, "pre", JSON.stringify(whole(told), null, 2)));
    rows.push([box, head.textContent.toLowerCase()]);
  }
});
find.addEventListener("input", () => rows.forEach(([box, text]) => { box.hidden = !text.includes(find.value.toLowerCase()); }));
</script></body></html>
"""


def add_page(app: App) -> None:
    """`/api/v1/docs`, for who is signed in; it needs nothing but openapi.json."""

    @open_to(PROGRAMS)
    async def page(_request: Request) -> Response:
        return HTMLResponse(PAGE, headers={"cache-control": "private, max-age=3600"})

    app.add_route("/api/v1/docs", page, methods=["GET"], include_in_schema=False)
