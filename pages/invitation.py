"""What an invitation's link leads to: `/invitation#secret`. The secret never is in a request's address."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Final

from pages.auth_page import divider, document, error_box, field, script_policy
from xo_dash.auth.passwords import SHORTEST
from xo_dash.i18n import _

SCRIPT: Final = (Path(__file__).parent / "invitation.js").read_text("utf-8")
CONTENT_SECURITY_POLICY: Final = script_policy(SCRIPT)


def page(passkeys: str) -> str:
    """The whole page as HTML; its script asks whose link it is. `passkeys`: the origin at which they work, empty for none."""
    words = {
        "lead": _("You can sign in as {name}. Choose a password."),
        "differ": _("The passwords do not match."),
        "none": _("No passkey was made. Try again, or choose a password."),
        "away": _("The server is not responding. Try again."),
        "incomplete": _("This link is incomplete: the part after # is missing."),
    }
    verb, other, otherwise, waiting = _("Set password and sign in"), _("Use a passkey"), _("or without a password"), _("One moment …")
    fields = (
        '<input name="name" autocomplete="username" hidden>',
        field(
            _("Password, at least {count} characters").format(count=SHORTEST), "password", type="password", required="",
            minlength=str(SHORTEST), autocomplete="new-password",
        ),
        field(_("Repeat password"), "again", type="password", required="", minlength=str(SHORTEST), autocomplete="new-password"),
        f"<button>{escape(verb)}</button>",
    )  # fmt: skip
    title = _("Welcome to xo-dash")
    told = escape(json.dumps(words), quote=True)
    body = (
        f'<h1>{escape(title)}</h1><p class="lead" id="lead" role="status">{escape(waiting)}</p>'
        f'{error_box("said")}<form hidden data-words="{told}">{"".join(fields)}</form>'
        f'<div id="passkey" data-origin="{escape(passkeys)}" hidden>{divider(otherwise)}'
        f'<button type="button" class="other">{escape(other)}</button></div>'
        f"<script>{SCRIPT}</script>"
    )
    return document(title, body)
