"""What a host is: its machine, its versions, its certificate."""

from __future__ import annotations

from collections.abc import Iterable

from components.hosts.words import cpus_text, pool_name, pool_path
from components.ui import Card
from components.vms.around import follow_around
from components.vms.cells import Cell, Copy, Facts, Link, Quiet, When
from data.facts.host import booted_at
from data.hosts import certificate_ends_at, cpus_of, machine_of, product_of, toolstack_started_at
from data.mirror import Mirror, PoolMirror
from data.objects import Host
from data.types import Ref
from xo_dash.i18n import _, date


class HostAbout(Card):
    """Follows the host and its pool; sends only values that changed."""

    def __init__(self, mirror: Mirror, host: Host) -> None:
        super().__init__(_("About"))
        self._host = host
        with self:
            self._facts = Facts([name for name, _value in about(host)])
            follow_around(mirror, host, _refs, lambda: self._facts.show(about(host)))


def _refs(host: Host) -> Iterable[Ref]:
    yield from host.certificates
    if isinstance(host.home, PoolMirror) and host.home.pool:
        yield host.home.pool.ref


def about(host: Host) -> list[tuple[str, Cell | None]]:
    """Always the same names, in the same order; None for what there is nothing to say of."""
    told, cpus, ends = host.software_version, cpus_of(host), certificate_ends_at(host)
    build = told.get("build_number", "")
    return [
        (_("Pool"), Link(pool_name(host), pool_path(host))),
        (_("Pool role"), _("master") if is_master(host) else _("member")),
        (_("Address"), host.address or Quiet(_("unknown"))),
        (_("Machine"), machine_of(host) or Quiet(_("unknown"))),
        (_("CPU"), cpus.model or Quiet(_("unknown"))),
        (_("CPUs"), cpus_text(cpus) or None),
        (_("Version"), " ".join(part for part in (product_of(host), f"({build})" if build else "") if part) or None),
        (_("Xen"), told.get("xen") or None),
        (_("Kernel"), told.get("linux") or None),
        (_("XAPI"), told.get("xapi_build") or told.get("xapi") or None),
        (_("Booted"), When(booted_at(host))),
        (_("Toolstack started"), When(toolstack_started_at(host))),
        (_("Multipathing"), _("on") if host.multipathing else _("off")),
        (_("iSCSI name"), Copy(iqn, _("Click to copy")) if (iqn := host.other_config.get("iscsi_iqn", "")) else None),
        (_("Certificate expires"), date(ends) if ends else None),
        (_("UUID"), Copy(host.uuid, _("Click to copy"))),
    ]


def is_master(host: Host) -> bool:
    own = host.home.pool if isinstance(host.home, PoolMirror) else None
    return own is not None and own.master == host.ref
