"""What can be told of a host from its row and what belongs to it: state, hardware, versions, memory, ports, paths. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from data.facts.network import LinkLevel, link_of, speed_of
from data.names import by_name, name_order
from data.objects import PBD, PIF, SR, VLAN, VM, Bond, Certificate, Host, Network
from data.placement import Memory, guests_on, memory_of
from data.texts import decimal, moment, whole
from data.types import XapiObject, timestamp


def guests_of(host: Host) -> list[VM]:
    """The VMs on it, by name; no control domain."""
    return by_name(guests_on(host))


def account_of(host: Host) -> Memory:
    """Who has its memory; by setting, not measured."""
    return memory_of(host, guests_on(host))


SYSLOG: Final = "syslog_destination"


class Cpus(NamedTuple):
    model: str
    sockets: int
    threads: int  # what Xen schedules on
    mhz: float


def cpus_of(host: Host) -> Cpus:
    """Zeros and "" for what the host does not say."""
    told = host.cpu_info
    model = " ".join(told.get("modelname", "").replace("(R)", "").replace("(TM)", "").split())
    return Cpus(model, whole(told.get("socket_count", "")), whole(told.get("cpu_count", "")), decimal(told.get("speed", "")))


def product_of(host: Host) -> str:
    """`XCP-ng 8.3.0`; "" if it does not say."""
    told = host.software_version
    brand, version = told.get("product_brand", ""), told.get("product_version", "")
    return f"{brand} {version}".strip()


def machine_of(host: Host) -> str:
    """Maker and model of the hardware; "" if it does not say."""
    told = host.bios_strings
    parts = (told.get("system-manufacturer", ""), told.get("system-product-name", ""))
    return " ".join(part.strip() for part in parts if part.strip())


def iscsi_name_of(host: Host) -> str:
    """Source: other_config, where older xapi has it alone."""
    return host.other_config.get("iscsi_iqn", "")


def has_multipathing(host: Host) -> bool:
    """Source: before 7.6 XAPI has it in other_config alone, later in both."""
    return host.multipathing or host.other_config.get("multipathing") == "true"


def syslog_of(host: Host) -> str:
    """Where its log is sent as well; "" if nowhere."""
    return host.logging.get(SYSLOG, "")


def time_servers_of(host: Host) -> tuple[str, ...]:
    """Those that were entered; none where they come from elsewhere."""
    return tuple(host.ntp_custom_servers) if host.ntp_mode == "Custom" else ()


def ssh_of(host: Host) -> bool | None:
    """Whether one can sign in by ssh; None where this xapi has no say in it."""
    return host.ssh_enabled if host.ssh_enabled_timeout >= 0 else None


def dns_of(host: Host) -> tuple[str, ...]:
    """Its name servers, as its management interface has them; none where they come from DHCP, which XAPI does not tell."""
    return _listed(host, lambda pif: pif.DNS)


def search_domains_of(host: Host) -> tuple[str, ...]:
    """What it adds to short names. Source: XenServer's administrator's guide, "DNS search suffix"."""
    return _listed(host, lambda pif: pif.other_config.get("domain", ""))


def _listed(host: Host, text: Callable[[PIF], str]) -> tuple[str, ...]:
    pif = next((pif for pif in host.all_of(PIF, host.PIFs) if pif.management), None)
    return tuple(filter(None, (part.strip() for part in text(pif).split(",")))) if pif is not None else ()


def toolstack_started_at(host: Host) -> float | None:
    """Epoch seconds."""
    return moment(host.other_config.get("agent_start_time", "")) or None


def certificate_ends_at(host: Host) -> float | None:
    """Epoch seconds at which the certificate that it shows to clients is no longer good."""
    ends = (timestamp(one.not_after) for one in host.all_of(Certificate, host.certificates) if one.type == "host")
    return min((end for end in ends if end is not None), default=None)


class Port(NamedTuple):
    """A host's port into a network."""

    pif: PIF
    network: Network | None
    link: LinkLevel
    speed: int  # Mbit/s; 0 for none or not known
    members: tuple[PIF, ...]  # the NICs of a bond
    mode: str  # of a bond: balance-slb, active-backup, lacp
    tagged: PIF | None  # below a VLAN

    @property
    def vlan(self) -> int | None:
        return self.pif.VLAN if self.pif.VLAN > 0 else None


def port_of(pif: PIF) -> Port:
    vlan = pif.home.one(VLAN, pif.VLAN_master_of)
    tagged = vlan.home.one(PIF, vlan.tagged_PIF) if vlan else None
    bonds = (tagged or pif).all_of(Bond, (tagged or pif).bond_master_of)
    members = tuple(member for bond in bonds for member in pif.all_of(PIF, bond.slaves))
    return Port(
        pif=pif,
        network=pif.home.one(Network, pif.network),
        link=link_of(pif),
        speed=speed_of(tagged or pif),
        members=members,
        mode=bonds[0].mode if bonds else "",
        tagged=tagged,
    )


def ports_of(host: Host) -> list[Port]:
    """All ports: NICs and bonds by name, each followed by its VLANs."""
    return [port_of(pif) for pif in sorted(host.all_of(PIF, host.PIFs), key=_port_key)]


def _port_key(pif: PIF) -> tuple[str, int, int, str]:
    letters = pif.device.rstrip("0123456789")
    digits = pif.device[len(letters) :]
    return letters, whole(digits, -1), pif.VLAN, pif.uuid


class Path(NamedTuple):
    """A host's way to an SR."""

    pbd: PBD
    host: Host | None
    sr: SR | None


def paths_of(owner: Host | SR) -> list[Path]:
    """Of a host by SR, of an SR by host."""
    paths = [Path(pbd, pbd.home.one(Host, pbd.host), pbd.home.one(SR, pbd.SR)) for pbd in owner.all_of(PBD, owner.PBDs)]
    return sorted(paths, key=lambda path: _label(path.host if isinstance(owner, SR) else path.sr))


def _label(row: XapiObject | None) -> tuple[str, str]:
    return name_order(row) if row else ("\uffff", "")
