"""`/isos`: the images of all ISO libraries."""

from __future__ import annotations

from nicegui import ui

from components.actions import PlacedMenu, run_command
from components.lists import Listing
from components.storage.rows import image_table
from components.ui import Button, menu, menu_item
from data.names import name_of, pool_name
from pages.layout import list_page
from xo_dash.context import Context
from xo_dash.control.sr.import_disk import UPLOAD_ISO, libraries
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/isos")
    def isos() -> None:
        context = program.for_viewer()
        with list_page(context, _("ISO images")):
            offer = PlacedMenu(context).open_for
            with Listing(context.mirror, image_table(), full=True, offer=offer):
                _upload(context)


def _upload(context: Context) -> None:
    """To which library, where there are several."""
    with Button(_("Upload ISO"), icon="upload").mark("upload"):
        choices = menu().props("no-parent-event")

    async def chosen() -> None:
        found = libraries(context.mirror)
        if len(found) == 1:
            await run_command(context, UPLOAD_ISO, found)
            return
        choices.clear()
        with choices:
            for sr in found:
                name = _("{sr} of {pool}").format(sr=name_of(sr), pool=pool_name(sr.home))
                menu_item(name, lambda sr=sr: run_command(context, UPLOAD_ISO, [sr]))
            if not found:
                menu_item(_("No ISO library: add one with New SR"), lambda: ui.navigate.to("/new-sr"))
        choices.open()

    slot = choices.parent_slot
    if slot is not None:
        slot.parent.on("click", chosen, [])
