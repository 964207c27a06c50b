"""Looking through another user's eyes: the way in, and the banner with the way out."""

from __future__ import annotations

from nicegui import ui

from components.ui import Icon
from data.stores.users import Role, User, ViewedUser
from xo_dash.auth.view_as import BEGIN, STOP
from xo_dash.i18n import _


def view_as_button(user: User) -> None:
    """On the page of a user; administrators see what every administrator sees."""
    if user.role is Role.ADMIN:
        return
    with ui.element("form").props(f"method=post action={BEGIN}"):
        _hidden("user", user.id)
        _hidden("page", ui.context.client.id)
        with ui.element("button").classes("x-btn").props("type=submit").mark("view-as"):
            Icon("eye")
            ui.label(_("View as {name}").format(name=user.name))


def viewing_banner(user: User) -> None:
    """Above every page, for as long as it lasts."""
    if not isinstance(user, ViewedUser):
        return
    with ui.element().classes("x-viewing").props("role=status"):
        Icon("eye")
        ui.label(_("You see what {name} sees. Nothing can be changed.").format(name=user.name)).classes("x-viewing-text")
        with ui.element("form").props(f"method=post action={STOP}"):
            _hidden("page", ui.context.client.id)
            with ui.element("button").props("type=submit").classes("x-btn x-btn-primary").mark("stop-viewing"):
                ui.label(_("Stop viewing as"))


def _hidden(name: str, value: str) -> None:
    field = ui.element("input").props(f"type=hidden name={name}")
    field.props["value"] = value
