"""`xo-dash simulate`: pools on loopback ports, announced by one JSON line each on stdout once all of them answer."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from . import certificate, faults, from_db, scenario
from .dialect import dialects
from .server import Simulator, SimulatorOptions


def numbers(text: str) -> tuple[int, ...]:
    """3,1 -> (3, 1)"""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers") from None


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser("xo-dash simulate", description="Simulate XenServer/XCP-ng pools behind a real XAPI.")
    words.add_argument("--port", type=int, default=8800, help="of the first pool; the others follow (default 8800)")
    words.add_argument("--usual-port", action="store_true",
                       help="answer on port 80 too (443 with TLS), for clients that follow a host's address")  # fmt: skip
    words.add_argument("--pools", type=int, default=1)
    words.add_argument("--hosts", type=numbers, default=(3,), help="hosts of each pool: one number, or one a pool: 3,1")
    words.add_argument("--vms", type=numbers, default=(40,), help="VMs of each pool: one number, or one a pool: 40,6")
    words.add_argument("--srs", type=numbers, default=(4,), help="storage repositories of each pool")
    words.add_argument("--seed", default="0", help="the same seed gives the same pools, uuids and references included")
    words.add_argument("--user", default="root")
    words.add_argument("--password", default="simulator")
    words.add_argument("--speed", type=float, default=1.0, help="simulated seconds a second")
    words.add_argument(
        "--pace", type=float, default=10.0, help="how many times as quick operations are as on real hosts (default 10; the demo has 1)"
    )
    words.add_argument("--tls-cert", type=Path)
    words.add_argument("--tls-key", type=Path)
    words.add_argument("--tls", action="store_true", help="https with a certificate made for this run")
    words.add_argument("--life", action="store_true", help="now and then something happens by itself, as in the demo")
    words.add_argument("--scenario", metavar="FILE|NAME",
                       help=f"play a day, over and over: a file, or one of {', '.join(scenario.names())}")  # fmt: skip
    words.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong on purpose: rules as JSON")
    words.add_argument("--control-port", type=int, metavar="P", help="of the control API, on 127.0.0.1 (default: none; 0 = any free one)")
    words.add_argument("--still", dest="life", action="store_false", help="nothing does (default): for tools that count objects")
    words.add_argument("--users", action="store_true", help="pools that are in a directory, with a user for each role")
    words.add_argument("--dialect", choices=tuple(dialects()), default="modern", help="whose xapi it is (default modern: the newest)")
    words.add_argument("--from-db", type=Path, action="append", default=[], metavar="FILE",
                       help="serve the database of a real pool (xe pool-dump-database, state.db); again for more pools")  # fmt: skip
    words.add_argument("--anonymise", type=Path, metavar="OUT",
                       help="with --from-db: write that database to OUT without names, addresses and secrets, and end")  # fmt: skip
    words.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input does: with the program that started this one"
    )
    words.add_argument("--quiet", action="store_true", help="no log")
    return words


def wanted(words: argparse.ArgumentParser, given: argparse.Namespace) -> SimulatorOptions:
    """What the command line asks for; ends the program with a sentence if that makes no sense."""
    if given.pools < 1:
        words.error("--pools is at least 1")
    each: dict[str, tuple[int, ...]] = {}
    for name in ("hosts", "vms", "srs"):
        counts: tuple[int, ...] = getattr(given, name)
        if len(counts) == 1:
            counts *= given.pools
        if len(counts) != given.pools:
            words.error(f"--{name} has {len(counts)} numbers for {given.pools} pools")
        if min(counts) < (1 if name == "hosts" else 0):
            words.error(f"--{name}: {min(counts)} is too few")
        each[name] = counts
    if given.pace <= 0:
        words.error("--pace is more than 0")
    if (given.tls_cert is None) != (given.tls_key is None):
        words.error("--tls-cert and --tls-key go together")
    if given.anonymise and len(given.from_db) != 1:
        words.error("--anonymise goes with one --from-db")
    try:
        day = scenario.read(given.scenario) if given.scenario else None
        rules = faults.read_file(given.faults) if given.faults else []
    except ValueError as error:
        words.error(str(error))
    if given.from_db and (given.life or given.users):
        words.error("--life and --users are for made-up pools, not for --from-db")
    return SimulatorOptions(
        each["hosts"], each["vms"], each["srs"], port=given.port, usual_port=given.usual_port,
        seed=given.seed, user=given.user, password=given.password,
        speed=given.speed, pace=given.pace, tls_cert=given.tls_cert, tls_key=given.tls_key,
        life=given.life or bool(day and day.life and not given.from_db), scenario=day, faults=tuple(rules), control=given.control_port,
        users=given.users, dialect=given.dialect, databases=tuple(given.from_db),
    )  # fmt: skip


async def serve(what: SimulatorOptions, *, until_stdin_closes: bool = False) -> int:
    """Until SIGTERM or SIGINT."""
    over = asyncio.Event()
    if until_stdin_closes:
        watch_stdin(asyncio.get_running_loop(), over)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    simulator = Simulator(what)
    try:
        await simulator.start()
    except from_db.DumpError as error:
        sys.stderr.write(f"xo-dash simulate: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"xo-dash simulate: {error.strerror or error}\n")
        return 1
    gc.collect()
    gc.freeze()  # the inventory stays: no need to walk it again and again
    for pool in simulator.pools:
        line = {"pool": pool.db.get(pool.ref, "name_label"), "url": pool.url, "user": pool.user, "password": pool.password}
        if simulator.control:
            line["control"] = simulator.control
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    await over.wait()
    await simulator.stop()
    return 0


def watch_stdin(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Set `over` at the end of standard input, be it a pipe, a terminal or a file: a thread reads, for a loop cannot wait for files."""

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop is gone already
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=read, name="stdin", daemon=True).start()


def main(argv: list[str]) -> int:
    words = parser()
    given = words.parse_args(argv)
    what = wanted(words, given)
    if given.anonymise:
        return anonymise(given.from_db[0], given.anonymise)
    logging.basicConfig(level=logging.CRITICAL if given.quiet else logging.WARNING, format="simulator: %(message)s")
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=fast_loop()) as runner,
    ):
        if given.tls:
            cert, key = certificate.write(Path(folder))
            what = replace(what, tls_cert=cert, tls_key=key)
        return runner.run(serve(what, until_stdin_closes=given.until_stdin_closes))
    return 0


def anonymise(source: Path, target: Path) -> int:
    """Write the database to another file, without whose it is."""
    try:
        from_db.write(from_db.anonymised(from_db.read(source)), target)
    except from_db.DumpError as error:
        sys.stderr.write(f"xo-dash simulate: {error}\n")
        return 1
    return 0


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
