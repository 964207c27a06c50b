"""A NIC as XAPI makes one: new, or again as one was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from data.names import name_of
from data.objects import VIF, VM, Network
from data.texts import whole
from data.types import Home
from data.vms import KBPS, RATE_LIMIT
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

MOST: Final = 254
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def free_device(vm: VM) -> str:
    taken = {whole(vif.device, -1) for vif in vm.all_of(VIF, vm.VIFs)}
    return str(next((place for place in range(MOST) if place not in taken), MOST))


def new_record(vm: VM, network: Network, *, mac: str = "", rate: int | None = None) -> dict[str, Any]:
    """What VIF.create takes; without a `mac` XAPI makes one of the VM's seed. `rate`: KiB/s."""
    return {
        "device": free_device(vm), "network": network.ref, "VM": vm.ref, "MAC": mac, "MTU": network.MTU, "other_config": {},
        "qos_algorithm_type": RATE_LIMIT if rate else "", "qos_algorithm_params": {KBPS: str(rate)} if rate else {},
        "locking_mode": "network_default", "ipv4_allowed": [], "ipv6_allowed": [],
    }  # fmt: skip


def record_of(vif: VIF) -> dict[str, Any]:
    """What makes `vif` again."""
    return {
        "device": vif.device, "network": vif.network, "VM": vif.VM, "MAC": vif.MAC, "MTU": vif.MTU, "other_config": dict(vif.other_config),
        "qos_algorithm_type": vif.qos_algorithm_type, "qos_algorithm_params": dict(vif.qos_algorithm_params),
        "locking_mode": vif.locking_mode, "ipv4_allowed": list(vif.ipv4_allowed), "ipv6_allowed": list(vif.ipv6_allowed),
    }  # fmt: skip


def normal(mac: str) -> str:
    """`52-54-00-AB-CD-EF` as XAPI writes it."""
    return mac.strip().lower().replace("-", ":")


def wrong_mac(mac: str, home: Home, but: VIF | None = None) -> LazyText | None:
    """Why it can be no NIC's: what it is not, that it is of many, or whose it is. Source: xapi refuses multicast ones, not double ones."""
    text = normal(mac)
    if not _MAC.fullmatch(text):
        return lazy(N_("a MAC address has six bytes, like {example}"), example="52:54:00:12:34:56")
    if not int(text.replace(":", ""), 16):
        return lazy(N_("it must be a unicast MAC address, like 02:1a:2b:3c:4d:5e"))
    if int(text[:2], 16) & 1:
        return lazy(N_("its first byte must be even; odd ones are multicast"))
    other = next((vif for vif in _others(home, but) if vif.MAC.lower() == text), None)
    vm = home.one(VM, other.VM) if other is not None else None
    return lazy(N_("{name} already has it"), name=name_of(vm)) if vm is not None else None


def _others(home: Home, but: VIF | None) -> Iterator[VIF]:
    """Of machines: templates and snapshots keep the addresses that a VM had."""
    for vif in home.all(VIF).values():
        vm = home.one(VM, vif.VM)
        if vif is not but and vm is not None and not vm.is_a_template:
            yield vif
