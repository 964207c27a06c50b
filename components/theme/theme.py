"""Serve the style sheets and the small scripts, and put a user's choice of light or dark, and of contrast, on a page."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from nicegui import App, ui

from components.immutable import digest, serve
from xo_dash.i18n import _, locale, ngettext

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"theme": ("light", "dark"), "contrast": ("more",), "density": ("roomy",)}
"""What a user may choose of each; who chose nothing has it as the system has it."""
HERE: Final = Path(__file__).parent
FIRST: Final = ("tokens.css", "base.css", "elements.css", "quasar.css")
SCRIPTS: Final = ("theme.js", "connection.js", "tabs.js", "undo.js")
FAVICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#121a29"/>'
    '<path d="M3 3h5v6H3zM9 3h4v3H9zM9 7h4v6H9zM3 10h5v3H3z" fill="#5b9bf0"/></svg>'
)


def style_sheet() -> str:
    """All rules in one text: the theme's own in their order, then every .css that lies beside a component."""
    others = sorted(path for path in HERE.parent.rglob("*.css") if path.parent != HERE)
    return "\n".join(path.read_text(encoding="utf-8") for path in [*(HERE / name for name in FIRST), *others])


def install(app: App) -> None:
    """Serve `/theme/...`, to screens on a wall as well, and link it from every page; called once, before the first page."""
    tags = {"css": '<link rel="stylesheet" href="{}">', "js": '<script src="{}"></script>'}
    for kind, (path, text, media_type) in files().items():
        serve(app, path, text, media_type)
        ui.add_head_html(tags[kind].format(path), shared=True)


@cache
def files() -> Mapping[str, tuple[str, str, str]]:
    """{css or js: (path, text, media type)}; pages that are none of NiceGUI's link them themselves."""
    kinds = {
        "css": (style_sheet(), "text/css; charset=utf-8"),
        "js": ("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS), "text/javascript; charset=utf-8"),
    }
    return {kind: (f"/theme/{digest(text)}.{kind}", text, media) for kind, (text, media) in kinds.items()}


def wear(preferences: Mapping[str, object]) -> None:
    """Dress the page being built: as the user chose from its first paint, and with the words its script needs."""
    chosen = {kind: _known(kind, preferences.get(kind)) for kind in CHOICES}
    page = {**chosen, "now": time.time(), "language": locale(), "words": _words()}
    ui.add_head_html(f"<script>xoDash.wear({script_json(page)})</script>")


def change(kind: str, value: str) -> None:
    """Dress the page that is open; `kind` is one of CHOICES."""
    ui.run_javascript(f"xoDash.choose({json.dumps(kind)}, {json.dumps(_known(kind, value))})")


def _known(kind: str, value: object) -> str:
    return value if isinstance(value, str) and value in CHOICES[kind] else ""


def script_json(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c")  # or a word could end the script element


def _words() -> dict[str, object]:
    """What a moment's age is called, for times that stay true while the page is open."""
    forms = {"one": ngettext("{n} day", "{n} days", 1), "few": ngettext("{n} day", "{n} days", 2)}
    return {
        "now": _("just now"),
        "ago": _("{duration} ago"),
        "ahead": _("in {duration}"),
        "units": [_("{n} s"), _("{n} min"), _("{n} h")],
        "days": {**forms, "many": ngettext("{n} day", "{n} days", 5), "other": ngettext("{n} day", "{n} days", 5)},
        "lost": _("No connection to xo-dash"),
        "retry": _("The data may be out of date. Reconnecting automatically."),
    }
