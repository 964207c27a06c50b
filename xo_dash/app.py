"""The composition root: build the parts once, put the door in front, mount the pages, run."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import nicegui
from nicegui import App, Client, ui

from components.theme.theme import FAVICON
from data.mirror import Mirror
from data.scope import Scopes
from data.stores.cloud_configs import CloudConfigStore
from data.stores.copies import COPIED_EVERY, keep_daily
from data.stores.directory import DataDirectory
from data.stores.errors import StoreError
from data.stores.findings import FindingStore
from data.stores.invitations import InvitationStore
from data.stores.kiosks import KioskStore
from data.stores.passkeys import PasskeyStore
from data.stores.second_factors import SecondFactorStore
from data.stores.servers import ServerStore, TlsMode
from data.stores.sessions import SessionStore
from data.stores.settings import SettingsStore
from data.stores.tokens import TokenStore
from data.stores.users import UserStore
from data.stores.vault import Vault
from data.trash import SETTING, days_of
from pages import (
    account,
    archives,
    attention,
    audit,
    balance,
    compare,
    console,
    consoles,
    ha,
    home,
    host,
    host_console,
    hosts,
    import_ova,
    isos,
    kiosk,
    layout,
    maintenance,
    messages,
    migrate,
    missing,
    network,
    networks,
    new_network,
    new_sr,
    new_vm,
    people,
    pool,
    rolling,
    run,
    setup,
    snapshots,
    sr,
    storage,
    tasks,
    templates,
    transfers,
    vapps,
    vm,
    vms,
)
from pages.front import VIEWS
from xo_dash import ending, i18n, listening
from xo_dash.api import routes as api
from xo_dash.api.local import LocalApi
from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionLimits, raise_file_limit
from xo_dash.auth.current import current_actor, session_of
from xo_dash.auth.grants import Grants, GrantStores
from xo_dash.auth.install import TICK, install
from xo_dash.auth.passkeys import Passkeys
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused
from xo_dash.auth.service import AuthService
from xo_dash.auth.two_step import REQUIRED, TwoStep
from xo_dash.auth.visibility import Visibility
from xo_dash.auth.wire import http_protocol
from xo_dash.certificate import fingerprint, own_certificate
from xo_dash.config import Settings
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.cloud_init.first_boot import LOOKED_EVERY, FirstBoots
from xo_dash.control.journal import Journal
from xo_dash.control.lazy_text import set_reader
from xo_dash.control.local_user import WithLocalUser
from xo_dash.control.order_desk import OrderDesk
from xo_dash.control.patches import PATCHES_EVERY, PatchBook
from xo_dash.control.purge import PURGED_EVERY, Purge
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.rolling.engine import RollingRuns
from xo_dash.control.runner import Runner
from xo_dash.control.transfers.allowed import SETTING as FETCH_SETTING
from xo_dash.control.transfers.allowed import AllowedHosts
from xo_dash.control.vm_filter import vm_filter
from xo_dash.demo import Demo
from xo_dash.health import add_health
from xo_dash.i18n import _
from xo_dash.listening import CannotListen
from xo_dash.local_socket import LocalSocket
from xo_dash.sync import gc_tuning
from xo_dash.sync.pace import Interest
from xo_dash.sync.servers import Servers

log = logging.getLogger(__name__)

PAGES = (
    home,
    hosts,
    host,
    maintenance,
    pool,
    balance,
    storage,
    sr,
    networks,
    network,
    attention,
    tasks,
    run,
    import_ova,
    transfers,
    messages,
    migrate,
    ha,
    rolling,
    new_network,
    vm,
    vms,
    new_sr,
    vapps,
    new_vm,
    templates,
    isos,
    console,
    consoles,
    host_console,
    snapshots,
    archives,
    compare,
    setup,
    people,
    account,
    audit,
    kiosk,
    missing,
)

if TYPE_CHECKING:
    from xo_dash.auth.directory import LdapDirectory
    from xo_dash.auth.single_sign_on import SingleSignOn

LONGEST_MESSAGE = 1 << 20
"""Bytes of a websocket's message; NiceGUI's page sends no longer ones."""


TAB = 3600.0
"""Seconds for which NiceGUI remembers a tab of a browser; we keep nothing there."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Our own records, of one data directory."""

    users: UserStore
    servers: ServerStore
    sessions: SessionStore
    settings: SettingsStore
    findings: FindingStore
    kiosks: KioskStore
    cloud_configs: CloudConfigStore
    second_factors: SecondFactorStore
    invitations: InvitationStore
    passkeys: PasskeyStore
    runs: RunFiles
    tokens: TokenStore
    grants: GrantStores


def serve(settings: Settings) -> int:
    """Run the dashboard until it is stopped; the exit status."""
    _set_up_logging(settings.log_level)
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
    mount(nicegui.app, context)
    if not settings.demo:
        nicegui.app.on_startup(lambda: context.servers.schedule.every(COPIED_EVERY, "copies", lambda: _keep_copy(directory)))
    nicegui.app.on_startup(ending.Ending().watch)  # once uvicorn has its handlers in place
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
        http=http_protocol(ConnectionCounter(ConnectionLimits.fitting(raise_file_limit())), _tls(settings)),
        ws_max_size=LONGEST_MESSAGE,
        ws_per_message_deflate=False,  # a console's picture would cost fourteen times the processor time
        timeout_graceful_shutdown=ending.CONNECTIONS,
        server_header=False,
    )
    return 0


async def _keep_copy(directory: DataDirectory) -> None:
    try:
        await directory.run(keep_daily, directory)
    except StoreError as error:
        log.warning("no copy of the configuration: %s", error)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.serves_tls:
        return None
    certificate = settings.tls_cert or own_certificate(settings.data_dir)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, settings.tls_key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def stores_of(settings: Settings, directory: DataDirectory) -> Stores:
    vault = Vault(directory, settings.secret_key)
    return Stores(
        UserStore(directory),
        ServerStore(directory, vault),
        SessionStore(directory),
        SettingsStore(directory),
        FindingStore(directory),
        KioskStore(directory),
        CloudConfigStore(directory, vault),
        SecondFactorStore(directory, vault),
        InvitationStore(directory),
        PasskeyStore(directory),
        RunFiles(directory.path, vault),
        TokenStore(directory),
        GrantStores(directory),
    )


def build(settings: Settings, stores: Stores, audit: Audit) -> Context:
    """The program's parts, connected."""
    mirror = Mirror()
    mirror.trash.days = days_of(stores.settings.value(SETTING))
    scopes = Scopes(mirror, Visibility(mirror.grants, stores.users))
    servers = Servers(mirror, stores.servers, findings=stores.findings, interest=lambda: _interest(runner))
    demo_while: Callable[[], bool] | None = None
    if settings.demo:

        def demo_while() -> bool:
            return all(server.simulated for server in stores.servers.all())

    two_step = TwoStep(stores.second_factors, required=lambda: bool(stores.settings.value(REQUIRED)))
    grants = Grants(stores.grants, mirror.grants, stores.users)
    auth = AuthService(
        stores.users,
        stores.sessions,
        Passwords(),
        two_step,
        demo_while,
        stores.kiosks,
        audit.post,
        stores.tokens,
        _single_sign_on(settings),
        invitations=stores.invitations,
        passkeys=Passkeys(stores.passkeys, settings.passkey_site),
        ldap=_ldap(settings),
        join=grants.move_by_name,
    )
    everybody = WithLocalUser(stores.users)
    runner = Runner(mirror, servers.connection, everybody, audit, files=stores.runs)
    runner.exchange.allowed = AllowedHosts.of(stores.settings.value(FETCH_SETTING, []))
    mirror.grants.compile = vm_filter
    runner.quotas.own = grants.own
    return Context(
        settings=settings,
        scopes=scopes,
        scope=scopes.whole,
        servers=servers,
        runner=runner,
        journal=Journal(mirror, runner, settings.data_dir),
        audit=audit,
        auth=auth,
        users=stores.users,
        server_store=stores.servers,
        setting_store=stores.settings,
        kiosks=stores.kiosks,
        cloud_configs=stores.cloud_configs,
        tokens=stores.tokens,
        grants=grants,
        rolling=RollingRuns(mirror, runner, everybody, settings.data_dir),
        patches=PatchBook(mirror, servers.connection),
    )


def _single_sign_on(settings: Settings) -> SingleSignOn | None:
    """Half a second of imports, for who has a provider."""
    if settings.oidc is None:
        return None
    from xo_dash.auth.single_sign_on import SingleSignOn  # noqa: PLC0415

    return SingleSignOn(settings.oidc)


def _ldap(settings: Settings) -> LdapDirectory | None:
    """A quarter of a second of imports, for who has one."""
    if settings.ldap is None:
        return None
    from xo_dash.auth.directory import LdapDirectory  # noqa: PLC0415

    return LdapDirectory(settings.ldap)


def mount(app: App, context: Context) -> None:
    """Put door, pages and life into `app`."""
    add_routes(app, context)
    i18n.set_locator(Locator(context.settings.language))
    set_reader(context.reader)
    app.on_startup(lambda: _begin(context))
    app.timer(TICK, context.grants.tick)
    commands = LocalSocket(context.settings.data_dir, OrderDesk(context.mirror, context.runner), LocalApi(context).get)
    app.on_startup(commands.start)
    app.on_shutdown(commands.stop)
    app.on_shutdown(context.rolling.stop)
    app.on_shutdown(context.runner.stop)
    app.on_shutdown(context.servers.stop)
    app.on_shutdown(context.journal.stop)
    if context.settings.demo:
        demo = Demo(context.settings.port + 1)
        app.on_startup(lambda: _show_demo(demo, context))
        app.on_shutdown(demo.stop)  # after the sessions in it are signed out
    purge, first_boots = Purge(context.mirror, context.runner), FirstBoots(context.mirror, context.runner)
    app.on_startup(lambda: context.servers.schedule.every(LOOKED_EVERY, "cloud-init disks", first_boots.run))
    app.on_startup(lambda: context.servers.schedule.every(PURGED_EVERY, "trash", purge.run))
    app.on_startup(lambda: context.servers.schedule.every(PATCHES_EVERY, "patches", context.patches.run))
    app.on_startup(gc_tuning.settle)
    tidying = gc_tuning.Tidying(_is_watched, context.servers.loading)
    app.on_startup(lambda: context.servers.schedule.every(gc_tuning.YOUNG, "young garbage", tidying.young))
    app.on_startup(lambda: context.servers.schedule.every(gc_tuning.TIDY, "garbage", tidying.tick))


def _interest(runner: Runner) -> Interest:
    if any(not run.ended for run in runner.runs):
        return Interest.COMMANDS
    return Interest.PAGES if _is_watched() else Interest.NOBODY


def _is_watched() -> bool:
    return any(client.has_socket_connection for client in Client.instances.values())


def add_routes(app: App, context: Context) -> None:
    """All that can be asked for, with the door in front of it."""
    install(app, context.auth, VIEWS, context.settings.host, context.scopes.ready)
    app.timer(TICK, context.reload_outdated)
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


async def _show_demo(demo: Demo, context: Context) -> None:
    """Start the simulated pools and connect to them, and to nothing else."""
    await context.auth.prepare_demo()
    try:
        pools = await demo.start()
    except (OSError, RuntimeError) as error:
        log.error("no demo: %s", error)
        return
    wanted = {pool.url: pool for pool in pools}
    for server in list(context.server_store.all()):
        if server.address in wanted:
            del wanted[server.address]
        elif server.simulated:
            await context.servers.remove(server.id)
    for wanted_pool in wanted.values():
        await context.servers.add(
            wanted_pool.url, wanted_pool.user, wanted_pool.password, tls=TlsMode.PLAIN, label=wanted_pool.pool, simulated=True
        )


class Locator:
    """The language of a browser: its user's choice, else what it asks for, else the installation's."""

    def __init__(self, installation: str) -> None:
        self._installation = installation
        self._by_client: WeakKeyDictionary[Client, str] = WeakKeyDictionary()

    def __call__(self) -> str | None:
        try:
            client = nicegui.context.client
            if client not in self._by_client:
                self._by_client[client] = self._choose(client)
        except RuntimeError:  # nobody is looking: no client, or one without a request
            return None if self._installation == "auto" else self._installation
        return self._by_client[client]

    def _choose(self, client: Client) -> str:
        session = session_of(client)
        chosen = session.user().preferences.get("language") if session and session.is_open else None
        if chosen in i18n.LOCALES:
            return str(chosen)
        if self._installation != "auto":
            return self._installation
        return i18n.negotiate(client.request.headers.get("accept-language", ""))


def _set_up_logging(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in ("apscheduler", "nicegui", "httpx", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for name in ("uvicorn.error", "nicegui"):
        logging.getLogger(name).addFilter(is_news)


NO_NEWS = (
    "Invalid HTTP request received.",  # anybody can make uvicorn say it, once for each of his requests
    "Unsupported upgrade request.",
    "Cancel %s running task(s), timeout graceful shutdown exceeded",  # some browsers are slow to leave
)


def is_news(record: logging.LogRecord) -> bool:
    """That a browser leaves is none: in the middle of a request, which NiceGUI's middleware takes for a failure of ours, or while
    something that it asked for is under way, whose end has no page any more to be shown on. Nor is what uvicorn cancels itself.
    """
    error = record.exc_info[1] if record.exc_info else None
    left = isinstance(error, RuntimeError) and str(error).endswith(("No response returned.", "has been deleted."))
    return not (left or isinstance(error, asyncio.CancelledError) or record.msg in NO_NEWS)


def _print_start(settings: Settings, context: Context) -> None:
    lines: list[str] = [_("xo-dash is at {url}").format(url=settings.url), _("its data is in {path}").format(path=settings.data_dir)]
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
