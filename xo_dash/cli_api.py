"""`xo-dash ls|show|watch|why`, and `do --url`: the API from the command line, of the dashboard on this machine or of another.

Exit status: 0 done, 1 it was refused or failed, 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from xo_dash.cli_dashboards import Api, ApiError, Local, NoDashboard, Remote, got, remote
from xo_dash.cli_table import print_table
from xo_dash.config import Settings
from xo_dash.control.run_audit import TAKE_BACK
from xo_dash.i18n import _

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "vms": ("name_label", "power_state", "uuid"),
    "hosts": ("name_label", "address", "enabled", "uuid"),
    "srs": ("name_label", "type", "physical_size", "physical_utilisation", "uuid"),
    "vdis": ("name_label", "virtual_size", "uuid"),
    "pbds": ("host", "SR", "currently_attached", "uuid"),
    "pifs": ("host", "device", "VLAN", "IP", "management", "uuid"),
    "tasks": ("name_label", "status", "progress", "uuid"),
    "messages": ("name", "priority", "timestamp", "uuid"),
    "findings": ("level", "text", "id"),
    "rolling": ("id", "state", "user", "paused"),
    "runs": ("action", "state", "user", "id"),
    "users": ("name", "role", "id"),
    "groups": ("name", "users", "id"),
    "roles": ("name", "verbs"),
    "quotas": ("user", "group", "vms", "vcpus", "memory", "disk", "used", "id"),
    "grants": ("user", "group", "role", "on", "deny", "id"),
}
"""What `ls` shows of a collection, unless told otherwise; of others their name and uuid."""
EVERY: Final = 0.3
"""Seconds between two looks at a run."""
HELLO, RESET = "hello", "reset"
"""Events about the stream itself: it begins; changes were missed."""
AGAIN: Final = 2.0
"""Seconds until what was cut off is tried again."""


def run(given: argparse.Namespace, settings: Settings) -> int:
    """ls, show, watch and why; the exit status."""
    try:
        return asyncio.run(_run(given, settings))
    except ApiError as error:
        _note(str(error))
        return 1


async def _run(given: argparse.Namespace, settings: Settings) -> int:
    async with remote(given) as there:
        api: Api = there or Local(settings.data_dir)
        await {"ls": _list, "show": _show, "watch": _watch, "why": _why}[given.command](given, api)
    return 0


async def _list(given: argparse.Namespace, api: Api) -> None:
    columns = [name for name in given.fields.split(",") if name] or list(COLUMNS.get(given.collection, ("name_label", "uuid")))
    rows: list[dict[str, Any]] = []
    query = {"filter": " ".join(given.filter), "fields": ",".join(columns)}
    cursor: str | None = ""
    while cursor is not None:
        page = await got(api, f"/{quote(given.collection)}?{urlencode({**query, 'cursor': cursor})}")
        rows += page["items"]
        cursor = page["next"]
    if given.json:
        for row in rows:
            print(orjson.dumps(row).decode())
        return
    print_table(columns, [[_text(row.get(name)) for name in columns] for row in rows], _("nothing found"))


async def _show(given: argparse.Namespace, api: Api) -> None:
    item = await named(given.collection, given.object, api)
    if given.json:
        print(orjson.dumps(item).decode())
        return
    width = max(map(len, item))
    for name, value in item.items():
        print(f"{name.ljust(width)}  {_text(value)}".rstrip())


async def named(collection: str, text: str, api: Api) -> Any:
    """The item of that uuid, key or id; else the one of that name. Raises ApiError."""
    try:
        return await got(api, f"/{quote(collection)}/{quote(text, safe='@')}")
    except NoDashboard:
        raise
    except ApiError:
        try:
            wanted = urlencode({"filter": f'name:"{text}"'})
            found = (await got(api, f"/{quote(collection)}?{wanted}"))["items"]
        except ApiError:
            found = []
        same = [item for item in found if text in (item.get("name_label"), item.get("name"))]
        if not same:
            raise
        if len(same) > 1:
            keys = ", ".join(f"{item['uuid']}@{item['pool']}" if "pool" in item else item["id"] for item in same[:10])
            sentence = _("several {collection} are called “{name}”; use one of these instead: {keys}")
            raise ApiError(sentence.format(collection=collection, name=text, keys=keys)) from None
        return same[0]


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode() if value else "–"
    return str(value)


async def _watch(given: argparse.Namespace, api: Api, again: float = AGAIN) -> None:
    """A line for each change, until it is interrupted; where it is cut off, it goes on with what came next."""
    last, lost = "", False
    while True:
        try:
            async for number, name, value in _events(given.collections, last, api):
                if lost or name == RESET:
                    _note(_("some changes were missed; list again with: xo-dash ls") if name == RESET else _("connected again"))
                last, lost = number, False
                if name not in (HELLO, RESET):
                    print(f'{{"event":"{name}",{value[1:]}' if given.json else _told(name, orjson.loads(value)), flush=True)
        except NoDashboard:
            if not last:
                raise
        if not lost:
            _note(_("the connection was lost; trying again"))
        lost = True
        await asyncio.sleep(again)


async def _events(collections: Sequence[str], last: str, api: Api) -> AsyncIterator[tuple[str, str, str]]:
    """(id, name, JSON) of each behind `last`, until the stream ends. Raises ApiError."""
    query = urlencode({"collections": ",".join(collections), "last_event_id": last})
    number = name = ""
    async with aclosing(_lines(api.stream(f"/events?{query}"))) as lines:  # type: ignore[type-var]  # it is a generator
        async for line in lines:
            key, _colon, value = line.partition(": ")
            if key == "id":
                number = value
            elif key == "event":
                name = value
            elif key == "data":
                yield number, name, value


def _note(sentence: str) -> None:
    """Beside what is read by other programs."""
    print(f"xo-dash: {sentence}", file=sys.stderr, flush=True)


async def _why(given: argparse.Namespace, api: Api) -> None:
    """The sentence, then what each grant that applies says."""
    answer = await got(api, f"/access?{urlencode({'user': given.user, 'action': given.action, 'on': given.object})}")
    if given.json:
        print(orjson.dumps(answer).decode())
        return
    print(answer["reason"])
    if answer["allowed"] and answer["obstacle"]:
        print(_("Not possible at the moment: {reason}.").format(reason=answer["obstacle"]))
    if answer["grants"]:
        rows = [[_text(one[name]) for name in ("effect", "role", "on", "user", "group", "id")] for one in answer["grants"]]
        print_table((_("says"), _("role"), _("on"), _("user"), _("group"), _("id")), rows, "")


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode()


def _told(name: str, data: Mapping[str, Any]) -> str:
    about = data.get("object") or {}
    called = about.get("name_label") or about.get("name") or about.get("action") or ""
    state = about.get("power_state") or about.get("state") or about.get("status") or ""
    return "  ".join(filter(None, (name, data.get("op", ""), str(data.get("uuid") or data.get("id") or ""), called, str(state))))


# ---- do


async def carry_out(
    api: Remote, action: str, on: Sequence[str], values: Mapping[str, object], *, dry_run: bool
) -> AsyncIterator[dict[str, Any]]:
    """What `cli_do` is told by the dashboard of this machine: a preview, or a run until it has ended. Raises ApiError."""
    if action == TAKE_BACK:
        answer = await api.post(f"/runs/{quote(' '.join(on), safe='')}/undo", {"dry_run": dry_run})
    else:
        answer = await api.post(f"/actions/{quote(action)}", {"on": list(on), "with": dict(values), "dry_run": dry_run})
    if "preview" in answer:
        yield answer
        return
    while True:
        yield {"run": answer}
        if answer["ended"]:
            return
        await asyncio.sleep(EVERY)
        answer = await got(api, f"/runs/{answer['id']}")
