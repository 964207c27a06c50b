"""A still picture of a VM's screen."""

from __future__ import annotations

from urllib.parse import quote

from nicegui.element import Element

from data.consoles import Standing
from data.views.vm import VMView
from xo_dash.i18n import _


class Thumbnail(Element, component="thumbnail.js"):
    """Its browser fetches it, while it is in sight and the VM has a screen; what it had stays, faint. `refresh` when the VM changes."""

    def __init__(self, vm: VMView) -> None:
        super().__init__()
        self._vm = vm
        self._props["url"] = f"/console-picture/{quote(vm.key, safe='@')}"
        self._props["words"] = {
            "alt": _("The screen of {vm}").format(vm=vm.name),
            "none": _("No picture"),
            "unchanged": _("unchanged for {duration}"),
        }
        self.refresh()

    def refresh(self) -> None:
        live = self._vm.present and self._vm.screen is Standing.READY
        if self._props.get("live") is not live:
            self._props["live"] = live
            self.update()
