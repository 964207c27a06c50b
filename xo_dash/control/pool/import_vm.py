"""A VM from an XVA that somebody sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.objects import SR, Pool
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Plan, Transfer
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import SRUuid, called
from xo_dash.control.sr.choice import disk_srs
from xo_dash.control.transfers.checksums import Checksum, checked
from xo_dash.control.transfers.file_kinds import xva_pieces
from xo_dash.control.vdi.space import cannot_receive, not_reached
from xo_dash.control.vm.removal import remove_made
from xo_dash.i18n import N_

CHECKSUM_HINT: Final = N_("Optional: sha256:… or sha512:…, compared while the file arrives")
EMPTY: Final = lazy(N_("the file is empty"))


class ImportVM(Request, frozen=True, kw_only=True):
    """What was exported before, by this dashboard, XenCenter, Xen Orchestra or `xe`."""

    file: Annotated[File, called(N_("XVA file"))]
    checksum: Annotated[Checksum | None, called(N_("Checksum"), hint=CHECKSUM_HINT)] = None
    sr: Annotated[SRUuid, called(N_("Storage"))]
    keep: Annotated[bool, called(N_("Keep MAC addresses and identity"), hint=N_("Restore the same VM, not a copy of it"))] = False


def usual_sr(pool: Pool) -> str:
    """Where disks go unless somebody says: the pool's default, else the first that is offered, of those that are attached if any is."""
    offered = [sr for sr, _label in disk_srs(pool.home)]
    found = [sr.uuid for sr in offered if not_reached(sr, None) is None] or [sr.uuid for sr in offered]
    default = pool.home.one(SR, pool.default_SR)
    return default.uuid if default is not None and default.uuid in found else next(iter(found), "")


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"sr": usual_sr(pools[0]) if len(pools) == 1 else ""}


def srs(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(sr.uuid, label, not_reached(sr, None)) for sr, label in disk_srs(pools[0].home)] if len(pools) == 1 else []


def check(request: ImportVM, pool: Pool) -> Iterator[Fault]:
    """What is in the file takes its size at least."""
    if request.file.is_empty:
        yield Fault("file", EMPTY)
    sr = pool.home.by_uuid(SR, request.sr)
    if sr is not None and (reason := cannot_receive(sr, request.file.size)):
        yield Fault("sr", reason)


def plan(request: ImportVM, pool: Pool) -> Plan:
    sr = pool.home.by_uuid(SR, request.sr)
    if sr is None:
        return None
    name = request.file.name

    def undo(vms: object) -> Plan:
        for vm in vms if isinstance(vms, list) else []:
            yield from remove_made(vm, name)

    vms = yield Transfer(
        "/import", {"sr_id": sr.ref, "restore": str(request.keep).lower()},
        says=lazy(N_("Importing {name}"), name=name), label=f"Import of {name}", name=name, source=request.file, total=request.file.size,
        encode=lambda source: checked(xva_pieces(source), request.checksum or ""), answers="VM", undo=undo,
    )  # fmt: skip
    return vms[0] if isinstance(vms, list) and vms else vms


IMPORT: Final[AnyAction] = Action(
    id="pool.import_vm", kind=Pool, request=ImportVM, title=N_("Import VM"), done=N_("{name}: the VM is imported"), role=Role.OPERATOR,
    icon="upload", applies_to=lambda _pool: True, blocked=lambda _pool: None,
    defaults=defaults, choices={"sr": srs}, check=check, plan=plan,
)  # fmt: skip
