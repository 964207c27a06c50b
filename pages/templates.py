"""`/templates`: the templates of all pools; those that come with a pool are folded away."""

from __future__ import annotations

from components.actions import PlacedMenu
from components.grant_texts import naming_owners
from components.lists import Listing
from components.parts import page
from components.vms.templates import template_table
from pages.layout import list_page
from pages.revealing import TEMPLATES, revealing
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/templates")
    def templates() -> None:
        context = program.for_viewer()
        with list_page(context, _("Templates")):
            offer = PlacedMenu(context).open_for
            Listing(context.mirror, template_table(naming_owners(context)), full=True, offer=offer, reveal=revealing(context, TEMPLATES))
