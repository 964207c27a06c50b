"""The pool's database as one file, and back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Final

from data.facts.host import is_live
from data.names import name_of
from data.objects import Pool
from data.stores.users import Role
from data.uplinks import hosts_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import always, never
from xo_dash.control.lazy_text import LazyText, lazy, names_of, together
from xo_dash.control.plan import Plan, Transfer
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import called
from xo_dash.control.transfers.names import file_name
from xo_dash.i18n import N_, _

PATH: Final = "/pool/xmldbdump"
LARGEST: Final = 1 << 30


class RestorePool(Request, frozen=True, kw_only=True):
    """Everything that the pool knows becomes what it was when the file was made."""

    file: Annotated[File, called(N_("Metadata backup (XML)"))]


def backup(request: NoRequest, pool: Pool) -> Plan:
    name = file_name(f"{name_of(pool)} {time.strftime('%Y-%m-%d')}", "xml")
    yield Transfer(
        PATH, {}, says=lazy(N_("Saving the metadata of {name}"), name=name_of(pool)), label=f"Metadata backup of {name_of(pool)}", name=name
    )


def check(request: RestorePool, pool: Pool) -> Iterator[Fault]:
    if not request.file.size:
        yield Fault("file", lazy(N_("the file is empty")))
    elif request.file.size > LARGEST:
        yield Fault("file", lazy(N_("it is larger than any pool's metadata; select another file")))


def cannot_restore(pool: Pool) -> LazyText | None:
    """XAPI asks every host."""
    silent = [host for host in hosts_of(pool.home) if not is_live(host)]
    return together((
        lazy(N_("HA is on; turn HA off first")) if pool.ha_enabled else None,
        lazy(N_("no response from {hosts}"), hosts=names_of(silent)) if silent else None,
    ))  # fmt: skip


def restore(request: RestorePool, pool: Pool) -> Plan:
    """Source: PUT of the same path; XAPI compares schema and hosts, then its master restarts with the old database."""
    says = lazy(N_("Restoring the metadata of {name}"), name=name_of(pool))
    label = f"Metadata restore of {name_of(pool)}"
    yield Transfer(PATH, {}, says=says, label=label, name=request.file.name, source=request.file, total=request.file.size)


def consequences(pool: Pool) -> list[str]:
    return [
        _("VMs, SRs and networks made since are forgotten; the disks of such VMs stay on their SRs"),
        _("Running VMs keep running, but the pool may show them otherwise: check them afterwards"),
        _("The master restarts its toolstack: for about a minute the pool does not respond"),
    ]


BACKUP: Final[AnyAction] = Action(
    id="pool.backup", kind=Pool, title=N_("Back up metadata"), done=N_("The metadata of {name} is saved"), role=Role.ADMIN,
    icon="download", applies_to=always, blocked=never, plan=backup, delivers=True,
)  # fmt: skip
RESTORE_POOL: Final[AnyAction] = Action(
    id="pool.restore", kind=Pool, request=RestorePool, title=N_("Restore metadata"), done=N_("The metadata of {name} is being restored"),
    role=Role.ADMIN, icon="upload", danger=True, typed=True, applies_to=always, blocked=cannot_restore, check=check, plan=restore,
    consequences=consequences, warning=N_("The pool's database is replaced with the one in the file. Contents of disks are not touched."),
)  # fmt: skip
