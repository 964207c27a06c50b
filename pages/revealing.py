"""Whether a list shows what it usually leaves out, as each person wants it."""

from __future__ import annotations

from components.lists import Reveal
from data.types import XapiObject
from xo_dash.auth.current import current_user
from xo_dash.context import Context


def revealing(context: Context, kind: type[XapiObject]) -> Reveal:
    """For lists of `kind`, as the user who looks has it among their preferences."""
    name = f"lists.{kind.xapi_class}.hidden"

    async def keep(shown: bool) -> None:
        await context.users.set_preferences(current_user().id, {name: shown})

    return Reveal(current_user().preferences.get(name) is True, keep)
