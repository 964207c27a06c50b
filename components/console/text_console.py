"""A VM's text console: NiceGUI's terminal, fed by our websocket."""

from __future__ import annotations

from urllib.parse import quote

from nicegui.elements.xterm.xterm import Xterm

from components.console import files
from components.console.words import page_words
from data.views.vm import VMView
from xo_dash.i18n import _


class TextConsole(Xterm, component="text_console.js"):
    """Connects by itself, also when the VM starts later. The guest decides its size: no message of a console's says one."""

    def __init__(self, vm: VMView) -> None:
        super().__init__()
        words = page_words()
        self._props["url"] = f"/ws/text-console/{quote(vm.key, safe='@')}"
        self._props["link"] = files.path_of("link.js")
        self._props["words"] = {
            "label": _("Text console of {vm}").format(vm=vm.name),
            "vm": vm.name,
            **{name: words[name] for name in ("through", "needs_operator", "states")},
        }
        self.classes("contents")
