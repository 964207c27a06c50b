"""What a rolling run says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xo_dash.control.host.departures import FORCE_OFF, SHUT_DOWN, SUSPEND
from xo_dash.control.rolling.check import Gravity
from xo_dash.control.rolling.phases import BACK, INSTALL, MOVE, REBOOT
from xo_dash.control.rolling.state import Rolling, RollingState, TurnState
from xo_dash.i18n import N_, _

HOWS: Final[Mapping[str, str]] = {
    SUSPEND: N_("Suspend it meanwhile"), SHUT_DOWN: N_("Shut it down meanwhile"), FORCE_OFF: N_("Force it off"),
}  # fmt: skip
MARKS: Final[Mapping[Gravity, str]] = {
    Gravity.BLOCKS: "critical", Gravity.DECIDED: "warning", Gravity.AUTOMATIC: "information", Gravity.FINE: "live",
}  # fmt: skip
PHASES: Final[Mapping[str, str]] = {
    MOVE: N_("VMs move"), INSTALL: N_("Install"), REBOOT: N_("Reboot"), BACK: N_("VMs come back"),
}  # fmt: skip
STATES: Final[Mapping[TurnState, str]] = {
    TurnState.WAITING: N_("waiting"), TurnState.RUNNING: N_("running"), TurnState.DONE: N_("done"), TurnState.FAILED: N_("not done"),
    TurnState.SKIPPED: N_("left as it is"),
}  # fmt: skip
SHAPES: Final[Mapping[TurnState, str]] = {
    TurnState.WAITING: "halted", TurnState.RUNNING: "busy", TurnState.DONE: "live", TurnState.FAILED: "critical",
    TurnState.SKIPPED: "disabled",
}  # fmt: skip
WHOLE: Final[Mapping[RollingState, tuple[str, str]]] = {
    RollingState.RUNNING: ("busy", N_("Running")), RollingState.STOPPING: ("busy", N_("Stopping")),
    RollingState.PAUSED: ("paused", N_("Paused")), RollingState.DONE: ("live", N_("Done")),
    RollingState.ENDED: ("warning", N_("Ended, not all hosts done")),
}  # fmt: skip


def title_of(rolling: Rolling) -> str:
    return _("Rolling update") if rolling.request.update else _("Rolling reboot")


def state_of(rolling: Rolling) -> tuple[str, str]:
    """(shape, word) of the whole."""
    shape, word = WHOLE[rolling.state]
    return shape, _(word)
