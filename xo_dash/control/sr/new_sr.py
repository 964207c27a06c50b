"""A new SR: what may be asked for, and what XAPI is given for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from msgspec import Meta

from data.facts.host import is_live
from data.facts.pool import own_pool
from data.names import pool_name
from data.objects import PBD, SR, Host, Pool
from data.storage_places import Place, place_of, srs_by_place
from data.types import Home
from xo_dash.control.lazy_text import LazyText, ObjectName, lazy, named
from xo_dash.control.plan import Hidden
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.fields import fields
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, Lines, Name, Secret, called, one_of
from xo_dash.control.sr.kinds import KINDS, KindFacts, SRKind, offered
from xo_dash.i18n import N_

VERSIONS: Final = {"3": "NFS 3", "4": "NFS 4", "4.1": "NFS 4.1"}
SMB_VERSIONS: Final = {"3.0": "SMB 3.0", "1.0": "SMB 1.0"}
Server = Annotated[str, Meta(max_length=253, extra={"line": True})]
Path = Annotated[str, Meta(max_length=1024, extra={"line": True})]
Iqn = Annotated[str, Meta(max_length=223, extra={"line": True})]
ScsiId = Annotated[str, Meta(max_length=64, extra={"line": True})]
Port = Annotated[int, Meta(ge=1, le=65535)]
Uuid = Annotated[str, Meta(max_length=36, extra={"line": True})]


class NewSR(Request, frozen=True, kw_only=True):
    """What `kind` does not need is not looked at."""

    kind: Annotated[str, one_of({str(kind): facts.title for kind, facts in KINDS.items()}), called(N_("Type"))]
    name: Annotated[Name, called(N_("Name"))]
    description: Annotated[Lines, called(N_("Description"))] = ""
    existing: Annotated[Uuid | None, called(N_("UUID of an SR found there"), hint=N_("It is attached; nothing is written"))] = None
    erase: Annotated[Uuid | None, called(N_("UUID of an SR found there to erase"), hint=N_("Its LUN or disk is formatted"))] = None
    make_default: Annotated[bool, called(N_("Make it the default SR"))] = False
    host: Annotated[HostUuid | None, called(N_("Host"), hint=N_("For local storage"))] = None
    server: Annotated[Server, called(N_("Server"))] = ""
    path: Annotated[Path, called(N_("Path"))] = ""
    version: Annotated[str | None, one_of(VERSIONS), called(N_("NFS version"), hint=N_("If empty, the hosts choose"))] = None
    share: Annotated[Path, called(N_("Share"), hint=N_("Like //nas/share"))] = ""
    smb_version: Annotated[str | None, one_of(SMB_VERSIONS), called(N_("SMB version"))] = None
    user: Annotated[Path, called(N_("User"))] = ""
    password: Annotated[Secret, called(N_("Password"))] = ""
    target: Annotated[Path, called(N_("Portal"), hint=N_("More with a comma, for multipathing"))] = ""
    port: Annotated[Port, called(N_("Port"))] = 3260
    iqn: Annotated[Iqn, called(N_("IQN"))] = ""
    scsi_id: Annotated[ScsiId, called(N_("SCSI id of the LUN"))] = ""
    device: Annotated[Path, called(N_("Disk"), hint=N_("Like /dev/sdb"))] = ""
    folder: Annotated[Path, called(N_("Folder"), hint=N_("On the host, like /srv/iso"))] = ""

    @property
    def facts(self) -> KindFacts:
        return KINDS[SRKind(self.kind)]


def device_config(request: NewSR) -> dict[str, object]:
    """As the driver wants it, secrets hidden. Source: the drivers of sm, their CONFIGURATION."""
    match SRKind(request.kind):
        case SRKind.NFS:
            found: dict[str, object] = {"server": request.server, "serverpath": request.path, "nfsversion": request.version}
        case SRKind.SMB:
            found = {"server": share_of(request).replace("/", "\\"), "username": request.user, "password": request.password}
        case SRKind.ISCSI:
            chap = {"chapuser": request.user, "chappassword": request.password} if request.user else {}
            found = {"target": request.target, "port": str(request.port), "targetIQN": request.iqn, "SCSIid": request.scsi_id, **chap}
        case SRKind.HBA:
            found = {"SCSIid": request.scsi_id}
        case SRKind.ISO_NFS:
            found = {"location": f"{request.server}:{request.path}", "type": "nfs_iso", "nfsversion": request.version}
        case SRKind.ISO_SMB:
            found = {"location": share_of(request), "type": "cifs", "username": request.user, "cifspassword": request.password,
                     "vers": request.smb_version}  # fmt: skip
        case SRKind.ISO_LOCAL:
            found = {"location": request.folder, "legacy_mode": "true"}
        case SRKind.ZFS:
            found = {"location": request.folder}
        case _:
            found = {"device": request.device}
    return {key: Hidden(str(value)) if key.endswith("password") else value for key, value in found.items() if value}


def share_of(request: NewSR) -> str:
    """`//nas/share`, however the slashes were typed."""
    return "//" + request.share.replace("\\", "/").strip("/")


def place_asked(request: NewSR) -> Place:
    """Where it would be."""
    plain = {key: value for key, value in device_config(request).items() if isinstance(value, str)}
    return place_of(request.facts.type, plain, request.host or "")


def known_at(request: NewSR, home: Home) -> list[SR]:
    """The SRs of all pools that we know to be where this one would be."""
    return list(srs_by_place(home.pools).get(place_asked(request), ()))


def user_elsewhere(request: NewSR, home: Home) -> Home | None:
    """Another pool that has the SR attached which is to be attached: two that write to one SR destroy it. Images are only read."""
    if not request.existing or request.facts.for_images:
        return None
    others = (sr for sr in _having(request.existing, home) if sr.home is not home)
    return next((sr.home for sr in others if any(pbd.currently_attached for pbd in sr.all_of(PBD, sr.PBDs))), None)


def _having(uuid: str, home: Home) -> list[SR]:
    """The rows of all pools for this SR."""
    return [sr for pool in home.pools.values() if (sr := pool.by_uuid(SR, uuid)) is not None]


def _named_pool(home: Home) -> ObjectName | str:
    """For a sentence to somebody who may not see that pool."""
    own = own_pool(home)
    return pool_name(home) if own is None else ObjectName(own, pool_name(home))


def check(request: NewSR, pool: Pool) -> Iterator[Fault]:
    kind, facts = SRKind(request.kind), request.facts
    if kind not in offered(pool.home):
        yield Fault("kind", lazy(N_("the pool has no driver for it; choose another type")))
    titles = {field.name: field.title for field in fields(NewSR)}
    for name in facts.needs:
        if not getattr(request, name):
            yield Fault(name, lazy(N_("“{field}” is missing"), field=LazyText(titles[name])))
    if request.user and not request.password:
        yield Fault("password", lazy(N_("“{field}” is missing"), field=LazyText(titles["password"])))
    if any(sr.name_label == request.name for sr in pool.home.all(SR).values()):
        yield Fault("name", lazy(N_("the pool has an SR of this name; choose another")))
    if request.make_default and facts.for_images:
        yield Fault("make_default", lazy(N_("not used for VM disks")))
    yield from misshapen(request)
    yield from _host(request, pool)
    yield from _taken(request, pool)


UUID: Final = (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "5b0f3a52-1c2d-4e5f-8a9b-0c1d2e3f4a5b")
SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "path": (r"/.*", "/export/vms"), "folder": (r"/.*", "/srv/iso"), "device": (r"/dev/.+", "/dev/sdb"),
    "iqn": (r"(iqn|eui|naa)\..+", "iqn.2005-10.org.example:target"), "server": (r"[\w.:\[\]-]+", "nas.lan"),
    "target": (r"[\w.:\[\], -]+", "10.0.0.20"), "scsi_id": (r"[\w.-]+", "36001405a6c1e2f3"),
    "share": (r"[\\/]*[^\\/]+[\\/].+", "//nas/share"),
    "existing": UUID, "erase": UUID,
}  # fmt: skip
"""{field: (what it is made of, an example)}"""


def misshapen(request: NewSR) -> Iterator[Fault]:
    """What cannot be what its field is for, whatever the pool."""
    for name, (pattern, example) in SHAPES.items():
        value = getattr(request, name)
        if value and (name in request.facts.needs or name in ("existing", "erase")) and re.fullmatch(pattern, value) is None:
            yield Fault(name, lazy(N_("it must look like {example}"), example=example))


def _host(request: NewSR, pool: Pool) -> Iterator[Fault]:
    host = pool.home.by_uuid(Host, request.host) if request.host else None
    if "host" in request.facts.needs and host is not None and not is_live(host):
        yield Fault("host", lazy(N_("it does not respond")))


def _taken(request: NewSR, pool: Pool) -> Iterator[Fault]:
    """A LUN or a disk holds one SR; an export holds several beside each other."""
    facts = request.facts
    if request.existing:
        if pool.home.by_uuid(SR, request.existing) is not None:
            yield Fault("existing", lazy(N_("the pool has this SR already")))
        if not facts.probed:
            yield Fault("existing", lazy(N_("an SR of this type has no UUID of its own; leave it out")))
        if (other := user_elsewhere(request, pool.home)) is not None and other.server.is_live:
            yield Fault("existing", lazy(N_("{pool} has this SR attached; detach it there first"), pool=_named_pool(other)))
        return
    if not facts.formats:
        return
    there, field = known_at(request, pool.home), facts.needs[-1]
    if request.erase:
        there, field = [*there, *_having(request.erase, pool.home)], "erase"
    if there:
        yield Fault(field, lazy(N_("{sr} of {pool} is on it; choose another"), sr=named(there[0]), pool=_named_pool(there[0].home)))
