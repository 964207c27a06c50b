"""A VM's text console: NiceGUI's terminal, fed by our websocket."""

from __future__ import annotations

from urllib.parse import quote

from nicegui.elements.xterm.xterm import Xterm

from components.console import files
from components.console.words import page_words
from data.identity import key_of
from data.names import name_of
from data.objects import VM
from xo_dash.i18n import _


class TextConsole(Xterm, component="text_console.js"):
    """Connects by itself, also when the VM starts later. The guest decides its size: no message of a console's says one."""

    def __init__(self, vm: VM) -> None:
        super().__init__()
        words = page_words()
        self._props["url"] = f"/ws/text-console/{quote(key_of(vm), safe='@')}"
        self._props["link"] = files.path_of("link.js")
        self._props["words"] = {
            "label": _("Text console of {vm}").format(vm=name_of(vm)),
            "vm": name_of(vm),
            **{name: words[name] for name in ("through", "needs_operator", "states")},
        }
        self.classes("contents")
