"""`GET /api/v1/access`: whether a user may do one thing to one object, and which grant says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from starlette.responses import Response

from data.identity import key_of, parse
from data.names import name_of
from data.objects import SR, VDI, VM, Host, Network, Pool
from data.stores.users import Role, User
from data.types import XapiObject
from xo_dash.api.asked import Asked, Problem, told
from xo_dash.api.named import named_user
from xo_dash.api.people import GRANTS, wrapped
from xo_dash.control.verbs import VERBS, Verb
from xo_dash.control.why import why
from xo_dash.i18n import _

KINDS: Final = (VM, Host, Pool, SR, Network, VDI)
"""What one may ask about."""


async def access(asked: Asked) -> Response:
    """`?user=NAME&action=vm.start&on=UUID`; who is no administrator asks about themselves."""
    given = asked.query(("user", "action", "on"))
    user, verb, row = _user(asked, given.get("user", "")), _verb(given.get("action", "")), _object(asked, given.get("on", ""))
    answer = why(user, verb, row)
    explanation = answer.explanation
    return await told(asked, {
        "user": user.name,
        "action": verb.id,
        "on": {"kind": row.xapi_class.lower(), "uuid": row.uuid, "pool": row.home.key, "name_label": name_of(row)},
        "allowed": explanation.allowed,
        "by": explanation.basis.value,
        "reason": str(answer.sentence),
        "obstacle": str(answer.obstacle) if answer.obstacle is not None else None,
        "grants": [
            GRANTS.as_data(one, asked.scope.sees) | {"effect": effect.value, "decides": one.record is explanation.grant}
            for one, (_grant, effect) in zip(wrapped((grant for grant, _effect in explanation.says), asked), explanation.says, strict=True)
        ],
    })  # fmt: skip


def _user(asked: Asked, name: str) -> User:
    if not name or name in (asked.user.name, asked.user.id):
        return asked.user
    asked.need(Role.ADMIN)
    return named_user(asked, name)


def _verb(verb_id: str) -> Verb:
    verb = VERBS.get(verb_id)
    if verb is None:
        raise Problem(404, _("there is no action “{action}”; GET /api/v1/actions lists them").format(action=verb_id[:80]))
    return verb


def _object(asked: Asked, text: str) -> XapiObject:
    """By key or uuid, or by its name. Raises Problem."""
    found = [row for kind in KINDS for row in asked.context.mirror.having(kind, text)] if text else []
    found = found or [row for row in _called(asked, text) if text]
    if not found:
        raise Problem(404, _("there is no object “{text}”; enter the UUID of one that is there").format(text=text[:80]))
    if len(found) > 1:
        matches = sorted(key_of(row) for row in found)
        sentence = _("“{key}” is in several pools; use one of these instead: {matches}")
        raise Problem(409, sentence.format(key=parse(text).uuid[:80], matches=", ".join(matches[:10])), matches=matches[:100])
    return found[0]


def _called(asked: Asked, text: str) -> Iterator[XapiObject]:
    return (row for kind in KINDS for row in asked.context.mirror.every(kind) if getattr(row, "name_label", None) == text)
