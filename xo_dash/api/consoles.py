"""A console for a program: a ticket, with which a websocket is opened once and soon."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from data.consoles import Protocol
from data.identity import key_of
from xo_dash.api.asked import Asked, Problem, told
from xo_dash.api.collections import VMS
from xo_dash.api.objects import find
from xo_dash.auth.tickets import LASTS
from xo_dash.consoles.rights import may_see
from xo_dash.i18n import _

PATHS = {Protocol.GRAPHIC: "/ws/console", Protocol.TEXT: "/ws/text-console"}


async def ticket(asked: Asked) -> Response:
    """201 with the address of a websocket that speaks RFB, or of a text console with `protocol=text`."""
    given = asked.query(("protocol",)).get("protocol", "rfb")
    if given not in ("rfb", "text"):
        raise Problem(400, _("“protocol” must be rfb or text"))
    vm = find(VMS, asked, asked.path("uuid"))
    if not (verdict := may_see(asked.user, vm)):
        raise Problem(403, str(verdict.reason))
    path = PATHS[Protocol.TEXT if given == "text" else Protocol.GRAPHIC]
    secret = asked.session.table.tickets.give(asked.session)
    return await told(asked, {"url": f"{path}/{quote(key_of(vm), safe='@')}?ticket={secret}", "seconds": LASTS}, 201)
