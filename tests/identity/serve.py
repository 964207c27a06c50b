"""Two simulated pools with the same uuids, and the product's pages over them: `python -m tests.identity.serve PORT FOLDER`.

The second is the first, as from one backup, but for the pool's own uuid and for names of VMs and hosts, which end with "there".
`/test/states/{uuid}` says what each pool itself knows of a VM.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from nicegui import app, ui
from starlette.responses import JSONResponse

from data.mirror import Mirror
from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.vault import Vault
from pages import home, host, layout, vm, vms
from tests import fakes
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.sync.servers import Servers

ANOTHER = "11111111-2222-4333-8444-555555555555"


def move_there(pool: SimulatedPool) -> None:
    ref = pool.call("pool.get_all")[0]
    pool.do(lambda inside: inside.db.set(ref, uuid=ANOTHER))
    for kind in ("VM", "host"):
        for ref in pool.call(f"{kind}.get_all"):
            pool.call(f"{kind}.set_name_label", ref, f"{pool.call(f'{kind}.get_name_label', ref)} there")


def serve(port: int, folder: Path, here: SimulatedPool, there: SimulatedPool) -> None:
    directory = DataDirectory(folder / "servers")
    mirror, store = Mirror(), ServerStore(directory, Vault(directory))
    servers = Servers(mirror, store)
    context = fakes.context(mirror, folder, servers=servers, server_store=store)
    runner = Runner(mirror, servers.connection, context.users, Audit(folder))
    context = replace(context, runner=runner)
    fakes.sign_in(app, context)
    layout.install(app, context)
    for page in (home, host, vm, vms):
        page.create(context)

    @app.get("/test/states/{uuid}")
    def states(uuid: str) -> JSONResponse:
        return JSONResponse([pool.call("VM.get_power_state", pool.call("VM.get_by_uuid", uuid)) for pool in (here, there)])

    async def start() -> None:
        await servers.start()
        for pool in (here, there):
            await servers.add(pool.url, pool.user, pool.password, tls=TlsMode.PLAIN)

    app.on_startup(start)
    app.on_shutdown(runner.stop)
    app.on_shutdown(servers.stop)
    ui.run(host="127.0.0.1", port=port, reload=False, show=False, tailwind=False, show_welcome_message=False, binding_refresh_interval=None)


def main(port: int, folder: Path) -> None:
    with simulated() as one, simulated() as other:
        move_there(other.pool)
        serve(port, folder, one.pool, other.pool)


if __name__ in {"__main__", "__mp_main__"}:
    main(int(sys.argv[1]), Path(sys.argv[2]))
