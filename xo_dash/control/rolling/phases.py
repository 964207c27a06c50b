"""The parts of a host's turn, told by the steps of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from xo_dash.control.rolling.state import HostTurn, Phase, TurnState
from xo_dash.control.run import RunItem, RunState
from xo_dash.i18n import N_

MOVE, INSTALL, REBOOT, BACK = "move", "install", "reboot", "back"
KINDS: Final[Mapping[str, str]] = {
    "Migrating VMs off {name}": MOVE, "Suspending or shutting down the other VMs of {name}": MOVE,
    "Installing updates on {name}": INSTALL, "Checking {update} on {name}": INSTALL, "Installing {update} on {name}": INSTALL,
    "Rebooting {name}": REBOOT, "Waiting until {name} is back": REBOOT,
    "Bringing VMs back to {name}": BACK,
}  # fmt: skip
"""{message of a step: what its bar is}; steps between belong to the one before."""
REQUESTED: Final = N_("reboot requested")
NOTES: Final[Mapping[str, str]] = {
    MOVE: N_("VMs have left"), INSTALL: N_("updates are installed"), REBOOT: N_("back after its reboot"), BACK: N_("VMs are back"),
}  # fmt: skip
"""{what its bar is: what the log says at its end}"""


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
            if found:  # after a restart of ours, what was done before it ends anew
                found[-1].ended = min(found[-1].ended or step.began, step.began)
            found.append(Phase(kind=kind, began=step.began, ended=step.ended))
    return found


def resumed(before: Sequence[Phase], now: list[Phase]) -> list[Phase]:
    """`now` with the moments that the last program wrote down: a run that goes on after a restart knows only its own."""
    for place, (old, new) in enumerate(zip(before, now, strict=False)):
        if old.kind != new.kind:
            break
        new.began = old.began
        if place + 1 < len(before):
            new.ended = old.ended
    return now


def notes_of(phases: Sequence[Phase], item: RunItem) -> Iterator[tuple[str, float]]:
    """(message, seconds that it took) of what they have for the log, always the same from the beginning on."""
    for place, phase in enumerate(phases):
        if phase.kind == REBOOT:
            yield REQUESTED, 0.0
        if place + 1 < len(phases) or item.state is RunState.DONE:
            yield NOTES[phase.kind], max(0.0, phase.ended - phase.began)


def is_given_up(turn: HostTurn) -> bool:
    """Whether it has not come back from its reboot."""
    return bool(turn.phases) and turn.phases[-1].kind == REBOOT and turn.state in (TurnState.FAILED, TurnState.RUNNING) and bool(turn.ended)
