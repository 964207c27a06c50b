"""Rules about networks: whether the hosts' ports into them have a link."""

from __future__ import annotations

from data.facts.host import is_live
from data.facts.network import Link, link_of
from data.facts.vm import HOLDING
from data.findings.finding import Limits, Reading, Rule
from data.objects import PIF, VIF, VM, Bond, Host, Network
from data.placement import is_guest


def no_link(network: Network, _now: float) -> Reading | None:
    """2 where VMs that run there, or the pool itself, depend on it; else 1."""
    ports = _ports(network, Link.DOWN)
    if not ports:
        return None
    hosts = {port.host: host for port, host in ports}
    users = {vm for vif in network.all_of(VIF, network.VIFs) if (vm := vif.home.one(VM, vif.VM)) and is_guest(vm)}
    cut = sum(vm.power_state in HOLDING and vm.resident_on in hosts for vm in users)
    serious = cut or any(port.management for port, _host in ports)
    return Reading(2 if serious else 1, tuple(hosts.values()), cut)


def degraded(network: Network, _now: float) -> Reading | None:
    """A bond has lost some of its NICs."""
    hosts = dict.fromkeys(host for _port, host in _ports(network, Link.DEGRADED))
    return Reading(len(hosts), tuple(hosts)) if hosts else None


def _ports(network: Network, link: Link) -> list[tuple[PIF, Host]]:
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
