"""A new SR: the type, what is typed, what is found by it, and what will happen."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.actions import start_run, whoever
from components.actions.fields import FieldBox, box_for
from components.actions.preview import Preview
from components.live import follow_all, follow_source, fresh_slot
from components.new_sr.draft import SRDraft
from components.new_sr.existing import ExistingSRs
from components.new_sr.found_list import FoundList, FoundRow, export_rows, lun_rows
from components.new_sr.progress import SRProgress
from components.new_sr.search import HostCheck, Search
from components.new_sr.side import HostChecks, SideNotes
from components.parts import part
from components.ui import Button, ButtonKind, Card, check, spinner
from data.facts.pool import own_pool
from data.names import name_of, pool_name
from data.storage_places import srs_by_place
from data.types import Home
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.failures import gist
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.fields import fields
from xo_dash.control.run import Run
from xo_dash.control.sr.choice import default_sr
from xo_dash.control.sr.create import NEW_SR, WATCHED, hosts_of
from xo_dash.control.sr.kinds import KINDS, SRKind, offered
from xo_dash.control.sr.new_sr import NewSR
from xo_dash.control.sr.probe import ProbeAnswer
from xo_dash.control.sr.probe_faults import fault_of
from xo_dash.i18n import N_, _, duration, ngettext, number

ASKED: dict[SRKind, tuple[str, ...]] = {
    SRKind.NFS: ("server", "version", "path"), SRKind.SMB: ("share", "user", "password"),
    SRKind.ISCSI: ("target", "port", "user", "password"), SRKind.HBA: (), SRKind.EXT: ("host", "device"), SRKind.LVM: ("host", "device"),
    SRKind.XFS: ("host", "device"), SRKind.ZFS: ("host", "folder"), SRKind.ISO_NFS: ("server", "version", "path"),
    SRKind.ISO_SMB: ("share", "smb_version", "user", "password"), SRKind.ISO_LOCAL: ("host", "folder"),
}  # fmt: skip
"""{kind: the fields that are typed}; the rest is chosen of what is found."""


UNCHOSEN: dict[str, str] = {"iqn": N_("choose a target"), "scsi_id": N_("choose a LUN")}
"""What is said while one of these is missing: nobody types them."""


class NewSRForm(ui.element):
    """Everything follows at once from what is typed and chosen; nothing is lost by a failure."""

    def __init__(self, context: Context, home: Home) -> None:
        super().__init__()
        self.classes("x-new-sr")
        self._context, self._home = context, home
        self._draft = SRDraft(home, offered(home)[0])
        self._boxes: dict[str, FieldBox] = {}
        self._kinds: dict[SRKind, ui.element] = {}
        self._named = self._suggesting = self._pressed = self._given = False
        self._planned: NewSR | None = None
        self._failed: Fault | None = None  # of the last run
        self._marked: Fault | None = None
        self._search = Search(context.runner.prober, home)
        pool = own_pool(home)
        assert pool is not None  # noqa: S101  # a page is for a pool
        self._pool = pool
        with self:
            with Card(_("Type")):
                self._types = ui.element().classes("contents")
            with ui.element().classes("x-new-sr-main"):
                self._fields = ui.element().classes("contents")
                part(self._lists)
                part(self._names)
            with ui.element("aside").classes("x-new-sr-aside"):
                part(self._aside)
            part(self._draw_types)
            part(self._draw_fields)
            part(self._begin)
            part(follow_source, self._search.observers.add, self._answered)  # sixty hosts answer within a moment: ten times a second do

    def _begin(self) -> None:
        next(iter(self._asked()), self._boxes["name"]).focus()
        follow_all(self._context.mirror, lambda _changes: True, self._tell, topics=lambda: WATCHED)

    def _handle_delete(self) -> None:
        self._search.close()
        self._boxes.clear()
        super()._handle_delete()

    # ---- what does not change with the type

    def _lists(self) -> None:
        """Of what is found; those without rows are not seen."""
        exports = {_("Path"): "2.2fr", _("Size"): "0.7fr", _("Free"): "0.7fr"}
        self._exports = FoundList(_("Export"), exports, lambda value: self._choose("path", value))
        self._targets = FoundList(_("Target"), {_("IQN"): "2.6fr"}, lambda value: self._choose("iqn", value), _("Portals"))
        luns = {_("LUN"): "32px", _("Size"): "56px", _("Vendor"): "72px", _("SCSI id"): "1.6fr"}
        self._luns = FoundList(_("LUN"), luns, lambda value: self._choose("scsi_id", value))
        self._existing = ExistingSRs(pool_name(self._home), self._attach)

    def _names(self) -> None:
        titles = {field.name: field for field in fields(NewSR)}
        with Card(_("Name")):
            with ui.element().classes("x-new-sr-fields"):
                for name in ("name", "description"):
                    self._boxes[name] = box_for(titles[name], "", (), (), self._typed if name == "description" else self._name_typed)
            now = default_sr(self._home)
            text = _("Make it the default SR") if now is None else _("Make it the default SR (now {name})").format(name=name_of(now))
            self._default = check(text, on_change=self._tell).mark("make-default")

    def _aside(self) -> None:
        self._hosts = HostChecks()
        with Card(_("Plan")):
            self._preview = Preview(NEW_SR, [self._pool], _("The steps appear here once the form is complete."))
            self._notes = SideNotes()
            self._button = Button(_("Create"), self._go, kind=ButtonKind.PRIMARY, icon="plus").mark("create")
            self._button.refuse(self._lead)
            self._why = ui.label().classes("x-dim x-small")
            self._anyway = Button(_("Try it anyway"), self._go, kind=ButtonKind.GHOST).mark("anyway")
            self._progress = ui.element().classes("contents")
        with Card(_("If a step fails")):
            ui.label(_("Everything created so far is removed again, and the field to correct is marked.")).classes("x-dim")

    # ---- the type and its fields

    def _draw_types(self) -> None:
        with self._types, ui.element().classes("x-new-sr-types").props("role=radiogroup") as group:
            group.props["aria-label"] = _("Type")
            for kind in offered(self._home):
                button = self._kinds[kind] = ui.element("button").props("type=button role=radio").mark(f"kind-{kind}")
                button.on("click", lambda to=kind: self._turn(to), [])
                with button:
                    ui.label(_(KINDS[kind].title))
                    ui.label(_(KINDS[kind].note)).classes("x-dim x-small")
        self._check_type()

    def _check_type(self) -> None:
        for kind, button in self._kinds.items():
            button.props["aria-checked"] = "true" if kind is self._draft.kind else "false"

    def _turn(self, kind: SRKind) -> None:
        """Another type; what was typed into fields that both have stays, but for who signs in where."""
        self._draft.turn(kind)
        self._pressed = False
        self._forget_failure()
        self._default.set_visibility(not KINDS[kind].for_images)
        self._check_type()
        self._draw_fields()

    def _draw_fields(self) -> None:
        kept = {name: box.value for name, box in self._boxes.items() if name not in ("user", "password")}
        self._boxes = {name: box for name, box in self._boxes.items() if name in ("name", "description")}
        known = {field.name: field for field in fields(NewSR)}
        with fresh_slot(self._fields):
            asked = ASKED[self._draft.kind]
            if asked:
                with Card(_("Location")) as where, ui.element().classes("x-new-sr-fields"):
                    for name in asked:
                        choices = NEW_SR.choices[name]([self._pool]) if name in NEW_SR.choices else ()
                        usual = choices[0].value if len(choices) == 1 else known[name].default
                        value = kept.get(name) or usual
                        self._boxes[name] = box_for(known[name], value, choices, (), self._typed)
                self._where: Card | None = where
                with where, ui.element().classes("x-row") as self._busy:
                    self._spinner = spinner()
                    self._searches = ui.label().classes("x-dim").props("role=status")
                    self._stops_it = Button("", self._stop, kind=ButtonKind.GHOST).mark("stop")
            else:
                self._where = None
        self._tell()

    def _asked(self) -> list[FieldBox]:
        return [self._boxes[name] for name in ASKED[self._draft.kind]]

    # ---- what is typed

    def _name_typed(self) -> None:
        if not self._suggesting:
            self._named = bool(self._boxes["name"].value)
            self._typed()

    def _typed(self) -> None:
        self._forget_failure()
        self._tell()

    def _forget_failure(self) -> None:
        if not self._given:
            self._failed = None
            self._progress.clear()

    def _choose(self, name: str, value: str) -> None:
        self._forget_failure()
        if name in self._boxes:
            self._draft.existing = None
            self._boxes[name].fill(value)
        else:
            self._draft.choose(name, value)
            self._tell()

    def _attach(self, uuid: str) -> None:
        """This one; "": none, but a new one beside it."""
        self._draft.existing = uuid
        self._typed()

    def _stop(self) -> None:
        """Or go on where it was stopped."""
        if self._search.running:
            self._search.stop()
        else:
            self._search.again()
        self._tell()

    # ---- what follows from it

    def _answered(self) -> None:
        """The pool is as it was: a plan of sixty hosts is not worked out anew for each answer."""
        self._tell(answered=True)

    def _tell(self, *, answered: bool = False) -> None:
        """Not while it is being made, when what is made is found there, nor when it is there."""
        if self.is_deleted or self._given:
            return
        with self:
            self._read()
            user, rough = whoever(), self._draft.rough
            barred = why_not(NEW_SR, self._pool, user)
            if rough is not None and user is not None and barred is None:
                self._search.want(user, rough)
            self._take_the_only_target()
            self._suggest_name()
            self._draw_found()
            self._draw_plan(barred, answered=answered)

    def _read(self) -> None:
        typed = {name: box.value for name, box in self._boxes.items()}
        wanted = bool(self._default.value) and not KINDS[self._draft.kind].for_images
        self._draft.typed = {**typed, "make_default": wanted}

    def _take_the_only_target(self) -> None:
        """It needs no choosing, and asks nothing that is not being asked already."""
        targets = self._search.found.targets
        if self._draft.kind is SRKind.ISCSI and not self._draft.iqn and len(targets) == 1:
            self._draft.choose("iqn", targets[0].iqn)
            self._search.adopt(self._draft.rough)

    def _suggest_name(self) -> None:
        """What was typed stays."""
        box, name = self._boxes["name"], self._draft.name(self._search.found)
        if not self._named and box.value != name:
            self._suggesting = True
            box.fill(name)
            self._suggesting = box.touched = False
            self._read()

    def _draw_found(self) -> None:
        draft, found, search = self._draft, self._search.found, self._search
        if self._where is not None:
            self._busy.set_visibility(search.running or search.stopped)
            self._spinner.set_visibility(search.running)
            self._searches.text = _("Searching…") if search.running else _("The search was stopped.")
            self._stops_it.set_text(_("Stop") if search.running else _("Search again"))
            self._where.scope.text = self._scope()
        if (rough := draft.rough) is None:
            return
        known = srs_by_place(self._home.pools) if found.exports or found.luns else {}
        self._exports.show(export_rows(rough, found, known), rough.path, _("Path on {server}").format(server=rough.server))
        self._targets.show([FoundRow(one.iqn, (one.iqn,), ", ".join(one.portals)) for one in found.targets], rough.iqn)
        self._luns.show(lun_rows(rough, found, known), rough.scsi_id)
        self._existing.show(draft.lying(found), draft.attached(found), draft.kind)

    def _scope(self) -> str:
        found, search = self._search.found, self._search
        if search.running or not found.done or found.fault:
            return ""
        count = len(found.exports or found.luns or found.targets)
        if not count:
            return ""
        if search.seconds < 1:
            return ngettext("{n} found", "{n} found", count).format(n=number(count))
        return ngettext("{n} found in {time}", "{n} found in {time}", count).format(n=number(count), time=duration(search.seconds))

    def _checks(self) -> Sequence[HostCheck]:
        """Of the hosts that would get the SR, as far as they were asked."""
        rough, checks = self._draft.rough, self._search.checks
        return checks or [HostCheck(name_of(host)) for host in (hosts_of(rough, self._pool) if rough is not None else ())]

    # ---- the plan

    def _draw_plan(self, barred: LazyText | None, *, answered: bool) -> None:
        request, faults = self._draft.request(self._search.found)
        stops = self._stops()
        fault = self._failed or stops or next((_as_fault(one) for one in self._search.checks if one.refused), None)
        self._mark(faults, fault)
        if not answered or request != self._planned:
            self._planned = request
            self._preview.show(request)
        notes = [] if request is None else list(NEW_SR.notes(request, self._pool))
        self._hosts.show(self._checks(), "" if fault is None or fault.field not in self._boxes else fault.field)
        self._notes.show(notes, None if fault is None or fault.field in self._boxes else fault.reason)
        self._button.set_text(_(self._verb()))
        faults = sorted(faults, key=lambda one: one.field == "name")  # which follows the place
        wrong = self._boxes[stops.field].field.title if stops is not None and stops.field in self._boxes else ""
        first = lazy(N_("correct “{field}” first"), field=LazyText(wrong)) if wrong else None
        why = barred or first or next((self._said(one) for one in faults), None)
        self._button.allow(str(why) if why else None)
        self._why.text = str(why or "")
        # what a host says when it looks around need not hold: the driver judges again, and nothing half made stays
        self._anyway.set_visibility(why is not None and why is first and request is not None)

    def _said(self, fault: Fault) -> LazyText:
        return lazy(UNCHOSEN[fault.field]) if fault.field in UNCHOSEN and not self._draft.values[fault.field] else fault.reason

    def _stops(self) -> Fault | None:
        """What the first host, which would make it, says against it; a server may list nothing and still have the place that was typed."""
        found, checks = self._search.found, self._search.checks
        if checks and checks[0].known:
            return _as_fault(checks[0]) if checks[0].refused else None
        return found.fault and Fault(found.fault.field, gist(found.fault.reason))

    def _mark(self, faults: Sequence[Fault], fault: Fault | None) -> None:
        """At its field; what is new gets the keyboard, unless somebody types elsewhere."""
        for name, box in self._boxes.items():
            wrong = next((one.reason for one in faults if one.field == name), None) if box.touched or self._pressed else None
            box.fault(wrong or (fault.reason if fault is not None and fault.field == name else None))
        if fault != self._marked:
            self._marked = fault
            if fault is not None and fault.field in self._boxes:
                self._boxes[fault.field].focus(politely=True)

    def _verb(self) -> str:
        """A message."""
        found = self._search.found
        if self._draft.attached(found):
            return N_("Attach")
        return N_("Erase and create") if self._draft.erased(found) else N_("Create")

    def _lead(self) -> None:
        """What is missing is said at each field, and the keyboard goes to the first."""
        self._pressed = True
        self._tell()
        _request, faults = self._draft.request(self._search.found)
        stops = self._stops()
        if (
            wrong := next((fault.field for fault in (*faults, stops) if fault is not None and fault.field in self._boxes), None)
        ) is not None:
            self._boxes[wrong].focus()

    def _go(self) -> None:
        request, _faults = self._draft.request(self._search.found)
        if request is None:
            self._lead()
            return
        self._search.stop()
        run = start_run(self._context, NEW_SR, [self._pool], request)
        if run is None:
            return
        self._given = True
        self._button.set_visibility(False)
        self._anyway.set_visibility(False)
        with fresh_slot(self._progress):
            SRProgress(self._context, run, lambda: self._over(run, request)).run_method("focus")  # the button that had it is gone

    def _over(self, run: Run, request: NewSR) -> LazyText:
        """It failed, and all is as it was: the form is there again. Returns why, as it is said at the field, if that is known."""
        (item,) = run.items
        self._given = False
        exports, reason = self._search.found.exports, gist(item.reason or LazyText(""))
        self._failed = fault_of(request, ProbeAnswer(code=item.code), self._home, exports, reason) if item.code else None
        self._button.set_visibility(True)
        self._search.again()
        self._tell()
        if self._failed is not None and self._failed.field in self._boxes:
            self._boxes[self._failed.field].focus()
        return self._failed.reason if self._failed is not None else reason


def _as_fault(one: HostCheck) -> Fault | None:
    return Fault(one.field, one.refused) if one.refused is not None else None
