"""Who is signed in, how they like the page, and the way out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from nicegui import ui

from components.frame.panel import StatusPanel
from components.theme import theme
from components.ui import Icon, divider, menu_head, menu_item, menu_link
from xo_dash import i18n
from xo_dash.i18n import _

SIGN_OUT: Final = "/sign-out"

Keep = Callable[[str, str | None], Awaitable[None]]
"""Writes one preference of the user, None to forget it."""


def account(name: str, role: str, chosen: Callable[[], Mapping[str, object]], path: str, keep: Keep) -> None:
    """The menu of whoever looks; `chosen` answers their preferences: theme, contrast, language."""
    panel = StatusPanel(lambda: _menu(name, role, chosen(), path, keep))
    panel.props["aria-label"] = _("Account: {name}").format(name=name)
    with panel.word:
        Icon("user").classes("x-account-icon")
        ui.label(name).classes("x-status-text x-cut").style("max-width: 140px")


def _menu(name: str, role: str, chosen: Mapping[str, object], path: str, keep: Keep) -> None:
    with ui.element().classes("x-panel-row"):
        ui.label(name).classes("x-strong x-cut")
        ui.label(role).classes("x-dim x-small")
    menu_link(_("My account"), path, icon="user")
    divider()
    _looks(
        _("Theme"), "theme", {"": ("auto", _("Same as system")), "light": ("sun", _("Light")), "dark": ("moon", _("Dark"))}, chosen, keep
    )
    _looks(_("Contrast"), "contrast", {"": ("auto", _("Same as system")), "more": ("contrast", _("More contrast"))}, chosen, keep)
    divider()
    _languages(str(chosen.get("language", "")), keep)
    divider()
    form = ui.element("form").props(f"method=post action={SIGN_OUT}")
    with form, ui.element("button").classes("q-item x-leave").props("type=submit role=menuitem"):
        Icon("leave")
        ui.label(_("Sign out"))


def _looks(title: str, kind: str, choices: Mapping[str, tuple[str, str]], chosen: Mapping[str, object], keep: Keep) -> None:
    """How a page looks in one way, as buttons that change it at once; `choices` is {value: (drawing, what it is called)}."""
    menu_head(title)
    now = str(chosen.get(kind, ""))
    with ui.element().classes("x-choices").props("role=group") as group:
        group.props["aria-label"] = title
        buttons: dict[str, ui.element] = {}

        async def choose(value: str) -> None:
            for other, button in buttons.items():
                button.props["aria-pressed"] = "true" if other == value else "false"
            theme.change(kind, value)
            await keep(kind, value or None)

        for value, (icon, text) in choices.items():
            with ui.element("button").classes("x-choice").props("type=button") as buttons[value]:
                buttons[value].props["aria-pressed"] = "true" if value == now else "false"
                buttons[value].props["aria-label"] = buttons[value].props["data-tip"] = text
                buttons[value].mark(f"{kind}-{value or 'auto'}")
                buttons[value].on("click", lambda value=value: choose(value), [])
                Icon(icon)


def _languages(now: str, keep: Keep) -> None:
    menu_head(_("Language"))

    async def choose(value: str | None) -> None:
        await keep("language", value)
        ui.run_javascript("location.reload()")

    menu_item(_("Same as browser"), lambda: choose(None), chosen=not now)
    for language in i18n.LOCALES:
        menu_item(i18n.NAMES[language], lambda language=language: choose(language), chosen=now == language)
