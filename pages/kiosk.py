"""/kiosk/map: the map on a screen on a wall. Nothing can be done here, and there is no way on."""

from __future__ import annotations

from nicegui import ui

from components import theme
from components.frame.shell import own_main
from components.kiosk.board import KioskBoard
from components.map.map import Map
from components.map.map_feed import MapFeed
from components.ui import page_title
from xo_dash.auth.current import current_user
from xo_dash.auth.guard import OF_A_KIOSK
from xo_dash.auth.kinds import SIGNED_IN, open_to
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page(OF_A_KIOSK)
    @open_to(SIGNED_IN)
    def kiosk() -> None:
        context = program.for_viewer()
        theme.wear(current_user(SIGNED_IN).preferences)
        page_title(_("Map"))
        own_main()
        with ui.element("main").classes("xo-kiosk"):
            Map(context.shared(MapFeed), links={}).classes("xo-kiosk-map")
            KioskBoard(context.mirror)
