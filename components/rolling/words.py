"""What a rolling run says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xo_dash.control.host.departures import FORCE_OFF, SHUT_DOWN, SUSPEND
from xo_dash.control.rolling.check import Gravity
from xo_dash.control.rolling.phases import BACK, INSTALL, MOVE, REBOOT
from xo_dash.control.rolling.state import Rolling, RollingState, TurnState
from xo_dash.control.rolling.state_words import WHOLE
from xo_dash.i18n import N_, _, datetime

HOWS: Final[Mapping[str, str]] = {
    SUSPEND: N_("Suspend it meanwhile"), SHUT_DOWN: N_("Shut it down meanwhile"), FORCE_OFF: N_("Force it off"),
}  # fmt: skip
MARKS: Final[Mapping[Gravity, str]] = {
    Gravity.BLOCKS: "critical", Gravity.DECIDED: "warning", Gravity.AUTOMATIC: "information", Gravity.FINE: "live",
}  # fmt: skip
PHASES: Final[Mapping[str, str]] = {
    MOVE: N_("VMs move"), INSTALL: N_("Install"), REBOOT: N_("Reboot"), BACK: N_("VMs come back"),
}  # fmt: skip
SHAPES: Final[Mapping[TurnState, str]] = {
    TurnState.WAITING: "halted", TurnState.RUNNING: "busy", TurnState.DONE: "live", TurnState.FAILED: "critical",
    TurnState.SKIPPED: "disabled",
}  # fmt: skip
SHAPES_OF_WHOLE: Final[Mapping[RollingState, str]] = {
    RollingState.RUNNING: "busy", RollingState.STOPPING: "busy", RollingState.PAUSED: "paused", RollingState.DONE: "live",
    RollingState.ENDED: "warning", RollingState.SCHEDULED: "connecting",
}  # fmt: skip


def title_of(rolling: Rolling) -> str:
    return _("Rolling update") if rolling.request.update else _("Rolling reboot")


def state_of(rolling: Rolling) -> tuple[str, str]:
    """(shape, word) of the whole."""
    word = _("Begins {time}").format(time=datetime(rolling.due)) if rolling.state is RollingState.SCHEDULED else _(WHOLE[rolling.state])
    return SHAPES_OF_WHOLE[rolling.state], word
