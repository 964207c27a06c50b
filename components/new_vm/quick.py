"""The head of the form: a name, what it is made of, and Create. That is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from components.new_vm.draft import DraftSource
from components.new_vm.model import Model
from components.new_vm.section import TYPED, fault
from components.ui import Button, ButtonKind, Field, choice
from data.facts.vm import is_guest
from data.names import by_name, name_of
from data.objects import VM, PowerState
from xo_dash.control.vm.create import images_of, templates_of
from xo_dash.control.vm.creation.hosts import same_names
from xo_dash.i18n import _, ngettext, number

if TYPE_CHECKING:
    from components.new_vm.form import Form

MORE = "…"
"""Stands for the templates that come with the pool, until somebody wants to see them."""
INSTALL = "other-install-media"
"""Source: the built-in template's reference_label; its name on older pools."""


class Quick(ui.element):
    def __init__(self, form: Form) -> None:
        super().__init__("section")
        self.classes("x-card x-quick")
        self.form = form
        self._all = False  # also the templates that come with the pool
        self._options: dict[str, str] = {}
        draft = form.draft
        with self:
            with ui.element().classes("x-quick-name"):
                self.name = Field(_("Name"), draft.name, on_change=self._named).props(TYPED).mark("name")
                self.name.props["autofocus"] = True
                self._same = ui.label().classes("x-field-note")
                with ui.element().classes("x-quick-several") as self._several:
                    self.count = Field(_("How many"), draft.count, on_change=self._counted).props(TYPED)
                    self.first = Field(_("First number"), draft.first, on_change=self._counted).props(TYPED)
            with ui.element().classes("x-quick-template"):
                self.template = (
                    choice({}, None, label=_("Template"), on_change=self._chosen).props("use-input input-debounce=0").mark("template")
                )
                self.template.on("filter", lambda: None)
                self.iso = choice({}, None, label=_("Disc"), on_change=self._disc).mark("iso")
                self._others()
            with ui.element().classes("x-quick-verbs"):
                self._many = Button(_("Create several…"), self._turn_several, kind=ButtonKind.GHOST).mark("several")
                self.create = Button(_("Create"), form.create, kind=ButtonKind.PRIMARY).mark("create")
            self._wrong = ui.element("button").classes("x-quick-wrong x-critical").props("type=button").on("click", form.go_to_fault, [])
            with self._wrong:
                self._wrong_text = ui.label()

    def _others(self) -> None:
        ways = (
            (DraftSource.TEMPLATE, _("a template")), (DraftSource.ISO, _("an ISO")), (DraftSource.NETWORK, _("network boot")),
            (DraftSource.DISK, _("an existing disk")), (DraftSource.COPY, _("a copy of a VM")),
        )  # fmt: skip
        self._ways: dict[DraftSource, ui.element] = {}
        with ui.element().classes("x-field-note x-ways"):
            ui.label(_("Or"))
            for source, text in ways:
                with ui.element("button").classes("x-link").props("type=button") as way:
                    ui.label(text)
                way.on("click", lambda source=source: self.form.begin_with(source), []).mark(f"from-{source}")
                self._ways[source] = way

    # what is typed

    def _named(self) -> None:
        if not self.form.is_filling:
            self.form.draft.name = str(self.name.value or "")
            self.form.changed("name")

    def _counted(self) -> None:
        if not self.form.is_filling:
            self.form.draft.count, self.form.draft.first = str(self.count.value or ""), str(self.first.value or "")
            self.form.changed("count")

    def _turn_several(self) -> None:
        draft = self.form.draft
        draft.several = not draft.several
        if draft.several and "{n}" not in draft.name:
            draft.name = f"{draft.name.rstrip('-')}-{{n}}" if draft.name else "vm-{n}"
        with self.form.filling():
            self.name.value = draft.name
        self.form.changed()

    def _chosen(self) -> None:
        if self.form.is_filling:
            return
        if self.template.value == MORE:
            self._all = True
            if self.form.model is not None:
                self.show(self.form.model)
            self.template.run_method("showPopup")
            return
        self.form.draft.template = str(self.template.value or "")
        self.form.draft.leave_template()
        self.form.changed("template")

    def _disc(self) -> None:
        if not self.form.is_filling:
            self.form.draft.iso = str(self.iso.value or "")
            self.form.changed("iso")

    # what is shown

    def show(self, model: Model) -> None:
        draft = self.form.draft
        options = self.options(model)
        with self.form.filling():
            if options != self._options:
                self._options = options
                self.template.set_options(options, value=draft.template if draft.template in options else None)
            elif self.template.value != (draft.template or None):
                self.template.value = draft.template if draft.template in options else None
            if draft.source is DraftSource.ISO:
                discs = {vdi.uuid: name_of(vdi) for vdi in images_of([model.pool])}
                if discs != self.iso.options:
                    self.iso.set_options(discs, value=draft.iso if draft.iso in discs else None)
        self.template.props["label"] = _("VM") if draft.source is DraftSource.COPY else _("Template")
        self.iso.set_visibility(draft.source is DraftSource.ISO)
        self._several.set_visibility(draft.several)
        self._many.text = _("Create one") if draft.several else _("Create several…")
        for source, way in self._ways.items():
            way.set_visibility(source is not draft.source)
        for box, place in (
            (self.name, "name"),
            (self.count, "count"),
            (self.first, "first"),
            (self.template, "template"),
            (self.iso, "iso"),
        ):
            fault(box, self.form.said(model, place))
        self._show_same(model)
        self._show_faults(model)

    def options(self, model: Model) -> dict[str, str]:
        """{uuid: name}: people's own templates, then those that come with the pool; or the VMs that can be copied."""
        home = model.pool.home
        if self.form.draft.source is DraftSource.COPY:
            vms = [vm for vm in home.all(VM).values() if is_guest(vm) and vm.power_state is PowerState.HALTED]
            return {vm.uuid: name_of(vm) for vm in by_name(vms)}
        found = templates_of([model.pool])
        own = [vm for vm in found if not vm.is_default_template]
        shown = found if self._all or not own or self.form.draft.source is not DraftSource.TEMPLATE else own
        chosen = next((vm for vm in found if vm.uuid == self.form.draft.template and vm not in shown), None)
        told = {vm.uuid: _template_name(vm) for vm in ([*shown, chosen] if chosen is not None else shown)}
        rest = len(found) - len(told)
        if rest:
            told[MORE] = ngettext("{n} built-in template…", "{n} built-in templates…", rest).format(n=number(rest))
        return told

    def _show_same(self, model: Model) -> None:
        names = model.plan.names if model.plan is not None and self.form.draft.name else ()
        same = same_names(model.pool.home, names)
        text = _("No other VM has this name.") if names else ""
        if same:
            text = ngettext("{n} VM already has this name.", "{n} VMs already have this name.", len(same)).format(n=number(len(same)))
        if len(names) > 1 and not same:
            text = _("{first} to {last}").format(first=names[0], last=names[-1])
        self._same.text = "" if self.name.error else text

    def _show_faults(self, model: Model) -> None:
        faults = [fault for fault in model.faults if self.form.is_told(fault.field)]
        refused = self.form.refused
        self.create.allow(str(refused) if refused is not None else None)
        # with faults it still can be clicked, and goes to the first of them: so `enabled`, which would swallow that, knows nothing of them
        self.create.props["aria-disabled"] = "true" if faults or refused is not None else "false"
        self._wrong.set_visibility(bool(faults))
        count = ngettext("{n} field to correct: {where}", "{n} fields to correct: {where}", len(faults))
        self._wrong_text.text = count.format(n=number(len(faults)), where=self.form.where(faults[0].field)) if faults else ""


def _template_name(vm: VM) -> str:
    return name_of(vm) if vm.is_default_template else f"{name_of(vm)} · " + _("own")


def install_template(found: list[VM]) -> VM | None:
    """The one for whatever is installed from a disc or the network."""
    return next((vm for vm in found if vm.name_label == "Other install media"), next((vm for vm in found if vm.is_default_template), None))
