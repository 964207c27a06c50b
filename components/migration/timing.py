"""How long it takes, and of what speed that is."""

from __future__ import annotations

from nicegui import ui

from xo_dash.control.vm.migration.estimate import Estimate
from xo_dash.i18n import _, duration, rate, size


def about(found: Estimate) -> str:
    """`about 24 s`; "" where nobody can tell."""
    return _("about {time}").format(time=duration(found.seconds)) if found.seconds is not None else ""


def tell_time(found: Estimate) -> None:
    """Draws it here."""
    if found.seconds is None:
        ui.label(_("{amount} to move").format(amount=size(found.bytes))).classes("x-move-time")
        return
    ui.label(_("About {time}").format(time=duration(found.seconds))).classes("x-move-time")
    words = _("{amount} at {speed}, as in earlier migrations") if found.is_seen else _("{amount} at {speed}, what the network can do")
    ui.label(words.format(amount=size(found.bytes), speed=rate(found.speed))).classes("x-dim x-small")
