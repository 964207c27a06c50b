"""What it does after its creation, and what it is called beside its name."""

from __future__ import annotations

from nicegui import ui

from components.new_vm.model import Model
from components.new_vm.section import Section
from components.ui import Mark, choice
from xo_dash.control.vm.creation.request import HA
from xo_dash.i18n import _


class Options(Section):
    title = staticmethod(lambda: _("Start and protection"))
    fields = ("start", "auto_start", "ha", "protect")

    def summary(self, model: Model) -> str:
        draft = self.form.draft
        return " · ".join((
            _("start after creation") if draft.start else _("stays halted"),
            _("auto-start on") if draft.auto_start else _("auto-start off"),
            _("HA: {priority}").format(priority=_(HA[draft.ha])),
            _("protected from deletion") if draft.protect else _("deletion not protected"),
        ))  # fmt: skip

    def changed(self) -> bool:
        draft = self.form.draft
        return not draft.start or draft.auto_start or bool(draft.ha) or draft.protect

    def fill(self) -> None:
        draft = self.form.draft
        with ui.element().classes("x-fold-checks"):
            self.switch(_("Start after creation"), draft.start, lambda on: setattr(draft, "start", on))
            self.switch(_("Auto-start when its host has booted"), draft.auto_start, lambda on: setattr(draft, "auto_start", on))
            self.switch(_("Protect from deletion"), draft.protect, lambda on: setattr(draft, "protect", on))

        def put(event: object) -> None:
            if not self.form.is_filling:
                draft.ha = str(self._ha.value or "")
                self.form.changed()

        with ui.element().classes("x-fold-fields"):
            self._ha = choice({key: _(words) for key, words in HA.items()}, draft.ha, label=_("HA"), on_change=put)
            self._boxes["ha"] = self._ha
        with ui.element().classes("x-row x-dim") as self._off:
            Mark("warning")
            ui.label(_("HA is off in this pool."))

    def refresh(self, model: Model) -> None:
        self._off.set_visibility(not model.pool.ha_enabled)
        self._ha.set_enabled(model.pool.ha_enabled or bool(self.form.draft.ha))


class Labels(Section):
    title = staticmethod(lambda: _("Description and tags"))
    fields = ("description", "tags")

    def summary(self, model: Model) -> str:
        draft = self.form.draft
        text = (draft.description or "").strip().partition("\n")[0]
        tags = ", ".join(model.request.tags or ()) if model.request is not None and draft.tags is not None else draft.tags or ""
        described = text or _("no description")
        return f"{described} · " + (_("tags {tags}").format(tags=tags) if tags else _("tags of the template"))

    def changed(self) -> bool:
        return self.form.draft.description is not None or self.form.draft.tags is not None

    def fill(self) -> None:
        draft = self.form.draft
        self.text(
            "description", _("Description"), lambda text: setattr(draft, "description", text), value=draft.description or "", lines=True
        )
        self.text("tags", _("Tags"), lambda text: setattr(draft, "tags", text), value=draft.tags or "", hint=_("Comma separated"))
