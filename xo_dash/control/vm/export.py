"""A VM as one file, an XVA, for whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.pool import has_zstd
from data.names import name_of
from data.objects import VM, PowerState
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Plan, Transfer
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.control.transfers.names import file_name
from xo_dash.control.vm.kinds import is_machine, is_snapshot
from xo_dash.i18n import N_

ZSTD, GZIP, NONE = "zstd", "gzip", "none"
COMPRESSIONS: Final[Mapping[str, str]] = {
    ZSTD: N_("Zstandard: small and fast"),
    GZIP: N_("gzip: small and slow, for old hosts"),
    NONE: N_("None: the size of the data on its disks"),
}
"""Source: gzip keeps one of the host's cores busy for some 30 MB/s, zstd is several times as fast."""
QUERY: Final[Mapping[str, str]] = {NONE: "false", GZIP: "true", ZSTD: "zstd"}
"""Source: use_compression of /export; releases before Zstandard read a boolean, which means gzip to those after it too."""
ENDING: Final[Mapping[str, str]] = {NONE: "xva", GZIP: "xva.gz", ZSTD: "xva.zst"}


class ExportVM(Request, frozen=True, kw_only=True):
    """Its settings and the contents of its disks."""

    compression: Annotated[str, one_of(COMPRESSIONS), called(N_("Compression"))] = ZSTD


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"compression": ZSTD if all(has_zstd(vm.home) for vm in vms) else GZIP}


def check(request: ExportVM, vm: VM) -> Iterator[Fault]:
    if request.compression == ZSTD and not has_zstd(vm.home):
        yield Fault("compression", lazy(N_("this pool's version or licence does not have Zstandard; choose gzip")))


def plan(request: ExportVM, vm: VM) -> Plan:
    name = file_name(name_of(vm), ENDING[request.compression])
    yield Transfer(
        "/export", {"ref": vm.ref, "use_compression": QUERY[request.compression]},
        says=lazy(N_("Exporting {name}"), name=name_of(vm)), label=f"Export of {name_of(vm)}", name=name,
    )  # fmt: skip


def is_exportable(subject: XapiObject) -> bool:
    return is_machine(subject) or is_snapshot(subject) or (isinstance(subject, VM) and subject.is_a_template and bool(subject.VBDs))


_CONDITION = allowed("export", PowerState.HALTED, PowerState.SUSPENDED)
EXPORT: Final[AnyAction] = Action(
    id="vm.export", kind=VM, request=ExportVM, title=N_("Export"), done=N_("{name} is exported"), role=Role.OPERATOR, icon="download",
    applies_to=is_exportable, blocked=_CONDITION, quick_check=_CONDITION.holds,
    defaults=defaults, check=check, plan=plan, delivers=True,
)  # fmt: skip
