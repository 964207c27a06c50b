"""Whether a list shows what it usually leaves out, as each person wants it."""

from __future__ import annotations

from typing import Final

from components.lists import Reveal
from xo_dash.auth.current import current_user
from xo_dash.context import Context

SRS: Final = "lists.SR.hidden"
NETWORKS: Final = "lists.network.hidden"
TEMPLATES: Final = "lists.templates.built_in"
"""The user's preferences: whether drives, internal networks, and the templates that come with a pool are shown."""


def revealing(context: Context, preference: str) -> Reveal:
    """For a list, as the user who looks has it among their preferences."""

    async def keep(shown: bool) -> None:
        await context.users.set_preferences(current_user().id, {preference: shown})

    return Reveal(current_user().preferences.get(preference) is True, keep)
