"""Routes that the sign-in's scripts ask: passkeys, and links whose secret is behind the `#` of their address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from xo_dash.auth.answers import NO_STORE, Fields, address_of, fields_of, language_of, let_in, refused_json
from xo_dash.auth.csrf import way_back
from xo_dash.auth.kinds import EVERYBODY, open_to
from xo_dash.auth.passkeys import PasskeyQuestion
from xo_dash.auth.refused import Refused
from xo_dash.i18n import using

if TYPE_CHECKING:
    from xo_dash.auth.forms import Views
    from xo_dash.auth.service import AuthService


class ScriptedPages:
    """JSON in, JSON out: `next` says where to go, `error` what is wrong in a sentence."""

    def __init__(self, auth: AuthService, views: Views) -> None:
        self._door = auth
        self._views = views

    @open_to(EVERYBODY)
    async def passkey(self, request: Request) -> Response:
        """Without a `ticket` a question, with it and an `answer` the way in."""
        with using(language_of(request)):
            fields = await fields_of(request)
            try:
                if not (ticket := fields.get("ticket", "")):
                    return _asked(await self._door.passkeys.ask_who())
                token, session = await self._door.by_passkey.sign_in(ticket, fields.get("answer", ""), address_of(request))
            except Refused as refusal:
                return refused_json(refusal)
            return let_in(self._door, request, token, session, way_back(fields.get("next", "/")))

    @open_to(EVERYBODY)
    async def show_invitation(self, request: Request) -> Response:
        """A page whose script sends what is behind the # of its address, which no log and no other site ever sees."""
        with using(language_of(request)):
            site = self._door.passkeys.site
            csp = self._views.invitation_content_security_policy
            headers = {**NO_STORE, "content-security-policy": csp, "referrer-policy": "no-referrer", "vary": "accept-language"}
            return HTMLResponse(self._views.invitation(site.origin if site else ""), 200, headers)

    @open_to(EVERYBODY)
    async def use_invitation(self, request: Request) -> Response:
        """`secret` alone: whose it is; with `password`, or `ticket` and `answer` of a passkey: the way in; with `passkey`: a question."""
        with using(language_of(request)):
            fields = await fields_of(request)
            try:
                return await self._use(request, fields, fields.get("secret", ""), address_of(request))
            except Refused as refusal:
                return refused_json(refusal)

    async def _use(self, request: Request, fields: Fields, secret: str, address: str) -> Response:
        invitations = self._door.by_invitation
        if "password" in fields:
            entered = await invitations.choose_password(secret, fields["password"], address)
            if entered is None:
                return JSONResponse({"next": "/login"})
            return let_in(self._door, request, *entered, "/")
        if ticket := fields.get("ticket", ""):
            entered = await invitations.choose_passkey(secret, ticket, fields.get("answer", ""), address)
            return let_in(self._door, request, *entered, "/")
        if "passkey" in fields:
            return _asked(await invitations.ask_passkey(secret, address))
        return JSONResponse({"name": (await invitations.look(secret, address)).name})


def _asked(question: PasskeyQuestion) -> Response:
    return JSONResponse({"ticket": question.ticket, "options": question.options}, headers=NO_STORE)
