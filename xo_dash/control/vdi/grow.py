"""Growing a disk: to a size, or by so much. At once where its SR can; else noted for the restart of its VM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.names import name_of
from data.objects import SR, VDI
from data.pending import DISK, DiskWaiting, owner, written
from data.stores.users import Role
from data.texts import typed_whole
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.sizes import parse_size
from xo_dash.control.requests.types import called
from xo_dash.control.sr.use import has_feature
from xo_dash.control.vdi.space import cannot_take
from xo_dash.control.vdi.use import in_use_by, is_disk
from xo_dash.control.words import under_way
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

MOST: Final = 1 << 50
NewSize = Annotated[str, Meta(min_length=1, max_length=40)]


class GrowDisk(Request, frozen=True, kw_only=True):
    """A larger disk; one cannot be made smaller."""

    size: Annotated[NewSize, called(N_("New size"), hint=N_("300 or 300 GiB; +100 or +10% to add"))]


def new_size(text: str, now: int) -> int | None:
    """Bytes of `300`, `300 GiB`, `+100`, `+10%` for a disk of `now` bytes; None for what is no size."""
    text = text.strip()
    more = text.removeprefix("+").strip()
    if text.startswith("+") and more.endswith("%"):
        share = typed_whole(more.removesuffix("%"))
        return now + now * share // 100 if share is not None and share < 10_000 else None
    size = parse_size(more, "G")
    if not isinstance(size, int):
        return None
    return now + size if text.startswith("+") else size


def check(request: GrowDisk, vdi: VDI) -> Iterator[Fault]:
    size = new_size(request.size, vdi.virtual_size)
    if size is None:
        yield Fault("size", lazy(N_("it must be a size, like {example}"), example="300, 300 GiB, +100"))
    elif size <= vdi.virtual_size:
        yield Fault("size", lazy(N_("it already has {size}, and disks cannot shrink"), size=Amount(vdi.virtual_size)))
    elif size > MOST:
        yield Fault("size", lazy(N_("it must be more than 0 and at most 1 PiB")))
    elif (sr := vdi.home.one(SR, vdi.SR)) is not None and (reason := cannot_take(sr, size - vdi.virtual_size, in_use_by(vdi))):
        yield Fault("size", lazy(N_("{sr} cannot be used: {reason}"), sr=name_of(sr), reason=reason))


def grows_in_use(vdi: VDI) -> bool:
    """Whether its SR's driver can grow it while a VM has it. Source: of xapi's own drivers none can."""
    sr = vdi.home.one(SR, vdi.SR)
    return sr is not None and has_feature(sr, "VDI_RESIZE_ONLINE")


def blocked(vdi: VDI) -> LazyText | None:
    return under_way(next(iter(vdi.current_operations.values()))) if vdi.current_operations else None


def plan(request: GrowDisk, vdi: VDI) -> Plan:
    size = new_size(request.size, vdi.virtual_size)
    if size is None:
        return
    vm, disk = in_use_by(vdi), name_of(vdi)
    if vm is not None and not grows_in_use(vdi):
        says = lazy(N_("Saving {size} of {disk} for the next restart of {name}"), size=Amount(size), disk=disk, name=name_of(vm))
        yield from setting_key(vm, "other_config", f"{DISK}{vdi.uuid}", written(DiskWaiting(vm=owner(vm), size=size)), says)
        return
    method = "VDI.resize" if vm is None else "VDI.resize_online"
    yield Call(method, vdi.ref, size, says=lazy(N_("Growing {disk} to {size}"), disk=disk, size=Amount(size)))


def defaults(disks: Sequence[VDI]) -> Mapping[str, object]:
    return {"size": "+10" if len(disks) != 1 else f"{max(1, disks[0].virtual_size >> 30)} GiB"}


GROW: Final[AnyAction] = Action(
    id="vdi.grow", kind=VDI, request=GrowDisk, title=N_("Grow"), done=N_("{name} is enlarged"), role=Role.OPERATOR, icon="plus",
    applies_to=is_disk, blocked=blocked, defaults=defaults, check=check, plan=plan,
)  # fmt: skip
