"""What mends a finding: a command, or the page where one can see more. A test asks for every rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.urls import path_about
from data.findings.finding import Finding
from data.server import Server
from data.views.finding import FindingView


@dataclass(frozen=True, slots=True)
class Fix:
    """`actions`: ids of commands, the most likely first; those that nobody can do now are not offered."""

    actions: tuple[str, ...] = ()
    tab: str = ""  # of the page
    every: str = ""  # the page with all of them in a list, instead


LOOK: Final = Fix()
"""There is no command for it: one has to look."""
MENDING: Final[Mapping[str, Fix]] = {
    "pool.gone": LOOK,  # the settings, where its connection is
    "pool.ha_overcommitted": LOOK,
    "pool.ha_plan": LOOK,
    "pool.versions": LOOK,
    "pool.duplicate_mac": LOOK,
    "pool.no_default_sr": Fix(("pool.default_sr",)),
    "host.lost": Fix(("host.power_on", "host.reconnect")),
    "host.dom0_memory": Fix(("host.restart_agent",)),
    "host.cpu": LOOK,
    "host.no_room": LOOK,
    "host.clock": LOOK,
    "host.certificate": LOOK,
    "host.reboot": Fix(("host.reboot", "host.maintenance")),
    "host.toolstack": Fix(("host.restart_agent",)),
    "host.maintenance": Fix(("host.enable",)),
    "sr.unplugged": Fix(("sr.attach",)),
    "sr.full": LOOK,
    "sr.filling": LOOK,
    "sr.paths": LOOK,
    "disk.chain": Fix(("sr.scan",)),
    "disk.coalesce": Fix(("sr.scan",)),
    "disk.orphan": LOOK,
    "network.no_link": LOOK,
    "network.degraded": LOOK,
    "vm.down": Fix(("vm.start",)),
    "vm.disk_gone": LOOK,
    "vm.cpu": LOOK,
    "vm.memory": LOOK,
    "vm.latency": LOOK,
    "vm.old_snapshot": Fix(every="/snapshots?show=old"),
    "vm.no_tools": LOOK,
    "vm.image_left": Fix(("vm.eject",)),
    "vm.bound": LOOK,
    "vm.restart": Fix(("vm.clean_reboot",)),
    "vm.restart_after_update": Fix(("vm.clean_reboot",)),
    "vm.device_model": Fix(("vm.restart_device_models", "vm.clean_reboot")),
    "xapi.alarm": Fix(("message.dismiss",)),
}


def fix_of(finding: Finding) -> Fix:
    return MENDING.get(finding.rule.key, LOOK)


def page_of(finding: Finding, view: FindingView) -> str:
    """Where one sees more; "" for what is gone."""
    if isinstance(finding.subject, Server):
        return "/settings"
    if every := fix_of(finding).every:
        return every
    path, tab = path_about(view.place), fix_of(finding).tab
    return f"{path}?tab={tab}" if path and tab else path
