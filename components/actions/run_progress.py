"""What became of a command for many: a card for each of the user's runs; it passes when all went well, else it stays until dismissed."""

from __future__ import annotations

from nicegui import ui

from components.actions.dialog import counted
from components.actions.made import link_made, made_vms
from components.actions.retrying import dismiss, failed, retry_failed
from components.actions.run_command import whoever
from components.live import follow_source, fresh_slot
from components.transfers.words import going, sends_a_file, transfers
from components.ui import Bar, Button, ButtonKind, passing
from data.types import XapiObject
from xo_dash.context import Context
from xo_dash.control.run import Run, RunItem, RunState
from xo_dash.i18n import _, number

NAMED = 3
"""VMs that a run made and that are linked from its card."""
SHOWN = 50
"""Objects of one run whose trouble is listed; the tasks have all."""


class RunProgress(ui.element):
    """The cards, at the foot of the page; put it into every page once. A card is changed, not drawn anew, while its run goes on."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.classes("x-tray").props("aria-live=polite")
        self._context = context
        self._cards: dict[int, RunCard] = {}
        with self:
            follow_source(context.tasks.observe, self._refresh)

    def _refresh(self) -> None:
        user = whoever()
        wanted = {run.id: run for run in self._context.tasks.runs if user and run.user_id == user.id and has_card(run)}
        for gone in self._cards.keys() - wanted.keys():
            self._cards.pop(gone).delete()
        for run in wanted.values():
            if run.id in self._cards:
                self._cards[run.id].refresh()
            else:
                with self:
                    self._cards[run.id] = RunCard(self._context, run)


def has_card(run: Run) -> bool:
    """What is about one object is told where it was clicked, unless it takes long; whoever clicked before a restart is told here."""
    return (len(run.items) > 1 or run.recalled or bool(run.continued) or bool(transfers(run))) and not run.dismissed


class RunCard(ui.element):
    """One run: how far it is, and who did not get there, with the reason."""

    def __init__(self, context: Context, run: Run) -> None:
        super().__init__("section")
        self.classes("x-run").mark(f"run-{run.id}")
        self._context = context
        self._run = run
        self._listed: dict[RunItem, ui.label] = {}
        self._vms: list[XapiObject] = []
        with self:
            with ui.element("header").classes("x-run-head"):
                self._title = ui.label().classes("x-run-title")
                close = Button(icon="close", kind=ButtonKind.GHOST, label=_("Dismiss"), on_click=lambda: dismiss(context, run))
                close.props("data-dismiss")
            self._bar = Bar(0, _("Progress"))
            self._moving = ui.label().classes("x-run-amount x-transfer-amount")
            self._sum = ui.label().classes("x-run-sum")
            self._list = ui.element("ul").classes("x-run-list")
            self._made = ui.element().classes("x-run-made")
            with ui.element("footer").classes("x-run-acts"):
                self._cancel = Button(_("Cancel"), self._stop, kind=ButtonKind.GHOST).mark("cancel")
                self._retry = Button(_("Retry"), lambda: retry_failed(context, run), icon="reboot").mark("retry-failed")
                self._retry.set_visibility(False)
                ui.link(_("Details"), f"/run/{run.key}", new_tab=sends_a_file(run)).classes("x-link")  # leaving the page would end it
        self._title.text = counted(run.action, len(run.items)) if len(run.items) > 1 else f"{_(run.action.title)}: {run.items[0].name}"
        self.refresh()

    def refresh(self) -> None:
        run = self._run
        self._bar.show(run.progress)
        self._bar.set_visibility(not run.ended)
        self._sum.text = summary(run) if len(run.items) > 1 or run.ended else ""
        self._sum.set_visibility(bool(self._sum.text))
        meters = transfers(run)
        self._moving.text = going(run, meters[0]) if len(meters) == 1 else ""
        self._moving.set_visibility(bool(self._moving.text))
        self._cancel.set_visibility(bool(meters) and not run.cancelled)
        if run.ended and not run.unhappy and "data-passing" not in self.props:
            self.props.update(passing())
            self.update()
        self._link_made()
        again = failed(run) if run.ended and run.request is not None else []
        self._retry.set_visibility(bool(again))
        self._retry.set_text(_("Retry {n} failed").format(n=number(len(again))))
        for item, why in self._listed.items():
            why.text = str(item.reason or "")  # what was under way at a restart is told again when its pool is back
        fresh = [item for item in run.unhappy if item not in self._listed]
        for item in fresh[: max(0, SHOWN - len(self._listed))]:
            with self._list, ui.element("li"):
                ui.label(item.name).classes("x-run-name")
                self._listed[item] = ui.label(str(item.reason or "")).classes("x-run-why")

    def _link_made(self) -> None:
        vms = made_vms(self._run, self._context.mirror.pools) if self._run.ended else []
        if vms != self._vms:
            self._vms = vms
            with fresh_slot(self._made):
                link_made(vms[:NAMED])

    def _stop(self) -> None:
        if user := whoever():
            self._context.runner.cancel(user, self._run)


def summary(run: Run) -> str:
    """`5 done, 2 failed, 3 to go`"""
    going = sum(not item.state.ended for item in run.items)
    parts = [
        (run.count(RunState.DONE), _("{n} done")),
        (run.count(RunState.FAILED), _("{n} failed")),
        (run.count(RunState.REFUSED), _("{n} not possible")),
        (run.count(RunState.CANCELLED), _("{n} cancelled")),
        (run.count(RunState.LOST), _("{n} unknown")),
        (going, _("{n} left")),
    ]
    return ", ".join(text.format(n=number(count)) for count, text in parts if count)
