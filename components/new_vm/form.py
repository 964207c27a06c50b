"""The whole form: what is typed goes into the draft, everything else follows from it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

from components.actions import start_run, whoever
from components.live import follow_all
from components.new_vm.cloud import Cloud
from components.new_vm.disks import Disks, begins_with
from components.new_vm.draft import DraftSource, VMDraft
from components.new_vm.hardware import FirmwareSection, HardwareSection
from components.new_vm.model import Model, model_of
from components.new_vm.nics import Nics
from components.new_vm.options import Labels, Options
from components.new_vm.placement import Placement
from components.new_vm.quick import Quick, install_template
from components.new_vm.section import Section
from components.new_vm.side import Side, lefts
from components.ui import Button, ButtonKind, Notice, Tone, notify
from data.changes import Change, Operation
from data.objects import PBD, SR, VDI, VM, Host, HostMetrics, Network, Pool
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.requests.fault import Fault
from xo_dash.control.run import Run
from xo_dash.control.usable import Usable, usable_by
from xo_dash.control.vm.create import CREATE, templates_of
from xo_dash.control.vm.creation.request import CreateVM
from xo_dash.i18n import _

PARTS: tuple[type[Section], ...] = (HardwareSection, Disks, Nics, Cloud, Placement, FirmwareSection, Options, Labels)
WATCHED = (SR, Host, HostMetrics, PBD, Network, VM, VDI)
MATTERS = frozenset(
    [
        "name_label",
        "enabled",
        "live",
        "currently_attached",
        "power_state",
        "physical_utilisation",
        "physical_size",
        "memory_dynamic_max",
        "memory_dynamic_min",
        "memory_static_max",
        "VCPUs_max",
        "is_a_template",
        "resident_on",
        "resident_VMs",
    ]
)
"""Fields that something on the form follows from."""


class Form(ui.element):
    """`started` is called with the run."""

    def __init__(self, context: Context, pool: Pool, draft: VMDraft, started: Callable[[Run], None]) -> None:
        super().__init__()
        self.classes("x-new")
        self.context, self.pool, self.draft = context, pool, draft
        self.model: Model | None = None
        self.refused: LazyText | None = None  # why nobody, or not this person, can create one now
        self.on_started = started  # let go of at the end, see components.release
        self._touched: set[str] = set()
        self._pressed = False
        self._filling = 0
        self._begin()
        with self:
            with ui.element().classes("x-new-main"):
                self._barred = Notice("", Tone.WARNING).mark("barred")
                self.quick = Quick(self)
                with ui.element().classes("x-folds"):
                    self.parts = [part(self) for part in PARTS]
            self.side = Side(lambda: self._part(Placement).unfold())
            with ui.element("footer").classes("x-new-foot"):
                self._foot = ui.label().classes("x-dim x-small")
                self._create = Button(_("Create"), self.create, kind=ButtonKind.PRIMARY).mark("create-foot")
            follow_all(context.mirror, self._concerns, self.refresh, topics=lambda: WATCHED)
        self.on("keydown.enter", self.create, [], js_handler=ENTER)

    def _begin(self) -> None:
        """A template that somebody made, else the first there is: something is chosen at once."""
        if not self.draft.template and self.draft.source is DraftSource.TEMPLATE:
            found = templates_of([self.pool])
            self.draft.template = found[0].uuid if found else ""

    def _handle_delete(self) -> None:
        """Its parts know it, and it knows its parts: one of both has to let go."""
        super()._handle_delete()
        self.parts.clear()
        vars(self).pop("quick", None)
        vars(self).pop("side", None)

    # while one types

    @property
    def is_filling(self) -> bool:
        return self._filling > 0

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Values are put into fields, and nobody typed them."""
        self._filling += 1
        try:
            yield
        finally:
            self._filling -= 1

    def changed(self, place: str = "") -> None:
        if place:
            self._touched.add(place)
        self.refresh()

    def refresh(self) -> None:
        self.model = model = model_of(self.draft, self.pool, is_seen=self.context.scope.shows, limits=self._limits, user=whoever())
        self.refused = why_not(CREATE, self.pool, whoever())
        self._create.allow(str(self.refused) if self.refused is not None else None)
        self._barred.set_visibility(self.refused is not None and self.pool.home.server.is_live)  # else the page says so itself
        if self.refused is not None:
            self._barred.text.text = _("You cannot create a VM here: {reason}.").format(reason=self.refused)
        self.quick.show(model)
        for part in self.parts:
            part.show(model)
        self.side.show(model)
        self._foot.text = " · ".join(_("{what}: {left}").format(what=line.name, left=line.after) for line in lefts(model)[::2][:2])

    def _limits(self, request: CreateVM) -> Sequence[Fault]:
        """What quotas say, which are counted among all there is."""
        user, pool = whoever(), self.context.original(self.pool)
        if user is None or pool is None:
            return []
        return self.context.runner.quotas.faults(user, CREATE.id, CREATE.settled(request, pool, user), pool)

    @property
    def usable(self) -> Usable | None:
        """Which SRs and networks they may choose; None: all."""
        plan = self.model.plan if self.model is not None else None
        return usable_by(whoever(), self.pool, *((plan.source,) if plan is not None else ()))

    def is_told(self, place: str) -> bool:
        """A field that is only missing is not told of before somebody was there, or wants to create."""
        return self._pressed or (place not in ("name", "iso") and not place.endswith(".vdi")) or place in self._touched

    def said(self, model: Model, place: str) -> LazyText | None:
        return model.fault(place) if self.is_told(place) else None

    def begin_with(self, source: DraftSource) -> None:
        """Another way of making it: what belonged to the old one goes."""
        draft = self.draft
        templates = templates_of([self.pool])
        if source is DraftSource.COPY or draft.source is DraftSource.COPY or source is DraftSource.TEMPLATE:
            draft.template = ""
        if source in (DraftSource.ISO, DraftSource.NETWORK, DraftSource.DISK):
            usual = install_template(templates)
            draft.template = usual.uuid if usual is not None else draft.template
        draft.source = source
        draft.disks, draft.nics = begins_with(source), None
        self._begin()
        self.refresh()
        if source is DraftSource.DISK:
            self._part(Disks).unfold()

    def _concerns(self, changes: Sequence[Change]) -> bool:
        home = self.pool.home
        return any(
            getattr(change.subject, "home", None) is home and (change.operation is not Operation.MOD or bool(change.names & MATTERS))
            for change in changes
        )

    # what is wrong

    def where(self, place: str) -> str:
        """The title of the part that has the field."""
        part = self._part_of(place)
        return type(part).title() if part is not None else {"template": _("Template"), "iso": _("Disc")}.get(place, _("Name"))

    def go_to_fault(self) -> None:
        if self.model is None or not self.model.faults:
            return
        place = self.model.faults[0].field
        part = self._part_of(place)
        if part is not None:
            part.unfold()
            part.focus(place)
            return
        box = {"template": self.quick.template, "iso": self.quick.iso, "count": self.quick.count, "first": self.quick.first}.get(place)
        (box or self.quick.name).run_method("focus")

    def _part_of(self, place: str) -> Section | None:
        top = place.partition(".")[0]
        return next((part for part in self.parts if top in part.fields), None)

    def _part(self, kind: type[Section]) -> Section:
        return next(part for part in self.parts if isinstance(part, kind))

    # Create

    def create(self) -> None:
        self._pressed = True
        self.refresh()
        model = self.model
        if model is None:
            return
        if reason := why_not(CREATE, self.pool, whoever()):
            notify(f"{_(CREATE.title)}: {reason}", Tone.WARNING)
        elif model.request is None:
            self.go_to_fault()
        elif run := start_run(self.context, CREATE, [self.pool], model.request):
            self.on_started(run)


ENTER = "(e) => { if (e.target.matches('input') && !e.target.closest('.q-select, [role=listbox]') && !e.isComposing && !e.ctrlKey) emit() }"
"""In a field of one line."""
