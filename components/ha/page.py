"""High availability of a pool: on or off, how many hosts may fail, and what each VM is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from nicegui import background_tasks, ui

from components.actions import give, run_command, whoever
from components.cells import Facts
from components.ha.priority_row import PriorityRow
from components.live import follow, follow_all, fresh_slot
from components.ui import Button, ButtonKind, Card, Column, StateMark, data_table, search_field
from data.changes import Change
from data.facts.vm import is_guest
from data.names import name_of
from data.objects import VM, Pool
from data.server import Server
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.eligibility import why_not
from xo_dash.control.pool.ha import (
    DISABLE_HA,
    ENABLE_HA,
    FAILURES,
    PRIORITIES_OF_VMS,
    SetPriorities,
    VMPriority,
    guests,
    heartbeat_of,
    held,
    tolerated,
)
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.request import Request
from xo_dash.i18n import _, ngettext, number

SHOWN: Final = 60
"""VMs in the table; the filter finds the others."""
WORTH: Final = frozenset({"ha_restart_priority", "order", "start_delay", "name_label"})


class HighAvailability(ui.element):
    """What was changed in the table stays until it is saved; XAPI is asked what would be tolerated with it."""

    def __init__(self, context: Context, pool: Pool) -> None:
        super().__init__()
        self.classes("x-move")
        self._context, self._pool = context, pool
        self._changed: dict[str, dict[str, str]] = {}  # {uuid: {field: as typed}}
        self._rows: dict[str, PriorityRow] = {}
        self._filter, self._asked = "", 0
        self._is_fixed = False  # nothing can be saved now, for a reason that no other priority changes
        with self:
            with ui.element().classes("x-move-main"), Card(_("When a host fails")) as self._card:
                search_field(_("Name"), lambda event: self._find(str(event.value or "")))
                self._table = ui.element().classes("x-ha-vms").mark("vms")
                self._more = ui.label().classes("x-dim")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("High availability")), ui.element().classes("x-ha-state"):
                    self._state = StateMark("halted", "")
                    self._facts = Facts([_("Heartbeat SR"), _("Failures tolerated"), _("Failures covered by the current plan")])
                    with ui.element().classes("x-row x-wrap"):
                        self._verbs = {row: self._verb(row) for row in (ENABLE_HA, FAILURES, DISABLE_HA)}
                with Card(_("With these priorities")):
                    self._verdict = ui.label().props("role=status").mark("verdict")
                    self._why = ui.label().classes("x-dim x-small")
                    self._save = Button(_("Save"), self._give, kind=ButtonKind.PRIMARY).mark("save")
        follow(context.mirror, (pool, pool.home.server), self._again)
        follow_all(context.mirror, self._concerns, self._draw, topics=lambda: (VM,))

    def _verb(self, row: AnyAction) -> Button:
        return Button(_(row.title), lambda: run_command(self._context, row, [self._pool]), icon=row.icon).mark(row.id)

    def _concerns(self, changes: Sequence[Change]) -> bool:
        home = self._pool.home
        return any(
            not isinstance(change.subject, Server)
            and change.subject.home is home
            and (not change.names or not WORTH.isdisjoint(change.names))
            for change in changes
        )

    def _again(self) -> None:
        self._show_pool()
        self._tell()

    # ---- the pool

    def _show_pool(self) -> None:
        pool = self._pool
        if not pool.ha_enabled:
            self._state.show("halted", _("Off"))
        elif pool.ha_overcommitted:
            self._state.show("warning", _("On, overcommitted"))
        else:
            self._state.show("running", _("On"))
        sr = heartbeat_of(pool)
        self._facts.show([
            (_("Heartbeat SR"), name_of(sr) if sr is not None else None),
            (_("Failures tolerated"), number(pool.ha_host_failures_to_tolerate) if pool.ha_enabled else None),
            (_("Failures covered by the current plan"), number(pool.ha_plan_exists_for) if pool.ha_enabled else None),
        ])  # fmt: skip
        for row, button in self._verbs.items():
            button.set_visibility(row.is_relevant(pool))
            reason = why_not(row, pool, whoever())
            button.allow(str(reason) if reason is not None else None)

    # ---- the VMs

    def _find(self, text: str) -> None:
        self._filter = text.casefold().strip()
        self._draw()

    def _draw(self) -> None:
        """Rows stay as long as they are of the same VMs: somebody may have a list open, or be in a field."""
        self._show_pool()
        found = [vm for vm in guests(self._pool) if self._filter in name_of(vm).casefold()]
        shown, more = found[:SHOWN], len(found) - SHOWN
        if self._rows.keys() != {vm.uuid for vm in shown}:
            columns = [Column(_("VM"), main=True), Column(_("Memory"), number=True), Column(_("When its host fails")),
                       Column(_("Start order")), Column(_("Pause, s"))]  # fmt: skip
            self._rows = {vm.uuid: PriorityRow(is_fixed=self._is_fixed) for vm in shown}
            with fresh_slot(self._table):
                data_table(columns, [list(self._rows[vm.uuid].cells(vm, self._changed.get(vm.uuid, {}), self._put)) for vm in shown])
        for vm in shown:
            self._rows[vm.uuid].show(vm, self._changed.get(vm.uuid, {}))
        self._more.text = ngettext("… and {n} more; filter for them", "… and {n} more; filter for them", more).format(n=number(more))
        self._more.set_visibility(more > 0)
        self._tell()

    def _put(self, uuid: str, field: str, value: str) -> None:
        """What is as in the pool is no change, whether typed or brought by another's change."""
        vm, changed = self._pool.home.by_uuid(VM, uuid), self._changed.setdefault(uuid, {})
        if vm is not None and value == str(getattr(held(vm), field)):
            changed.pop(field, None)
        else:
            changed[field] = value
        self._tell()

    # ---- what follows, and the button

    def _request(self) -> SetPriorities | str:
        """Of what was changed; why there is none."""
        found = (self._pool.home.by_uuid(VM, uuid) for uuid in self._changed)
        known = {vm.uuid: vm for vm in found if vm is not None and is_guest(vm)}
        values = [
            msgspec.structs.asdict(held(known[uuid])) | {field: typed or "0" for field, typed in changed.items()}
            for uuid, changed in self._changed.items()
            if uuid in known
        ]
        try:
            return decode(SetPriorities, {"vms": values})
        except BadRequest as error:
            fault = error.faults[0]
            place = fault.field.split(".")
            name = name_of(known[str(values[int(place[1])]["vm"])]) if len(place) > 1 and place[1].isdigit() else ""
            return f"{name}: {fault.reason}"

    def _tell(self) -> None:
        request = self._request()
        wrong = request if isinstance(request, str) else ""
        changed = [one for one in request.vms if not _is_held(self._pool, one)] if isinstance(request, SetPriorities) else []
        barred = why_not(PRIORITIES_OF_VMS, self._pool, whoever())
        against = str(barred) if barred is not None else wrong
        self._save.allow(against or (None if changed else _("Nothing is changed.")))
        self._why.text = against
        self._fix(barred is not None)
        self._asked += 1
        if changed and isinstance(request, SetPriorities):
            background_tasks.create(self._ask(request, self._asked))
        else:
            self._verdict.text = "" if barred else _("Change a priority to see how many host failures would be tolerated.")

    def _fix(self, is_fixed: bool) -> None:
        """Have the fields take nothing while nothing can be saved."""
        if is_fixed != self._is_fixed:
            self._is_fixed = is_fixed
            for row in self._rows.values():
                row.fix(is_fixed)

    async def _ask(self, request: SetPriorities, number_of: int) -> None:
        """What the pool would tolerate; an answer that is no longer asked for is dropped."""
        answer = await tolerated(self._context.servers, self._pool, request)
        if number_of != self._asked or self.is_deleted:
            return
        with self:
            if isinstance(answer, int):
                text = ngettext("{n} host failure is tolerated", "{n} host failures are tolerated", answer)
                self._verdict.text = text.format(n=number(answer))
            else:
                self._verdict.text = str(answer)

    async def _give(self) -> None:
        request: Request | str = self._request()
        if isinstance(request, SetPriorities):
            run = await give(self._context, PRIORITIES_OF_VMS, [self._pool], request)
            if run is not None and not run.unhappy and not self.is_deleted:
                self._changed.clear()
                with self:
                    self._draw()


def _is_held(pool: Pool, wanted: VMPriority) -> bool:
    vm = pool.home.by_uuid(VM, wanted.vm)
    return vm is not None and held(vm) == wanted
