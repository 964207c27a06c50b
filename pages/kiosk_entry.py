"""What a kiosk's link leads to: `/kiosk#secret`. The secret never is in a request's address."""

import json
from html import escape
from pathlib import Path
from typing import Final

from pages.auth_page import document, script_policy
from xo_dash.i18n import _

SCRIPT: Final = (Path(__file__).parent / "kiosk_entry.js").read_text("utf-8")
CONTENT_SECURITY_POLICY: Final = script_policy(SCRIPT)


def page() -> str:
    """The whole page as HTML; its script says what went wrong, and tries again while the server is away."""
    words = {"away": _("The server is not responding. Retrying."), "none": _("This link is incomplete: the part after # is missing.")}
    told = escape(json.dumps(words), quote=True)
    waiting = escape(_("One moment …"))
    return document(_("Map"), f'<p id="said" role="status" data-words="{told}">{waiting}</p><script>{SCRIPT}</script>')
