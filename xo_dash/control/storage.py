"""Commands for SRs, and for what is in the drives of VMs."""

from __future__ import annotations

from collections.abc import Sequence

from data.facts.sr import is_shown, unplugged
from data.names import name_of
from data.objects import PBD, SR, VBD, VM, Host, Pool
from data.types import NULL_REF, XapiObject
from xo_dash.control.action import Arguments, Choice, Step
from xo_dash.control.said import Said, say
from xo_dash.control.words import under_way
from xo_dash.i18n import N_


def is_sr(subject: XapiObject) -> bool:
    return isinstance(subject, SR) and not subject.is_tools_sr


def is_cut(subject: XapiObject) -> bool:
    return isinstance(subject, SR) and bool(unplugged(subject))


def can_attach(subject: XapiObject) -> Said | None:
    if not isinstance(subject, SR):
        return say(N_("it is not an SR"))
    return None if is_cut(subject) else say(N_("every host that answers reaches it"))


def can_scan(subject: XapiObject) -> Said | None:
    if not isinstance(subject, SR):
        return say(N_("it is not an SR"))
    if not any(pbd.currently_attached for pbd in subject.all_of(PBD, subject.PBDs)):
        return say(N_("no host reaches it; attach it first"))
    if "scan" not in subject.allowed_operations and subject.current_operations:
        return under_way(next(iter(subject.current_operations.values())))
    return None


def can_be_default(subject: XapiObject) -> Said | None:
    """The disks of new VMs are made there."""
    if not isinstance(subject, SR) or not is_shown(subject) or subject.content_type == "iso":
        return say(N_("no disks of VMs are kept on it"))
    pool = _pool(subject)
    return say(N_("it is the default SR already")) if pool is not None and pool.default_SR == subject.ref else None


def attach_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    """On every living host that lacks it; a host that fails keeps no other from it."""
    assert isinstance(subject, SR)  # noqa: S101  # the table's `kind` says so, and the runner has looked
    hosts = {host.ref: host for host in unplugged(subject)}
    return [
        Step(method="PBD.plug", parameters=(pbd.ref,), says=N_("Attaching it on {name}"), name=name_of(hosts[pbd.host]), alone=True)
        for pbd in subject.all_of(PBD, subject.PBDs)
        if pbd.host in hosts and not pbd.currently_attached
    ]


def default_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    pool = _pool(subject)
    parameters = (pool.ref if pool else NULL_REF, subject.ref)
    says = N_("Making {name} the default SR")
    return (Step(method="pool.set_default_SR", parameters=parameters, says=says, name=name_of(subject), asynchronous=False),)


def choose_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    """The same, from the pool's side."""
    sr = _find(subject, arguments["sr"])
    return default_plan(sr, arguments) if sr else ()


def srs(subjects: Sequence[XapiObject]) -> Sequence[Choice]:
    """Where disks can be; what all hosts reach comes first."""
    found = [sr for subject in subjects for sr in subject.home.all(SR).values() if is_shown(sr) and sr.content_type != "iso"]
    found.sort(key=lambda sr: (not sr.shared, -(sr.physical_size - sr.physical_utilisation)))
    return [Choice(sr.uuid, _called(sr)) for sr in found]


def preferred(subjects: Sequence[XapiObject]) -> str:
    return next((choice.value for choice in srs(subjects)), "")


def check_sr(subject: XapiObject, value: str) -> Said | None:
    sr = _find(subject, value)
    return can_be_default(sr) if sr else say(N_("there is no such SR in the pool; choose another"))


def filled_drives(subject: XapiObject) -> list[VBD]:
    if not isinstance(subject, VM):
        return []
    return [drive for drive in subject.all_of(VBD, subject.VBDs) if drive.type == "CD" and not drive.empty and drive.VDI != NULL_REF]


def can_eject(subject: XapiObject) -> Said | None:
    drives = filled_drives(subject)
    if not drives:
        return say(N_("no image is in its drive"))
    if any("eject" in drive.allowed_operations for drive in drives):
        return None
    return say(N_("the guest holds its drive; eject it there"))


def eject_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    says = N_("Emptying the drive of {name}")
    return [Step(method="VBD.eject", parameters=(drive.ref,), says=says, name=name_of(subject)) for drive in filled_drives(subject)]


def _called(sr: SR) -> str:
    if sr.shared:
        return name_of(sr)
    host = next((host for pbd in sr.all_of(PBD, sr.PBDs) if (host := sr.home.one(Host, pbd.host))), None)
    return f"{name_of(sr)} · {name_of(host)}" if host else name_of(sr)


def _find(subject: XapiObject, uuid: str) -> SR | None:
    return next((sr for sr in subject.home.all(SR).values() if sr.uuid == uuid), None)


def _pool(subject: XapiObject) -> Pool | None:
    return next(iter(subject.home.all(Pool).values()), None)
