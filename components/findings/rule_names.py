"""What rules are called where they are switched on and off."""

from __future__ import annotations

from collections.abc import Mapping

from xo_dash.i18n import N_

RULE_NAMES: Mapping[str, str] = {
    "pool.gone": N_("Pool not responding"),
    "pool.ha_overcommitted": N_("HA is overcommitted"),
    "pool.ha_plan": N_("HA tolerates fewer host failures than configured"),
    "pool.versions": N_("Hosts run different versions"),
    "pool.duplicate_mac": N_("VMs share a MAC address"),
    "pool.no_default_sr": N_("No default SR"),
    "host.lost": N_("Host not responding"),
    "host.dom0_memory": N_("Control domain memory"),
    "host.cpu": N_("High host CPU usage"),
    "host.no_room": N_("Host failure would stop VMs"),
    "host.clock": N_("Clock difference"),
    "host.certificate": N_("Certificate expiring"),
    "host.reboot": N_("Host reboot required"),
    "host.toolstack": N_("Toolstack restart required"),
    "host.maintenance": N_("Host in maintenance mode"),
    "sr.unplugged": N_("SR not attached on a host"),
    "sr.full": N_("SR is full"),
    "sr.filling": N_("SR is filling up"),
    "sr.paths": N_("SR has lost paths"),
    "disk.chain": N_("Long disk chains"),
    "disk.coalesce": N_("Disks waiting to coalesce"),
    "disk.orphan": N_("Unused disks"),
    "network.no_link": N_("Network link down"),
    "network.degraded": N_("Bond has lost a NIC"),
    "vm.down": N_("VM should be running but is halted"),
    "vm.disk_gone": N_("VM disk missing"),
    "vm.cpu": N_("High VM CPU usage"),
    "vm.memory": N_("Low guest memory"),
    "vm.latency": N_("High VM disk latency"),
    "vm.old_snapshot": N_("Old, large snapshots"),
    "vm.no_tools": N_("No guest tools"),
    "vm.image_left": N_("Image left in a CD drive"),
    "vm.bound": N_("VM tied to its host"),
    "vm.restart": N_("VM restart required"),
    "vm.restart_after_update": N_("VM restart required after updates"),
    "vm.device_model": N_("VM device model restart required after updates"),
    "xapi.alarm": N_("XAPI alarms"),
}
