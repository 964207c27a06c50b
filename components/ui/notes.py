"""Things said in words: bands, empty places, what is still on its way, short notices."""

from __future__ import annotations

from enum import StrEnum

from nicegui import ui

from components.ui.cards import heading
from components.ui.marks import Mark
from xo_dash.i18n import _

PASSING = 6
"""Seconds that a notice stays which passes."""


class Tone(StrEnum):
    INFORMATION = "information"
    STALE = "stale"  # what is shown is old
    WARNING = "warning"
    CRITICAL = "critical"


class Notice(ui.element):
    """A band across the page: one sentence of fact and a way out; put buttons or links into it."""

    def __init__(self, text: str, tone: Tone = Tone.INFORMATION) -> None:
        super().__init__()
        self.props("role=alert" if tone is Tone.CRITICAL else "role=status")
        with self:
            self._mark = Mark(_shape(tone))
            self.text = ui.label(text).classes("x-notice-text")
        self.show(text, tone)

    def show(self, text: str, tone: Tone) -> None:
        self.text.text = text
        self._mark.show(_shape(tone))
        self.classes(replace=f"x-notice x-notice-{tone}")


def _shape(tone: Tone) -> str:
    return "unknown" if tone is Tone.STALE else str(tone)


def empty_state(title: str, text: str = "") -> ui.element:
    """Says why there is nothing; what it returns is the row for the buttons that change that."""
    with ui.element().classes("x-empty"):
        heading(title, 2).classes("x-empty-title")
        if text:
            ui.label(text).classes("x-empty-text")
        return ui.element().classes("x-btns")


def skeleton(*widths: int) -> ui.element:
    """Lines that stand for what is on its way, each as wide as given in per cent."""
    with ui.element().classes("x-stack").props("aria-hidden=true") as box:
        for width in widths or (60, 90, 75):
            ui.element().classes("x-skeleton").style(f"width: {width}%")
    return box


def spinner() -> ui.element:
    return ui.element("i").classes("x-spinner").props("aria-hidden=true")


def notify(text: str, tone: Tone = Tone.INFORMATION) -> None:
    """A short notice at the foot of the page. What went well passes; anything else stays until it is dismissed."""
    ui.notify(
        text,
        position="bottom-right",
        close_button=_("Dismiss"),
        timeout=0,  # Quasar's goes on under the pointer; see passing()
        classes=f"x-toast x-toast-{tone}",
        progress=False,
        textColor="inherit",  # Quasar's is white, and stronger than any style sheet of ours
        attrs={"role": "alert" if tone is Tone.CRITICAL else "status"} | (passing() if tone is Tone.INFORMATION else {}),
    )


def passing() -> dict[str, str]:
    """What makes a notice go by itself: the page counts its seconds while it is looked at, and no pointer or focus is on it."""
    return {"data-passing": str(PASSING)}
