"""What a browser and we tell each other besides RFB: what it asks for, how a console stands, why it ends."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from data.consoles import Standing
from xo_dash.xapi.errors import BadCertificate, ConsoleRefused, NotConnected, XapiError


class CloseReason(NamedTuple):
    """A websocket's close code and the word for its reason, which the page has a sentence for."""

    code: int
    reason: str


LEFT = CloseReason(1000, "left")
SIGNED_OUT = CloseReason(4401, "signed_out")
NO_RIGHT = CloseReason(4403, "no_right")
GONE = CloseReason(4404, "gone")
TOO_MANY = CloseReason(4429, "too_many")
NOT_RFB = CloseReason(4400, "not_rfb")


class Wish(msgspec.Struct):
    """What a browser asks for."""

    ready: int = 0  # the number of the console that it has begun to speak to
    connect: bool = False  # after a cut for idleness
    start: bool = False  # the VM
    ping: float = 0.0


def error_word(error: XapiError) -> str:
    """Why a host gives no console, as the page has a sentence for it."""
    match error:
        case ConsoleRefused(status=503):
            return "busy"
        case ConsoleRefused(status=401 | 403):
            return "refused"
        case ConsoleRefused():
            return "no_picture"
        case BadCertificate():
            return "certificate"
        case NotConnected():
            return Standing.OFFLINE
    return "unreachable"
