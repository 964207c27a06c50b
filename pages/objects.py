"""What the pages of hosts, pools, SRs and networks have in common: the object, or what there is instead; live, greyed, gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from nicegui import ui

from components.access import access_tab
from components.ambiguous import choices, which
from components.frame.loading import is_loading, loading_page
from components.live import follow_all, follow_facts, fresh_slot
from components.parts import part
from components.stale_data import stale_band
from components.taken import reload_when_taken
from components.ui import Notice, Tab, Tabs, Tone
from components.urls import path_of, pool_link
from data.changes import Change, Operation
from data.identity import key_of, parse
from data.names import name_of, pool_name
from data.server import Server
from data.types import XapiObject
from data.views.pool import PoolView
from data.views.view import PRESENT, View
from pages.layout import frame
from pages.missing import missing
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import _

ViewT = TypeVar("ViewT", bound=View[Any])
ACCESS: Final = "access"
"""The tab's name in the address."""


@dataclass(frozen=True, slots=True)
class PageKind(Generic[ViewT]):
    """A kind of page. The words are the reader's: make it when a page is drawn."""

    view: type[ViewT]
    title: str
    unknown: str
    """Nothing has this uuid."""
    gone: str
    """It was there while one looked."""
    all_title: str
    all_path: str
    draw: Callable[[Context, ViewT], None]
    inner: bool = False
    """A page below the object's own, to which the crumbs lead back."""

    @property
    def kind(self) -> type[XapiObject]:
        return self.view.kind


def object_page(context: Context, about: PageKind[ViewT], key: str) -> None:
    """The whole page of the object that `key` names; see `data.identity`."""
    found = context.mirror.find(about.kind, key)
    title = name_of(found) if found else ""
    crumbs = [(about.all_title, about.all_path)]
    if found is not None and not isinstance(found, PoolView.kind):
        crumbs = [pool_link(found), *crumbs]
    if found is not None and about.inner:
        crumbs.append((title, path_of(found)))
    with frame(context, title=title or about.title, crumbs=crumbs, selected=found):
        way = (about.all_title, about.all_path)
        show_object(context, about.view, key, lambda view: _object(context, about, view), about.unknown, way)


def show_object(
    context: Context, view: type[ViewT], key: str, draw: Callable[[ViewT], None], unknown: str, all_of_them: tuple[str, str]
) -> None:
    """What `key` names, drawn by `draw`; where that may be several, one is asked which.

    Where there is none, that is said: `unknown`, and the way to `all_of_them`, (text, path). One that comes later is shown when it
    comes, one that is deleted stays as it was. Once shown it is never another pool's.
    """
    mirror, box = context.mirror, ui.element().classes("contents")
    kind, uuid, meant, shown = view.kind, parse(key).uuid, [key], list[XapiObject]()

    def fill() -> None:
        rows = mirror.having(kind, meant[0])
        shown[:] = rows if len(rows) == 1 else []
        with fresh_slot(box):
            if len(rows) > 1:
                which(rows)
            elif rows:
                meant[0] = key_of(rows[0])
                reload_when_taken(context, rows)
                draw(context.scope.view(view, rows[0]))
            elif is_loading(mirror):
                loading_page()
            else:
                nothing_here(context, kind, key, unknown, all_of_them)

    def concerns(changes: Sequence[Change]) -> bool:
        if shown and shown[0].home.one(kind, shown[0].ref) is shown[0]:
            return False
        if not shown and any(isinstance(change.subject, Server) for change in changes):
            return True  # all there is may be here now
        comes_or_goes = any(
            isinstance(change.subject, kind)
            and change.operation is not Operation.MOD
            and (kind is PoolView.kind or change.subject.uuid == uuid)
            for change in changes
        )
        return comes_or_goes and (not shown or bool(mirror.having(kind, meant[0])))

    follow_all(mirror, concerns, fill, topics=lambda: (Server, shown[0].ref if shown else kind))


def _object(context: Context, about: PageKind[ViewT], view: ViewT) -> None:
    stale_band(view.row.home, context.mirror)
    gone = Notice(about.gone, Tone.WARNING)
    with gone:
        ui.link(about.all_title, about.all_path).classes("x-link")
    with ui.element().classes("x-stack").style("gap: 12px") as box:
        part(about.draw, context, view)

    def stands() -> None:
        gone.set_visibility(not view.present)
        box.classes(**{"remove" if view.present and view.is_fresh else "add": "x-old"})

    follow_facts(view, (PRESENT, "is_fresh"), stands)


def tabbed(context: Context, view: ViewT, overview: Callable[[Context, ViewT], None], outline: Callable[[Context, ViewT], None]) -> None:
    """What an object's page shows below its head; administrators may turn to who may do what with it.

    `outline` is for who sees it by name alone: the rest would be made of what is not told, and say that there is nothing.
    """
    if not context.scope.shows(view.row):
        Notice(_("You see its name and what you have access to here; the rest needs access to all of it. Ask an administrator."))
        outline(context, view)
        return
    if not is_administrator():
        part(overview, context, view)
        return

    def fill(name: str) -> None:
        with fresh_slot(body):
            part(access_tab, context, view.row) if name == ACCESS else part(overview, context, view)

    chosen = ui.context.client.request.query_params.get("tab", "")
    tabs = Tabs([Tab("overview", _("Overview")), Tab(ACCESS, _("Access"))], chosen, fill)
    body = ui.element().classes("x-stack").style("gap: 12px")
    fill(tabs.selected)


def nothing_here(context: Context, kind: type[XapiObject], key: str, title: str, all_of_them: tuple[str, str]) -> None:
    """Why there is nothing, and what else has the uuid: a VM that was migrated to another pool keeps it."""
    away = [pool_name(pool) for pool in context.mirror if not pool.server.is_live]
    text = _("It was deleted, the address is wrong, or you have no access to it.")
    if away:
        text = _("It was deleted, the address is wrong, you have no access to it, or it is in {pools}, which is not connected.")
        text = text.format(pools=", ".join(away))
    others = context.mirror.having(kind, parse(key).uuid)
    with missing(title, text):
        ui.link(*all_of_them).classes("x-btn")
    if others:
        with ui.element().classes("x-empty x-which"):
            ui.label(_("Another pool has an object with this UUID:")).classes("x-empty-text")
            choices(others)
