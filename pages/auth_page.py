"""The frame of the pages in front of the door: plain HTML of one piece, without scripts and without NiceGUI.

Nothing behind the door is touched before somebody has signed in, and there is nothing to wait for.
"""

import base64
import hashlib
import random
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

from xo_dash.i18n import locale

HERE = Path(__file__).parent
ICON = "data:image/svg+xml," + (
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%230e1420'/%3E"
    "%3Cpath d='M3 3h6v6H3z' fill='%235b9bf0'/%3E%3Cpath d='M10 3h3v6h-3zM3 10h3v3H3zM7 10h6v3H7z' fill='%233d74b5'/%3E%3C/svg%3E"
)
NOTCHED_SQUARE = '<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M0 0h8l4 4v8H0z"/></svg>'


def document(title: str, body: str) -> str:
    """A whole page; `body` is markup, `title` is text."""
    return (
        f'<!doctype html><html lang="{locale()}"><head><meta charset="utf-8"><title>{escape(title)} · xo-dash</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<meta name="robots" content="noindex"><link rel="icon" href="{ICON}"><style>{_style()}</style></head>'
        f'<body><main><div class="mark">xo<i>·</i>dash</div>{body}</main><aside aria-hidden="true">{_picture()}</aside></body></html>'
    )


def content_security_policy() -> str:
    """Of `document`: its own style, its icon, its form, and nothing else."""
    style = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def script_policy(script: str) -> str:
    """Of a `document` with this one script, which asks our server."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{content_security_policy()}; connect-src 'self'; script-src 'sha256-{digest}'"


def divider(text: str) -> str:
    """Between two ways to do it."""
    return f'<p class="or"><span>{escape(text)}</span></p>'


def field(label: str, name: str, **attributes: str) -> str:
    """An input with its label; attributes with `_` for `-`, and an empty one is a flag."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return f'<label>{escape(label)}<input name="{name}"{given}></label>'


def error_line(sentence: str) -> str:
    """Nothing for no sentence."""
    return f'<p class="error" role="alert">{NOTCHED_SQUARE}<span>{escape(sentence)}</span></p>' if sentence else ""


def error_box(name: str) -> str:
    """Where a script says what went wrong."""
    return f'<p class="error" role="alert" id="{name}" hidden>{NOTCHED_SQUARE}<span></span></p>'


@cache
def _style() -> str:
    tokens = HERE.parent / "components" / "theme" / "tokens.css"
    return tokens.read_text("utf-8") + (HERE / "auth.css").read_text("utf-8")


@cache
def _picture() -> str:
    """A map of no pool in particular."""
    rectangles = "".join(
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="5" class="l{load}"/>'
        for x, y, width, height, load in _tiles(random.Random(7), 0, 0, 1200, 1200)  # noqa: S311  # a drawing
    )
    return f'<svg viewBox="0 0 1200 1200" preserveAspectRatio="xMidYMid slice">{rectangles}</svg>'


def _tiles(dice: random.Random, x: float, y: float, width: float, height: float) -> Iterator[tuple[float, float, float, float, int]]:
    if width * height < 60_000 and (width * height < 14_000 or dice.random() < 0.45):
        yield x, y, width, height, dice.choices((0, 1, 2, 3), (10, 7, 2, 1))[0]
        return
    cut = dice.choice((0.34, 0.5, 0.62))
    if width > height:
        yield from _tiles(dice, x, y, width * cut, height)
        yield from _tiles(dice, x + width * cut, y, width * (1 - cut), height)
    else:
        yield from _tiles(dice, x, y, width, height * cut)
        yield from _tiles(dice, x, y + height * cut, width, height * (1 - cut))
