"""An SR as it is shown. Amounts are bytes; what nobody knows is -1."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from data import hosts, storage
from data.facts.pool import own_pool
from data.facts.sr import cut_off, is_default
from data.findings.registry import FindingRegistry
from data.findings.storage import fill_level
from data.names import name_of, pool_name
from data.objects import PBD, SR
from data.views import path
from data.views.things import GUEST, NAME, POOL_NAME, maybe, tags_of, thing, via
from data.views.view import FINDINGS, Fact, View, is_present

V = TypeVar("V")
_SHOWN = ("is_tools_sr", "type", "physical_size")


class _Fact(Fact[SR, V]):
    pass


class SRView(View[SR]):
    """Everything that is shown of an SR, but what lies on it: see `data.contents`."""

    kind: ClassVar = SR

    present = _Fact(is_present)
    """False once it was removed; all else stays as it was last."""
    name = _Fact(name_of, *NAME)
    description = _Fact(lambda sr: sr.name_description.strip(), "name_description")
    tags = _Fact(tags_of, "tags")
    pool = _Fact(lambda sr: pool_name(sr.home), *POOL_NAME)
    """Its name."""
    own_pool = _Fact(lambda sr: maybe(own_pool(sr.home)), *POOL_NAME)
    is_fresh = _Fact(lambda sr: sr.home.server.is_live, "Server.state")
    """Whether the picture is of now: its pool is connected."""
    type = _Fact(lambda sr: sr.type, "type")
    """nfs, lvm ..."""
    reach = _Fact(storage.reach_of, "content_type", "type", "is_tools_sr", "shared")
    is_default = _Fact(is_default, "Pool.default_SR")
    """Whether new disks go there unless said otherwise."""

    room = _Fact(storage.room_of, "physical_size", "physical_utilisation", "virtual_allocation")
    fill_level = _Fact(fill_level, FINDINGS)
    """Whether it is too full."""
    disk_count = _Fact(lambda sr: len(sr.VDIs), "VDIs")
    guest_count = _Fact(lambda sr: len(storage.guests_on(sr)), "VDIs.is_a_snapshot", "VDIs.VBDs.VM", *via("VDIs.VBDs.VM", *GUEST))
    """How many VMs have a disk on it."""
    paths = _Fact(lambda sr: tuple(map(path.seen, hosts.paths_of(sr))), *via("PBDs", *path.PATH))
    attached = _Fact(lambda sr: sum(path.currently_attached for path in sr.all_of(PBD, sr.PBDs)), "PBDs.currently_attached")
    """How many hosts reach it."""
    cut_off = _Fact(
        lambda sr: tuple(map(thing, cut_off(sr))), "PBDs.currently_attached", *_SHOWN,
        *via("PBDs.host", "metrics.live", "name_label", "hostname", "uuid"),
    )  # fmt: skip
    """The living hosts that should reach it and do not."""
    level = _Fact(lambda sr: sr.home.part(FindingRegistry).mark(sr), FINDINGS)
    """The worst that is told of it."""
