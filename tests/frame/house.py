"""The frame around empty pages, over a mirror that does as told: `python -m tests.frame.house PORT FOLDER [VMS]`."""

import sys
from pathlib import Path

from nicegui import app, ui
from starlette.responses import JSONResponse

from data.objects import VM, Host, PowerState
from data.types import NULL_REF
from pages import layout
from tests import fakes

EVIL = "<img src=x onerror=document.title='broken'>{{7*7}}"


def main(port: int, folder: Path, vms: int) -> None:
    mirror = fakes.fleet(hosts=20, vms=vms, pools=2) if vms else fakes.home_lab()
    context = fakes.context(mirror, folder)
    fakes.sign_in(app, context)
    layout.install(app, context)

    @ui.page("/")
    def home() -> None:
        with layout.frame(context, title="Home"):
            ui.label("home")

    @ui.page("/vm/{uuid}")
    def vm(uuid: str) -> None:
        row = mirror.find(VM, uuid)
        with layout.frame(context, title=row.name_label if row else "", selected=row):
            ui.label(f"page of {row.name_label}" if row else "nobody")

    @app.get("/do/start/{name}")
    async def start(name: str) -> JSONResponse:
        host = fakes.find(mirror, "xcp-lab-1", Host)
        fakes.change(mirror, fakes.find(mirror, name), power_state=PowerState.RUNNING, resident_on=host.ref)
        return JSONResponse({})

    @app.get("/do/halt/{name}")
    async def halt(name: str) -> JSONResponse:
        fakes.change(mirror, fakes.find(mirror, name), power_state=PowerState.HALTED, resident_on=NULL_REF)
        return JSONResponse({})

    @app.get("/do/evil/{name}")
    async def evil(name: str) -> JSONResponse:
        fakes.change(mirror, fakes.find(mirror, name), name_label=EVIL, tags=[EVIL])
        return JSONResponse({})

    @app.get("/do/observers")
    async def observers() -> JSONResponse:
        return JSONResponse({"mirror": mirror.observer_count})

    ui.run(host="127.0.0.1", port=port, reload=False, show=False, tailwind=False, show_welcome_message=False, binding_refresh_interval=None)


main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
