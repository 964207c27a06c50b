"""The pages of VMs over a mirror that does as told: `python -m tests.vms.house PORT FOLDER [VMS]`."""

import sys
from pathlib import Path

from nicegui import app, ui
from starlette.responses import JSONResponse

from data.history import Load
from data.mirror import PoolMirror
from data.objects import VM, Host, PowerState
from data.server import ServerState
from data.types import NULL_REF
from pages import layout, vm, vms
from tests import fakes
from tests.map.fleets import joined

EVIL = "<img src=x onerror=document.title='broken'>{{7*7}}"


def main(port: int, folder: Path, count: int) -> None:
    mirror = joined(fakes.fleet(hosts=20, vms=count, pools=2) if count else fakes.home_lab())
    context = fakes.context(mirror, folder)
    fakes.sign_in(app, context)
    layout.install(app, context)
    vm.create(context)
    vms.create(context)

    @app.get("/do/{what}/{name}")
    async def do(what: str, name: str) -> JSONResponse:
        row = fakes.find(mirror, name)
        pool = row.home
        assert isinstance(pool, PoolMirror)
        if what == "start":
            host = next(iter(pool.all(Host).values()))
            offered = frozenset(fakes.OPERATIONS["Running"])
            fakes.change(mirror, row, power_state=PowerState.RUNNING, resident_on=host.ref, allowed_operations=offered)
        elif what == "halt":
            offered = frozenset(fakes.OPERATIONS["Halted"])
            fakes.change(mirror, row, power_state=PowerState.HALTED, resident_on=NULL_REF, allowed_operations=offered)
        elif what == "evil":
            fakes.change(mirror, row, name_label=EVIL, tags=[EVIL, ":tag"], name_description="=1+1")
        elif what == "tag":
            fakes.change(mirror, row, tags=["production", "billing", "windows", "old"])
        elif what == "work":
            pool.history.loads[row.uuid] = Load(cpu=0.77)
            pool.history.publish(frozenset((row.uuid,)))
        elif what == "remove":
            fakes.remove(mirror, row)
        elif what == "away":
            mirror.set_server(pool.server, state=ServerState.UNREACHABLE)
        return JSONResponse({"uuid": row.uuid})

    @app.get("/do/observers")
    async def observers() -> JSONResponse:
        return JSONResponse({"mirror": mirror.observer_count, "vms": sum(1 for _ in mirror.every(VM))})

    ui.run(host="127.0.0.1", port=port, reload=False, show=False, tailwind=False, show_welcome_message=False, binding_refresh_interval=None)


main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
