"""A still picture of a VM's screen."""

from __future__ import annotations

from urllib.parse import quote

from nicegui.element import Element

from data.consoles import Standing, present
from data.identity import key_of
from data.names import name_of
from data.objects import VM
from xo_dash.i18n import _


class Thumbnail(Element, component="thumbnail.js"):
    """Its browser fetches it, while it is in sight and the VM has a screen; what it had stays, faint. `refresh` when the VM changes."""

    def __init__(self, vm: VM) -> None:
        super().__init__()
        self._vm = vm
        self._props["url"] = f"/console-picture/{quote(key_of(vm), safe='@')}"
        self._props["words"] = {
            "alt": _("The screen of {vm}").format(vm=name_of(vm)),
            "none": _("No picture"),
            "unchanged": _("unchanged for {duration}"),
        }
        self.refresh()

    def refresh(self) -> None:
        live = present(self._vm).standing is Standing.READY
        if self._props.get("live") is not live:
            self._props["live"] = live
            self.update()
