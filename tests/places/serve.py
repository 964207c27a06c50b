"""The pages of places in a process of their own, for tests in a browser: `python -m tests.places.serve PORT FOLDER`."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

from nicegui import app, ui

from data.objects import SR, Message, Network
from data.server import ServerState
from pages import archives, compare, host, hosts, layout, messages, network, networks, pool, sr, storage
from tests import fakes
from xo_dash.sync.archives import Archives
from xo_dash.xapi.errors import NotConnected

EVIL = "<img src=x onerror=document.title='broken'>{{7*7}}"
MANY = 4000


def _nobody(_server_id: str) -> NoReturn:
    raise NotConnected("there is no pool behind these pages")


def main(port: int, folder: Path) -> None:
    mirror = fakes.home_lab()
    build = fakes.Builder(mirror, "wide")
    for number in range(MANY):
        build.put(Network, name_label=f"net {number:04}", bridge=f"xapi{number}", MTU=9000 if number % 2 else 1500)
    build.put(SR, name_label="XCP-ng Tools", type="iso", content_type="iso", is_tools_sr=True)
    for name, hours in (("VM_STARTED", 0.2), ("VM_SHUTDOWN", 5), ("VM_REBOOTED", 72)):
        moment = time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime(time.time() - hours * 3600))
        build.put(Message, name=name, priority=5, cls="VM", obj_uuid="gone", body="VM 'web-9' (uuid: gone) did so", timestamp=moment)
    wide = build.commit()
    context = fakes.context(mirror, folder, servers=SimpleNamespace(archives=Archives(_nobody)))
    fakes.sign_in(app, context)
    layout.install(app, context)
    for page in (compare, hosts, host, pool, storage, sr, networks, network, archives, messages):
        page.create(context)

    def net(number: int) -> Network:
        return next(one for one in wide.all(Network).values() if one.bridge == f"xapi{number}")

    @app.post("/test/rename/{number}")
    async def rename(number: int) -> None:
        fakes.change(mirror, net(number), name_label=EVIL)

    @app.post("/test/remove/{number}")
    async def remove(number: int) -> None:
        fakes.remove(mirror, net(number))

    @app.post("/test/away")
    async def away() -> None:
        mirror.set_server(wide.server, state=ServerState.UNREACHABLE, last_event_at=time.time() - 190)

    ui.run(host="127.0.0.1", port=port, reload=False, show=False, tailwind=False, show_welcome_message=False, binding_refresh_interval=None)


if __name__ in {"__main__", "__mp_main__"}:
    main(int(sys.argv[1]), Path(sys.argv[2]))
