"""The SR on which the disks of new VMs are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.pool import own_pool
from data.facts.sr import is_default, is_shown
from data.names import name_of
from data.objects import SR, Pool
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan, one, several
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import SRUuid, called
from xo_dash.control.sr.attach import is_sr
from xo_dash.control.sr.choice import disk_srs
from xo_dash.i18n import N_


class DefaultSR(Request, frozen=True, kw_only=True):
    """The disks of new VMs are made there unless another SR is chosen."""

    sr: Annotated[SRUuid, called(N_("SR"))]


def cannot_be_default(sr: SR) -> LazyText | None:
    if not is_shown(sr) or sr.content_type == "iso":
        return lazy(N_("not used for VM disks"))
    return lazy(N_("it is already the default SR")) if is_default(sr) else None


def plan_of_sr(request: NoRequest, sr: SR) -> Plan:
    pool = own_pool(sr.home)
    if pool is None:
        return several(())
    return one(
        "pool.set_default_SR", pool.ref, sr.ref, says=lazy(N_("Setting {name} as the default SR"), name=name_of(sr)), asynchronous=False
    )


def choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    """Where disks can be; what all hosts reach comes first."""
    return [Choice(sr.uuid, label) for pool in pools for sr, label in disk_srs(pool.home)]


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"sr": next((choice.value for choice in choices(pools)), "")}


def check(request: DefaultSR, pool: Pool) -> Iterator[Fault]:
    sr = pool.home.by_uuid(SR, request.sr)
    if sr is not None and (reason := cannot_be_default(sr)):
        yield Fault("sr", reason)


def plan_of_pool(request: DefaultSR, pool: Pool) -> Plan:
    sr = pool.home.by_uuid(SR, request.sr)
    return plan_of_sr(NoRequest(), sr) if sr is not None else several(())


MAKE_DEFAULT: Final[AnyAction] = Action(
    id="sr.make_default", kind=SR, title=N_("Set as default"), done=N_("{name} is the default SR"), role=Role.ADMIN, icon="check",
    applies_to=is_sr, blocked=cannot_be_default, plan=plan_of_sr,
)  # fmt: skip
CHOOSE_DEFAULT: Final[AnyAction] = Action(
    id="pool.default_sr", kind=Pool, request=DefaultSR, title=N_("Change default SR"), done=N_("{name} has a default SR"),
    role=Role.ADMIN, icon="storage", prominent=True, applies_to=lambda pool: True, blocked=lambda pool: None,
    defaults=defaults, choices={"sr": choices}, check=check, plan=plan_of_pool,
)  # fmt: skip
