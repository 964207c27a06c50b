"""`xo-dash config`: the configuration as a whole, out and in, its daily copies, and the key that opens its secrets."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from data.stores import backup, copies, snapshot
from data.stores.cloud_configs import CloudConfigStore
from data.stores.directory import DataDirectory
from data.stores.errors import RecordRefused
from data.stores.replacing import new_file
from data.stores.second_factors import SecondFactorStore
from data.stores.servers import ServerStore
from data.stores.trace import Deed
from data.stores.vault import KEY_FILE, Vault
from xo_dash.cli_table import ask_secret
from xo_dash.config import Settings
from xo_dash.control.resume.files import FOLDER as RUNS
from xo_dash.i18n import _

CONFIGURATION: Final = "configuration"
LONGEST_FILE: Final = 2 * snapshot.MOST

Verb = Callable[[argparse.Namespace, Settings, DataDirectory], None]


def _export(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    path = Path(given.file)
    content = backup.pack(snapshot.read(directory), ask_secret(_("Passphrase: "), twice=True))
    try:
        new_file(path, content)
    except OSError as error:
        raise RecordRefused(_("{file} cannot be written: {reason}").format(file=path, reason=error.strerror)) from error
    _tell(directory, "config.export")
    print(_("the configuration is in {file}; it cannot be opened without the passphrase").format(file=path))
    if settings.secret_key:
        print(_("its secrets need XO_DASH_SECRET_KEY as well, which is not in the file"))


def _import(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    path = Path(given.file)
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise RecordRefused(_("{file} cannot be read: {reason}").format(file=path, reason=error.strerror)) from error
    if len(content) > LONGEST_FILE:
        raise RecordRefused(_("this file was not made by xo-dash config export"))
    _replace(directory, backup.unpack(content, ask_secret(_("Passphrase: "))), "config.import")


def _copies(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    print("\n".join(copies.names(directory)) or _("there are no copies yet; a running xo-dash makes one a day"))


def _restore(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    _replace(directory, copies.read(directory, given.copy), "config.restore")


def _replace(directory: DataDirectory, found: snapshot.Snapshot, action: str) -> None:
    snapshot.check(found)
    with directory.serving():
        before = copies.keep_before_restore(directory) if (directory.path / snapshot.USERS).exists() else ""
        _tell(directory, action)
        snapshot.write(directory, found)
    print(_("the configuration is replaced; everybody has to sign in again"))
    if before:
        print(_("what was there before: xo-dash config restore {copy}").format(copy=before))


def _change_key(given: argparse.Namespace, settings: Settings, directory: DataDirectory) -> None:
    with directory.serving():
        if any((directory.path / RUNS).glob("*.log")):
            raise RecordRefused(_("some runs have not ended; start xo-dash, let them end, and try again"))
        vault = Vault(directory, settings.secret_key).begin_change()
        _tell(directory, "config.change-key")
        for store in (ServerStore(directory, vault), CloudConfigStore(directory, vault), SecondFactorStore(directory, vault)):
            store.reseal_now()
        vault.end_change()
    place = "XO_DASH_SECRET_KEY" if settings.secret_key else directory.path / KEY_FILE
    print(_("all secrets are encrypted with a new key, in {place}; earlier copies and exports still have the old one").format(place=place))


def _tell(directory: DataDirectory, action: str) -> None:
    directory.tell(directory.actor, Deed(action=action, kind=CONFIGURATION, name=CONFIGURATION))


VERBS: Final[Mapping[tuple[str, str], Verb]] = {
    ("config", "export"): _export,
    ("config", "import"): _import,
    ("config", "copies"): _copies,
    ("config", "restore"): _restore,
    ("config", "change-key"): _change_key,
}
