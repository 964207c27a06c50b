"""`xo-dash rolling update|reboot POOL`, `status`, `answer`: rolling runs, of the dashboard on this machine or of another.

Exit status: 0 it can begin, has begun or is done; 1 something stands against it, it waits for an answer, or not all hosts are done;
2 a wrong command line.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from data.stores.errors import RecordInvalid
from data.stores.moments import moment_of
from xo_dash.cli_api import named
from xo_dash.cli_dashboards import ApiError, Local, PostingApi, got, remote
from xo_dash.cli_table import print_table
from xo_dash.config import Settings
from xo_dash.control.rolling.state_words import TURNS, WHOLE
from xo_dash.i18n import N_, _, datetime

GRAVITIES: Final[Mapping[str, str]] = {
    "blocks": N_("to resolve"), "decided": N_("decided"), "automatic": N_("automatic"), "fine": N_("passed"),
}  # fmt: skip
EVERY: Final = 1.0
"""Seconds between two looks at a run."""


class WrongChoice(Exception):
    """The command line is wrong; the text is a sentence."""


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Carry out the command of `given`; the exit status."""
    try:
        return asyncio.run(_run(given, settings))
    except ApiError as error:
        print(f"xo-dash: {error}", file=sys.stderr)
        return 1
    except WrongChoice as error:
        print(f"xo-dash: {error}", file=sys.stderr)
        return 2


async def _run(given: argparse.Namespace, settings: Settings) -> int:
    async with remote(given) as there:
        return await _carry_out(given, there or Local(settings.data_dir))


async def _carry_out(given: argparse.Namespace, api: PostingApi) -> int:
    return await {"status": _show, "answer": _answer}.get(given.verb, _begin)(given, api)


# ---- before it, and its begin


async def _begin(given: argparse.Namespace, api: PostingApi) -> int:
    pool = await named("pools", given.pool, api)
    wish = {"with": await _values(given, api), "dry_run": given.dry_run}
    answer = await api.post(f"/pools/{quote(_key(pool), safe='@')}/rolling", wish)
    if given.dry_run:
        _tell(given, answer, _print_preview)
        return 1 if answer["refused"] else 0
    return await _followed(given, api, answer)


async def _values(given: argparse.Namespace, api: PostingApi) -> dict[str, object]:
    """The fields of the run; names become uuids."""
    values: dict[str, object] = {
        "update": given.verb == "update", "pause_first": not given.no_pause, "bring_back": not given.leave_moved,
        "left_out": [(await named("hosts", text, api))["uuid"] for text in given.leave_out],
        "order": [(await named("hosts", text, api))["uuid"] for text in given.order],
        "vms": [await _decision(text, api) for text in given.vm],
    }  # fmt: skip
    if given.at:
        values["begins"] = _moment(given.at)
    if given.network:
        values["network"] = (await named("networks", given.network, api))["uuid"]
    return values | {name: value for name in ("at_once", "minutes") if (value := getattr(given, name)) is not None}


def _moment(text: str) -> float | None:
    try:
        return moment_of(text)
    except RecordInvalid as error:
        raise WrongChoice(str(error)) from error


async def _decision(text: str, api: PostingApi) -> dict[str, object]:
    """Of `web-1=suspend`."""
    name, equals, how = text.rpartition("=")
    if not (name and equals and how):
        raise WrongChoice(_("“{text}” must be like web-1=suspend").format(text=text))
    return {"vm": (await named("vms", name, api))["uuid"], "how": how}


def _key(item: Mapping[str, Any]) -> str:
    return f"{item['uuid']}@{item['pool']}"


def _print_preview(answer: Mapping[str, Any]) -> None:
    for check in answer["checks"]:
        print(f"{_(GRAVITIES[check['gravity']])}: {check['what']}: {check['why']}")
        for way in _ways(check):
            print(f"    {way}")
    hosts = [[str(place), host["name"], host["action"]] for place, host in enumerate(answer["hosts"], 1)]
    print_table((_("No."), _("Host"), _("Action")), hosts, "")
    print(_("It cannot start: {reason}.").format(reason=answer["refused"]) if answer["refused"] else _("It can start."))


def _ways(check: Mapping[str, Any]) -> Sequence[str]:
    """What can be given to resolve it."""
    chosen = f" ({check['chosen']})" if check["chosen"] else ""
    ways = [f"--vm {check['vm']}={'|'.join(check['ways'])}{chosen}"] if check["vm"] and check["ways"] else []
    if check["fix"]:
        ways.append(f"xo-dash do {check['fix']} {check['fix_on']}")
    return [*ways, *([f"--leave-out {check['host']}"] if check["gravity"] == "blocks" and check["host"] else [])]


# ---- while it goes on


async def _show(given: argparse.Namespace, api: PostingApi) -> int:
    if not given.run:
        items = (await got(api, "/rolling"))["items"]
        if given.json:
            for item in items:
                print(orjson.dumps(item).decode())
        else:
            rows = [[item["id"], _title(item), item["user"], datetime(item["began"]), _state(item), item["paused"]] for item in items]
            print_table(("ID", _("What"), _("User"), _("Started"), _("State"), _("Waits for")), rows, _("no rolling runs"))
        return 0
    return await _followed(given, api, await got(api, f"/rolling/{quote(given.run, safe='')}"))


async def _answer(given: argparse.Namespace, api: PostingApi) -> int:
    """`stop` at any time, the rest while it is paused."""
    answer = await api.post(f"/rolling/{quote(given.run, safe='')}/answer", {"answer": given.answer})
    _tell(given, answer, _print_run)
    return 0


async def _followed(given: argparse.Namespace, api: PostingApi, answer: Mapping[str, Any]) -> int:
    """Told once, or with --wait until it has ended or waits for somebody, each line of its log as it comes."""
    told = 0
    while given.wait:
        for line in answer["log"][told:] if not given.json else ():
            print(f"{datetime(line['at'])}  {line['host']}  {line['what']}", flush=True)
        told = len(answer["log"])
        if answer["ended"] or answer["paused"]:
            break
        await asyncio.sleep(EVERY)
        answer = await got(api, f"/rolling/{answer['id']}")
    _tell(given, answer, _print_run)
    return 0 if answer["state"] in ("scheduled", "running", "stopping", "done") else 1


def _tell(given: argparse.Namespace, answer: Mapping[str, Any], in_words: Any) -> None:
    if given.json:
        print(orjson.dumps(answer).decode(), flush=True)
    else:
        in_words(answer)


def _title(item: Mapping[str, Any]) -> str:
    return _("Rolling update") if item["request"]["update"] else _("Rolling reboot")


def _state(item: Mapping[str, Any]) -> str:
    return _(WHOLE[item["state"]])


def _print_run(item: Mapping[str, Any]) -> None:
    begins = f"  {datetime(item['begins'])}" if item["begins"] and not item["ended"] else ""
    print(f"{item['id']}  {_title(item)}  {_state(item)}{begins}")
    rows = [[turn["name"], _(TURNS[turn["state"]]), turn["reason"] or turn["waits"]] for turn in item["turns"]]
    print_table((_("Host"), _("State"), _("Reason")), rows, "")
    for left in item["left"]:
        print(_("Not restored: {what}").format(what=left))
    if item["paused"]:
        print(_("Paused: {reason}").format(reason=item["paused"]))
    if item["answers"]:
        print(f"xo-dash rolling answer {item['id']} {'|'.join(item['answers'])}")
