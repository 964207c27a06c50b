"""All lists, the tree and the map over a pool whose first picture is on its way: `python -m tests.frame.loading_house PORT FOLDER`."""

import sys
import time
from pathlib import Path

from nicegui import app, ui
from starlette.responses import JSONResponse

from data.mirror import Mirror
from data.objects import VM, Host, Pool
from data.server import ServerState
from pages import home, host, hosts, layout, networks, storage, vm, vms
from tests import fakes

HOST, GUEST = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


def main(port: int, folder: Path) -> None:
    mirror = Mirror()
    build = fakes.Builder(mirror, "lab")
    build.server.last_event_at = 0.0
    mirror.set_server(build.server, state=ServerState.SYNCING, since=time.time())
    context = fakes.context(mirror, folder)
    fakes.sign_in(app, context)
    layout.install(app, context)
    for page in (home, host, hosts, networks, storage, vm, vms):
        page.create(context)

    @app.get("/do/live")
    async def live() -> JSONResponse:
        host = build.put(Host, name_label="xcp-1", uuid=HOST)
        build.put(VM, name_label="web-1", uuid=GUEST, power_state="Running", resident_on=host, memory_static_max=2**30)
        build.put(Pool, name_label="lab", master=host)
        build.commit()
        build.server.last_event_at = time.time()
        mirror.set_server(build.server, state=ServerState.LIVE)
        return JSONResponse({})

    ui.run(host="127.0.0.1", port=port, reload=False, show=False, tailwind=False, show_welcome_message=False, binding_refresh_interval=None)


if __name__ in ("__main__", "__mp_main__"):
    main(int(sys.argv[1]), Path(sys.argv[2]))
