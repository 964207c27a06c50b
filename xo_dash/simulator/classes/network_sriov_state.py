"""Virtual functions of a NIC: they are there while SR-IOV is enabled on it, as PCI devices on its bus."""

from __future__ import annotations

from ..database import Database, Record

FUNCTIONS = 8
DRIVER = "ixgbevf"


def enable(db: Database, logical: str) -> None:
    """The driver takes it by sysfs, so nobody has to restart the host."""
    db.set(db.get(logical, "sriov_logical_PIF_of")[0], configuration_mode="sysfs", requires_reboot=False)
    db.set(logical, currently_attached=True)
    physical = db.record("PCI", pci_of(db, logical))
    if functions(db, physical):
        return
    same = {name: physical[name] for name in ("class_id", "class_name", "vendor_id", "vendor_name", "host", "subsystem_vendor_id",
                                              "subsystem_vendor_name")}  # fmt: skip
    for number in range(FUNCTIONS):
        address = f"{bus(physical)}:{16 + number // 4:02x}.{2 * (number % 4)}"
        db.create("PCI", {**same, "pci_id": address, "device_id": "1565", "device_name": "X550 Virtual Function", "driver_name": DRIVER})


def disable(db: Database, logical: str) -> None:
    db.set(logical, currently_attached=False)
    db.set(db.get(logical, "sriov_logical_PIF_of")[0], requires_reboot=False)
    for ref in functions(db, db.record("PCI", pci_of(db, logical))):
        db.destroy(ref)


def pci_of(db: Database, logical: str) -> str:
    physical = db.get(db.get(logical, "sriov_logical_PIF_of")[0], "physical_PIF")
    return str(db.get(physical, "PCI"))


def bus(pci: Record) -> str:
    return str(pci["pci_id"]).rsplit(":", 1)[0]


def functions(db: Database, physical: Record) -> list[str]:
    return [ref for ref, pci in db.records("PCI")
            if pci["host"] == physical["host"] and pci["driver_name"] == DRIVER and bus(pci) == bus(physical)]  # fmt: skip


def idle(db: Database, sriov: str) -> int:
    """Functions that no running VM has."""
    record = db.record("network_sriov", sriov)
    logical = db.record("PIF", record["logical_PIF"])
    networks = [logical["network"], *(db.get(db.get(vlan, "untagged_PIF"), "network") for vlan in logical["VLAN_slave_of"])]
    used = [vif for network in networks for vif in db.get(network, "VIFs")
            if db.get(vif, "currently_attached") and db.get(db.get(vif, "VM"), "resident_on") == logical["host"]]  # fmt: skip
    pci = db.get(record["physical_PIF"], "PCI")
    return max(0, len(functions(db, db.record("PCI", pci))) - len(used)) if db.exists(pci) else 0
