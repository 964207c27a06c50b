"""How the program ends, and what ends with it."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from tests import asking
from tests.e2e.programs import Board, Program, furnish, running
from tests.running import ROOT, free_port
from xo_dash.certificate import fingerprint
from xo_dash.simulator.testing import SimulatedPool


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def seconds_until(is_so: Callable[[], bool], patience: float = asking.PATIENCE) -> float:
    start = time.monotonic()
    while not is_so():
        assert time.monotonic() - start < patience
        time.sleep(0.02)
    return time.monotonic() - start


def test_told_to_stop_it_logs_out_and_ends_well(data_dir: Path, pool: SimulatedPool) -> None:
    furnish(data_dir, pool.url)
    board = Board(data_dir)
    with running(board):
        board.live(1)
        answer = asking.get(f"{board.url}/healthz")
        assert answer.headers["content-type"].startswith("application/json")
        assert (answer.json()["status"], answer.json()["servers"]) == ("ok", {"live": 1, "all": 1})
        assert pool.do(lambda inside: inside.sessions.users())
        start = time.monotonic()
        assert board.end() == 0
        assert time.monotonic() - start < 2 * board.took
        assert pool.do(lambda inside: inside.sessions.users()) == []
        assert "Traceback" not in board.said and "ERROR" not in board.said, board.said


def test_the_demo_s_pools_end_with_it(data_dir: Path) -> None:
    for end in (signal.SIGTERM, signal.SIGKILL):
        board = Board(data_dir, "--demo")
        with running(board):
            board.live(2)
            (simulator,) = [child for child in children(board.process.pid) if b"simulate" in Path(f"/proc/{child}/cmdline").read_bytes()]
            os.kill(board.process.pid, end)
            assert board.process.wait(asking.PATIENCE) == (0 if end == signal.SIGTERM else -signal.SIGKILL)
            assert seconds_until(lambda pid=simulator: not alive(pid)) < 2 * board.took  # type: ignore[misc]
            assert "Traceback" not in board.said, board.said


def test_its_own_certificate_is_checked_by_who_trusts_it_and_a_second_one_on_the_same_data_says_so(data_dir: Path) -> None:
    board = Board(data_dir, "--tls", "on")
    with running(board):
        own = data_dir / "tls.pem"
        assert httpx.get(f"{board.url}/healthz", verify=ssl.create_default_context(cafile=own)).status_code == 200
        assert fingerprint(own) in board.printed
        second = Program("serve", "--port", str(free_port()), "--data-dir", str(data_dir))
        with running(second):
            assert second.process.wait(asking.PATIENCE) == 1
            assert second.said.startswith("xo-dash: ") and len(second.said.strip().splitlines()) == 1, second.said


def test_a_thread_that_never_ends_does_not_keep_it(data_dir: Path) -> None:
    """Nor does anything else; without an end of its own it would run until it is killed."""
    port = free_port()
    code = (
        "import sys, threading; threading.Thread(target=threading.Event().wait, name='stuck').start();"
        f"from xo_dash.cli import main; sys.exit(main(['serve', '--port', '{port}', '--data-dir', {str(data_dir)!r}]))"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI", "XO_DASH"))}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=plain, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        seconds_until(lambda: answers(port), 60)
        process.send_signal(signal.SIGTERM)
        _out, said = process.communicate(timeout=60)
        assert process.returncode == 0
        assert b"not everything stopped" in said and b"stuck" in said
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    return False


def test_a_port_that_is_taken_is_one_sentence_with_another_port(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for environment, how in (({}, r"--port \d+"), ({"XO_DASH_MAKE": "demo"}, r'make demo ARGS="--port \d+"')):
            program = Program("serve", "--demo", "--port", str(port), "--data-dir", str(data_dir), environment=environment)
            with running(program):
                assert program.process.wait(60) == 1
                assert re.fullmatch(
                    rf"xo-dash: port {port} on 127\.0\.0\.1 is already in use by another program; choose another: {how}\n", program.said
                )
