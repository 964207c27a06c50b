"""A vApp as it is shown: a group of VMs that start and stop together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple, TypeVar

from data.appliances import members_of
from data.facts.vm import VmState, state_of
from data.names import name_of, pool_name
from data.objects import VM, Appliance
from data.views.things import NAME, POOL_NAME, Thing, thing, via
from data.views.view import Fact, View, is_present

V = TypeVar("V")
_STATE: Final = via("VMs", "power_state", "resident_on.metrics.live")


class MemberView(NamedTuple):
    vm: Thing
    state: VmState
    operation: str  # of XAPI's, under way; "" for none
    order: int
    start_delay: int  # seconds
    shutdown_delay: int  # seconds


def member_of(vm: VM) -> MemberView:
    return MemberView(thing(vm), state_of(vm), next(iter(vm.current_operations.values()), ""), vm.order, vm.start_delay, vm.shutdown_delay)


def states_of(appliance: Appliance) -> Mapping[VmState, int]:
    return Counter(map(state_of, members_of(appliance)))


class _Fact(Fact[Appliance, V]):
    pass


class ApplianceView(View[Appliance]):
    """Everything that is shown of a vApp."""

    kind: ClassVar = Appliance

    present = _Fact(is_present)
    """False once it is deleted; all else stays as it was last."""
    name = _Fact(name_of, *NAME)
    description = _Fact(lambda appliance: appliance.name_description.strip(), "name_description")
    pool = _Fact(lambda appliance: pool_name(appliance.home), *POOL_NAME)
    is_fresh = _Fact(lambda appliance: appliance.home.server.is_live, "Server.state")
    """Whether the picture is of now: its pool is connected."""
    members = _Fact(
        lambda appliance: tuple(map(member_of, members_of(appliance))),
        *via("VMs", *NAME, "order", "start_delay", "shutdown_delay", "current_operations"), *_STATE,
    )  # fmt: skip
    """In the order in which they start."""
    states = _Fact(states_of, *_STATE)
    """How many of its VMs are how."""
