"""What went wrong with a change of an account, as one sentence for the field or the foot of the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from components.ui import Tone, notify
from data.stores.errors import StoreError
from data.stores.users import Role
from xo_dash.auth.current import current_user
from xo_dash.auth.refused import Refused, sentence_of
from xo_dash.auth.sessions import SignedOut
from xo_dash.context import Context
from xo_dash.i18n import _


async def fault_of(change: Callable[[], Awaitable[object]]) -> str | None:
    """Do it; None if that went well."""
    try:
        await change()
    except Refused as error:
        return str(error)
    except StoreError as error:
        return sentence_of(error)
    except SignedOut:
        return _("You have signed out.")
    return None


async def administer(context: Context, change: Callable[[], Awaitable[object]]) -> str | None:
    """Do it as an administrator, which is asked anew; None if that went well."""

    async def as_administrator() -> None:
        need_administrator(_("Only an administrator can change users."))
        await change()

    fault = await fault_of(as_administrator)
    context.auth.stir()
    return fault


async def administer_or_notify(context: Context, change: Callable[[], Awaitable[object]]) -> bool:
    """As `administer`, where there is no field to say at what went wrong; whether it went well."""
    fault = await administer(context, change)
    if fault:
        notify(fault, Tone.CRITICAL)
    return not fault


def need_administrator(sentence: str) -> None:
    """Raises Refused with `sentence` for everybody else, SignedOut."""
    if not current_user().role.includes(Role.ADMIN):
        raise Refused(sentence)
