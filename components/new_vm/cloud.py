"""What cloud-init is told: fields, or a text of one's own; saved configurations, one's own and shared ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nicegui import ui

from components.new_vm.draft import CloudDraft
from components.new_vm.model import Model
from components.new_vm.saved import SavedConfigs
from components.new_vm.section import Section
from components.ui import Button, ButtonKind, Field
from data.stores.cloud_configs import ConfigKind
from xo_dash.control.cloud_init.check import hints_of_text
from xo_dash.control.cloud_init.config import user_data
from xo_dash.i18n import _, ngettext, number

KEPT = ("user", "password", "ssh_keys", "packages", "update", "own", "text")
"""Of a draft, what a saved configuration has: what is of one VM alone is not in it."""


KEY_EXAMPLE: Final = "ssh-ed25519 AAAA…"
PACKAGES_EXAMPLE: Final = "nginx, qemu-guest-agent"


class Cloud(Section):
    title = staticmethod(lambda: "cloud-init")
    fields = ("cloud_init",)

    def summary(self, model: Model) -> str:
        cloud = self.form.draft.cloud
        if not cloud.on:
            return _("none")
        if cloud.own:
            return _("own user-data") + " · " + _network(cloud)
        keys = sum(bool(line.strip()) for line in cloud.ssh_keys.splitlines())
        packages = len(cloud.packages.replace(",", " ").split())
        parts = [
            cloud.user or _("the image's user"),
            ngettext("{n} SSH key", "{n} SSH keys", keys).format(n=number(keys)) if keys else _("no SSH key"),
            ngettext("{n} package", "{n} packages", packages).format(n=number(packages)) if packages else "",
            _network(cloud),
        ]
        return ", ".join(filter(None, parts))

    def changed(self) -> bool:
        return self.form.draft.cloud.on

    # ---- its fields

    def fill(self) -> None:
        cloud = self.form.draft.cloud
        with ui.element().classes("x-row x-spread x-wrap"):
            self._on = self.switch(_("Configure at first boot"), cloud.on, self._turn)
            self._configs = SavedConfigs(self.form.context, ConfigKind.CLOUD_INIT, _("Saved configurations"), self._load)
        with ui.element().classes("x-cloud"):
            with ui.element().classes("x-cloud-fields"):
                self._people(cloud)
                self._network_fields(cloud)
            self._user_data()

    def _turn(self, on: bool) -> None:
        self.form.draft.cloud.on = on

    def _people(self, cloud: CloudDraft) -> None:
        with ui.element().classes("x-cloud-people x-fold-fields") as self._people_box:
            self._field("user", _("User"), placeholder=_("the image's own"))
            self._field("password", _("Password"), placeholder=_("none, keys only"), password=True, autocomplete="new-password")
        with ui.element().classes("x-stack") as self._more_box:
            self._field("ssh_keys", _("SSH keys"), placeholder=KEY_EXAMPLE, lines=True, hint=_("One per line"))
            self._field("packages", _("Packages"), placeholder=PACKAGES_EXAMPLE)
            self._update = self.switch(_("Update packages at first boot"), cloud.update, lambda on: setattr(cloud, "update", on))

    def _network_fields(self, cloud: CloudDraft) -> None:
        self._field("hostname", _("Hostname"), placeholder=_("from the name"))
        with ui.element().classes("x-segments").props("role=group") as segments:
            segments.props["aria-label"] = _("Network")
            self._segments = {static: self._segment(static, text) for static, text in ((False, "DHCP"), (True, _("Static address")))}
        with ui.element().classes("x-fold-fields") as self._static_box:
            self._field("address", _("Address"), placeholder="192.168.1.20/24")
            self._field("gateway", _("Gateway"), placeholder="192.168.1.1")
            self._field("dns", _("DNS servers"), placeholder="192.168.1.1")

        self.switch(_("Remove the cloud-init disk after the first boot"), cloud.remove, lambda on: setattr(cloud, "remove", on))

    def _segment(self, static: bool, text: str) -> ui.element:
        def choose() -> None:
            self.form.draft.cloud.static, self.form.draft.cloud.on = static, True
            self.form.changed()

        with ui.element("button").props("type=button").on("click", choose, []) as button:
            ui.label(text)
        return button

    def _user_data(self) -> None:
        with ui.element().classes("x-stack x-cloud-text") as self._text_box:
            self._data = self._field("text", _("User-data"), lines=True)
            self._data.classes("x-cloud-own").props("rows=14")
            self._hint = ui.label().classes("x-small x-dim")
            with ui.element().classes("x-btns"):
                self._edit = Button(_("Edit text"), self._turn_own, icon="edit").mark("edit-text")
                Button(_("Save as…"), self._save, kind=ButtonKind.GHOST).mark("save-config")

    def _field(self, name: str, label: str, **more: Any) -> Field:
        def put(text: str) -> None:
            """Who says something wants it said at the first boot."""
            cloud = self.form.draft.cloud
            setattr(cloud, name, text)
            cloud.on = cloud.on or bool(text.strip())

        return self.text(f"cloud_init.{name}", label, put, value=str(getattr(self.form.draft.cloud, name)), **more)

    def _turn_own(self) -> None:
        """From fields to a text that begins with what they say, without the password; and back to the fields."""
        cloud = self.form.draft.cloud
        if not cloud.own and not cloud.text.strip():
            cloud.text = self._made().replace("•••", "")
        cloud.own = not cloud.own
        self.form.changed()

    def _made(self) -> str:
        model = self.form.model
        request = model.request if model is not None else None
        if model is None or model.plan is None or model.plan.cloud_init is None:
            return ""
        return user_data(model.plan.cloud_init, request.names[0] if request is not None else model.plan.names[0], hidden=True)

    def refresh(self, model: Model) -> None:
        cloud = self.form.draft.cloud
        self._text_box.set_visibility(cloud.on)
        for box in (self._people_box, self._more_box):
            box.set_visibility(not cloud.own)
        self._static_box.set_visibility(cloud.static)
        for static, button in self._segments.items():
            button.props["aria-pressed"] = "true" if static is cloud.static else "false"
        text = cloud.text if cloud.own else self._made()
        with self.form.filling():
            self._on.value = cloud.on
            if self._data.value != text:
                self._data.value = text
        self._data.props("readonly" if not cloud.own else "", remove="" if not cloud.own else "readonly")
        self._edit.text = _("Edit text") if not cloud.own else _("Use the fields")
        hints = [str(hint) for hint in hints_of_text(cloud.text)] if cloud.own else []
        fine = _("valid, all keys known") if cloud.own and not model.fault("cloud_init.text") else ""
        self._hint.text = hints[0] if hints else fine

    # ---- saved ones

    def _load(self, kept: Mapping[str, Any]) -> None:
        cloud = self.form.draft.cloud
        for name in KEPT:
            if type(kept.get(name)) is type(getattr(cloud, name)):
                setattr(cloud, name, kept[name])
        cloud.on = True
        with self.form.filling():
            for name in KEPT:
                if box := self._boxes.get(f"cloud_init.{name}"):
                    box.value = getattr(cloud, name)
            self._update.value = cloud.update
        self.form.changed()

    async def _save(self) -> None:
        cloud = self.form.draft.cloud
        note = _("Includes user, password, SSH keys, packages and text, but not hostname and address.")
        await self._configs.save(_("Save this cloud-init configuration"), note, {key: getattr(cloud, key) for key in KEPT})


def _network(cloud: CloudDraft) -> str:
    return (cloud.address or _("static address")) if cloud.static else "DHCP"
