"""What changes cost that concern nobody who looks: a thousand of them, with one page of a VM open and with twenty."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from nicegui import Client, app, core, ui
from nicegui.testing.user_simulation import user_simulation

from bench.figures import Figure
from data.changes import Change, Operation
from data.identity import key_of
from data.mirror import Mirror
from data.objects import VM
from pages import layout, vm
from tests import fakes
from tests.map.fleets import join

CHANGES = 1000
BATCH = 10
"""Changes that XAPI tells at once."""
PAGES = (0, 1, 20)
TIMES = 5


async def bystanders() -> list[Figure]:
    mirror = fakes.fleet(hosts=20, vms=2000)
    for pool in mirror:
        join(pool)
    vms = [vm for vm in mirror.every(VM) if vm.name_label.startswith("app")]
    original = ui.run
    with tempfile.TemporaryDirectory() as folder:
        context = fakes.context(mirror, Path(folder))

        def run(*args: object, **kwargs: object) -> None:
            core.script_mode = False  # the simulation clears its storage first, which NiceGUI takes for a script
            Client.instances.clear()
            fakes.sign_in(app, context)
            layout.install(app, context)
            vm.create(context)
            original(*args, **kwargs)  # type: ignore[arg-type]

        ui.run = run  # type: ignore[assignment]  # the simulation resets the program's app as it starts: ours goes into it then
        try:
            async with user_simulation() as user:
                return [await _with_pages(mirror, user.open, vms, count) for count in PAGES]
        finally:
            ui.run = original


async def _with_pages(mirror: Mirror, open_page: object, vms: list[VM], count: int) -> Figure:
    for one in vms[:count]:
        await open_page(f"/vm/{key_of(one)}")  # type: ignore[operator]
    foreign = [Change(one, Operation.MOD, frozenset({"other_config"})) for one in vms[-CHANGES:]]
    best = min(_published(mirror, foreign) for _ in range(TIMES))
    return Figure(
        f"{CHANGES:,} changes that concern nobody, {count} pages of VMs open", best * 1000, "ms", None, "processor time of telling"
    )


def _published(mirror: Mirror, changes: list[Change]) -> float:
    began = time.thread_time()
    for at in range(0, len(changes), BATCH):
        mirror.publish(changes[at : at + BATCH])
    return time.thread_time() - began
