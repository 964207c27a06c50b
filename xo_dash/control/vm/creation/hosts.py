"""Where a new VM could run: each host of the pool with what it has left, or why it cannot take it; and which one to suggest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import digits
from typing import Final

from data.failover import reach_of
from data.history import History
from data.hosts import account_of, cpus_of, guests_of
from data.mirror import PoolMirror
from data.names import name_of, name_order
from data.objects import SR, VM, Host, Network
from data.types import Home
from xo_dash.control.conditions import host_refuses
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.vm.cpu_limits import host_lacks
from xo_dash.control.vm.creation.blueprint import Blueprint
from xo_dash.control.vm.creation.request import NUMBER
from xo_dash.i18n import N_

SEPARATORS: Final = ("-", "_", ".", " ")
FEWEST_LETTERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One host, for this VM."""

    host: Host
    free: int  # bytes of memory now; 0 where nobody measured it
    vcpus: int  # of the VMs on it
    threads: int
    cpu: float | None  # load now, 0 to 1; None where it is not measured
    alike: int  # VMs on it that are called like this one: web-1, web-2
    refused: LazyText | None


def seats(plan: Blueprint) -> list[Seat]:
    """All hosts of the pool, the one to suggest first, those that cannot take it last."""
    home = plan.source.home
    found = [_seat(plan, host) for host in home.all(Host).values()]
    found.sort(key=lambda seat: (seat.refused is not None, seat.alike, round(seat.cpu or 0.0, 1), -seat.free, name_order(seat.host)))
    return found


def suggested(found: Sequence[Seat]) -> Seat | None:
    return found[0] if found and found[0].refused is None else None


def why(seat: Seat, plan: Blueprint, found: Sequence[Seat]) -> Iterator[LazyText]:
    """The reasons for suggesting it."""
    measured = [other.cpu for other in found if other.cpu is not None and other.refused is None]
    if seat.cpu is not None:
        least = N_("CPU {percent}%, the lowest") if len(measured) > 1 and seat.cpu <= min(measured) else N_("CPU {percent}%")
        yield lazy(least, percent=round(seat.cpu * 100))
    yield lazy(N_("{free} of memory free, needs {needed}"), free=Amount(seat.free), needed=Amount(plan.memory.dynamic_max))
    what = [name_of(one) for one in (*srs_of(plan), *networks_of(plan))]
    if what:
        yield lazy(N_("Connected to {what}"), what=", ".join(what[:4]))
    others = [name_of(other.host) for other in found if other.alike and other is not seat]
    if not seat.alike and others:
        yield lazy(N_("Similar VMs run on {hosts}"), hosts=", ".join(others[:3]))


def refusal(plan: Blueprint, host: Host) -> LazyText | None:
    """Why it cannot start there, as far as the mirror knows; the pool has the last word."""
    if reason := host_refuses(host):
        return reason
    reached = reach_of(host)
    for sr in srs_of(plan):
        if sr.ref not in reached:
            return lazy(N_("it has no access to {what}"), what=name_of(sr))
    for network in networks_of(plan):
        if network.ref not in reached:
            return lazy(N_("it does not have the network {what}"), what=name_of(network))
    account = account_of(host)
    if account.total and plan.memory.dynamic_min > account.free:  # a total of 0 was never measured
        needed, free = Amount(plan.memory.dynamic_min), Amount(max(0, account.free))
        return lazy(N_("not enough memory: needs {needed}, {free} free"), needed=needed, free=free)
    return host_lacks(plan.vcpus, plan.source, host)


def srs_of(plan: Blueprint) -> list[SR]:
    """What its host has to reach, each once; where the ISO lies too."""
    home = plan.source.home
    iso = home.one(SR, plan.iso.SR) if plan.iso is not None else None
    config = plan.config_sr if plan.cloud_init is not None else None
    return [sr for sr in dict.fromkeys((*(disk.sr for disk in plan.disks), iso, config)) if sr is not None]


def networks_of(plan: Blueprint) -> list[Network]:
    """Those with ports: one without is inside of each host."""
    return [network for network in dict.fromkeys(card.network for card in plan.cards) if network is not None and network.PIFs]


def _seat(plan: Blueprint, host: Host) -> Seat:
    guests = guests_of(host)
    load = host.home.part(History).load(host.uuid) if isinstance(host.home, PoolMirror) else None
    cpu = load.cpu if load is not None and load.cpu == load.cpu else None
    stem = _stem(plan.names[0])
    return Seat(
        host=host, free=max(0, account_of(host).free), vcpus=sum(vm.VCPUs_at_startup for vm in guests), threads=cpus_of(host).threads,
        cpu=cpu, alike=sum(_stem(vm.name_label) == stem for vm in guests) if stem else 0, refused=refusal(plan, host),
    )  # fmt: skip


def _stem(name: str) -> str:
    """`web` of `web-12`; "" for a name without a number."""
    bare = name.removesuffix(NUMBER) if name.endswith(NUMBER) else name.rstrip(digits)
    stem = bare[:-1] if bare.endswith(SEPARATORS) else bare
    return stem.casefold() if bare != name and len(stem) >= FEWEST_LETTERS else ""


def same_names(home: Home, names: Sequence[str]) -> list[VM]:
    """The VMs that have one of these names already: XAPI allows it, people mostly do not want it."""
    wanted = set(names)
    return [vm for vm in home.all(VM).values() if vm.name_label in wanted and not vm.is_a_snapshot and not vm.is_control_domain]
