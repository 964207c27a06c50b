"""`xo-dash do ACTION NAME... --field value`: a command from the table, to the dashboard that runs or without one.

Exit status: 0 all done, 1 something was refused or failed, 2 a wrong command line.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import orjson

from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryInUse, RecordRefused
from xo_dash.cli_api import carry_out
from xo_dash.cli_dashboards import ApiError, remote
from xo_dash.cli_files import FileError, Files
from xo_dash.config import URL, Settings
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import ACTIONS, BY_ID
from xo_dash.control.audit import Audit
from xo_dash.control.local_user import local_user
from xo_dash.control.order_desk import OrderDesk
from xo_dash.control.orders import OfferedFile, Order
from xo_dash.control.requests.fields import InputKind, RequestField
from xo_dash.control.run_audit import TAKE_BACK
from xo_dash.i18n import _, locale
from xo_dash.local_socket import LONGEST, LocalSocket, within

PATIENCE = 30.0
"""Seconds in which the pools come, where no dashboard runs."""


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Carry out the command of `given`; the exit status."""
    if not given.action:
        print("\n".join(_described(action) for action in ACTIONS))
        print(f"{TAKE_BACK} RUN\n    {_('Undo what is left')}")
        return 0
    values = flags(given.fields)
    if isinstance(values, str):
        print(f"xo-dash: {values}", file=sys.stderr)
        return 2
    if given.url or os.environ.get(URL):
        return asyncio.run(_carry_out_elsewhere(given, values))
    output = values.pop("output", None)
    files = Files(settings.data_dir, {name: Path(str(values.pop(name))) for name in _file_fields(given.action, values)}, _path(output))
    try:
        offered = {field: OfferedFile(**file) for field, file in files.offered().items()}  # type: ignore[arg-type]  # a name and a size
    except FileError as error:
        print(f"xo-dash: {error}", file=sys.stderr)
        return 2
    order = Order(action=given.action, on=given.objects, values=values, files=offered, dry_run=given.dry_run)
    return asyncio.run(_carry_out(order, settings, files, as_json=given.json))


def _file_fields(action_id: str, values: Mapping[str, object]) -> list[str]:
    """Fields that are files of this computer, as far as they are given; those on the web the dashboard fetches."""
    action = BY_ID.get(action_id)
    given = {
        field.name: str(values[field.name])
        for field in (action.fields if action else ())
        if field.entry is InputKind.FILE and field.name in values
    }
    return [name for name, text in given.items() if not text.startswith(("https://", "http://"))]


def _path(output: object) -> Path | None:
    return Path(output) if isinstance(output, str) and output else None


def flags(words: Sequence[str]) -> dict[str, object] | str:
    """{field: value} of `--name web --fast=no --start`; a sentence where they are none. A flag without a value is a yes."""
    values: dict[str, object] = {}
    waiting = ""
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            waiting = "" if equals else name.replace("-", "_")
            values[name.replace("-", "_")] = value if equals else True
        elif waiting:
            values[waiting], waiting = word, ""
        else:
            return _("“{word}” comes after the fields; put the objects before them").format(word=word)
    return values


def _described(action: AnyAction) -> str:
    fields = " ".join(_flag(field) for field in action.fields)
    return f"{action.id} {action.kind.xapi_class.upper()}... {fields}".rstrip() + f"\n    {_(action.title)}"


def _flag(field: RequestField) -> str:
    flag = f"--{field.name.replace('_', '-')} {field.entry.value.upper()}"
    return flag if field.required else f"[{flag}]"


async def _carry_out(order: Order, settings: Settings, files: Files, *, as_json: bool) -> int:
    last: dict[str, object] = {}
    try:
        async with aclosing(_answers(order, settings)) as answers:
            async for answer in answers:
                if "send" in answer or "fetch" in answer:
                    files.begin(answer)
                    continue
                last = answer
                if as_json:
                    print(orjson.dumps(answer).decode(), flush=True)
                if _has_ended(answer):
                    await files.settle(done=_status(answer) == 0)
    except (_Unfinished, FileError) as error:
        last = {"error": str(error), "faults": {}}
    finally:
        files.discard()
    if not as_json:
        _print(last)
    return _status(last)


async def _carry_out_elsewhere(given: argparse.Namespace, values: Mapping[str, object]) -> int:
    """By the API of another dashboard."""
    last: dict[str, object] = {}
    try:
        async with remote(given) as api:
            assert api is not None  # noqa: S101  # there is an address
            async for answer in carry_out(api, given.action, given.objects, values, dry_run=given.dry_run):
                last = answer
                if given.json:
                    print(orjson.dumps(answer).decode(), flush=True)
    except (ApiError, RecordRefused) as error:
        last = {"error": str(error), "faults": {}}
    if not given.json or "error" in last:
        _print(last)
    return _status(last)


def _has_ended(answer: Mapping[str, object]) -> bool:
    run = answer.get("run")
    return not isinstance(run, dict) or bool(run["ended"])


class _Unfinished(Exception):
    """It did not come to an end; the text is a sentence."""


async def _answers(order: Order, settings: Settings) -> AsyncGenerator[dict[str, object], None]:
    """From the dashboard that runs on the data directory; if none does, from parts of one, made for this command."""
    directory = DataDirectory(settings.data_dir)
    try:
        with directory.serving():
            async for answer in _alone(order, settings, directory):
                yield answer
    except DirectoryInUse:
        async for answer in _ask(order, settings):
            yield answer
    finally:
        directory.close()


async def _ask(order: Order, settings: Settings) -> AsyncGenerator[dict[str, object], None]:
    try:
        with within(settings.data_dir) as name:
            reader, writer = await asyncio.open_unix_connection(name, limit=LONGEST)
    except OSError as error:
        raise _Unfinished(
            _("the running dashboard does not accept commands ({reason}); restart it").format(reason=error.strerror)
        ) from error
    writer.write(orjson.dumps({"order": msgspec.to_builtins(order), "language": locale()}) + b"\n")
    ended = False
    try:
        while line := await reader.readline():
            answer = orjson.loads(line)
            ended = not ({"run", "send", "fetch"} & answer.keys()) or ("run" in answer and answer["run"]["ended"])
            yield answer
    finally:
        writer.close()
    if not ended:
        raise _Unfinished(_("the dashboard was stopped in the meantime; check before trying again"))


async def _alone(order: Order, settings: Settings, directory: DataDirectory) -> AsyncGenerator[dict[str, object], None]:
    from xo_dash.composition import build, stores_of

    logging.basicConfig(level=logging.ERROR)
    audit = Audit(settings.data_dir)
    directory.tell = audit.tell
    context = build(settings, stores_of(settings, directory), audit)
    await context.servers.start()
    desk = OrderDesk(context.mirror, context.runner)
    hands = LocalSocket(settings.data_dir, desk)  # by which the files of this very command are handed over
    await hands.start()
    try:
        await _pools_are_there(context)
        async for answer in desk.take(local_user(), order):
            yield answer
    finally:
        await hands.stop()
        await context.runner.stop()
        await context.servers.stop()


async def _pools_are_there(context: Context) -> None:
    """Until every server is live, or has said why it is not."""
    stirred = asyncio.Event()
    unsubscribe = context.mirror.observe(lambda _changes: stirred.set())
    waits = (ServerState.CONNECTING, ServerState.SYNCING)
    try:
        async with asyncio.timeout(PATIENCE):
            while any(pool.server.state in waits for pool in context.mirror):
                stirred.clear()
                await stirred.wait()
    except TimeoutError:
        pass  # those that are there may be enough
    finally:
        unsubscribe()


def _print(answer: dict[str, object]) -> None:
    if "error" in answer:
        faults = answer["faults"]
        lines = [f"xo-dash: {answer['error']}"]
        lines += [f"  --{name.replace('_', '-')}: {reason}" for name, reason in faults.items()] if isinstance(faults, dict) else []
        print("\n".join(lines), file=sys.stderr)
    for one in _list(answer.get("preview")):
        print(f"# {one['name']}: {one['refused']}" if "refused" in one else "\n".join(one["calls"]))
    run = answer.get("run")
    for one in _list(run.get("results") if isinstance(run, dict) else None):
        made = f" {one['made']}" if one["made"] else ""
        print(f"{one['name']}: {one['state']}{made}" + (f": {one['reason']}" if one["reason"] else ""))


def _list(value: object) -> list[dict[str, list[str] | str]]:
    return value if isinstance(value, list) else []


def _status(answer: dict[str, object]) -> int:
    run = answer.get("run")
    if isinstance(run, dict):
        return 0 if all(one["state"] == "done" for one in run["results"]) else 1
    return 0 if "preview" in answer and not any("refused" in one for one in _list(answer["preview"])) else 1
