"""How users get in: links by which they choose that themselves, and whether they may at all. For administrators."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from data.stores.moments import moment_of
from data.stores.users import Role
from xo_dash.api.asked import Asked, told
from xo_dash.api.named import named_group, named_user
from xo_dash.api.people import Name, Until
from xo_dash.auth.by_invitation import PATH


class NewInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new user, who chooses a password or a passkey by the link of the answer. `until`: `7d`, `12h`, or a date."""

    name: Name
    role: Role = Role.NONE
    groups: list[str] = []
    until: Until = "7d"


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For a user who is there, and lost the password or the first link."""

    until: Until = "7d"


class UserState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    disabled: bool


async def invite(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(NewInvitation)
    groups = [named_group(asked, name).id for name in body.groups]
    links = asked.context.auth.by_invitation
    secret, user = await links.invite(body.name, body.role, asked.user.name, moment_of(body.until))
    await asked.context.grants.move(user.id, groups)
    return await _link(asked, user.id, secret)


async def renew(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(NewLink)
    user = named_user(asked, asked.path("uuid"))
    return await _link(asked, user.id, await asked.context.auth.by_invitation.renew(user.id, asked.user.name, moment_of(body.until)))


async def _link(asked: Asked, user_id: str, secret: str) -> Response:
    """The only time that it is told."""
    user, invitation = asked.context.users.need(user_id), asked.context.auth.by_invitation.store.of_user(user_id)
    link = f"{asked.context.settings.link_base}{PATH}#{secret}"
    data = {"user": user.name, "id": user.id, "link": link, "until": invitation.until if invitation else None}
    return await told(asked, data, 201, {"location": f"/api/v1/users/{user.id}"})


async def set_state(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    body = await asked.body(UserState)
    user, auth = named_user(asked, asked.path("uuid")), asked.context.auth
    await (auth.disable(user.id) if body.disabled else auth.enable(user.id))
    return Response(status_code=204)
