"""The guest inside a VM: its system, whether it has tools, and what its agent reports some seconds after a boot."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from ..database import Record
from ..pool import Pool
from ..types import NULL
from . import durations

FEATURES = ("shutdown", "reboot", "suspend", "poweroff", "vcpu-hotplug", "balloon")


@dataclass(frozen=True, slots=True)
class GuestSystem:
    """`os` as VM_guest_metrics.os_version has it; without `tools` the guest's metrics stay empty."""

    os: tuple[tuple[str, str], ...] = (
        ("name", "Debian GNU/Linux 13 (trixie)"),
        ("uname", "6.12.48"),
        ("distro", "debian"),
        ("major", "13"),
        ("minor", "1"),
    )
    drivers: tuple[str, str, str, str] = ("8", "3", "0", "1")  # major, minor, micro, build
    tools: bool = True


def guests(pool: Pool) -> dict[str, GuestSystem]:
    """{VM uuid: what runs in it}; who is not in it runs the default."""
    found: dict[str, GuestSystem] = pool.facts.setdefault("guests", {})
    return found


def guest_of(pool: Pool, vm: Record) -> GuestSystem:
    return guests(pool).get(vm["uuid"], GuestSystem())


def inherit(pool: Pool, source: str, copy: str) -> None:
    """A copy of a VM runs what the original runs."""
    held = guests(pool).get(pool.db.get(source, "uuid"))
    if held:
        guests(pool)[pool.db.get(copy, "uuid")] = held


def forget_metrics(pool: Pool, vm: str) -> None:
    """What the agent told before is stale: the VM starts anew."""
    ref = pool.db.get(vm, "guest_metrics")
    if ref != NULL:
        pool.db.set(vm, guest_metrics=NULL)
        if pool.db.exists(ref):
            pool.db.destroy(ref)


def open_metrics(pool: Pool, vm: str) -> None:
    """Every VM that runs has guest metrics, `live` from the first; there is nothing in them until an agent reports."""
    if not pool.db.exists(pool.db.get(vm, "guest_metrics")):
        fields = {
            "last_updated": pool.clock.iso(),
            "live": True,
            "can_use_hotplug_vbd": "unspecified",
            "can_use_hotplug_vif": "unspecified",
        }
        pool.db.set(vm, guest_metrics=pool.db.create("VM_guest_metrics", fields))


def has_reported(pool: Pool, vm: Record) -> bool:
    """Whether an agent has told of its drivers."""
    ref = vm["guest_metrics"]
    return pool.db.exists(ref) and bool(pool.db.get(ref, "PV_drivers_version"))


def expect_agent(pool: Pool, vm: str) -> None:
    """The agent of a VM that has just booted will report, if there is one."""
    if not guest_of(pool, pool.db.record("VM", vm)).tools:
        return
    if pool.clock.instant:
        report(pool, vm)
    else:
        pool.spawn(_report_later(pool, vm, pool.db.get(vm, "domid")))


async def _report_later(pool: Pool, vm: str, domid: int) -> None:
    await pool.clock.sleep(durations.seconds(pool, "agent"))
    while pool.db.exists(vm) and pool.db.get(vm, "domid") == domid and pool.db.get(vm, "power_state") == "Paused":
        await pool.clock.sleep(2)  # a paused guest says nothing
    if pool.db.exists(vm) and pool.db.get(vm, "domid") == domid and pool.db.get(vm, "power_state") == "Running":
        report(pool, vm)


def report(pool: Pool, vm: str) -> None:
    """What the agent tells is known, and with it there is what only a guest with drivers can do."""
    open_metrics(pool, vm)
    record = pool.db.record("VM", vm)
    if has_reported(pool, record):
        pool.db.set(record["guest_metrics"], networks=networks(pool, record), last_updated=pool.clock.iso())
        return
    guest = guest_of(pool, record)
    fields = {
        "os_version": dict(guest.os),
        "PV_drivers_version": dict(zip(("major", "minor", "micro", "build"), guest.drivers, strict=True)),
        "PV_drivers_detected": True,
        "PV_drivers_up_to_date": True,
        "networks": networks(pool, record),
        "other": {f"feature-{name}": "1" for name in features(guest)},
        "last_updated": pool.clock.iso(),
    }
    pool.db.set(record["guest_metrics"], **fields)
    pool.refresh(vm, *record["VBDs"], *record["VIFs"])


def features(guest: GuestSystem) -> tuple[str, ...]:
    """Only the tools of Windows set addresses."""
    return (*FEATURES, "static-ip-setting") if dict(guest.os).get("distro") == "windows" else FEATURES


def networks(pool: Pool, vm: Record) -> dict[str, str]:
    """Addresses by device: the same MAC in the same network always gets the same, unless it is told another or may speak to nobody."""
    told: dict[str, str] = {}
    for ref in sorted(vm["VIFs"], key=lambda v: int(pool.db.get(v, "device"))):
        vif = pool.db.record("VIF", ref)
        if not vif["currently_attached"] or not pool.db.exists(vif["network"]):
            continue
        octets = [int(part, 16) for part in vif["MAC"].split(":")]
        device, v4 = vif["device"], ipv4(pool, ref, vif, octets)
        if v4:
            told |= {f"{device}/ip": v4, f"{device}/ipv4/0": v4}
        told[f"{device}/ipv6/0"] = link_local(octets)
        if vif["ipv6_configuration_mode"] == "Static":
            told[f"{device}/ipv6/1"] = vif["ipv6_addresses"][0].partition("/")[0]
    return told


def ipv4(pool: Pool, ref: str, vif: Record, octets: list[int]) -> str:
    """ "" where no DHCP server hears it."""
    if vif["ipv4_configuration_mode"] == "Static":
        return str(vif["ipv4_addresses"][0].partition("/")[0])
    mode = vif["locking_mode"]
    if (pool.db.get(vif["network"], "default_locking_mode") if mode == "network_default" else mode) == "disabled":
        return ""
    given = pool.db.get(vif["network"], "assigned_ips").get(ref)
    if given:
        return str(given)
    net = 16 + zlib.crc32(pool.db.get(segment(pool, vif["network"]), "uuid").encode()) % 200
    return f"10.{net}.{octets[4]}.{1 + octets[5] % 254}"


def segment(pool: Pool, network: str) -> str:
    """The network that a bond's network was before: the same cables, the same addresses."""
    db = pool.db
    for pif in db.get(network, "PIFs"):
        for bond in db.get(pif, "bond_master_of"):
            primary = db.get(bond, "primary_slave")
            if db.exists(primary):
                return str(db.get(primary, "network"))
    return network


def link_local(mac: list[int]) -> str:
    """fe80:: and the MAC, as EUI-64 has it."""
    eui = [mac[0] ^ 2, mac[1], mac[2], 0xFF, 0xFE, mac[3], mac[4], mac[5]]
    return "fe80::" + ":".join(f"{eui[i] << 8 | eui[i + 1]:x}" for i in range(0, 8, 2))
