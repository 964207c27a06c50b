"""Why somebody may, or may not, do one thing to one object: the grant that decides, and what the others say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from data.changes import Subject
from data.grants.grant import SEE, Grant
from data.grants.rights import Rights
from data.objects import VM, Appliance


class GrantEffect(StrEnum):
    """What one grant says of the question."""

    ALLOWS = "allows"
    DENIES = "denies"
    SILENT = "silent"  # it is about other verbs


class Basis(StrEnum):
    """What decides."""

    CAP = "cap"  # a token's, or the like: never so much
    DENY = "deny"  # a grant that takes it away
    ROLE = "role"  # the role that holds everywhere
    GRANT = "grant"
    NOTHING = "nothing"  # neither a role nor a grant gives it


@dataclass(frozen=True, slots=True)
class Explanation:
    """`grant` decides where the basis is one; `says` has all that apply to the object, the nearest first, with their effects."""

    allowed: bool
    basis: Basis
    grant: Grant | None = None
    says: tuple[tuple[Grant, GrantEffect], ...] = ()


def explain(rights: Rights, verb: str, level: int, subject: Subject) -> Explanation:
    """`level`: from which role on the verb is allowed. Agrees with `rights.may`."""
    if isinstance(subject, Appliance) and verb != SEE:
        subject = rights.missing_of(verb, level, subject) or next(iter(subject.all_of(VM, subject.VMs)), subject)
    says = tuple(rights.effects(verb, level, subject))
    denying = next((grant for grant, denies in says if denies is True), None)
    told = tuple((grant, _EFFECTS[denies]) for grant, denies in says)
    if level > rights.cap:
        return Explanation(False, Basis.CAP, None, told)
    if denying is not None:
        return Explanation(False, Basis.DENY, denying, told)
    if rights.level >= level:
        return Explanation(True, Basis.ROLE, None, told)
    giving = next((grant for grant, denies in says if denies is False), None)
    return Explanation(giving is not None, Basis.NOTHING if giving is None else Basis.GRANT, giving, told)


_EFFECTS = {True: GrantEffect.DENIES, False: GrantEffect.ALLOWS, None: GrantEffect.SILENT}
