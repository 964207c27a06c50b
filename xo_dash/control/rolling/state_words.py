"""How a rolling run and a host's turn in it stand, in words; a leaf, so that a command line need not read the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xo_dash.i18n import N_

TURNS: Final[Mapping[str, str]] = {
    "waiting": N_("waiting"), "running": N_("running"), "done": N_("done"), "failed": N_("not done"), "skipped": N_("left as it is"),
}  # fmt: skip
"""{TurnState: message}"""
WHOLE: Final[Mapping[str, str]] = {
    "scheduled": N_("Begins later"), "running": N_("Running"), "stopping": N_("Stopping"), "paused": N_("Paused"), "done": N_("Done"),
    "ended": N_("Ended, not all hosts done"),
}  # fmt: skip
"""{RollingState: message}"""
