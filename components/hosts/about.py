"""What a host is: its machine, its versions, its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.cells import Cell, Copy, Facts, Quiet, When, link_to
from components.hosts.words import cpus_text
from components.live import follow_facts
from components.ui import Card
from data.views.host import HostView
from xo_dash.control.host.power_on import MODES
from xo_dash.control.host.settings import TIME_SOURCES
from xo_dash.i18n import _, date

SHOWN: Final = (
    "own_pool", "pool", "is_master", "address", "dns", "search_domains", "machine", "cpus", "product", "versions", "booted",
    "toolstack_started", "has_multipathing", "iscsi_name", "syslog", "power_on_mode", "ssh", "time_source", "time_servers",
    "timezone", "certificate_ends",
)  # fmt: skip


class HostAbout(Card):
    """Follows the host and its pool; sends only values that changed."""

    def __init__(self, host: HostView) -> None:
        super().__init__(_("About"))
        self._host = host
        with self:
            self._facts = Facts([name for name, _value in about(host)])
            follow_facts(host, SHOWN, lambda: self._facts.show(about(host)))


def about(host: HostView) -> list[tuple[str, Cell | None]]:
    """Always the same names, in the same order; None for what there is nothing to say of."""
    told, cpus, ends = host.versions, host.cpus, host.certificate_ends
    build = told.get("build_number", "")
    return [
        (_("Pool"), link_to(host.own_pool, host.pool)),
        (_("Pool role"), _("master") if host.is_master else _("member")),
        (_("Address"), host.address or Quiet(_("unknown"))),
        (_("DNS servers"), ", ".join(host.dns) or None),
        (_("Search domains"), ", ".join(host.search_domains) or None),
        (_("Machine"), host.machine or Quiet(_("unknown"))),
        (_("CPU"), cpus.model or Quiet(_("unknown"))),
        (_("CPUs"), cpus_text(cpus) or None),
        (_("Version"), " ".join(part for part in (host.product, f"({build})" if build else "") if part) or None),
        (_("Xen"), told.get("xen") or None),
        (_("Kernel"), told.get("linux") or None),
        (_("XAPI"), told.get("xapi_build") or told.get("xapi") or None),
        (_("Booted"), When(host.booted)),
        (_("Toolstack started"), When(host.toolstack_started)),
        (_("Multipathing"), _("on") if host.has_multipathing else _("off")),
        (_("iSCSI name"), Copy(host.iscsi_name, _("Click to copy")) if host.iscsi_name else None),
        (_("Syslog server"), host.syslog or None),
        (_("Power on by"), _worded(MODES, host.power_on_mode)),
        (_("SSH"), None if host.ssh is None else _("on") if host.ssh else _("off")),
        (_("Time servers"), ", ".join(host.time_servers) or (_worded(TIME_SOURCES, host.time_source) if host.time_source else None)),
        (_("Time zone"), host.timezone or None),
        (_("Certificate expires"), date(ends) if ends else None),
        (_("UUID"), Copy(host.row.uuid, _("Click to copy"))),
    ]


def _worded(words: Mapping[str, str], value: str) -> str:
    """What XAPI calls so, in words where we have some."""
    return _(words[value]) if value in words else value
