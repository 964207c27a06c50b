"""Networks, a host's ports into them, a VM's."""

from __future__ import annotations

from typing import Annotated, ClassVar

from data.types import NULL_REF, Count, Int, Ref, XapiObject


class Network(XapiObject):
    """A bridge over the pool; without a PIF it is internal to each host."""

    xapi_class: ClassVar = "network"
    name_label: str = ""
    name_description: str = ""
    bridge: str = ""
    MTU: Count = 1500
    managed: bool = True
    VIFs: Annotated[list[Ref], "VIF"] = []
    PIFs: Annotated[list[Ref], "PIF"] = []
    tags: list[str] = []
    other_config: dict[str, str] = {}
    default_locking_mode: str = "unlocked"
    purpose: list[str] = []  # nbd, insecure_nbd


class PIF(XapiObject):
    """A host's port into a network: a NIC, a VLAN on one, or a bond of several."""

    xapi_class: ClassVar = "PIF"
    device: str = ""
    network: Annotated[Ref, "Network"] = NULL_REF
    host: Annotated[Ref, "Host"] = NULL_REF
    metrics: Annotated[Ref, "PIFMetrics"] = NULL_REF
    MAC: str = ""
    MTU: Count = 1500
    VLAN: Int = -1  # tag; -1 for none
    physical: bool = False
    managed: bool = True
    currently_attached: bool = False
    PCI: Annotated[Ref, "PCI"] = NULL_REF  # where it is plugged in
    disallow_unplug: bool = False
    management: bool = False
    ip_configuration_mode: str = "None"
    IP: str = ""
    netmask: str = ""
    gateway: str = ""
    DNS: str = ""
    IPv6: list[str] = []
    bond_slave_of: Annotated[Ref, "Bond"] = NULL_REF
    bond_master_of: Annotated[list[Ref], "Bond"] = []
    VLAN_master_of: Annotated[Ref, "VLAN"] = NULL_REF
    VLAN_slave_of: Annotated[list[Ref], "VLAN"] = []
    other_config: dict[str, str] = {}  # domain: DNS search domains


class PIFMetrics(XapiObject):
    """The link of a NIC."""

    xapi_class: ClassVar = "PIF_metrics"
    carrier: bool = False
    speed: Count = 0  # Mbit/s
    duplex: bool = False
    vendor_name: str = ""
    device_name: str = ""


class Bond(XapiObject):
    """NICs that act as one."""

    xapi_class: ClassVar = "Bond"
    master: Annotated[Ref, "PIF"] = NULL_REF
    slaves: Annotated[list[Ref], "PIF"] = []
    mode: str = "balance-slb"
    properties: dict[str, str] = {}  # of LACP: hashing_algorithm, lacp-time ...
    links_up: Count = 0


class VLAN(XapiObject):
    """A tag on a NIC."""

    xapi_class: ClassVar = "VLAN"
    tagged_PIF: Annotated[Ref, "PIF"] = NULL_REF
    untagged_PIF: Annotated[Ref, "PIF"] = NULL_REF
    tag: Int = -1


class VIF(XapiObject):
    """A VM's NIC."""

    xapi_class: ClassVar = "VIF"
    VM: Annotated[Ref, "VM"] = NULL_REF
    network: Annotated[Ref, "Network"] = NULL_REF
    device: str = ""  # "0", "1" ...: its place in the VM
    MAC: str = ""
    MTU: Count = 1500
    currently_attached: bool = False
    locking_mode: str = "network_default"
    ipv4_allowed: list[str] = []
    ipv6_allowed: list[str] = []
    qos_algorithm_type: str = ""  # ratelimit, or nothing
    qos_algorithm_params: dict[str, str] = {}  # kbps: KiB/s
    other_config: dict[str, str] = {}
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation
