"""Rules about networks: whether the hosts' ports into them have a link."""

from __future__ import annotations

from data.facts.host import is_live
from data.facts.network import LinkLevel, cut_vms, link_level, link_of
from data.findings.finding import Limits, Reading, Rule
from data.level import Level
from data.objects import PIF, VM, Bond, Host, Network


def no_link(network: Network, _now: float) -> Reading | None:
    """2 where VMs that run there, or the pool itself, depend on it; else 1."""
    ports = _ports(network, LinkLevel.DOWN)
    if not ports:
        return None
    cut = set[VM]().union(*(cut_vms(port) for port, _host in ports))
    serious = any(link_level(port) is Level.CRITICAL for port, _host in ports)
    return Reading(2 if serious else 1, tuple(dict.fromkeys(host for _port, host in ports)), len(cut))


def degraded(network: Network, _now: float) -> Reading | None:
    """A bond has lost some of its NICs."""
    hosts = dict.fromkeys(host for _port, host in _ports(network, LinkLevel.DEGRADED))
    return Reading(len(hosts), tuple(hosts)) if hosts else None


def _ports(network: Network, link: LinkLevel) -> list[tuple[PIF, Host]]:
    """The ports in use that have this link, on living hosts; a bond's NICs are the bond's matter."""
    found = []
    for port in network.all_of(PIF, network.PIFs):
        host = port.home.one(Host, port.host)
        if host is None or not port.currently_attached or port.home.one(Bond, port.bond_slave_of) or not is_live(host):
            continue
        if link_of(port) is link:
            found.append((port, host))
    return found


RULES = (
    Rule("network.no_link", Network, no_link, Limits(warning=1, critical=2)),
    Rule("network.degraded", Network, degraded, Limits(warning=1), unit="count"),
)
