"""What people save under a name for the next VM, for themselves or for everybody: choosing one, deleting it, saving another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from components.actions import whoever
from components.ui import Button, ButtonKind, Dialog, Field, Tone, check, choice, notify
from data.stores.cloud_configs import CloudConfig, ConfigKind
from data.stores.errors import StoreError
from xo_dash.auth.current import current_user
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.vm.create import CREATE
from xo_dash.i18n import _


class SavedConfigs(ui.element):
    """Those of one kind that the reader may use; not there while there are none. `load` gets what the chosen one says."""

    def __init__(self, context: Context, kind: ConfigKind, words: str, load: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__()
        self.classes("x-row x-saved").mark(f"saved-{kind}")
        self._context, self._kind, self.on_load = context, kind, load
        user = whoever()
        allowed = user is not None and bool(may(user, CREATE))  # there are passwords in them
        found = context.cloud_configs.visible(user.id, kind) if user is not None and allowed else ()
        self._options = {one.id: _label(one) for one in found}
        with self:
            self._field = choice(self._options, None, on_change=self._load)
            self._field.props["placeholder"] = self._field.props["display-value"] = words
            self._discard = Button(icon="trash", kind=ButtonKind.GHOST, label=_("Delete this configuration"), on_click=self._remove)
        self._discard.set_visibility(False)
        self.set_visibility(bool(self._options))

    def _show(self, options: Mapping[str, str]) -> None:
        self._options = dict(options)
        self._field.set_options(self._options, value=None)
        self.set_visibility(bool(self._options))
        self._discard.set_visibility(False)

    def _load(self) -> None:
        chosen, user = self._field.value, whoever()
        if not chosen or user is None or not may(user, CREATE):
            return
        try:
            kept = self._context.cloud_configs.open(str(chosen), user.id)
        except StoreError as error:
            notify(str(error), Tone.WARNING)
            return
        self._field.props.pop("display-value", None)
        self._field.update()
        self._discard.set_visibility(True)
        self.on_load(kept)

    async def _remove(self) -> None:
        chosen = str(self._field.value or "")
        try:
            await self._context.cloud_configs.remove(chosen, current_user().id)
        except StoreError as error:
            notify(str(error), Tone.WARNING)
            return
        self._show({key: name for key, name in self._options.items() if key != chosen})

    async def save(self, title: str, note: str, values: Mapping[str, Any]) -> None:
        """Ask for a name, and whether everybody may use it. `note` says what is saved and what is not."""
        dialog = Dialog(title)
        with dialog:
            name = Field(_("Name"))
            shared = check(_("Share with all users"))
            ui.label(note).classes("x-dim x-small")

        async def keep() -> None:
            user = current_user()
            if not (verdict := may(user, CREATE)):
                name.fault(str(verdict.reason))
                return
            try:
                made = await self._context.cloud_configs.save(
                    str(name.value), user.id, values, shared=bool(shared.value), kind=self._kind
                )  # fmt: skip
            except StoreError as error:
                name.fault(str(error))
                return
            self._show({**self._options, made.id: _label(made)})
            dialog.submit(True)

        dialog.answers(_("Cancel"), _("Save"), keep)
        await dialog
        dialog.delete()


def _label(config: CloudConfig) -> str:
    return config.name if config.owner else _("{name} (shared)").format(name=config.name)
