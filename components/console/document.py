"""The page of one console: plain HTML with scripts of ours alone, without NiceGUI, whose pages need what this one forbids."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import quote

from components.console import files
from components.console.words import missing, page_words
from components.theme.icons import drawing
from components.theme.theme import CHOICES, script_json
from components.theme.theme import files as theme_files
from xo_dash.i18n import locale

CONTENT_SECURITY_POLICY: Final = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
    "img-src 'self' data:",  # noVNC draws the pointer so
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
))  # fmt: skip
HEADERS: Final = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store"}
MODES: Final = ("window", "tab", "tile")
"""By itself, in the page of its VM, or as one of many."""
ICONS: Final = ("keyboard", "edit", "eye", "full", "out", "left")


def console_path(key: str, mode: str = "window") -> str:
    path = f"/console/{quote(key, safe='@')}"
    return path if mode == "window" else f"{path}?in={mode}"


def document(key: str, name: str, mode: str, preferences: Mapping[str, object], *, may_use: bool, root: str) -> str:
    """The whole page as HTML. `root`: what a reverse proxy puts before every path."""
    chosen = {kind: str(value) for kind in CHOICES if (value := preferences.get(kind)) in CHOICES[kind]}
    page = {
        "mode": mode, "name": name, "may_use": may_use, "words": page_words(), "icons": {name: drawing(name) for name in ICONS},
        "url": f"{root}/ws{console_path(key)}", "path": f"{root}/vm/{quote(key, safe='@')}", "window": f"{root}{console_path(key)}",
    }  # fmt: skip
    if not files.is_here():
        return _html(mode, name, chosen, root, "", f'<main><p class="x-console-missing">{escape(missing())}</p></main>')
    scripts = "".join(f'<link rel="modulepreload" href="{root}{path}">' for path in files.preloaded())
    scripts += f'<script type="module" src="{root}{files.path_of("main.js")}"></script>'
    return _html(mode, name, chosen, root, scripts, f'<script type="application/json" id="page">{script_json(page)}</script>')


def _html(mode: str, name: str, chosen: Mapping[str, str], root: str, scripts: str, body: str) -> str:
    dressed = "".join(f' data-{kind}="{escape(value)}"' for kind, value in chosen.items())
    return (
        f'<!doctype html><html lang="{locale()}"{dressed}><head><meta charset="utf-8"><title>{escape(name)} · xo-dash</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">'
        f'<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="{root}{theme_files()["css"][0]}">{scripts}</head>'
        f'<body class="x-console x-console-in-{mode}">{body}</body></html>'
    )
