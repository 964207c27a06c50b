"""`vm.migrate`: to a host of any pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from data.companions import Companions
from data.failover import attached_srs
from data.host_fit import HostOffer, offer_of
from data.identity import Key, key_of, seen_from
from data.names import name_of, pool_name
from data.objects import PBD, SR, VBD, VDI, VM, Host, Network, PowerState
from data.stores.users import Role
from data.types import NULL_REF, XapiObject
from data.vms import disks_of
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.sr.choice import disk_srs, free_space
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.migration.left import leaves
from xo_dash.control.vm.migration.mapping import DiskMove, MappingReason, has_address, management_of, migration_network_of, overfull
from xo_dash.control.vm.migration.request import MOST, MigrateVM, disks_in, host_in, nics_in, pinned, places_in, settled
from xo_dash.control.vm.migration.targets import PAUSED, Way, target_of, targets, way_to
from xo_dash.control.words import state_words
from xo_dash.i18n import N_

# ---- what may be chosen


def hosts(vms: Sequence[VM]) -> Sequence[Choice]:
    return [Choice(key_of(one.host), _with_pool(one.host), one.refused) for one in targets(*vms)]


def srs(vms: Sequence[VM]) -> Sequence[Choice]:
    return [Choice(key_of(sr), f"{label} · {pool_name(home)}") for home in vms[0].home.pools.values() for sr, label in disk_srs(home)]


def networks(vms: Sequence[VM]) -> Sequence[Choice]:
    """Those over which some host can be reached."""
    found = [
        network
        for home in vms[0].home.pools.values()
        for network in home.all(Network).values()
        if any(has_address(host, network) for host in home.all(Host).values())
    ]
    return [Choice(key_of(network), _with_pool(network)) for network in found]


def _with_pool(row: Host | Network) -> str:
    """Its name, with that of its pool where there are several."""
    return f"{name_of(row)} · {pool_name(row.home)}" if len(row.home.pools) > 1 else name_of(row)


# ---- what is wrong with it


def check(request: MigrateVM, vm: VM) -> Iterator[Fault]:
    host = host_in(request, vm)
    if host is not None:
        yield from check_there(request, vm, offer_of(host))


def check_there(request: MigrateVM, vm: VM, offer: HostOffer) -> Iterator[Fault]:
    """The same, of a host that was looked up."""
    host = offer.host
    disks = disks_in(request, vm, host)
    moves = any(move.why is not MappingReason.STAYS for move in disks)
    refused = target_of(vm, offer).refused
    if refused and not (moves and _for_its_disks_alone(vm, host)):
        yield Fault("host", lazy(N_("{host} cannot run it: {reason}"), host=named(host), reason=refused))
    yield from _wrong_disks(request, host, disks)
    yield from _wrong_networks(request, vm, host)
    if request.copy and host.home is vm.home:
        yield Fault("copy", lazy(N_("use Clone within a pool; keeping the original is for another pool")))
    elif request.copy and vm.power_state is not PowerState.HALTED:
        yield Fault("copy", lazy(N_("only a halted VM can be copied to another pool; shut it down first")))


def _for_its_disks_alone(vm: VM, host: Host) -> bool:
    """Whether it may stay on its host, or off, while its disks move."""
    return host.home is vm.home and (vm.resident_on == host.ref or vm.power_state in (PowerState.HALTED, PowerState.SUSPENDED))


def _wrong_disks(request: MigrateVM, host: Host, disks: Sequence[DiskMove]) -> Iterator[Fault]:
    reached = attached_srs(host)
    for move in disks:
        if move.sr is None:
            yield Fault("sr", lazy(N_("no SR attached on {host} has {size} free for {disk}"),
                                  host=named(host), size=Amount(move.disk.virtual_size), disk=name_of(move.disk)))  # fmt: skip
        elif move.sr.home is not host.home or move.sr.ref not in reached:
            field = next((f"disks.{n}.sr" for n, place in enumerate(request.disks) if place.disk == move.disk.uuid), "sr")
            yield Fault(field, lazy(N_("{sr} is not attached on {host}; choose another"), host=named(host), sr=named(move.sr)))
    for sr, amount in overfull(disks):
        yield Fault("sr", lazy(N_("{needed} needed on {sr}, {free} free"),
                              needed=Amount(amount), sr=named(sr), free=Amount(free_space(sr) or 0)))  # fmt: skip


def _wrong_networks(request: MigrateVM, vm: VM, host: Host) -> Iterator[Fault]:
    network = seen_from(host.home, Network, request.network) if request.network else None
    if network is not None and (network.home is not host.home or not has_address(host, network)):
        yield Fault("network", lazy(N_("{host} has no address on {network}; choose another"), host=named(host), network=named(network)))
    for move in nics_in(request, vm, host):
        if move.network is None:
            yield Fault("nics", lazy(N_("{host} has no network for NIC {device}"), host=named(host), device=move.nic.device))
        elif move.network.home is not host.home:
            yield Fault("nics", lazy(N_("{network} is not a network of {host}'s pool"), network=named(move.network), host=named(host)))


def notes(request: MigrateVM, vm: VM) -> Iterator[LazyText]:
    """What to look at before it starts."""
    host = host_in(request, vm)
    if host is None:
        return
    for move in nics_in(request, vm, host):
        if move.why is MappingReason.GUESS and move.network is not None:
            now = vm.home.one(Network, move.nic.network)
            yield lazy(N_("NIC {device} changes from {old} to {new}: check it"),
                      device=move.nic.device, old=name_of(now) if now else "–", new=name_of(move.network))  # fmt: skip
    for other, group in Companions().on(host, vm) if host.home is vm.home and host.ref != vm.resident_on else ():
        yield lazy(N_("{other} is on {host} too: VMs of the group {group} should run on different hosts"),
                  other=named(other), host=named(host), group=named(group))  # fmt: skip
    for _drive, disc in _discs_left(vm, host):
        yield lazy(N_("{disc} is ejected: it is not available on {host}"), disc=named(disc), host=named(host))
    if vm.ha_restart_priority and host.home is not vm.home:
        yield lazy(N_("It is protected by HA here; in the other pool it is unprotected until you enable it."))


# ---- what is done


def plan(request: MigrateVM, vm: VM) -> Plan:
    host = host_in(request, vm)
    assert host is not None  # noqa: S101  # the runner has checked that
    disks = disks_in(request, vm, host)
    network = (seen_from(host.home, Network, request.network) if request.network else None) or migration_network_of(host)
    says = lazy(N_("Migrating {name} to {host}"), name=name_of(vm), host=named(host))
    if _moves_memory_alone(vm, host, disks):
        options = {"live": "true"} | ({"network": network.ref} if network and network is not management_of(host) else {})
        yield Call("VM.pool_migrate", vm.ref, host.ref, options, says=says)
        return
    for drive, disc in _discs_left(vm, host):
        says_ejecting = lazy(N_("Ejecting {disc}"), disc=named(disc))
        yield Call("VBD.eject", drive.ref, says=says_ejecting, undo=partial(_insert, drive, disc))
    there = yield Call(
        "host.migrate_receive", host.ref, network.ref if network else NULL_REF, {},
        says=lazy(N_("Preparing {host}"), host=named(host)), asynchronous=False, at=host.home.id, secret=True,
    )  # fmt: skip
    srs, nics = places_in(request, vm, host)
    given = (vm.ref, there, True, srs, nics, {"copy": "true"} if request.copy else {})
    yield Call("VM.assert_can_migrate", *given, says=lazy(N_("Checking that {host} can run it"), host=named(host)))
    yield Call("VM.migrate_send", *given, says=says)


def _moves_memory_alone(vm: VM, host: Host, disks: Sequence[DiskMove]) -> bool:
    return host.home is vm.home and vm.power_state is PowerState.RUNNING and all(move.why is MappingReason.STAYS for move in disks)


def _discs_left(vm: VM, host: Host) -> list[tuple[VBD, VDI]]:
    """What lies in its CD drives and is not in reach there."""
    reached = attached_srs(host) if host.home is vm.home else set()
    drives = [drive for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "CD" and not drive.empty]
    found = [(drive, disc) for drive in drives if (disc := vm.home.one(VDI, drive.VDI)) is not None and disc.SR not in reached]
    return found if host.home is not vm.home or way_to(vm, host) is not Way.MEMORY else []


def _insert(drive: VBD, disc: VDI, _answer: object) -> Plan:
    return one("VBD.insert", drive.ref, disc.ref, says=lazy(N_("Inserting {disc}"), disc=named(disc)))


# ---- when it can be done

_RUNNING = allowed("pool_migrate", PowerState.RUNNING)
_ANY = allowed("migrate_send", PowerState.RUNNING, PowerState.HALTED, PowerState.SUSPENDED)


def _possible(subject: XapiObject) -> bool:
    return _RUNNING.holds(subject) or _ANY.holds(subject)


def _blocked(vm: VM) -> LazyText | None:
    if _possible(vm):
        return None
    if vm.power_state is PowerState.PAUSED:
        return lazy(PAUSED)
    return (_RUNNING if vm.power_state is PowerState.RUNNING else _ANY)(vm)


def _as_it_is(vm: VM) -> LazyText | None:
    """`web-1 is running on xcp-1, with its disks`"""
    if vm.home.one(VM, vm.ref) is None:
        return None
    host, state = vm.home.one(Host, vm.resident_on), state_words(vm.power_state)
    if host is None:
        return lazy(N_("{name} is {state}, with its disks"), name=name_of(vm), state=state)
    return lazy(N_("{name} is {state} on {host}, with its disks"), name=name_of(vm), state=state, host=named(host))


def path(vm: VM) -> str:
    """The page that asks for all of it, for one VM."""
    return f"/migrate/{key_of(vm)}"


def path_of_many(vms: Sequence[VM], host: str = "") -> str:
    """... for several of them; "" for too many. `host`: the key of the one that is chosen at first."""
    if len(vms) > MOST:
        return ""
    by_pool: dict[str, list[str]] = {}
    for vm in vms:
        by_pool.setdefault(vm.home.key, []).append(vm.uuid)
    # of each pool its key once, or an address of hundreds would be longer than a browser may send
    named = ",".join(f"{'.'.join(uuids)}@{pool}" for pool, uuids in by_pool.items())
    return f"/migrate?vms={named}" + (f"&host={host}" if host else "")


def named_in(text: str) -> list[str]:
    """The keys of the VMs that `path_of_many` names, each once."""
    parts = (part.partition("@") for part in text.split(","))
    keys = (str(Key(uuid, pool)) for uuids, _at, pool in parts for uuid in uuids.split(".") if uuid)
    return list(dict.fromkeys(keys))[:MOST]


def _receiving(request: MigrateVM, vm: VM) -> list[Host]:
    """The host that it goes to has as much work with it."""
    host = host_in(request, vm)
    return [host] if host is not None and not (host.home is vm.home and host.ref == vm.resident_on) else []


def _sender(request: MigrateVM, vm: VM) -> Host | None:
    """Where it runs; of a halted VM the host of a local disk, and with shared disks alone whichever XAPI takes."""
    to = host_in(request, vm)
    if to is None or (to.home is vm.home and _moves_memory_alone(vm, to, disks_in(request, vm, to))):
        return None
    if (now := vm.home.one(Host, vm.resident_on)) is not None:
        return now
    srs = (vm.home.one(SR, disk.SR) for disk in disks_of(vm))
    local = next((sr for sr in srs if sr is not None and not sr.shared), None)
    return next((host for pbd in local.all_of(PBD, local.PBDs) if (host := vm.home.one(Host, pbd.host))), None) if local else None


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    """The first host that can take all of them."""
    return {"host": next((choice.value for choice in hosts(vms) if choice.refused is None), "")}


MIGRATE: Final[AnyAction] = Action(
    id="vm.migrate", kind=VM, request=MigrateVM, title=N_("Migrate"), done=N_("{name} is migrated"), role=Role.OPERATOR, icon="migrate",
    applies_to=is_machine, blocked=_blocked, quick_check=_possible, relevant=is_machine, prominent=True, defaults=defaults,
    choices={"host": hosts, "sr": srs, "network": networks}, check=check, settle=settled, pin=pinned, notes=notes, plan=plan, page=path,
    page_of_many=path_of_many, other_hosts=_receiving, sender=_sender, leaves=leaves, stays=_as_it_is,
)  # fmt: skip
