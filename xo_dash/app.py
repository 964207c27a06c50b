"""The composition root: build the parts once, put the door in front, mount the pages, run."""

from __future__ import annotations

import faulthandler
import logging
import signal
import ssl
import sys

import nicegui
from nicegui import App, ui
from nicegui.server import Server
from starlette.middleware.gzip import GZipMiddleware

from components.theme.theme import FAVICON
from data.stores.copies import COPIED_EVERY, keep_daily
from data.stores.directory import DataDirectory
from data.stores.errors import StoreError
from pages import layout
from pages.front import VIEWS
from pages.table import PAGES
from xo_dash import ending, i18n, listening
from xo_dash.api import routes as api
from xo_dash.api.local import LocalApi
from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionLimits, raise_file_limit
from xo_dash.auth.current import current_actor
from xo_dash.auth.directory_review import REVIEWED_EVERY
from xo_dash.auth.install import install
from xo_dash.auth.refused import Refused
from xo_dash.auth.wire import http_protocol
from xo_dash.certificate import fingerprint, own_certificate
from xo_dash.composition import build, is_watched, stores_of
from xo_dash.config import Settings
from xo_dash.context import Context
from xo_dash.control import actions
from xo_dash.control.audit import Audit
from xo_dash.control.cloud_init.first_boot import LOOKED_EVERY, FirstBoots
from xo_dash.control.lazy_text import set_reader
from xo_dash.control.order_desk import OrderDesk
from xo_dash.control.patches import PATCHES_EVERY
from xo_dash.control.purge import PURGED_EVERY, Purge
from xo_dash.demo import Demo, show
from xo_dash.health import add_health
from xo_dash.i18n import _
from xo_dash.language import BrowserLanguage
from xo_dash.listening import CannotListen
from xo_dash.local_socket import LocalSocket
from xo_dash.logs import set_up_logging
from xo_dash.precompressed import Precompressed
from xo_dash.served_certificate import READ_EVERY, ServedCertificate
from xo_dash.server_loop import ServerLoop
from xo_dash.sync import gc_tuning

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 1 << 20
"""Bytes of a websocket's message; NiceGUI's page sends no longer ones."""
PAGE_LEVEL = 5
"""How hard pages are compressed: 9, Starlette's default, holds the loop seven times as long for 4 % fewer bytes of a VM's page."""
TAB = 3600.0
"""Seconds for which NiceGUI remembers a tab of a browser; we keep nothing there."""


def serve(settings: Settings) -> int:
    """Run the dashboard until it is stopped; the exit status."""
    faulthandler.enable()  # a crash below Python leaves on stderr what each thread was doing
    set_up_logging(settings.log_level)
    # uvicorn ends in good order and then sends itself the signal it got: to be told to stop is no failure
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    try:
        listening.check(settings)
        directory = DataDirectory(settings.data_dir)
        try:
            with directory.serving():
                return _serve(settings, directory)
        finally:
            directory.close()
    except (StoreError, Refused, CannotListen) as error:
        print(f"xo-dash: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _serve(settings: Settings, directory: DataDirectory) -> int:
    audit = Audit(settings.data_dir)
    directory.tell, directory.who = audit.tell, current_actor
    context = build(settings, stores_of(settings, directory), audit)
    _print_start(settings, context)  # before the words are a browser's
    actions.get_ready()
    mount(nicegui.app, context)
    if not settings.demo:
        nicegui.app.on_startup(lambda: context.servers.schedule.every(COPIED_EVERY, "copies", lambda: _keep_copy(directory)))
    nicegui.app.on_startup(_watch_the_end)
    nicegui.app.storage.max_tab_storage_age = TAB
    ui.run(
        host=settings.host,
        port=settings.port,
        title="xo-dash",
        favicon=FAVICON,
        reload=False,
        show=False,
        show_welcome_message=False,
        tailwind=False,
        binding_refresh_interval=None,  # an active link would be polled for ever: NiceGUI warns instead
        reconnect_timeout=10.0,
        message_history_length=200,
        http=http_protocol(ConnectionCounter(ConnectionLimits.fitting(raise_file_limit())), _tls(settings, context)),
        gzip_middleware_factory=lambda served: GZipMiddleware(served, compresslevel=PAGE_LEVEL),
        ws_max_size=LONGEST_MESSAGE,
        ws_per_message_deflate=False,  # a console's picture would cost fourteen times the processor time
        timeout_graceful_shutdown=ending.CONNECTIONS,
        server_header=False,
    )
    return 0


def _watch_the_end() -> None:
    """Once uvicorn has its handlers of signals in place."""
    ending.Ending(ServerLoop(Server.instance).end).watch()


async def _keep_copy(directory: DataDirectory) -> None:
    try:
        await directory.run(keep_daily, directory)
    except StoreError as error:
        log.warning("no copy of the configuration: %s", error)


def _tls(settings: Settings, context: Context) -> ssl.SSLContext | None:
    if not settings.serves_tls:
        return None
    served = ServedCertificate(lambda: (settings.tls_cert or own_certificate(settings.data_dir), settings.tls_key))
    nicegui.app.on_startup(lambda: context.servers.schedule.every(READ_EVERY, "certificate", served.renew))
    return served.context


def mount(app: App, context: Context) -> None:
    """Put door, pages and life into `app`."""
    add_routes(app, context)
    i18n.set_locator(BrowserLanguage(context.settings.language))
    set_reader(context.reader)
    app.on_startup(lambda: _begin(context))
    commands = LocalSocket(context.settings.data_dir, OrderDesk(context.mirror, context.runner), LocalApi(context).answer)
    app.on_startup(commands.start)
    app.on_shutdown(commands.stop)
    app.on_shutdown(context.rolling.stop)
    app.on_shutdown(context.runner.stop)
    app.on_shutdown(context.servers.stop)
    app.on_shutdown(context.journal.stop)
    if context.settings.demo:
        demo = Demo(context.settings.port + 1)
        app.on_startup(lambda: show(demo, context))
        app.on_shutdown(demo.stop)  # after the sessions in it are signed out
    if (review := context.auth.directory_review) is not None:
        app.on_startup(lambda: context.servers.schedule.every(REVIEWED_EVERY, "directory", review.run))
    purge, first_boots = Purge(context.mirror, context.runner), FirstBoots(context.mirror, context.runner)
    app.on_startup(lambda: context.servers.schedule.every(LOOKED_EVERY, "cloud-init disks", first_boots.run))
    app.on_startup(lambda: context.servers.schedule.every(PURGED_EVERY, "trash", purge.run))
    app.on_startup(lambda: context.servers.schedule.every(PATCHES_EVERY, "patches", context.patches.run))
    app.on_startup(gc_tuning.settle)
    tidying = gc_tuning.Tidying(is_watched, context.servers.loading)
    app.on_startup(lambda: context.servers.schedule.every(gc_tuning.YOUNG, "young garbage", tidying.young))
    app.on_startup(lambda: context.servers.schedule.every(gc_tuning.TIDY, "garbage", tidying.tick))


def add_routes(app: App, context: Context) -> None:
    """All that can be asked for, with the door in front of it."""
    app.add_middleware(Precompressed)  # before the door, which stands in front of it
    install(app, context.auth, VIEWS, context.settings.host, context.scopes.ready, context.tick)
    layout.install(app, context)
    add_health(app, context)
    api.add_routes(app, context)
    context.grants.when_changed = context.scopes.review
    for page in PAGES:
        page.create(context)


async def _begin(context: Context) -> None:
    context.journal.start()
    await context.servers.start()
    await context.runner.recall()  # of objects on servers
    context.rolling.recall()  # of runs that go on


def _print_start(settings: Settings, context: Context) -> None:
    lines: list[str] = [_("xo-dash is at {url}").format(url=settings.url), _("its data is in {path}").format(path=settings.data_dir)]
    if settings.listens_everywhere:
        lines.append(_("from other machines: with the name or an address of this one instead of localhost"))
    if settings.serves_tls and not settings.tls_cert:
        mark = fingerprint(own_certificate(settings.data_dir))
        lines.append(_("its certificate is self-signed, with the SHA-256 fingerprint {fingerprint}").format(fingerprint=mark))
    if settings.demo:
        lines.append(_("sign in as demo, password demo"))
    elif code := context.auth.first_run.code():
        lines.append(
            _("first run: open {url} and create the first administrator with the code {code}").format(
                url=f"{settings.url}/first-run", code=code
            )
        )
    print("\n".join(lines), flush=True)  # noqa: T201
