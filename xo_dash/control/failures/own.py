"""The failures people meet, each with a fact and a way out: {code: (names of XAPI's arguments, message, the same without them)}."""

from __future__ import annotations

from typing import Final

from xo_dash.control.failures.hosts import HOSTS
from xo_dash.control.failures.sentence import Sentence
from xo_dash.control.failures.storage import DISKS, STORAGE
from xo_dash.control.failures.vms import VMS

__all__ = ["OWN", "STORAGE", "Sentence"]

OWN: Final[dict[str, Sentence]] = {**VMS, **HOSTS, **DISKS}
