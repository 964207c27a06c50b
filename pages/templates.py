"""`/templates`: the templates of all pools; those that come with a pool are folded away."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu
from components.lists import Listing
from components.lists.rows import Reveal
from components.stale_data import stale_bands
from components.ui import heading
from components.vms.templates import template_table
from pages.layout import frame
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.i18n import _

SHOWN = "lists.templates.built_in"
"""The user's preference: whether those that come with a pool are shown."""


def create(program: Context) -> None:
    @ui.page("/templates")
    def templates() -> None:
        context = program.for_viewer()

        async def keep(shown: bool) -> None:
            await context.users.set_preferences(current_user().id, {SHOWN: shown})

        with frame(context, title=_("Templates"), bare=True), ui.element().classes("x-list-page"):
            heading(_("Templates"), 1).classes("x-only-read")
            stale_bands(context.mirror)
            reveal = Reveal(current_user().preferences.get(SHOWN) is True, keep)
            Listing(context.mirror, template_table(), full=True, offer=PlacedMenu(context).open_for, reveal=reveal)
