"""Four pictures of a host's last ten minutes, and those of longer ranges."""

from __future__ import annotations

from components.charts import Chart, Curve, HistoryCharts, Unit, panels
from components.hosts.words import cpus_text
from components.ui import Card
from data.history import History
from data.views.host import HostView
from xo_dash.i18n import _


def loads(host: HostView) -> None:
    """The cards; longer ranges stand in their place."""
    history, uuid = host.row.home.part(History), host.row.uuid
    with HistoryCharts("host", host.key, panels.of_host()):
        with Card(_("CPU"), cpus_text(host.cpus) or _("last 10 minutes")):
            Chart(history, uuid, (Curve("cpu"),), Unit.SHARE, limit=1)
        with Card(_("Memory used"), _("last 10 minutes")):
            Chart(history, uuid, (Curve("memory_used"),), Unit.SIZE, limit=host.memory.total)
        with Card(_("Network throughput"), _("last 10 minutes")):
            Chart(history, uuid, (Curve("net_rx", _("in")), Curve("net_tx", _("out"))), Unit.BITS)
        with Card(_("Disk throughput"), _("last 10 minutes")):
            Chart(history, uuid, (Curve("disk_read", _("read")), Curve("disk_write", _("write"))), Unit.RATE)
