"""What went wrong with a change of an account, as one sentence for the field or the foot of the page."""

from collections.abc import Awaitable, Callable

from data.stores.errors import StoreError
from data.stores.users import Role
from xo_dash.auth.current import current_user
from xo_dash.auth.refused import Refused
from xo_dash.auth.sessions import SignedOut
from xo_dash.i18n import _


async def fault_of(change: Callable[[], Awaitable[object]]) -> str | None:
    """Do it; None if that went well."""
    try:
        await change()
    except (Refused, StoreError) as error:
        return str(error)
    except SignedOut:
        return _("You have signed out.")
    return None


def need_administrator(sentence: str) -> None:
    """Raises Refused with `sentence` for everybody else, SignedOut."""
    if not current_user().role.includes(Role.ADMIN):
        raise Refused(sentence)
