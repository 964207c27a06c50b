"""What became of the creation: its step while it goes, then the SR, or why not."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.actions import whoever
from components.live import follow_source, fresh_slot
from components.ui import Bar, Button, Notice, Tone
from components.urls import path_of
from data.names import name_of
from xo_dash.context import Context
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.run import Run, RunState
from xo_dash.control.sr.create import made_of
from xo_dash.i18n import _


class SRProgress(ui.element):
    """Follows one run; `failed` is called once it has ended without an SR, and has the sentence for it."""

    def __init__(self, context: Context, run: Run, failed: Callable[[], LazyText]) -> None:
        super().__init__()
        self.classes("x-move-running").mark("progress").props("tabindex=-1")
        self._context, self._run = context, run
        self.on_failed = failed  # let go of at the end, see components.release
        self._ended = False
        self._shown = ""
        with self:
            self._bar = Bar(0.0, _("Progress"))
            self._step = ui.label().classes("x-dim").props("aria-live=polite")
            self._cancel = Button(_("Cancel"), self._stop)
            self._end = ui.element().classes("contents")
            follow_source(context.runner.observe, self._refresh)
            follow_source(context.mirror.observe, self._link)

    def _stop(self) -> None:
        user = whoever()
        if user is not None:
            self._context.runner.cancel(user, self._run)

    def _refresh(self) -> None:
        run, (item,) = self._run, self._run.items
        self._bar.show(run.progress)
        self._step.text = str(item.says or "")
        if not run.ended or self._ended:
            return
        self._ended = True
        for part in (self._bar, self._step, self._cancel):
            part.set_visibility(False)
        if item.state is RunState.DONE or made_of(run) is not None:
            self._link()
        else:
            reason = self.on_failed()
            with fresh_slot(self._end):
                Notice(str(reason), Tone.CRITICAL)
                ui.link(_("Details"), f"/run/{run.key}").classes("x-link")

    def _link(self) -> None:
        """To the SR, as soon as it is there."""
        sr = made_of(self._run) if self._run.ended else None
        if sr is None or self._shown:
            return
        self._shown = path_of(sr)
        with fresh_slot(self._end):
            (item,) = self._run.items
            Notice(_("{name} is ready").format(name=name_of(sr)) if item.state is RunState.DONE else str(item.reason or ""),
                   Tone.INFORMATION if item.state is RunState.DONE else Tone.WARNING)  # fmt: skip
            ui.link(_("Open {name}").format(name=name_of(sr)), self._shown).classes("x-btn x-btn-primary").mark("open-made")
