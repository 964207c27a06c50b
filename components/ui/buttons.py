"""Buttons: plain ones for most, one primary a view, danger for what loses something, ghost for what is beside the point."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from nicegui import events, ui
from nicegui.elements.mixins.disableable_element import DisableableElement
from nicegui.elements.mixins.text_element import TextElement

from components.theme.icons import Icon


class ButtonKind(StrEnum):
    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"
    GHOST = "ghost"


class Button(TextElement, DisableableElement):
    """A button of text, a drawing, or both. One with a drawing alone needs `label` for those who hear it."""

    def __init__(
        self,
        text: str = "",
        on_click: Callable[..., Any] | None = None,
        *,
        kind: ButtonKind = ButtonKind.PLAIN,
        icon: str = "",
        label: str = "",
        tip: str = "",
    ) -> None:
        super().__init__(tag="button", text=text)
        self._props["type"] = "button"
        self._tip = tip or label
        self.on_refused: Callable[[], Any] | None = None  # let go of at the end, see components.release
        self.classes("x-btn" + (f" x-btn-{kind}" if kind is not ButtonKind.PLAIN else "") + ("" if text else " x-btn-bare"))
        if label:
            self._props["aria-label"] = label
        if self._tip:
            self._props["data-tip"] = self._tip
        if icon:
            with self:
                Icon(icon)
        if on_click is not None:
            handler = on_click

            def clicked(event: events.GenericEventArguments) -> None:
                if self.enabled:
                    events.handle_event(handler, events.ClickEventArguments(sender=self, client=event.client))
                elif self.on_refused is not None:
                    self.on_refused()

            self.on("click", clicked, [])

    def refuse(self, handler: Callable[[], Any]) -> None:
        """What a press does while it is faint: leads to what is missing."""
        self.on_refused, self.ignores_events_when_disabled = handler, False

    def allow(self, why_not: str | None = None) -> None:
        """Offer the button, or show it faint with the reason in words, which is read aloud too."""
        self.enabled = why_not is None
        self._props["data-tip"] = why_not or self._tip
        self._props["aria-description"] = why_not or ""
        self.update()

    def _handle_enabled_change(self, enabled: bool) -> None:
        # not the attribute `disabled`: such a button cannot be reached by keyboard, and would keep its reason to itself
        self._props["aria-disabled"] = "false" if enabled else "true"
        self.update()


def buttons() -> ui.element:
    """A row of buttons."""
    return ui.element().classes("x-btns")
