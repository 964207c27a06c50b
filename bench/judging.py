"""What is wrong, of ten thousand VMs: the work of one round, and how long it holds the loop at a time."""

from __future__ import annotations

import gc
import time

from bench.figures import Figure
from tests.map import fleets
from xo_dash.sync.evaluator import Evaluator

SHAPE = ((30, 500),) * 20
LARGE = ((125, 5000),)


async def judging() -> list[Figure]:
    """Processor time, so that other programs of the machine do not count."""
    figures = []
    for name, shape in (("10,000 VMs in 20 pools", SHAPE), ("5,000 VMs in one pool", LARGE)):
        mirror = fleets.fleet(shape)
        watch = Evaluator(mirror)
        whole, longest = 0.0, 0.0
        gc.collect()
        gc.freeze()
        for subject in [subject for pool in mirror for subject in watch._of_server(pool.server)]:
            steps, began = watch._look(subject), time.thread_time()
            while next(steps, watch) is None:
                spent, began = time.thread_time() - began, time.thread_time()
                whole, longest = whole + spent, max(longest, spent)
            spent = time.thread_time() - began
            whole, longest = whole + spent, max(longest, spent)
        gc.unfreeze()
        await watch.stop()
        figures += [
            Figure(f"findings: a round of {name}", whole, "s", None, "each is looked at again within ten minutes; what changed, at once"),
            Figure("... its longest step", longest * 1000, "ms", 5, "several are taken within 2 ms"),
        ]
    return figures
