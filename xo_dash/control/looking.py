"""Filling a request with what its file says, for whoever gives a command as data: pages look while a person watches."""

from __future__ import annotations

from collections.abc import Sequence

from data.stores.users import User
from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import why_not
from xo_dash.control.orders import OrderRefused, Trouble
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.exchange import Exchange
from xo_dash.control.usable import usable_by
from xo_dash.i18n import _


async def looked(exchange: Exchange, user: User, action: AnyAction, subjects: Sequence[XapiObject], request: Request) -> Request:
    """The request as it is when its file has been looked into, where `action` wants that. Raises OrderRefused."""
    if action.look is None:
        return request
    if reason := why_not(action, subjects[0], user):
        raise OrderRefused(str(reason), Trouble.REQUEST)
    try:
        filled: Request = await action.look(request, lambda file: exchange.looking(file, user.id), subjects, usable_by(user, *subjects))
        return filled
    except EndFailed as error:
        raise OrderRefused(_("the command is incomplete or invalid"), Trouble.REQUEST, [Fault("file", error.reason)]) from error
