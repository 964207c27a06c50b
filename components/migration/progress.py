"""How far the migration of one VM is: bytes, speed and time left; and the button that ends it."""

from __future__ import annotations

import time

from nicegui import ui

from components.actions import whoever
from components.transfers.words import amount, pace
from components.ui import Bar, Button
from xo_dash.context import Context
from xo_dash.control.run import Run, RunItem
from xo_dash.i18n import _, percent


class MigrationProgress(ui.element):
    """Not there while nothing runs."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.classes("x-move-running")
        self._context = context
        self._run: Run | None = None
        self._item: RunItem | None = None
        with self:
            self._share = ui.label().classes("x-move-time")
            self._bar = Bar(0.0, _("Progress"))
            self._pace = ui.label().classes("x-dim x-small x-tabular")
            self._step = ui.label().classes("x-dim").props("role=status dir=auto")
            with ui.element().classes("x-row"):
                self._cancel = Button(_("Cancel"), self._stop)
                self._details = ui.link(_("Details"), "/tasks").classes("x-link")
        self.set_visibility(False)

    def show(self, run: Run | None, item: RunItem | None) -> None:
        """`item`: what `run` does to the VM."""
        self._run, self._item = run, item
        self.set_visibility(item is not None)
        if run is None or item is None:
            return
        moving = self._context.runner.migration_speeds.pace(item, time.time())
        share = moving.moved / moving.total if moving is not None else item.progress  # the steps before it took no time
        self._share.text = percent(share)
        self._bar.show(share)
        self._pace.text = f"{amount(moving)} · {pace(moving)}" if moving is not None else ""
        self._step.text = _("Cancelling") if item.cancelled else str(item.says or "")
        self._cancel.allow(_("Cancelling") if item.cancelled else None)
        self._details.props(f"href=/run/{run.key}")

    def _stop(self) -> None:
        user = whoever()
        if user is not None and self._run is not None and self._item is not None:
            self._context.runner.cancel(user, self._run, self._item)
