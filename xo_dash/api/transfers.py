"""Files in and out: what an action reads is offered first and sent when it asks, what comes out of one is fetched from its run."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from components.transfers.serving import PATIENCE, handed_over, next_part, received
from data.stores.users import ViewedUser
from data.texts import typed_whole
from xo_dash.api.asked import Asked, Problem, missing, told
from xo_dash.api.runs import need_run
from xo_dash.control.access import VIEWING, may
from xo_dash.control.requests.types import LONGEST_NAME
from xo_dash.control.run import Run
from xo_dash.control.transfers.delivery import Delivery
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.transfers.upload import OutOfOrder, Upload
from xo_dash.i18n import _


class FileOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is ready to be sent."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    size: Annotated[int, Meta(ge=0, le=1 << 50)]  # bytes


async def offer(asked: Asked) -> Response:
    """201 with what an action is given as its file: {"id", "name", "size"}."""
    asked.query(())
    file = await asked.body(FileOffer)
    upload = asked.context.runner.exchange.offer(file.name, file.size, asked.user.id)
    data = {"id": upload.id, "name": file.name, "size": file.size}
    return await told(asked, data, 201, {"location": f"/api/v1/uploads/{upload.id}"})


def _upload(asked: Asked) -> Upload:
    upload = asked.context.runner.exchange.upload(asked.path("id"), asked.user.id)
    return upload if upload is not None else missing(_("this file is not offered (any more); offer it again"))


async def wanted(asked: Asked) -> Response:
    """Which bytes an action wants next."""
    asked.query(())
    return await next_part(_upload(asked), asked.session, asked.context.runner)


async def send(asked: Asked) -> Response:
    """The bytes from `offset` on, as many as are wanted; the answer says what comes next."""
    offset = typed_whole(asked.query(("offset",)).get("offset", "0"))
    if offset is None:
        raise Problem(400, _("“offset” must be a whole number"))
    upload = _upload(asked)
    await upload.wanted(PATIENCE)  # the action may only just have been given
    try:
        return await received(upload, offset, asked.request, asked.session, asked.context.runner)
    except OutOfOrder:
        raise Problem(409, _("other bytes are expected now; GET this address to see which")) from None


async def fetch(asked: Asked) -> Response:
    """The file that comes out of a run, once: for who gave the command."""
    asked.need_get()
    asked.query(())
    run = need_run(asked)
    exchange = asked.context.runner.exchange
    if isinstance(asked.user, ViewedUser):  # what is taken through another's eyes is lost to them
        raise Problem(403, str(VIEWING.reason))
    if run.user_id != asked.user.id or not all(may(asked.user, run.action, item.subject) for item in run.items):
        raise Problem(403, _("only the user who gave the command may fetch its file"))
    found = exchange.waiting(run) or await _coming(run, exchange)
    delivery = exchange.claim(exchange.ticket(found[0], asked.session.key), asked.session.key) if found else None
    return handed_over(delivery, asked.request, asked.session) if delivery else missing(_("this run has no file to fetch (any more)"))


async def _coming(run: Run, exchange: Exchange) -> list[Delivery]:
    """What a run hands over, once it does; nothing if that takes too long."""
    found: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
    unsubscribe = exchange.observe(lambda delivery: None if found.done() or delivery.run is not run else found.set_result(delivery))
    try:
        return [] if run.ended else [await asyncio.wait_for(found, PATIENCE)]
    except TimeoutError:
        return []
    finally:
        unsubscribe()
