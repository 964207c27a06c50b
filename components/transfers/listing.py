"""The list of transfers: what moves, and what became of the last ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import ui

from components.actions.made import link_made, made_vms
from components.actions.run_command import whoever
from components.live import follow_source, fresh_slot
from components.tasks.words import MARKS, WORDS
from components.transfers.handing import download
from components.transfers.picker import SameFile
from components.transfers.words import amount, going, moving, sends_a_file
from components.ui import Age, Bar, Button, ButtonKind, StateMark, empty_state, heading
from data.stores.users import ViewedUser
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.requests.request import files_of
from xo_dash.control.run import Run, RunItem, StepLog
from xo_dash.control.transfers.upload import Upload
from xo_dash.i18n import _, percent

SHOWN = 100
"""Ended ones in the list."""
Path = Callable[[XapiObject], str]


@dataclass(frozen=True, slots=True, eq=False)
class FileRow:
    """One file of one run."""

    run: Run
    item: RunItem
    step: StepLog


class TransferList(ui.element):
    """Follows the runner: a row is changed while its transfer goes on, and moves to the ended ones with it."""

    def __init__(self, context: Context, path: Path) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context = context
        self._path = path
        self._rows: dict[StepLog, TransferRow] = {}
        with self:
            with ui.element() as self._empty:
                empty_state(
                    _("No transfers"),
                    _("Exports, imports and uploads appear here: export a VM from its menu, import one from the menu of a pool."),
                )
            self._going = TransferSection(_("In progress"))
            self._ended = TransferSection(_("Recent"))
            follow_source(context.tasks.observe, self._refresh)

    def _refresh(self) -> None:
        rows = [
            FileRow(run, item, step) for run in reversed(self._context.tasks.runs) for item in run.items for step in moving(item.steps)
        ]  # fmt: skip
        self._empty.set_visibility(not rows)
        self._going.show(self._context, [row for row in rows if not row.step.state.ended], self._path)
        self._ended.show(self._context, [row for row in rows if row.step.state.ended][:SHOWN], self._path)


class TransferSection(ui.element):
    """A card with a row for each."""

    def __init__(self, title: str) -> None:
        super().__init__("section")
        self.classes("x-card x-wide")
        self._rows: dict[StepLog, TransferRow] = {}
        with self:
            heading(title, 2).classes("x-card-title")
            self._list = ui.element("ul").classes("x-transfers")

    def show(self, context: Context, rows: list[FileRow], path: Path) -> None:
        self.set_visibility(bool(rows))
        kept = {row.step for row in rows}
        for gone in self._rows.keys() - kept:
            self._rows.pop(gone).delete()
        for place, row in enumerate(rows):
            if row.step not in self._rows:
                with self._list:
                    self._rows[row.step] = made = TransferRow(context, row, path)
                made.move(self._list, place)
            self._rows[row.step].refresh()


class TransferRow(ui.element):
    """What it is, how far and how fast, and a way to end it."""

    def __init__(self, context: Context, row: FileRow, path: Path) -> None:
        super().__init__("li")
        self.classes("x-transfer").mark("transfer")
        self._context = context
        self._row = row
        self._vms: list[XapiObject] = []
        run, item = row.run, row.item
        with self:
            with ui.element().classes("x-transfer-head"):
                self._state = StateMark(MARKS[row.step.state], _(WORDS[row.step.state]))
                ui.link(str(row.step.says), f"/run/{run.key}", new_tab=sends_a_file(run)).classes("x-transfer-title").props("dir=auto")
                if target := path(item.subject):
                    ui.link(item.name, target).classes("x-dim x-small")
                ui.label(run.user_name).classes("x-dim x-small")
                Age(run.created, dated=True)
                self._made = ui.element().classes("x-row")
                self._fetch = Button(_("Download"), self._download, kind=ButtonKind.GHOST).mark("download")
                self._cancel = Button(_("Cancel"), self._stop, kind=ButtonKind.GHOST).mark("cancel")
            with ui.element().classes("x-transfer-how") as self._how:
                self._bar = Bar(0, _("Progress"))
                self._share = ui.label().classes("x-num")
            self._amount = ui.label().classes("x-dim x-small x-transfer-amount")
            self._why = ui.label().classes("x-transfer-why")
            self._again = ui.element().classes("contents")
        self._awaited: Upload | None = None

    def refresh(self) -> None:
        run, step, meter = self._row.run, self._row.step, self._row.step.meter
        user = whoever()
        self._state.show(MARKS[step.state], _(WORDS[step.state]))
        ended = step.state.ended
        self._how.set_visibility(not ended)
        self._why.text = str((step.reason or self._row.item.reason) or "") if ended else ""
        self._why.set_visibility(bool(self._why.text))
        allowed = user is not None and bool(may(user, run.action))
        self._cancel.set_visibility(not ended and allowed and not run.cancelled)
        self._fetch.set_visibility(not ended and user is not None and user.id == run.user_id and bool(self._waiting()))
        vms = made_vms(run, self._context.mirror.pools)[:1] if run.ended else []
        if vms != self._vms:
            self._vms = vms
            with fresh_slot(self._made):
                link_made(vms)
        self._offer_again(step)
        if meter is not None:
            self._bar.show(meter.fraction)
            self._share.text = percent(meter.fraction)
            how_far = amount(meter) if meter.moved else ""  # of one that a restart interrupted nobody knows
            self._amount.text = how_far if ended else going(run, meter)

    def _offer_again(self, step: StepLog) -> None:
        """Where nobody sends on: a browser that was closed or loaded anew has lost the file."""
        upload = (
            self._lost() if step.meter is not None and step.meter.is_stalled and not (step.state.ended or self._row.run.cancelled) else None
        )
        if upload is not self._awaited:
            self._awaited = upload
            with fresh_slot(self._again):
                if upload is not None:
                    SameFile(self._context.runner.exchange, upload)

    def _lost(self) -> Upload | None:
        user, run = whoever(), self._row.run
        if user is None or user.id != run.user_id or run.request is None or isinstance(user, ViewedUser):
            return None
        found = (self._context.runner.exchange.upload(file.id, user.id) for file in files_of(run.request))
        return next((upload for upload in found if upload is not None and upload.is_awaited), None)

    def _waiting(self) -> list[object]:
        return [one for one in self._context.runner.exchange.waiting(self._row.run) if one.item is self._row.item]

    def _download(self) -> None:
        user = whoever()
        for delivery in self._context.runner.exchange.waiting(self._row.run):
            if user is not None and user.id == self._row.run.user_id and delivery.item is self._row.item:
                download(self._context, delivery)

    def _stop(self) -> None:
        if user := whoever():
            self._context.runner.cancel(user, self._row.run)
