"""The parts of a host's turn, told by the steps of its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xo_dash.control.rolling.state import Phase
from xo_dash.control.run import RunItem

MOVE, INSTALL, REBOOT, BACK = "move", "install", "reboot", "back"
KINDS: Final[Mapping[str, str]] = {
    "Migrating VMs off {name}": MOVE, "Suspending or shutting down the other VMs of {name}": MOVE,
    "Installing updates on {name}": INSTALL, "Checking {update} on {name}": INSTALL, "Installing {update} on {name}": INSTALL,
    "Rebooting {name}": REBOOT, "Waiting until {name} is back": REBOOT,
    "Bringing VMs back to {name}": BACK,
}  # fmt: skip
"""{message of a step: what its bar is}; steps between belong to the one before."""


def phases_of(item: RunItem) -> list[Phase]:
    """So far; the last may still last."""
    found: list[Phase] = []
    for step in item.steps:
        kind = KINDS.get(step.says.message, "")
        if not step.began or not kind:
            continue
        if found and found[-1].kind == kind:
            found[-1].ended = step.ended
        else:
            found.append(Phase(kind=kind, began=step.began, ended=step.ended))
    return found
