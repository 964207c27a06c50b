"""`/pool/{uuid}`: one pool, its sums and its hosts."""

from __future__ import annotations

from components.charts import HistoryCharts, panels
from components.guidance import waiting_bands
from components.hosts.failover import PoolFailures
from components.hosts.patches import PoolPatches
from components.hosts.pool import pool_head, pool_sums
from components.hosts.rows import host_table
from components.lists import Listing
from components.live import follow_source
from components.messages.recent import RecentMessages
from components.parts import page, part
from components.storage.rows import sr_table
from components.ui import Card
from data.views.host import HostView
from data.views.pool import PoolView
from pages.objects import PageKind, object_page, tabbed
from pages.revealing import SRS, revealing
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/pool/{key}")
    def pool(key: str) -> None:
        context = program.for_viewer()
        object_page(context, about(), key)


def about() -> PageKind[PoolView]:
    return PageKind(
        view=PoolView,
        title=_("Pool"),
        unknown=_("Pool not found"),
        gone=_("This pool is no longer connected. Its last known state is shown."),
        all_title=_("Hosts"),
        all_path="/hosts",
        draw=show,
    )


def show(context: Context, pool: PoolView) -> None:
    """The page of a pool."""
    pool_head(context, pool)
    waiting_bands(context, pool)
    tabbed(context, pool, _overview, _outline)


def _outline(context: Context, pool: PoolView) -> None:
    _hosts(context, pool)
    _srs(context, pool)


def _hosts(context: Context, pool: PoolView) -> None:
    home, patches = pool.row.home, context.patches
    with Card(_("Hosts")) as hosts:
        listing = Listing(context.mirror, host_table(home, patches.is_unpatched), on_count=hosts.show_count)
        follow_source(patches.observe, lambda: listing.again(home.all(HostView.kind).values()))


def _srs(context: Context, pool: PoolView) -> None:
    with Card(_("SRs")) as srs:
        Listing(context.mirror, sr_table(pool.row.home), reveal=revealing(context, SRS), on_count=srs.show_count)


def _overview(context: Context, pool: PoolView) -> None:
    part(pool_sums, pool)
    part(_hosts, context, pool)
    part(PoolFailures, pool)
    part(PoolPatches, context, pool.row)
    part(_srs, context, pool)
    part(HistoryCharts, "pool", pool.key, panels.of_pool(), first="day", alone=True)
    part(RecentMessages, context.mirror, pool.row)
