"""The SRs and networks of a new VM that nobody named, where the usual ones are not for whoever creates it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from data.objects import SR, VM, Network, Pool
from data.types import Home
from xo_dash.control.sr.choice import disk_srs
from xo_dash.control.usable import Usable
from xo_dash.control.vdi.space import cannot_take
from xo_dash.control.vm.creation.blueprint import default_network, disks_of, networks_in, nics_of, suggested_sr, template_disks
from xo_dash.control.vm.creation.request import CreateVM, NewDisk, NewNic


def settled(request: CreateVM, pool: Pool, usable: Usable) -> CreateVM:
    """With others that may be used; where there are none it stays as it is, and is refused."""
    source = pool.home.by_uuid(VM, request.template)
    if source is None:
        return request
    return replace(request, disks=_disks(request, source, usable), nics=_nics(request, source, usable))


def _disks(request: CreateVM, source: VM, usable: Usable) -> Sequence[NewDisk] | None:
    """Disks of a template are copied to one SR: either all stay, or all go."""
    own = {vbd.userdevice: source.home.one(SR, vdi.SR) for vbd, vdi in template_disks(source)}
    wanted = list(disks_of(source) if request.disks is None else request.disks)
    said = {disk.position for disk in wanted}
    wanted += [NewDisk(position=position) for position in own if position not in said]
    is_open = [disk.vdi is None and (disk.sr is None or request.disks is None) for disk in wanted]
    moves = any(sr is not None and not usable(sr) for sr in own.values())
    usual = suggested_sr(source.home)
    fresh_moves = usual is not None and not usable(usual)
    going = [is_open[at] and (moves if disk.position in own else fresh_moves) for at, disk in enumerate(wanted)]
    if not any(going):
        return request.disks
    sizes = {vbd.userdevice: vdi.virtual_size for vbd, vdi in template_disks(source)}
    needed = sum(disk.size or sizes.get(disk.position or "", 0) for disk, goes in zip(wanted, going, strict=True) if goes)
    sr = usable_sr(source.home, usable, needed * request.count)
    if sr is None:
        return request.disks
    return tuple(replace(disk, sr=sr.uuid) if goes else disk for disk, goes in zip(wanted, going, strict=True))


def usable_sr(home: Home, usable: Usable, needed: int) -> SR | None:
    """The pool's default, if it may be used; else the roomiest, shared ones first; with room for `needed` bytes if any has."""
    found = [sr for sr, _label in disk_srs(home) if usable(sr)]
    usual = suggested_sr(home)
    found.sort(key=lambda sr: (cannot_take(sr, needed, None) is not None, sr is not usual))
    return next(iter(found), None)


def _nics(request: CreateVM, source: VM, usable: Usable) -> Sequence[NewNic] | None:
    if request.nics is not None:
        return request.nics
    home = source.home
    usual = nics_of(source)
    rows = [home.by_uuid(Network, nic.network) for nic in usual]
    if all(row is None or usable(row) for row in rows):
        return None
    instead = suggested_network(home, usable)
    if instead is None:
        return None
    return tuple(NewNic(network=row.uuid if row is not None and usable(row) else instead.uuid) for row in rows)


def suggested_network(home: Home, usable: Usable | None) -> Network | None:
    """That of the pool's management, if it may be used; else the first with a port."""
    usual = default_network(home)
    if usable is None or (usual is not None and usable(usual)):
        return usual
    return next((network for network in networks_in(home) if usable(network)), None)
