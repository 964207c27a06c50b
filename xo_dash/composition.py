"""The parts of the program, built once and connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nicegui import Client

from data.mirror import Mirror
from data.scope import Scopes
from data.stores.cloud_configs import CloudConfigStore
from data.stores.directory import DataDirectory
from data.stores.findings import FindingStore
from data.stores.invitations import InvitationStore
from data.stores.kiosks import KioskStore
from data.stores.passkeys import PasskeyStore
from data.stores.second_factors import SecondFactorStore
from data.stores.servers import ServerStore
from data.stores.sessions import SessionStore
from data.stores.settings import SettingsStore
from data.stores.tokens import TokenStore
from data.stores.users import UserStore
from data.stores.vault import Vault
from data.trash import SETTING, days_of
from xo_dash.auth.grants import Grants, GrantStores
from xo_dash.auth.passkeys import Passkeys
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.service import AuthService
from xo_dash.auth.two_step import REQUIRED, TwoStep
from xo_dash.auth.visibility import Visibility
from xo_dash.config import Settings
from xo_dash.context import Context
from xo_dash.control.audit import Audit
from xo_dash.control.journal import Journal
from xo_dash.control.local_user import WithLocalUser
from xo_dash.control.patches import PatchBook
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.rolling.engine import RollingRuns
from xo_dash.control.runner import Runner
from xo_dash.control.transfers.allowed import SETTING as FETCH_SETTING
from xo_dash.control.transfers.allowed import AllowedHosts
from xo_dash.control.vm_filter import vm_filter
from xo_dash.sync.pace import Interest
from xo_dash.sync.servers import Servers

if TYPE_CHECKING:
    from xo_dash.auth.directory import LdapDirectory
    from xo_dash.auth.single_sign_on import SingleSignOn


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
        rolling=RollingRuns(mirror, runner, servers.connection, everybody, settings.data_dir),
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


def _interest(runner: Runner) -> Interest:
    if any(not run.ended for run in runner.runs):
        return Interest.COMMANDS
    return Interest.PAGES if is_watched() else Interest.NOBODY


def is_watched() -> bool:
    return any(client.has_socket_connection for client in Client.instances.values())
