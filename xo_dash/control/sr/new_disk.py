"""An empty disk on an SR, of no VM yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from data.names import name_of
from data.objects import SR
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import GibSize, Name, called
from xo_dash.control.sr.import_disk import holds_disks, new_vdi, unreachable
from xo_dash.control.vdi.space import cannot_take
from xo_dash.i18n import N_


class NewDiskOnSR(Request, frozen=True, kw_only=True):
    """A disk to be attached to a VM later."""

    name: Annotated[Name, called(N_("Name"))]
    size: Annotated[GibSize, called(N_("Size"), hint=N_("In GiB, unless a unit is given"))]


def check(request: NewDiskOnSR, sr: SR) -> Iterator[Fault]:
    if reason := cannot_take(sr, request.size, None):
        yield Fault("size", reason)


def plan(request: NewDiskOnSR, sr: SR) -> Plan:
    says = lazy(N_("Creating {name} on {sr}"), name=request.name, sr=name_of(sr))
    yield Call("VDI.create", new_vdi(sr, request.name, str(request.size)), says=says)


NEW_DISK: Final[AnyAction] = Action(
    id="sr.new_disk", kind=SR, request=NewDiskOnSR, title=N_("New disk"), done=N_("the disk is on {name}"), role=Role.OPERATOR, icon="plus",
    prominent=True, applies_to=holds_disks, blocked=unreachable, check=check, plan=plan,
)  # fmt: skip
