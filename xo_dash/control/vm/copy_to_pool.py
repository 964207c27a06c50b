"""A copy of a halted VM in another pool: its export is the other pool's import, with no file between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.pool import has_zstd
from data.identity import key_of, seen_from
from data.names import name_of, pool_name
from data.objects import SR, VIF, VM, Network, PowerState
from data.stores.users import Role
from data.types import Home
from data.vms import disks_of
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, PoolExport, Transfer
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import AnySR, NamePattern, called
from xo_dash.control.sr.choice import disk_srs
from xo_dash.control.vdi.space import cannot_copy, free_text
from xo_dash.control.vm.export import GZIP, NONE, QUERY, ZSTD
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.removal import remove_made
from xo_dash.i18n import N_


class CopyToPool(Request, frozen=True, kw_only=True):
    """The original stays as it is; the copy has a new identity and new MAC addresses."""

    sr: Annotated[AnySR, called(N_("SR"))]
    name: Annotated[NamePattern, called(N_("Name"))]
    compress: Annotated[
        bool, called(N_("Compress during the transfer"), hint=N_("For slow connections between pools; uses the host's CPU"))
    ] = False


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    first = next((choice.value for choice in srs(vms) if choice.refused is None), "")
    return {"name": name_of(vms[0]) if len(vms) == 1 else "{name}", "sr": first}


def srs(vms: Sequence[VM]) -> Sequence[Choice]:
    """Those of all other pools."""
    homes = {vm.home.id for vm in vms}
    disks = [disk for vm in vms for disk in disks_of(vm)]
    return [
        Choice(key_of(sr), f"{label} · {pool_name(home)} · {free_text(sr)}", cannot_copy(sr, disks))
        for home in vms[0].home.pools.values()
        if home.id not in homes
        for sr, label in disk_srs(home)
    ]


def check(request: CopyToPool, vm: VM) -> Iterator[Fault]:
    sr = seen_from(vm.home, SR, request.sr)
    if sr is None:
        return
    if sr.home is vm.home:
        yield Fault("sr", lazy(N_("{sr} is in the pool of the VM; use Clone within a pool"), sr=name_of(sr)))
    elif reason := cannot_copy(sr, disks_of(vm)):
        yield Fault("sr", reason)


def notes(request: CopyToPool, vm: VM) -> Iterator[LazyText]:
    """A network is found there by its name."""
    sr = seen_from(vm.home, SR, request.sr)
    known = {network.name_label for network in sr.home.all(Network).values()} if sr is not None else set()
    for nic in vm.all_of(VIF, vm.VIFs):
        network = vm.home.one(Network, nic.network)
        if sr is not None and network is not None and network.name_label not in known:
            yield lazy(N_("The other pool has no network {network}: check NIC {device} before you start the copy."),
                       network=name_of(network), device=nic.device)  # fmt: skip


def _packing(request: CopyToPool, here: Home, there: Home) -> str:
    """What both pools can."""
    if not request.compress:
        return NONE
    return ZSTD if has_zstd(here) and has_zstd(there) else GZIP


def plan(request: CopyToPool, vm: VM) -> Plan:
    sr = seen_from(vm.home, SR, request.sr)
    assert sr is not None  # noqa: S101  # the runner has checked that
    there, name = sr.home.id, name_of(vm)

    def undo(copies: object) -> Plan:
        for copy in copies if isinstance(copies, list) else []:
            yield from remove_made(copy, request.name, at=there)

    copies = yield Transfer(
        "/import", {"sr_id": sr.ref, "restore": "false"}, at=there,
        export=PoolExport("/export", {"ref": vm.ref, "use_compression": QUERY[_packing(request, vm.home, sr.home)]}),
        says=lazy(N_("Copying {name} to {pool}"), name=name, pool=pool_name(sr.home)), label=f"Copy of {name}", name=name,
        answers="VM", undo=undo,
    )  # fmt: skip
    copy = copies[0] if isinstance(copies, list) and copies else copies
    if request.name != name:
        says = lazy(N_("Renaming it to {name}"), name=request.name)
        yield Call("VM.set_name_label", copy, request.name, says=says, asynchronous=False, at=there)
    return copy


_CONDITION = allowed("export", PowerState.HALTED)


def _blocked(vm: VM) -> LazyText | None:
    if len(vm.home.pools) < 2:
        return lazy(N_("no other pool is connected"))
    return _CONDITION(vm)


COPY: Final[AnyAction] = Action(
    id="vm.copy_to_pool", kind=VM, request=CopyToPool, title=N_("Copy to another pool"), done=N_("{name} is copied"), role=Role.OPERATOR,
    icon="copy", applies_to=is_machine, blocked=_blocked, relevant=lambda vm: len(vm.home.pools) > 1 and _CONDITION.holds(vm),
    defaults=defaults, choices={"sr": srs}, check=check, notes=notes, plan=plan,
)  # fmt: skip
