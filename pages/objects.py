"""What the pages of hosts, pools, SRs and networks have in common: the object, or what there is instead; live, greyed, gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nicegui import ui

from components.frame.loading import is_loading, loading_page
from components.hosts.words import pool_name, pool_path
from components.live import follow_all, renewed
from components.ui import Notice, Tone, empty_state
from components.vms.standing import standing_band
from data.mirror import Change, Operation, PoolMirror
from data.names import name_of
from data.names import pool_name as name_of_pool
from data.server import Server
from data.types import XapiObject
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _

T = TypeVar("T", bound=XapiObject)


@dataclass(frozen=True, slots=True)
class About(Generic[T]):
    """A kind of page. The words are the reader's: make it when a page is drawn."""

    kind: type[T]
    title: str
    unknown: str
    """Nothing has this uuid."""
    gone: str
    """It was there while one looked."""
    all_title: str
    all_path: str
    draw: Callable[[Context, T, PoolMirror], None]


def object_page(context: Context, about: About[T], uuid: str) -> None:
    """The whole page of the object with this uuid."""
    found = context.mirror.find(about.kind, uuid)
    title = name_of(found) if found else ""
    crumbs = [(about.all_title, about.all_path)]
    if found is not None and pool_path(found) != f"{ui.context.client.request.url.path}":
        crumbs = [(pool_name(found), pool_path(found)), *crumbs]
    with frame(context, title=title or about.title, crumbs=crumbs, selected=found):
        _body(context, about, uuid)


def _body(context: Context, about: About[T], uuid: str) -> None:
    """One that comes later is shown when it comes, one that goes stays as it was."""
    box = ui.element().classes("contents")
    shown: list[T] = []

    def fill() -> None:
        row = context.mirror.find(about.kind, uuid)
        shown[:] = [row] if row else []
        with renewed(box):
            if row is None and is_loading(context.mirror):
                loading_page()
            elif row is None or not isinstance(row.home, PoolMirror):
                _unknown(context, about)
            else:
                _object(context, about, row, row.home)

    def comes(changes: Sequence[Change]) -> bool:
        if shown and shown[0].home.one(about.kind, shown[0].ref) is shown[0]:
            return False
        if not shown and any(isinstance(change.subject, Server) for change in changes):
            return True  # all there is may be here now
        added = (change.subject for change in changes if change.operation is Operation.ADD)
        return any(isinstance(subject, about.kind) and subject.uuid == uuid for subject in added)

    follow_all(context.mirror, comes, fill)


def _object(context: Context, about: About[T], row: T, pool: PoolMirror) -> None:
    mirror = context.mirror
    standing_band(pool, mirror)
    gone = Notice(about.gone, Tone.WARNING)
    with gone:
        ui.link(about.all_title, about.all_path).classes("x-link")
    with ui.element().classes("x-stack").style("gap: 12px") as box:
        about.draw(context, row, pool)

    def stands() -> None:
        present = row.home.one(about.kind, row.ref) is row
        gone.set_visibility(not present)
        if present and pool.server.is_live:
            box.classes(remove="x-object-old")
        else:
            box.classes("x-object-old")

    def concerns(changes: Sequence[Change]) -> bool:
        return any(change.subject is pool.server or (change.subject is row and change.operation is Operation.DEL) for change in changes)

    follow_all(mirror, concerns, stands)


def _unknown(context: Context, about: About[T]) -> None:
    away = [name_of_pool(pool) for pool in context.mirror if not pool.server.is_live]
    text = _("It was deleted, or the address is not quite right.")
    if away:
        text = _("It was deleted, the address is not quite right, or it is in {pools}, not connected now.").format(pools=", ".join(away))
    with empty_state(about.unknown, text):
        ui.link(about.all_title, about.all_path).classes("x-btn")
