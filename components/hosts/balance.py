"""Suggested moves of a pool: a table in which each can be left out, what is free before and after, and one button."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from components.actions import start_run, whoever
from components.actions.preview import Preview
from components.hosts.maintenance import memory_after
from components.live import follow_facts, fresh_slot
from components.ui import Button, ButtonKind, Card, Column, check, data_table
from components.ui.facts import Value
from components.urls import path_of
from data.balance import Balance, Suggestion, even_out
from data.facts.host import memory_total
from data.names import by_name, name_of
from data.placement import memory_held
from data.views.pool import PoolView
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.pool.balance import BALANCE, BalancePool, SuggestedMove
from xo_dash.i18n import _, ngettext, number, size


class BalanceForm(ui.element):
    """Suggested anew when the pool changes; what was left out stays so."""

    def __init__(self, context: Context, pool: PoolView) -> None:
        super().__init__()
        self.classes("x-move")
        self._context, self._pool = context, pool
        self._without: set[str] = set()  # uuids of VMs
        self._found: Balance | None = None
        with self:
            self._main = ui.element().classes("x-move-main")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Memory, before and after")):
                    self._bars = ui.element().classes("x-stack")
                with Card(_("Plan")):
                    self._button = Button(_("Migrate"), self._go, kind=ButtonKind.PRIMARY, icon="migrate")
                    self._preview = Preview(BALANCE, [pool.row])
            follow_facts(pool, ("memory", "host_states", "vm_states"), self._look)

    def _look(self) -> None:
        found = even_out(self._pool.row.home)
        if found != self._found:
            self._found = found
            self._draw(found)

    def _draw(self, found: Balance) -> None:
        with fresh_slot(self._main):
            count = len(found.moves)
            if not count:
                ui.label(_("Memory is already balanced: no moves to suggest.")).classes("x-move-time")
            else:
                text = ngettext("{n} move to balance memory", "{n} moves to balance memory", count).format(n=number(count))
                ui.label(text).classes("x-move-time")
                columns = [
                    Column("", width="28px"),
                    Column(_("VM"), main=True),
                    Column(_("Memory"), number=True),
                    Column(_("From")),
                    Column(_("Goes to")),
                ]
                with Card(_("Moves")):
                    data_table(columns, [self._row(one) for one in found.moves])
        self._tell(found)

    def _row(self, one: Suggestion) -> list[Value]:
        def pick() -> None:
            box = check("", one.vm.uuid not in self._without, on_change=lambda event: self._pick(one.vm.uuid, bool(event.value)))
            box.props["aria-label"] = _("Migrates {name}").format(name=name_of(one.vm))
            box.mark(f"move-{one.vm.uuid}")

        return [
            pick,
            partial(ui.link, name_of(one.vm), path_of(one.vm)),
            size(memory_held(one.vm)),
            name_of(one.source),
            name_of(one.target),
        ]

    def _pick(self, uuid: str, wanted: bool) -> None:
        (self._without.discard if wanted else self._without.add)(uuid)
        if self._found is not None:
            self._tell(self._found)

    def _kept(self, found: Balance) -> list[Suggestion]:
        return [one for one in found.moves if one.vm.uuid not in self._without]

    def _request(self, found: Balance) -> BalancePool:
        return BalancePool(moves=tuple(SuggestedMove(vm=one.vm.uuid, host=one.target.uuid) for one in self._kept(found)))

    def _tell(self, found: Balance) -> None:
        kept = self._kept(found)
        with fresh_slot(self._bars):
            for host in by_name(found.before):
                comes = sum(memory_held(one.vm) for one in kept if one.target is host)
                goes = sum(memory_held(one.vm) for one in kept if one.source is host)
                memory_after(name_of(host), memory_total(host), found.before[host] + goes - comes, comes)
        request = self._request(found)
        with self:
            barred = why_not(BALANCE, self._pool.row, whoever())
        faults = [fault.reason for fault in BALANCE.faults(request, self._pool.row)] if kept else []
        why = barred or next(iter(faults), None)
        self._button.allow(str(why) if why else None if kept else _("choose at least one move"))
        self._preview.show(request if kept and not faults else None)

    def _go(self) -> None:
        if self._found is None or not self._kept(self._found):
            return
        if run := start_run(self._context, BALANCE, [self._pool.row], self._request(self._found)):
            ui.navigate.to(f"/run/{run.key}")
