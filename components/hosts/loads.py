"""Four pictures of a host's last ten minutes, and those of longer ranges."""

from __future__ import annotations

from components.charts import Chart, Curve, Past, Unit, panels
from components.hosts.words import cpus_text
from components.ui import Card
from data.facts.host import memory_total
from data.hosts import cpus_of
from data.identity import key_of
from data.mirror import PoolMirror
from data.objects import Host
from xo_dash.i18n import _


def loads(host: Host, pool: PoolMirror) -> None:
    """The cards; longer ranges stand in their place."""
    with Past("host", key_of(host), panels.of_host()):
        with Card(_("CPU"), cpus_text(cpus_of(host)) or _("last 10 minutes")):
            Chart(pool.history, host.uuid, (Curve("cpu"),), Unit.SHARE, limit=1)
        with Card(_("Memory used"), _("last 10 minutes")):
            Chart(pool.history, host.uuid, (Curve("memory_used"),), Unit.SIZE, limit=memory_total(host))
        with Card(_("Network throughput"), _("last 10 minutes")):
            Chart(pool.history, host.uuid, (Curve("net_rx", _("in")), Curve("net_tx", _("out"))), Unit.BITS)
        with Card(_("Disk throughput"), _("last 10 minutes")):
            Chart(pool.history, host.uuid, (Curve("disk_read", _("read")), Curve("disk_write", _("write"))), Unit.RATE)
