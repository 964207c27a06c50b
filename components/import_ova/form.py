"""An OVA or OVF is chosen and read; what it says is filled in and may be changed; then it is imported."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import asdict
from nicegui import background_tasks, ui

from components.actions import give, whoever
from components.actions.preview import Preview
from components.import_ova.beside import BesidePickers
from components.live import fresh_slot
from components.transfers.source import FileSource
from components.ui import Button, ButtonKind, Card, Field, Mark, check, choice, spinner
from components.urls import path_of
from data.stores.users import User
from data.views.pool import PoolView
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.ova.beside import FilesMissing
from xo_dash.control.pool.import_ova import IMPORT_OVA, networks, vm_of
from xo_dash.control.pool.ova_request import ImportOVA, OVASystem
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.file import File
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.usable import usable_by
from xo_dash.control.vm.creation.request import FIRMWARE
from xo_dash.i18n import N_, _, size

TYPED: Final = "debounce=200"
STARTUP: Final = {
    "order": N_("Start order"), "start_delay": N_("Pause after its start, seconds"),
    "shutdown_delay": N_("Pause after its shutdown, seconds"),
}  # fmt: skip
EDITED: Final = ("name", "vcpus", "firmware", *STARTUP)
"""Of each VM, beside its memory."""


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
                with Card(_("File")):
                    self._source = FileSource(_("OVA or OVF file"), context.runner.exchange, self._chosen, accept=".ova,.ovf")
                    self._beside = BesidePickers(context.runner.exchange, self._begin)
                    with self._source.with_url.classes("x-ova-look"):
                        Button(_("Read file"), self._begin).mark("read")
                    self._reading = spinner().classes("x-ova-look")
                self._found = ui.element().classes("contents")
            with ui.element("aside").classes("x-move-aside"):
                with Card(_("Not imported")) as self._lost_card:
                    self._lost = ui.element().mark("ignored")
                with Card(_("Plan")):
                    self._preview = Preview(IMPORT_OVA, [pool.row], _("The steps appear here once a file is read."))
                    self._button = Button(_("Import"), self._go, kind=ButtonKind.PRIMARY, icon="upload").mark("import")
                    self._why = ui.label().classes("x-dim x-small").mark("why")
        self._reading.set_visibility(False)
        self._draw()

    def _handle_delete(self) -> None:
        if not self._given:
            self._source.withdraw()
            self._beside.withdraw()
        self._boxes.clear()
        del self._source, self._beside  # they call back: a ring
        super()._handle_delete()

    # ---- the file

    def _chosen(self) -> None:
        """A file of this computer is read at once; of an address one knows only when it is typed to its end."""
        self._read = None
        self._beside.ask(())
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
            file = asdict(value) if isinstance(value, File) else value
            usual = IMPORT_OVA.begins_with([self._pool], user)["sr"]
            request = decode(ImportOVA, {"file": file, "sr": usual, "files": self._beside.values})
            exchange = self._context.runner.exchange
            assert IMPORT_OVA.look is not None  # noqa: S101  # it has one
            with self:  # its words are this reader's
                usable = usable_by(user, self._pool)
                self._read = await IMPORT_OVA.look(request, lambda file: exchange.looking(file, user.id), [self._pool], usable)
        except FilesMissing as error:
            self._ask(error)
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

    def _ask(self, missing: FilesMissing) -> None:
        if not self.is_deleted:
            with self:
                self._beside.ask(missing.names)

    # ---- what is in it

    def _draw(self) -> None:
        request = self._read
        self._boxes.clear()
        self._values = {} if request is None else {name: getattr(request, name) for name in ("sr", "start", "vapp")}
        with fresh_slot(self._found):
            if request is not None:
                self._draw_target(several=len(request.systems) > 1)
                for place, system in _placed(request):
                    with Card(system.name if len(request.systems) > 1 else _("Virtual machine")):
                        self._draw_vm(place, system, several=len(request.systems) > 1)
                        self._draw_disks(place, system)
                        self._draw_nics(place, system)
        with fresh_slot(self._lost):
            for text in request.ignored if request is not None else ():
                with ui.element().classes("x-move-note"):
                    Mark("information")
                    ui.label(text)
        self._lost_card.set_visibility(bool(request is not None and request.ignored))
        self._tell()

    def _draw_target(self, *, several: bool) -> None:
        """What all VMs have in common."""
        with Card(_("Where to")):
            with ui.element().classes("x-net-fields"):
                options = {one.value: one.label for one in IMPORT_OVA.choices_for("sr", [self._pool], whoever()) if one.refused is None}
                self._choice("sr", _("Storage"), options, self._values["sr"])
                if several:
                    self._line("vapp", _("vApp"))
            check(_("Start after creation"), False, on_change=lambda event: self._put("start", bool(event.value))).mark("field-start")

    def _draw_vm(self, place: str, system: OVASystem, *, several: bool) -> None:
        self._values |= {f"{place}{name}": getattr(system, name) for name in EDITED} | {f"{place}memory": size(system.memory)}
        with ui.element().classes("x-net-fields"):
            self._line(f"{place}name", _("Name"))
            self._line(f"{place}vcpus", _("vCPUs"))
            self._line(f"{place}memory", _("Memory"))
            firmware = f"{place}firmware"
            self._choice(firmware, _("Firmware"), {key: _(text) for key, text in FIRMWARE.items()}, self._values[firmware])
            for name, label in STARTUP.items() if several else ():
                self._line(f"{place}{name}", _(label))

    def _draw_disks(self, place: str, system: OVASystem) -> None:
        options = {one.value: one.label for one in IMPORT_OVA.choices_for("sr", [self._pool], whoever()) if one.refused is None}
        with ui.element().classes("x-net-fields"):
            for number, disk in enumerate(system.disks):
                label = _("{name}, {size}").format(name=disk.file, size=size(disk.size))
                self._choice(f"{place}disks.{number}.sr", label, {"": _("Same SR as above"), **options}, "")
            if not system.disks:
                ui.label(_("It has no disks.")).classes("x-dim")

    def _draw_nics(self, place: str, system: OVASystem) -> None:
        options = {one.value: one.label for one in networks(self._pool.home)}
        with ui.element().classes("x-net-fields"):
            for number, nic in enumerate(system.nics):
                label = _("NIC {device}, was on {network}").format(device=number, network=nic.was or "–")
                self._choice(f"{place}nics.{number}.network", label, options, nic.network)
            if not system.nics:
                ui.label(_("It has no NICs.")).classes("x-dim")

    def _line(self, name: str, label: str) -> None:
        value = self._values[name]
        field = Field(label, "" if value is None else str(value), on_change=lambda event: self._put(name, str(event.value or "")))
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
        first, *others = (self._system(place, system) for place, system in _placed(read))
        files = [{"file": asdict(one.file)} for one in read.files]
        rest = {"file": asdict(read.file), "files": files, "ignored": list(read.ignored)}
        common = {name: self._values[name] for name in ("sr", "start", "vapp")}
        request = decode(ImportOVA, {**rest, **common, **first, "others": others})
        if faults := IMPORT_OVA.faults(request, self._pool):
            raise BadRequest(faults)
        return request

    def _system(self, place: str, system: OVASystem) -> dict[str, object]:
        """One VM as plain values, with what was changed."""
        disks = [asdict(disk) | {"sr": self._values.get(f"{place}disks.{n}.sr") or None} for n, disk in enumerate(system.disks)]
        nics = [asdict(nic) | {"network": self._values.get(f"{place}nics.{n}.network") or nic.network} for n, nic in enumerate(system.nics)]
        edited = {name: self._values[f"{place}{name}"] for name in (*EDITED, "memory")}
        return {**edited, "description": system.description, "disks": disks, "nics": nics}

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


def _placed(request: ImportOVA) -> list[tuple[str, OVASystem]]:
    """Each VM with the beginning of its fields' names."""
    return [(f"others.{number - 1}." if number else "", system) for number, system in enumerate(request.systems)]
