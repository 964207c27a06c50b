"""Choosing the host a VM starts on."""

from __future__ import annotations

from collections.abc import Sequence

from data.fitting import Obstacle, lacks
from data.names import name_of
from data.objects import VM, Host
from data.types import NULL_REF, XapiObject
from xo_dash.control.action import Arguments, Choice, Step
from xo_dash.control.conditions import host_refuses
from xo_dash.control.said import Said, say
from xo_dash.i18n import N_


def hosts(subjects: Sequence[XapiObject]) -> Sequence[Choice]:
    """The hosts of the pool, those that can take a VM first; none if the VMs are of several pools."""
    homes = {subject.home.id: subject.home for subject in subjects}
    if len(homes) != 1:
        return ()
    (home,) = homes.values()
    choices = [Choice(host.uuid, name_of(host), _refused(host, subjects)) for host in home.all(Host).values()]
    return sorted(choices, key=lambda choice: (choice.refused is not None, choice.label))


def _refused(host: Host, subjects: Sequence[XapiObject]) -> Said | None:
    """Why it cannot take the first of them that it cannot take. How much memory is free is for the pool to say: it may squeeze others."""
    return host_refuses(host) or next((missing for subject in subjects if (missing := _missing(host, subject))), None)


def _missing(host: Host, subject: XapiObject) -> Said | None:
    """The storage or network of a VM that `host` does not have."""
    for lack in lacks(subject, host) if isinstance(subject, VM) else ():
        if lack.what is not None:
            words = N_("it does not reach {what}") if lack.obstacle is Obstacle.SR else N_("it does not have the network {what}")
            return say(words, what=lack.what.name_label or lack.what.uuid)
    return None


def preferred(subjects: Sequence[XapiObject]) -> str:
    """The uuid of the host that the first VM prefers, if it can take one; else of the first that can; else nothing."""
    for subject in subjects:
        if isinstance(subject, VM) and subject.affinity != NULL_REF:
            host = subject.home.one(Host, subject.affinity)
            if host is not None and _refused(host, subjects) is None:
                return host.uuid
    return next((choice.value for choice in hosts(subjects) if choice.refused is None), "")


def find(subject: XapiObject, uuid: str) -> Host | None:
    """The host of that uuid in the subject's pool."""
    return next((host for host in subject.home.all(Host).values() if host.uuid == uuid), None)


def check_host(subject: XapiObject, value: str) -> Said | None:
    host = find(subject, value)
    if host is None:
        return say(N_("there is no such host in its pool; choose another"))
    refused = _refused(host, (subject,))
    return refused and say(N_("{host} cannot take it: {reason}"), host=name_of(host), reason=refused)


def start_plan(subject: XapiObject, arguments: Arguments) -> Sequence[Step]:
    host = find(subject, arguments["host"])
    target = host.ref if host else NULL_REF
    return (Step(method="VM.start_on", parameters=(subject.ref, target, False, False), says=N_("Starting {name}"), name=name_of(subject)),)
