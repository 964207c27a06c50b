"""A host into a pool, and out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final

from msgspec import Meta

from data.identity import key_of, seen_from
from data.names import by_name, name_of, pool_name
from data.objects import PBD, PIF, SR, VDI, VM, Host, Pool, PowerState
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.host.conditions import silent, ties_to_pool
from xo_dash.control.lazy_text import LazyText, lazy, names_of, together
from xo_dash.control.network.guard import management_of
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import Secret, an_object, called
from xo_dash.i18n import N_, _, ngettext, number

AnyPool = Annotated[str, an_object(Pool, anywhere=True, missing=N_("there is no such pool; choose another"))]
STATES: Final = frozenset({PowerState.RUNNING, PowerState.SUSPENDED, PowerState.PAUSED})


class JoinPool(Request, frozen=True, kw_only=True):
    """A host that is a pool of its own becomes a member of another."""

    pool: Annotated[AnyPool, called(N_("Pool"))]
    user: Annotated[str, Meta(min_length=1, max_length=255, extra={"line": True}), called(N_("User name"), hint=N_("Of that pool"))] = (
        "root"
    )
    password: Annotated[Secret, Meta(min_length=1, max_length=255), called(N_("Password"))]


def pools(hosts: Sequence[Host]) -> Sequence[Choice]:
    """Every other one, with what stands against it."""
    found = [pool for home in hosts[0].home.pools.values() if home is not hosts[0].home for pool in home.all(Pool).values()]
    reasons = [together(why for host in hosts for why in against(host, pool)) for pool in found]
    return [Choice(key_of(pool), pool_name(pool.home), why) for pool, why in zip(found, reasons, strict=True)]


def against(host: Host, pool: Pool) -> Iterator[LazyText]:
    """What XAPI would refuse, as far as both mirrors know. Source: the pre-checks of pool.join."""
    master = pool.home.one(Host, pool.master)
    if not pool.home.server.is_live or master is None:
        yield lazy(N_("{pool} is not connected"), pool=pool_name(pool.home))
        return
    yield from _of_the_host(host)
    if pool.ha_enabled:
        yield lazy(N_("HA is on in {pool}; turn it off first"), pool=pool_name(pool.home))
    yield from _differences(host, master)
    ours, theirs = management_of(host), management_of(master)
    if ours is not None and theirs is not None and ours.VLAN != theirs.VLAN:
        yield lazy(N_("it is managed over {ours}, the pool over {theirs}; both must be the same"), ours=_tag(ours), theirs=_tag(theirs))


def _of_the_host(host: Host) -> Iterator[LazyText]:
    home = host.home
    if shared := by_name(sr for sr in home.all(SR).values() if sr.shared and not sr.is_tools_sr):
        yield lazy(N_("shared storage has to be forgotten first: {srs}"), srs=names_of(shared))
    vms = by_name(home.all(VM).values())
    if up := [vm for vm in vms if vm.power_state in STATES and not (vm.is_control_domain or vm.is_a_template)]:
        yield lazy(N_("running and suspended VMs have to be shut down first: {vms}"), vms=names_of(up))
    if busy := [vm for vm in vms if vm.current_operations]:
        yield lazy(N_("operations are in progress, wait for them to finish: {vms}"), vms=names_of(busy))
    ports = host.all_of(PIF, host.PIFs)
    if any(pif.bond_master_of for pif in ports):
        yield lazy(N_("it has bonds; delete them first"))
    if any(pif.VLAN >= 0 and not pif.management for pif in ports):
        yield lazy(N_("it has VLANs; delete them first"))


def _tag(pif: PIF) -> LazyText:
    return lazy(N_("VLAN {tag}"), tag=pif.VLAN) if pif.VLAN >= 0 else lazy(N_("a network without VLAN"))


def _differences(host: Host, master: Host) -> Iterator[LazyText]:
    for key, what in (("product_version", N_("version")), ("platform_version", N_("platform version")), ("product_brand", N_("product"))):
        ours, theirs = host.software_version.get(key, ""), master.software_version.get(key, "")
        if ours and theirs and ours != theirs:
            yield lazy(
                N_("its {what} is {ours}, that of the pool {theirs}; install the same on both first"),
                what=LazyText(what),
                ours=ours,
                theirs=theirs,
            )
            break
    if host.cpu_info.get("vendor") and master.cpu_info.get("vendor") not in (None, "", host.cpu_info["vendor"]):
        yield lazy(N_("its CPU vendor is not that of the pool; choose a pool with CPUs of the same vendor"))
    if host.edition and master.edition and host.edition != master.edition:
        yield lazy(
            N_("its licence is {ours}, that of the pool {theirs}; use the same one on both first"), ours=host.edition, theirs=master.edition
        )


def check(request: JoinPool, host: Host) -> Iterable[Fault]:
    pool = seen_from(host.home, Pool, request.pool)
    if pool is not None and pool.home is host.home:
        return [Fault("pool", lazy(N_("it is in this pool")))]
    return [Fault("pool", why) for why in against(host, pool)] if pool is not None else []


def join(request: JoinPool, host: Host) -> Plan:
    pool = seen_from(host.home, Pool, request.pool)
    master = pool.home.one(Host, pool.master) if pool is not None else None
    assert pool is not None and master is not None  # noqa: S101  # the runner has checked that
    says = lazy(N_("{name} joins {pool}"), name=name_of(host), pool=pool_name(pool.home))
    yield Call("pool.join", master.address, request.user, request.password, says=says)


def is_alone(host: Host) -> bool:
    return len(host.home.all(Host)) == 1


def cannot_eject(host: Host) -> LazyText | None:
    return together((silent(host), *ties_to_pool(host, N_("VMs are still running on it ({count}); migrate or shut them down first"))))


def eject(request: NoRequest, host: Host) -> Plan:
    return one("pool.eject", host.ref, says=lazy(N_("Removing {name} from the pool"), name=name_of(host)))


def lost(host: Host) -> Sequence[str]:
    """Disks on storage that only it has: they are erased. What its CD drives and USB sockets hold is not."""
    disks = [vdi for sr in local_srs(host) for vdi in sr.all_of(VDI, sr.VDIs) if vdi.managed and not vdi.is_a_snapshot]
    if not disks:
        return ()
    text = ngettext("{n} disk on its local storage is erased: {names}", "{n} disks on its local storage are erased: {names}", len(disks))
    return [text.format(n=number(len(disks)), names=", ".join(map(name_of, disks[:5])) + (_(" and more") if len(disks) > 5 else ""))]


def local_srs(host: Host) -> list[SR]:
    found = (host.home.one(SR, pbd.SR) for pbd in host.all_of(PBD, host.PBDs))
    return [sr for sr in found if sr is not None and not (sr.shared or sr.is_tools_sr or sr.type == "udev")]


JOIN: Final[AnyAction] = Action(
    id="host.join", kind=Host, request=JoinPool, title=N_("Join a pool"), done=N_("{name} is joining the pool"), role=Role.ADMIN,
    icon="pool", applies_to=is_alone, blocked=silent, relevant=lambda host: len(host.home.pools) > 1, choices={"pool": pools}, check=check,
    plan=join,
    warning=N_("Its VMs and local storage become part of the pool. Its toolstack restarts; its own pool and this connection end."),
)  # fmt: skip
EJECT: Final[AnyAction] = Action(
    id="host.eject", kind=Host, title=N_("Remove from pool"), done=N_("{name} is leaving the pool"), role=Role.ADMIN, icon="trash",
    danger=True, typed=True, applies_to=lambda host: not is_alone(host), blocked=cannot_eject, plan=eject, consequences=lost,
    warning=N_("The host erases its local storage with all disks on it, reboots, and is a pool of its own: bonds, VLANs and its other "
               "addresses have to be set up again."),
)  # fmt: skip
