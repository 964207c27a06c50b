"""`xo-dash server` and `xo-dash audit`, and where all commands on the stores begin, which may be while a server runs on them."""

import argparse
import os
import pwd
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryUnusable, RecordRefused, StoreError
from data.stores.servers import ServerStore, TlsMode
from data.stores.trace import Actor
from data.stores.vault import Vault
from xo_dash import cli_config, cli_people, cli_users
from xo_dash.cli_table import ask_secret, print_table
from xo_dash.config import Settings, is_loopback
from xo_dash.control.audit import Audit
from xo_dash.i18n import _
from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadAddress

COMMAND_LINE = "command line"
"""Where a change comes from that no browser made."""


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Do the verb of `given` on the stores of the data directory; the exit status."""
    verbs: Mapping[tuple[str, str], Callable[[argparse.Namespace, Settings, DataDirectory], None]] = {
        ("server", "add"): _add_server,
        ("server", "list"): _list_servers,
        ("audit", "verify"): _verify_audit,
    }
    try:
        _check_owner(settings.data_dir)
        directory = DataDirectory(settings.data_dir)
        audit = Audit(settings.data_dir)
        directory.tell, directory.who = audit.tell, lambda: Actor(_account(), address=COMMAND_LINE)
        try:
            if people := cli_people.VERBS.get((given.command, given.verb)):
                people(given, directory)
            elif verb := {**cli_config.VERBS, **cli_users.VERBS}.get((given.command, given.verb)):
                verb(given, settings, directory)
            else:
                verbs[given.command, given.verb](given, settings, directory)
        finally:
            directory.close()
            audit.close()
    except StoreError as error:
        print(f"xo-dash: {error}", file=sys.stderr)
        return 1
    return 0


def _check_owner(path: Path) -> None:
    """Files that root leaves in the service's directory are files that the service cannot read."""
    if not path.exists() or (owner := path.stat().st_uid) == os.geteuid():
        return
    name = _name_of(owner)
    raise RecordRefused(_("{path} belongs to {name}; run this as that user: sudo -u {name} xo-dash ...").format(path=path, name=name))


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _account() -> str:
    """Who types, as far as the system knows: `xo-dash (ann)` for ann who uses sudo."""
    account, person = _name_of(os.geteuid()), os.environ.get("SUDO_USER", "")
    return f"{account} ({person})" if person else account


# ---- servers


def _add_server(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    servers = ServerStore(directory, Vault(directory, settings.secret_key))
    tls = _trust(given)
    _check_address(given.address)
    password = ask_secret(_("Password for {user} at {address}: ").format(user=given.user, address=given.address))
    if not password:
        raise RecordRefused(_("a pool needs a password; nothing was added"))
    server = servers.add_now(given.address, given.user, password, tls=tls, label=given.label, fingerprint=given.fingerprint)
    print(_("{label} is added; a running xo-dash will connect to it").format(label=server.label))
    if tls is TlsMode.CA:
        print(_("If its certificate is self-signed, the settings page shows the fingerprint and asks whether to trust it."))


def _check_address(text: str) -> None:
    """Before a password is asked for."""
    try:
        Address.parse(text)
    except BadAddress as error:
        raise RecordRefused(str(error)) from error


def _trust(given: argparse.Namespace) -> TlsMode:
    """Plain http takes an explicit yes, except to this machine."""
    if given.fingerprint:
        return TlsMode.PINNED
    if given.plain:
        if given.address.lower().startswith("https://"):
            raise RecordRefused(_("https:// is not plain HTTP; write http://, or leave out --plain"))
        return TlsMode.PLAIN
    if given.address.lower().startswith("http://"):
        if is_loopback(urlsplit(given.address).hostname or ""):
            return TlsMode.PLAIN
        raise RecordRefused(_("http:// sends the password unencrypted; use https, or add --plain to allow it"))
    return TlsMode.CA


def _list_servers(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    words = {TlsMode.CA: _("authority"), TlsMode.PINNED: _("fingerprint"), TlsMode.PLAIN: _("plain HTTP")}
    servers = ServerStore(directory, Vault(directory, settings.secret_key)).all()
    rows = [
        (one.label, one.address, one.user, words[one.tls], one.pool_uuid or "–", _("yes") if one.enabled else _("no")) for one in servers
    ]
    head = (_("display name"), _("address"), _("user"), _("trust"), _("pool"), _("enabled"))
    print_table(head, rows, _("there are no servers yet; add one in the settings page, or with: xo-dash server add"))


# ---- the audit


def _verify_audit(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    audit = Audit(settings.data_dir)
    try:
        verdict = audit.verify(given.anchor)
    except OSError as error:
        raise DirectoryUnusable(
            _("the audit log {file} cannot be read: {reason}").format(file=error.filename, reason=error.strerror)
        ) from error
    finally:
        audit.close()
    if verdict.broken_in:
        sentence = _("the audit log is broken at line {line} of {file}; the {count} lines before it are unchanged")
        raise RecordRefused(sentence.format(line=verdict.broken_at, file=verdict.broken_in, count=verdict.lines))
    if not verdict.anchored:
        raise RecordRefused(_("the audit log does not contain this hash: lines were cut off, or it is the hash of another audit log"))
    if verdict.earlier:
        print(_("{count} lines are from an earlier version and cannot be checked").format(count=verdict.earlier))
    print(_("{count} lines are unchanged").format(count=verdict.lines))
    if verdict.lines:
        print(_("first: {moment}").format(moment=verdict.since))
        print(_("last hash: {hash}").format(hash=verdict.last))
