"""Moments told by their age, which stays true while the page is open without anyone sending it."""

from __future__ import annotations

import time

from nicegui.elements.mixins.text_element import TextElement

from xo_dash import i18n


class Age(TextElement):
    """How long ago `then` was (seconds since 1970); the moment itself is its tooltip, in the browser's time zone.

    `bare`: without "ago". `dated`: beside an age of more than a day the browser writes when that was.
    """

    def __init__(self, then: float | None, *, bare: bool = False, dated: bool = False) -> None:
        super().__init__(tag="time", text="")
        self._bare = bare
        if dated:
            self._props["data-dated"] = True
        self.show(then)

    def show(self, then: float | None) -> None:
        """Another moment; None, never, shows a dash."""
        if not then:
            self.text = i18n.UNKNOWN
            self._props.pop("data-then", None)
            return
        now = time.time()
        self.text = i18n.duration(now - then) if self._bare else i18n.age(then, now)
        self._props["data-then"] = f"{then:.0f}"
        self._props["data-tip"] = i18n.datetime(then)
        if self._bare:
            self._props["data-form"] = "duration"
