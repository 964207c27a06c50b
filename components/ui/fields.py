"""Where one types: a label above, the box, one line below for help or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from components.theme.icons import Icon

ARROW = "M4.5 6.5 8 10 11.5 6.5@@fill:none;stroke:currentColor;stroke-width:1.5|0 0 16 16"


class Field(ui.input):
    """One line of text; or several."""

    def __init__(
        self,
        label: str = "",
        value: str = "",
        *,
        placeholder: str = "",
        hint: str = "",
        password: bool = False,
        lines: bool = False,
        autocomplete: str = "off",
        on_change: Callable[..., Any] | None = None,
        on_enter: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(label or None, value=value, placeholder=placeholder or None, password=password, on_change=on_change)
        self.classes("x-field").props("borderless dense stack-label hide-bottom-space no-error-icon")
        self.without_auto_validation()  # or NiceGUI takes away what `on_change` said is wrong
        self._props["autocomplete"] = autocomplete
        self._props["spellcheck"] = "false"
        if lines:
            self.classes("x-field-lines").props("type=textarea rows=4")
        if hint:
            self._props["hint"] = hint
        if on_enter is not None:
            self.on("keydown.enter", on_enter, [])

    def fault(self, text: str | None) -> None:
        """Say in one line what is wrong; None: nothing."""
        self.error = text or None


def choice(options: Mapping[Any, str], value: Any, *, label: str = "", on_change: Callable[..., Any] | None = None) -> ui.select:
    """One of a few: {value: what it is called}."""
    box = ui.select(dict(options), value=value, label=label or None, on_change=on_change)
    box.classes("x-field").props("borderless dense stack-label options-dense hide-bottom-space").without_auto_validation()
    box.props["dropdown-icon"] = ARROW
    return box


def several(options: Mapping[Any, str], values: Sequence[Any], *, label: str = "") -> ui.select:
    """Any number of them, as chips; typing narrows what is offered."""
    box = ui.select(dict(options), value=list(values), label=label or None, multiple=True, with_input=True)
    box.classes("x-field x-field-several").without_auto_validation()
    box.props("borderless dense stack-label options-dense hide-bottom-space use-chips")
    box.props["dropdown-icon"] = ARROW
    return box


def check(text: str, value: bool = False, *, on_change: Callable[..., Any] | None = None) -> ui.checkbox:
    return ui.checkbox(text, value=value, on_change=on_change).props("dense")


def search_field(placeholder: str, on_change: Callable[..., Any]) -> ui.input:
    """A field that filters what is below it as one types."""
    with ui.element().classes("x-search"):
        Icon("search")
        field = Field(placeholder=placeholder, on_change=on_change).props("type=search debounce=80")
        field.props["aria-label"] = placeholder
    return field
