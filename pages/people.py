"""/people: who may sign in, and who may do what; /people/NAME: one of them. For administrators."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components.access import GrantList, GrantsOfPerson, QuotaCard, QuotaList
from components.live import fresh_slot
from components.parts import page
from components.people import (
    AccountCard,
    GroupList,
    InviteCard,
    KioskList,
    PeopleList,
    PersonHead,
    RecentActivity,
    ReviewCard,
    RoleList,
    SessionList,
    TokenList,
    TokensOfPerson,
    TwoStepForAll,
)  # fmt: skip
from components.ui import PageHead, Tab, Tabs, cards, empty_state
from pages.layout import frame
from pages.missing import missing
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import N_, _

TABS: Final = {
    "users": N_("Users"), "groups": N_("Groups"), "roles": N_("Roles"), "grants": N_("Grants"), "tokens": N_("Tokens"),
    "sign-in": N_("Sign-in"),
}  # fmt: skip


def create(program: Context) -> None:
    @page("/people")
    def people(tab: str = "users") -> None:
        context = program.for_viewer()
        with frame(context, title=_("People")):
            head = PageHead(_("People"), _("Who may sign in, and who may do what"))
            if not _may_look():
                return
            with head.verbs:
                ui.link(_("Audit log"), "/audit").classes("x-link")
            tabs = Tabs([Tab(name, _(title)) for name, title in TABS.items()], tab, lambda name: _show(context, body, name))
            body = ui.element()
            _show(context, body, tabs.selected)

    @page("/people/{name:path}")
    def person(name: str) -> None:
        context = program.for_viewer()
        with frame(context, title=name, crumbs=[(_("People"), "/people")]):
            if not _may_look():
                return
            user = context.users.by_name(name)
            if user is None:
                with missing(_("No user has this name"), _("They may have been removed.")):
                    ui.link(_("All users"), "/people").classes("x-link")
                return
            PersonHead(context, user.id)
            with ui.element().classes("x-object"):
                GrantsOfPerson(context, user.id)
                RecentActivity(context, user)
                with ui.element().classes("x-object-aside"):
                    AccountCard(context, user)
                    QuotaCard(context, user)
                    SessionList(context, user.id)
                    TokensOfPerson(context, user.id)


def _may_look() -> bool:
    """Whether whoever looks is an administrator; others are told."""
    if is_administrator():
        return True
    with empty_state(_("For administrators"), _("Only an administrator can see the users.")):
        ui.link(_("My account"), "/account").classes("x-link")
    return False


def _show(context: Context, body: ui.element, tab: str) -> None:
    with fresh_slot(body):
        if tab == "users":
            with ui.element().classes("x-object"):
                PeopleList(context)
                with ui.element().classes("x-object-aside"):
                    ReviewCard(context)
                    InviteCard(context)
            return
        with cards(360):
            if tab == "groups":
                GroupList(context)
            elif tab == "roles":
                RoleList(context)
            elif tab == "grants":
                GrantList(context)
                QuotaList(context)
            elif tab == "tokens":
                TokenList(context, everybody=True)
            elif tab == "sign-in":
                TwoStepForAll(context)
                KioskList(context)
