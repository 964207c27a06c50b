"""How the program ends, and what ends with it."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests import asking
from tests.e2e.programs import Board, Program, free_port, furnish, running
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
        (server,) = answer.json()["servers"]
        assert (answer.json()["status"], server["state"], server["master"]) == ("ok", "live", "127.0.0.1")
        assert server["counts"]["host"] == 1 and server["last_event_age"] < 60
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


def test_a_second_one_on_the_same_data_says_so(data_dir: Path) -> None:
    with running(Board(data_dir)):
        second = Program("serve", "--port", str(free_port()), "--data-dir", str(data_dir))
        with running(second):
            assert second.process.wait(asking.PATIENCE) == 1
            assert second.said.startswith("xo-dash: ") and len(second.said.strip().splitlines()) == 1, second.said
