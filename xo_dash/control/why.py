"""Why a user can, or cannot, do one thing to one object, in words: the grant that decides, and what else stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.grants.grant import Grant
from data.grants.table import GrantTable
from data.grants.why import Basis, Explanation, explain
from data.names import name_of
from data.stores.users import Role, User
from data.types import XapiObject
from xo_dash.control.action import Action
from xo_dash.control.eligibility import impossible
from xo_dash.control.grant_words import ROLES, deny_text, grant_text, role_text, source_text
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.verbs import Verb
from xo_dash.i18n import N_

_SENTENCES: Final[Mapping[tuple[bool, Basis], str]] = {
    (True, Basis.ROLE): N_("{user} may do this to {object}: {user} has the role {role} everywhere."),
    (True, Basis.GRANT): N_("{user} may do this to {object}: {grant} ({source})."),
    (False, Basis.DENY): N_("{user} may not do this to {object}: {grant} ({source}). A deny wins over every other grant."),
    (False, Basis.NOTHING): N_("{user} may not do this to {object}: the role {role} does not include it, and no grant gives it."),
    (False, Basis.CAP): N_("{user} may not do this to {object}: the token they use is limited to a lower role."),
}
_NO_ROLE: Final = N_("{user} may not do this to {object}: {user} has no role, and no grant gives it.")


@dataclass(frozen=True, slots=True)
class Why:
    """`explanation` is of rights alone; `obstacle` stands against it for everybody, if something does."""

    explanation: Explanation
    sentence: LazyText
    obstacle: LazyText | None = None


def why(user: User, verb: Verb, subject: XapiObject) -> Why:
    """Of an object as it is in the mirror of all there is, or in somebody's scope."""
    table = subject.home.part(GrantTable)
    explanation = explain(table.rights(user), verb.id, list(Role).index(verb.role), subject.home.original(subject))
    grant = explanation.grant
    named = _named(grant, table, subject) if grant is not None else ""
    without = explanation.basis is Basis.NOTHING and user.role is Role.NONE
    sentence = lazy(
        _NO_ROLE if without else _SENTENCES[explanation.allowed, explanation.basis],
        user=user.name,
        object=name_of(subject),
        role=LazyText(ROLES[user.role]),
        grant=named,
        source=source_text(grant, table) if grant else "",
    )
    applies = isinstance(verb, Action) and isinstance(subject, verb.kind)
    return Why(explanation, sentence, impossible(verb, subject) if applies else None)  # type: ignore[arg-type]  # it is one


def _named(grant: Grant, table: GrantTable, subject: XapiObject) -> LazyText:
    """In somebody's scope a deny is told as far as they may know it."""
    if grant.deny and subject.home.original(subject) is not subject:
        role = role_text(grant.role, table)
        return deny_text(grant, table, subject) or lazy(N_("a deny of {role}"), role=role)
    return grant_text(grant, table, subject.home)
