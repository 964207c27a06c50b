"""Updates that hosts lack, on the pool's page and on the host's; and what leads to installing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from nicegui import ui

from components.actions import run_command, whoever
from components.cells import Cell, CellLink, CellTable, Marked, Quiet, When
from components.live import follow, follow_all, follow_source, fresh_slot
from components.ui import Age, Button, ButtonKind, Card, Column, key_values
from components.urls import path_of
from data.changes import Change
from data.facts.host import needs_reboot
from data.names import name_of, name_order
from data.objects import Host, Pool, PoolUpdate
from data.pool_updates import uploaded_for
from data.repositories import in_use
from data.types import timestamp
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.action import AnyAction
from xo_dash.control.host.apply_updates import APPLY_UPDATES
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.host.update import UPDATE_HOST, is_xcp_ng
from xo_dash.control.patches import Patch, can_tell
from xo_dash.control.pool.repositories import SET_REPOSITORIES, is_of_xenserver
from xo_dash.control.pool.update_schedule import DAILY, DAYS, UPDATE_SCHEDULE
from xo_dash.control.pool.updates import SYNC_UPDATES, UPLOAD_BUNDLE
from xo_dash.i18n import N_, _, ngettext, number, size

LISTED = 100
"""Packages that are listed."""
SOURCES: Final = (
    "repositories",
    "last_update_sync",
    "update_sync_enabled",
    "update_sync_frequency",
    "update_sync_day",
    "repository_proxy_url",
)
"""Fields of a pool that say where its updates come from."""
NEEDED: Final = {
    "RebootHost": N_("reboot"), "RestartToolstack": N_("toolstack restart"), "RestartDeviceModel": N_("restart of device models"),
    "RestartVM": N_("restart of VMs"),
}  # fmt: skip


class PoolPatches(Card):
    """A row for each host; the button to do them one after the other."""

    def __init__(self, context: Context, pool: Pool) -> None:
        super().__init__(_("Updates"), " ", wide=True)
        self._context, self._pool = context, pool
        columns = (Column(_("Host"), main=True), Column(_("Missing")), Column(_("Checked")))
        with self, ui.element().classes("x-stack").style("gap: 12px"):
            self._table = CellTable(columns, _("No hosts.")).classes("x-host-patches")
            self._sources = ui.element().classes("contents")
            with ui.element().classes("x-row x-wrap"):
                hosts = pool.home.all(Host).values()
                if any(map(is_xcp_ng, hosts)) or any(map(takes_pool_updates, hosts)) or is_of_xenserver(pool):
                    Button(_("Rolling update…"), self._to("update"), icon="download").mark("rolling-update")
                Button(_("Rolling reboot…"), self._to("reboot"), icon="reboot").mark("rolling-reboot")
                if is_of_xenserver(pool):
                    for action in (SYNC_UPDATES, UPLOAD_BUNDLE, SET_REPOSITORIES, UPDATE_SCHEDULE):
                        self._command(action)
                elif not any(map(can_tell, hosts)):
                    ui.label(_by_hand(pool)).classes("x-dim")
            self._running = ui.element().classes("contents")
        self._refresh()
        follow_source(context.patches.observe, self._refresh)
        follow_source(context.rolling.observe, self._refresh)
        follow_all(context.mirror, self._concerns_updates, self._refresh, topics=lambda: (PoolUpdate,))
        if is_of_xenserver(pool):
            follow(context.mirror, (pool,), self._draw_sources, names=SOURCES)

    def _concerns_updates(self, changes: Sequence[Change]) -> bool:
        return any(isinstance(change.subject, PoolUpdate) and change.subject.home is self._pool.home for change in changes)

    def _draw_sources(self) -> None:
        """Of a XenServer pool: whom it asks, when it did, and when it will."""
        pool = self._pool
        names = ", ".join(name_of(one) for one in in_use(pool))
        synced = timestamp(pool.last_update_sync)
        with fresh_slot(self._sources):
            key_values([
                (_("Repositories"), names or _("None")),
                (_("Synchronized"), (lambda: Age(synced)) if synced else _("never")),
                (_("Automatically"), schedule_text(pool)),
                *([(_("Proxy"), pool.repository_proxy_url)] if pool.repository_proxy_url else []),
            ])  # fmt: skip

    def _to(self, way: str) -> Callable[[], None]:
        path = f"{path_of(self._pool)}/rolling?way={way}"
        return lambda: ui.navigate.to(path)

    def _command(self, action: AnyAction) -> None:
        if may(whoever(), action, self._pool):
            Button(_(action.title), lambda: run_command(self._context, action, [self._pool]), icon=action.icon).mark(action.id)

    def _refresh(self) -> None:
        hosts = sorted(self._pool.home.all(Host).values(), key=name_order)
        rows = [(host.uuid, _row(self._context, host)) for host in hosts]
        self._table.show(rows)
        running = self._context.rolling.under_way(self._pool.home.id)
        with fresh_slot(self._running):
            if running is not None:
                text = _("A rolling run is paused") if running.paused else _("A rolling run is in progress")
                ui.link(text, f"/rolling/{running.id}").classes("x-link")


def _by_hand(pool: Pool) -> str:
    """Of hosts that tell nothing of what they lack."""
    if any(map(takes_pool_updates, pool.home.all(Host).values())):
        return _("Upload updates with XenCenter; those that are uploaded can be installed here, or on the page of each host.")
    return _("The hosts of this pool have neither the updater plugin nor repositories; install updates with XenCenter.")


def schedule_text(pool: Pool) -> str:
    """`weekly, Sunday`"""
    if not pool.update_sync_enabled:
        return _("off")
    if pool.update_sync_frequency == DAILY:
        return _("daily")
    return _("weekly, {day}").format(day=_([*DAYS.values()][pool.update_sync_day % len(DAYS)]))


def _row(context: Context, host: Host) -> list[Cell]:
    known = context.patches.of(host)
    return [CellLink(name_of(host), path_of(host)), _missing(context, host), When(known.at) if known is not None else ""]


def _missing(context: Context, host: Host) -> Cell:
    known = context.patches.of(host)
    if needs_reboot(host):
        return Marked("warning", _("reboot to finish updates"))
    if not can_tell(host):
        return _uploaded(host) if takes_pool_updates(host) else Quiet(_("no updater plugin and no repositories"))
    if known is None:
        return Quiet(_("not asked yet"))
    if known.failed:
        return Quiet(_("the host did not tell"))
    if not known.missing:
        return Marked("live", _("up to date"))
    count = len(known.missing)
    text = ngettext("{n} package", "{n} packages", count) if is_xcp_ng(host) else ngettext("{n} update", "{n} updates", count)
    return Marked("warning", text.format(n=number(count)))


def _uploaded(host: Host) -> Cell:
    """Of XenServer 7, which knows of those alone."""
    lacking = len(uploaded_for(host))
    text = ngettext("{n} update", "{n} updates", lacking).format(n=number(lacking))
    return Marked("warning", text) if lacking else Marked("live", _("all uploaded updates installed"))


class HostPatches(Card):
    """The packages themselves."""

    def __init__(self, context: Context, host: Host) -> None:
        super().__init__(_("Updates"))
        self._context, self._host = context, host
        self._way = (UPDATE_HOST, "update") if is_xcp_ng(host) else (APPLY_UPDATES, "apply")
        with self:
            self._box = ui.element().classes("x-stack")
        self._refresh()
        follow_source(context.patches.observe, self._refresh)

    def _refresh(self) -> None:
        known = self._context.patches.of(self._host)
        missing = known.missing if known is not None else ()
        action, then = self._way
        self.show_count(len(missing))
        with fresh_slot(self._box):
            if known is None or known.failed or not missing:
                ui.label(_("Up to date.") if known is not None and not known.failed else _("Not known yet.")).classes("x-dim")
            if missing:
                with ui.element("ul").classes("x-patches"):
                    for one in missing[:LISTED]:
                        line = ui.label(_line(one))
                        line.tag = "li"
                        line.props["data-tip"] = ". ".join(filter(None, (one.description, size(one.size) if one.size else "")))
                if may(whoever(), action, self._host):
                    path = f"{path_of(self._host)}/maintenance?then={then}"
                    Button(_("Install…"), lambda: ui.navigate.to(path), icon="download").mark("install")
            with ui.element().classes("x-row"):
                if known is not None:
                    Age(known.at)
                if may(whoever(), action, self._host):
                    Button(_("Check now"), self._ask, kind=ButtonKind.GHOST).mark("check-now")

    async def _ask(self) -> None:
        await self._context.patches.ask(self._host)


def _line(patch: Patch) -> str:
    """`XS8-2025-1017 High · security · needs: reboot`"""
    parts = [f"{patch.name} {patch.version}".strip(), _("security") if patch.security else ""]
    if patch.needs:
        parts.append(_("needs: {what}").format(what=", ".join(_(NEEDED[word]) for word in patch.needs)))
    return " · ".join(filter(None, parts))


def host_patches(context: Context, host: Host) -> None:
    """Only where a host can tell."""
    if can_tell(host):
        HostPatches(context, host)
