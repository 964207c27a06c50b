"""Where it runs: every host with what it has left, or why it cannot take the VM; and the one that is suggested."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from components.live import fresh_slot
from components.new_vm.draft import ANY, SUGGESTED
from components.new_vm.model import Model
from components.new_vm.section import Section
from components.ui import Mark
from data.names import name_of
from xo_dash.control.vm.creation.hosts import Seat, suggested
from xo_dash.i18n import _, percent, size


class Placement(Section):
    title = staticmethod(lambda: _("Placement"))
    fields = ("host",)

    def summary(self, model: Model) -> str:
        if self._is_open(model):
            return _("the pool picks a host at each start")
        if model.plan is None:
            return ""
        if model.plan.host is None:
            return _("no host can run it now")
        name = name_of(model.plan.host)
        return _("{host}, suggested").format(host=name) if self.form.draft.host == SUGGESTED else name

    def changed(self) -> bool:
        return self.form.draft.host != SUGGESTED

    def fill(self) -> None:
        self._drawn: object = None
        self._rows = ui.element().classes("x-seats").props("role=radiogroup").mark("seats")
        self._rows.props["aria-label"] = _("Placement")

    def refresh(self, model: Model) -> None:
        best = suggested(model.seats)
        lines = [(seat.host, _seat_name(seat), _room(seat), str(seat.refused or ""), _why(seat, best)) for seat in model.seats]
        now = (lines, self.form.draft.host, model.plan.host if model.plan is not None else None)
        if now == self._drawn:
            return
        self._drawn = now
        with fresh_slot(self._rows):
            for seat, (_host, name, room, refused, why) in zip(model.seats, lines, strict=True):
                chosen = model.plan is not None and model.plan.host is seat.host and self.form.draft.host != ANY
                value = SUGGESTED if seat is best else seat.host.uuid
                self._seat(value, name, room, refused, why, chosen)
            self._seat(ANY, _("Decide at start"), "", "", _("The pool picks a host each time the VM starts"), self._is_open(model))

    def _is_open(self, model: Model) -> bool:
        """Whether the pool decides: so it is, too, for who sees no hosts."""
        return self.form.draft.host == ANY or (model.plan is not None and not model.seats)

    def _seat(self, value: str, name: str, room: str, refused: str, why: str, chosen: bool) -> None:
        with ui.element("button").classes("x-seat").props("type=button role=radio") as row:
            row.props["aria-checked"] = "true" if chosen else "false"
            if refused:
                row.props["aria-disabled"] = "true"
            else:
                row.on("click", partial(self._choose, value), [])
            ui.element("i").classes("x-seat-dot").props("aria-hidden=true")
            ui.label(name).classes("x-seat-name x-cut").props("dir=auto")
            ui.label(room).classes("x-dim x-num")
            with ui.element("span").classes("x-seat-why"):
                if refused:
                    Mark("warning")
                ui.label(refused or why)

    def _choose(self, value: str) -> None:
        self.form.draft.host = value
        self.form.changed()


def _seat_name(seat: Seat) -> str:
    return name_of(seat.host)


def _room(seat: Seat) -> str:
    return _("{free} free").format(free=size(seat.free))


def _why(seat: Seat, best: Seat | None) -> str:
    if seat is best:
        return _("Suggested")
    parts = [_("CPU {percent}").format(percent=percent(seat.cpu))] if seat.cpu is not None else []
    parts += [_("similar VMs run here")] if seat.alike else []
    return _("Possible. {facts}").format(facts="; ".join(parts)) if parts else _("Possible")
