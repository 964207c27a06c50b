"""The map's page in a process of its own, for tests that look at it in a browser: `python -m tests.map.serve PORT FOLDER [EDGE]`.

EDGE is one of those in `edges`; without it, it is a usual fleet."""

import sys
import time
from pathlib import Path

from nicegui import app, ui

from data.mirror import Mirror
from data.objects import PBD, PIF, VM, Host, PowerState
from data.server import ServerState
from data.types import NULL_REF
from pages import home, layout
from tests import fakes
from tests.map import fleets
from tests.map.edges import EDGES

LANGUAGE_NEUTRAL = "<b>&lt;script&gt;alert(1)"
"""A name that would do harm if it were markup."""


def wire(mirror: Mirror) -> None:
    """Let hosts know their ways to storage and networks, so that VMs can go elsewhere."""
    for pool in mirror:
        for row in (*pool.all(PBD).values(), *pool.all(PIF).values()):
            if host := pool.one(Host, row.host):
                (host.PBDs if isinstance(row, PBD) else host.PIFs).append(row.ref)


def main(port: int, folder: Path, edge: str = "") -> None:
    mirror = EDGES[edge]() if edge else fleets.fleet(fleets.LAB)
    wire(mirror)
    context = fakes.context(mirror, folder)
    layout.install(app, context)
    fakes.sign_in(app, context)
    home.create(context)

    @app.post("/test/halt/{uuid}")
    async def halt(uuid: str) -> None:
        vm = mirror.find(VM, uuid)
        assert vm is not None
        host = vm.home.one(Host, vm.resident_on)
        if host is not None:
            host.resident_VMs.remove(vm.ref)
        fakes.change(mirror, vm, power_state=PowerState.HALTED, resident_on=NULL_REF)

    @app.post("/test/rename/{uuid}")
    async def rename(uuid: str) -> None:
        vm = mirror.find(VM, uuid)
        assert vm is not None
        fakes.change(mirror, vm, name_label=LANGUAGE_NEUTRAL)

    @app.post("/test/gone")
    async def gone() -> None:
        mirror.set_server(next(iter(mirror)).server, state=ServerState.UNREACHABLE, last_event_at=time.time() - 190)

    @app.post("/test/measure")
    async def measure() -> None:
        for pool in mirror:
            pool.history.publish(frozenset(pool.history.loads))

    ui.run(host="127.0.0.1", port=port, reload=False, show=False, tailwind=False, show_welcome_message=False, binding_refresh_interval=None)


if __name__ in {"__main__", "__mp_main__"}:
    main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
