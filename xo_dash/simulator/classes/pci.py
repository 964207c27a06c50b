"""PCI devices of a host: who may have them after its next start, its control domain or its VMs."""

from __future__ import annotations

from ..call import Call
from ..pool import Pool
from ..registry import message

ENABLING = {"enabled": "enabled", "disable_on_reboot": "enabled", "disabled": "enable_on_reboot", "enable_on_reboot": "enable_on_reboot"}
DISABLING = {"enabled": "disable_on_reboot", "disable_on_reboot": "disable_on_reboot", "disabled": "disabled",
             "enable_on_reboot": "disabled"}  # fmt: skip
REBOOTED = {"disable_on_reboot": "disabled", "enable_on_reboot": "enabled"}


def access(pool: Pool) -> dict[str, str]:
    """{PCI: enabled, disable_on_reboot, disabled or enable_on_reboot}; what is not in it is enabled."""
    found: dict[str, str] = pool.facts.setdefault("dom0 access", {})
    return found


def change(pool: Pool, pci: str, table: dict[str, str]) -> str:
    before = access(pool).get(pci, "enabled")
    after = access(pool)[pci] = table.get(before, before)
    for ref in pool.db.find("PGPU", PCI=pci):
        pool.db.set(ref, dom0_access=after)
    return after


def rebooted(pool: Pool, host: str) -> None:
    """What was to be with the host's next start is now."""
    for pci in pool.db.find("PCI", host=host):
        if access(pool).get(pci) in REBOOTED:
            change(pool, pci, REBOOTED)


@message("PCI.get_dom0_access_status")
def get_dom0_access_status(call: Call, pci: str) -> str:
    return access(call.pool).get(pci, "enabled")


@message("PCI.enable_dom0_access", "PCI.disable_dom0_access")
def set_dom0_access(call: Call, pci: str) -> str:
    return change(call.pool, pci, ENABLING if call.method.startswith("PCI.enable") else DISABLING)


@message("PGPU.enable_dom0_access", "PGPU.disable_dom0_access")
def set_gpu_access(call: Call, gpu: str) -> str:
    return change(call.pool, call.db.get(gpu, "PCI"), ENABLING if call.method.startswith("PGPU.enable") else DISABLING)
