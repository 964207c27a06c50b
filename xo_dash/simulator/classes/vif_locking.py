"""Which traffic a VM's NIC may have, and which address its guest is told to take."""

from __future__ import annotations

from ..call import Call
from ..database import Database
from ..errors import XapiError
from ..registry import message
from . import pif_rules, subject, vif


def effective_mode(db: Database, ref: str, mode: str) -> str:
    """unlocked, locked or disabled."""
    return str(db.get(db.get(ref, "network"), "default_locking_mode")) if mode == "network_default" else mode


@message("VIF.set_locking_mode")
def set_locking_mode(call: Call, ref: str, value: str) -> str:
    if effective_mode(call.db, ref, value) == "locked":
        if call.db.rows("SDN_controller"):
            raise XapiError("OPERATION_NOT_ALLOWED", "A vswitch controller is active")
        subject.assert_licensed(call, "VIF_locking")
    call.db.set(ref, locking_mode=value)
    return ""


def check_allowed(version: int, value: str) -> None:
    """An address, or a range with its prefix."""
    name = f"ipv{version}_allowed"
    if not pif_rules.is_address(value, version):
        try:
            pif_rules.need_cidr(value, version, name)
        except XapiError:
            raise XapiError("INVALID_IP_ADDRESS_SPECIFIED", name) from None


@message("VIF.set_ipv4_allowed", "VIF.set_ipv6_allowed")
def set_allowed(call: Call, ref: str, value: list[str]) -> str:
    name = call.method.removeprefix("VIF.set_")
    addresses = list(dict.fromkeys(value))
    if addresses:
        subject.assert_licensed(call, "VIF_locking")
    for address in addresses:
        check_allowed(int(name[3]), address)
    call.db.set(ref, **{name: addresses})
    return ""


@message("VIF.add_ipv4_allowed", "VIF.add_ipv6_allowed")
def add_allowed(call: Call, ref: str, value: str) -> str:
    name = call.method.removeprefix("VIF.add_")
    held = call.db.get(ref, name)
    subject.assert_licensed(call, "VIF_locking")
    check_allowed(int(name[3]), value)
    if value not in held:
        call.db.set(ref, **{name: [*held, value]})
    return ""


@message("VIF.remove_ipv4_allowed", "VIF.remove_ipv6_allowed")
def remove_allowed(call: Call, ref: str, value: str) -> str:
    name = call.method.removeprefix("VIF.remove_")
    call.db.set(ref, **{name: [item for item in call.db.get(ref, name) if item != value]})
    return ""


@message("VIF.configure_ipv4", "VIF.configure_ipv6")
def configure(call: Call, ref: str, mode: str, address: str = "", gateway: str = "") -> str:
    """What the guest's agent sets in the guest; few can."""
    db = call.db
    name = call.method[-4:]
    version = int(name[3])
    if mode == "Static":
        subject.assert_licensed(call, "Guest_ip_setting")
        pif_rules.need_cidr(address, version, "address")
        record = db.record("VIF", ref)
        locked = effective_mode(db, ref, record["locking_mode"]) == "locked"
        if locked and address.partition("/")[0] not in record[f"{name}_allowed"]:
            raise XapiError("ADDRESS_VIOLATES_LOCKING_CONSTRAINT", address)
        if gateway:
            pif_rules.need_address(gateway, version, "gateway")
    vm = db.get(ref, "VM")
    metrics = db.get(vm, "guest_metrics")
    if not db.exists(metrics) or db.get(metrics, "other").get("feature-static-ip-setting") != "1":
        raise XapiError("VM_LACKS_FEATURE", vm)
    db.set(ref, **{f"{name}_configuration_mode": mode, f"{name}_addresses": [address], f"{name}_gateway": gateway})
    vif.tell_addresses(call, ref)
    return ""
