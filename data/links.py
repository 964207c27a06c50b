"""Whether a host's port into a network has a link."""

from __future__ import annotations

from enum import IntEnum

from data.objects import PIF, VLAN, Bond, PIFMetrics


class Link(IntEnum):
    UP = 1
    DOWN = 2  # no carrier
    DEGRADED = 3  # a bond that lost some of its NICs, not all


def link_of(pif: PIF) -> Link:
    """The link below `pif`: a VLAN has that of the port it tags, a bond that of its NICs.

    A port without metrics counts as up: nothing says otherwise.
    """
    vlan = pif.home.one(VLAN, pif.VLAN_master_of)
    below = pif.home.one(PIF, vlan.tagged_PIF) if vlan else None
    port = below if below is not None and below is not pif else pif
    for bond in port.all_of(Bond, port.bond_master_of):
        slaves = port.all_of(PIF, bond.slaves)
        up = sum(_carrier(slave) for slave in slaves)
        return Link.UP if up == len(slaves) else Link.DEGRADED if up else Link.DOWN
    return Link.UP if _carrier(port) else Link.DOWN


def _carrier(pif: PIF) -> bool:
    metrics = pif.home.one(PIFMetrics, pif.metrics)
    return metrics is None or metrics.carrier
