"""An OVA is chosen and read; what it says is filled in and may be changed; then it is imported."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from nicegui import background_tasks, ui

from components.actions import give, whoever
from components.actions.preview import Preview
from components.live import fresh_slot
from components.transfers.source import FileSource
from components.ui import Button, ButtonKind, Card, Field, Mark, check, choice, spinner
from components.urls import path_of
from data.stores.users import User
from data.views.pool import PoolView
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.pool.import_ova import IMPORT_OVA, ImportOVA, networks, vm_of
from xo_dash.control.pool.import_vm import srs, usual_sr
from xo_dash.control.request import BadRequest, File, decode
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.vm.creation.request import FIRMWARE
from xo_dash.i18n import _, size

TYPED: Final = "debounce=200"


class OVAForm(ui.element):
    """Nothing is made before the button; a file that is not imported is let go of with the page."""

    def __init__(self, context: Context, pool: PoolView) -> None:
        super().__init__()
        self.classes("x-move")
        self._context, self._pool = context, pool.row
        self._read: ImportOVA | None = None  # as the OVA says
        self._values: dict[str, Any] = {}
        self._boxes: dict[str, Field | ui.select] = {}
        self._given = False
        with self:
            with ui.element().classes("x-move-main"):
                with Card(_("OVA file")):
                    self._source = FileSource(_("OVA file"), context.runner.exchange, self._chosen, accept=".ova")
                    with ui.element().classes("x-row x-ova-look"):
                        Button(_("Read file"), self._begin).mark("read")
                        self._reading = spinner()
                self._found = ui.element().classes("contents")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Not imported")) as self._lost_card:
                    self._lost = ui.element().mark("ignored")
                with Card(_("Plan")):
                    self._preview = Preview(IMPORT_OVA, [pool.row])
                    self._button = Button(_("Import"), self._go, kind=ButtonKind.PRIMARY, icon="upload").mark("import")
                    self._why = ui.label().classes("x-dim x-small").mark("why")
        self._reading.set_visibility(False)
        self._draw()

    def _handle_delete(self) -> None:
        if not self._given:
            self._source.withdraw()
        self._boxes.clear()
        del self._source  # it calls back: a ring
        super()._handle_delete()

    # ---- the file

    def _chosen(self) -> None:
        """A file of this computer is read at once; of an address one knows only when it is typed to its end."""
        self._read = None
        self._draw()
        if isinstance(self._source.value, File):
            self._begin()

    def _begin(self) -> None:
        if not self._reading.visible:
            background_tasks.create(self._look_into(current_user(), self._source.value), name="look into an OVA")

    async def _look_into(self, user: User, value: File | str | None) -> None:
        with self:
            barred = why_not(IMPORT_OVA, self._pool, user)
            fault = str(barred) if barred else "" if value is not None else _("choose a file")
            if fault:
                self._source.fault(fault)
                return
            self._reading.set_visibility(True)
        try:
            file = msgspec.structs.asdict(value) if isinstance(value, File) else value
            request = decode(ImportOVA, {"file": file, "sr": usual_sr(self._pool)})
            async with self._context.runner.exchange.looking(request.file, user.id) as source:
                assert IMPORT_OVA.look is not None  # noqa: S101  # it has one
                with self:  # its words are this reader's
                    self._read = await IMPORT_OVA.look(request, source, [self._pool])
        except EndFailed as error:
            fault = str(error.reason)
        except BadRequest as error:
            fault = str(error.faults[0].reason)
        if self.is_deleted:
            return
        with self:
            self._reading.set_visibility(False)
            self._source.fault(fault)
            self._draw()

    # ---- what is in it

    def _draw(self) -> None:
        request = self._read
        self._boxes.clear()
        self._values = {} if request is None else {name: getattr(request, name) for name in ("name", "vcpus", "firmware", "sr", "start")}
        with fresh_slot(self._found):
            if request is not None:
                self._values["memory"] = size(request.memory or 0)
                self._draw_vm()
                self._draw_disks(request)
                self._draw_nics(request)
        with fresh_slot(self._lost):
            for text in request.ignored if request is not None else ():
                with ui.element().classes("x-move-note"):
                    Mark("information")
                    ui.label(text)
        self._lost_card.set_visibility(bool(request is not None and request.ignored))
        self._tell()

    def _draw_vm(self) -> None:
        with Card(_("Virtual machine")):
            with ui.element().classes("x-net-fields"):
                self._line("name", _("Name"))
                self._line("vcpus", _("vCPUs"))
                self._line("memory", _("Memory"))
                self._choice("firmware", _("Firmware"), {key: _(text) for key, text in FIRMWARE.items()}, self._values["firmware"])
                options = {one.value: one.label for one in srs([self._pool]) if one.refused is None}
                self._choice("sr", _("Storage"), options, self._values["sr"])
            check(_("Start after creation"), False, on_change=lambda event: self._put("start", bool(event.value))).mark("field-start")

    def _draw_disks(self, request: ImportOVA) -> None:
        options = {one.value: one.label for one in srs([self._pool]) if one.refused is None}
        with Card(_("Disks")), ui.element().classes("x-net-fields"):
            for number, disk in enumerate(request.disks or ()):
                label = _("{name}, {size}").format(name=disk.file, size=size(disk.size))
                self._choice(f"disks.{number}.sr", label, {"": _("Same SR as above"), **options}, "")
            if not request.disks:
                ui.label(_("It has no disks.")).classes("x-dim")

    def _draw_nics(self, request: ImportOVA) -> None:
        options = {one.value: one.label for one in networks(self._pool.home)}
        with Card(_("NICs")), ui.element().classes("x-net-fields"):
            for number, nic in enumerate(request.nics or ()):
                label = _("NIC {device}, was on {network}").format(device=number, network=nic.was or "–")
                self._choice(f"nics.{number}.network", label, options, nic.network)
            if not request.nics:
                ui.label(_("It has no NICs.")).classes("x-dim")

    def _line(self, name: str, label: str) -> None:
        field = Field(label, str(self._values[name] or ""), on_change=lambda event: self._put(name, str(event.value or "")))
        self._boxes[name] = field.props(TYPED).mark(f"field-{name}")

    def _choice(self, name: str, label: str, options: dict[str, str], value: object) -> None:
        box = choice(options, value if value in options else None, label=label, on_change=lambda event: self._put(name, event.value or ""))
        self._boxes[name] = box.mark(f"field-{name}")

    # ---- what follows

    def _put(self, name: str, value: object) -> None:
        self._values[name] = value
        self._tell()

    def _request(self) -> ImportOVA:
        """Raises BadRequest."""
        read = self._read
        assert read is not None  # noqa: S101  # so it is called
        plain = {name: value for name, value in self._values.items() if "." not in name}
        parts = [
            msgspec.structs.asdict(disk) | {"sr": self._values.get(f"disks.{n}.sr") or None} for n, disk in enumerate(read.disks or ())
        ]
        cards = [
            msgspec.structs.asdict(nic) | {"network": self._values.get(f"nics.{n}.network") or nic.network}
            for n, nic in enumerate(read.nics or ())
        ]
        rest = {"file": msgspec.structs.asdict(read.file), "description": read.description or "", "ignored": list(read.ignored)}
        request = decode(ImportOVA, {**rest, **plain, "disks": parts, "nics": cards})
        if faults := IMPORT_OVA.faults(request, self._pool):
            raise BadRequest(faults)
        return request

    def _tell(self) -> None:
        request: ImportOVA | None = None
        said: dict[str, str] = {}
        if self._read is not None:
            try:
                request = self._request()
            except BadRequest as error:
                said = {fault.field: str(fault.reason) for fault in reversed(error.faults)}
        for name, box in self._boxes.items():
            box.error = said.get(name)
        barred = why_not(IMPORT_OVA, self._pool, whoever())
        wrong = str(barred) if barred else next(iter(said.values()), "" if self._read is not None else _("Choose a file first."))
        self._preview.show(request)
        self._button.allow(wrong or None)
        self._why.text = wrong

    # ---- the button

    async def _go(self) -> None:
        try:
            request = self._request()
        except (BadRequest, AssertionError):
            self._tell()
            return
        self._given = True
        self._button.allow(_("It is being imported."))
        run = await give(self._context, IMPORT_OVA, [self._pool], request)
        if self.is_deleted:
            return
        with self:
            made = vm_of(run.items[0]) if run is not None else None
            if made is not None:
                ui.navigate.to(path_of(made))
            else:
                self._tell()
