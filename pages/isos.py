"""`/isos`: the images of all ISO libraries."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu, may_somewhere
from components.actions.target_button import target_button
from components.grant_texts import naming_owners
from components.lists import Listing
from components.parts import page
from components.storage.rows import image_table
from data.names import name_of, pool_name
from pages.layout import list_page
from xo_dash.context import Context
from xo_dash.control.sr.create import NEW_SR
from xo_dash.control.sr.import_disk import UPLOAD_ISO, libraries
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/isos")
    def isos() -> None:
        context = program.for_viewer()
        with list_page(context, _("ISO images")):
            offer = PlacedMenu(context).open_for
            with Listing(context.mirror, image_table(naming_owners(context)), full=True, offer=offer):
                if may_somewhere(context, UPLOAD_ISO):
                    _upload(context)


def _upload(context: Context) -> None:
    """To which library, where there are several."""
    name = _("{sr} of {pool}")
    none = (_("No ISO library: add one with New SR"), lambda: ui.navigate.to("/new-sr")) if may_somewhere(context, NEW_SR) else None
    target_button(
        context, UPLOAD_ISO, _("Upload ISO"),
        lambda: [(name.format(sr=name_of(sr), pool=pool_name(sr.home)), sr) for sr in libraries(context.mirror)],
        icon="upload", otherwise=none,
    ).mark("upload")  # fmt: skip
