"""Who is signed in, how they like the page, and the way out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import ui

from components.theme import theme
from components.ui import Icon, divider, menu, menu_head, menu_item, menu_link
from xo_dash import i18n
from xo_dash.i18n import _

SIGN_OUT: Final = "/sign-out"

Keep = Callable[[str, str | None], Awaitable[None]]
"""Writes one preference of the user, None to forget it."""


def account(name: str, role: str, theme_now: str, language_now: str, path: str, keep: Keep) -> None:
    """The menu of whoever looks. `theme_now` and `language_now` are "" while nothing was chosen."""
    with ui.element("button").classes("x-status").props("type=button aria-haspopup=true") as button:
        button.props["aria-label"] = _("Account: {name}").format(name=name)
        Icon("user").classes("x-account-icon")
        ui.label(name).classes("x-status-text x-cut").style("max-width: 140px")
        with menu(right=True).classes("x-panel"):
            with ui.element().classes("x-panel-row"):
                ui.label(name).classes("x-strong x-cut")
                ui.label(role).classes("x-dim x-small")
            menu_link(_("My account"), path, icon="user")
            divider()
            _themes(theme_now, keep)
            divider()
            _languages(language_now, keep)
            divider()
            form = ui.element("form").props(f"method=post action={SIGN_OUT}")
            with form, ui.element("button").classes("q-item x-leave").props("type=submit role=menuitem"):
                Icon("leave")
                ui.label(_("Sign out"))


def _themes(now: str, keep: Keep) -> None:
    menu_head(_("Theme"))
    with ui.element().classes("x-choices").props("role=group"):
        choices = {"": ("auto", _("As the system")), "light": ("sun", _("Light")), "dark": ("moon", _("Dark"))}
        buttons: dict[str, ui.element] = {}

        async def choose(value: str) -> None:
            for other, button in buttons.items():
                button.props["aria-pressed"] = "true" if other == value else "false"
            theme.change(value)
            await keep("theme", value or None)

        for value, (icon, text) in choices.items():
            with ui.element("button").classes("x-choice").props("type=button") as buttons[value]:
                buttons[value].props["aria-pressed"] = "true" if value == now else "false"
                buttons[value].props["aria-label"] = buttons[value].props["data-tip"] = text
                buttons[value].mark(f"theme-{value or 'auto'}")
                buttons[value].on("click", lambda value=value: choose(value), [])
                Icon(icon)


def _languages(now: str, keep: Keep) -> None:
    menu_head(_("Language"))

    async def choose(value: str | None) -> None:
        await keep("language", value)
        ui.run_javascript("location.reload()")

    menu_item(_("As the browser"), lambda: choose(None), chosen=not now)
    for language in i18n.LOCALES:
        menu_item(i18n.NAMES[language], lambda language=language: choose(language), chosen=now == language)
