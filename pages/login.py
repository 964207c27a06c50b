"""The sign-in page."""

from html import escape
from typing import Final

from pages.auth_page import content_security_policy, document, error_line, field
from xo_dash.auth.forms import SignInForm
from xo_dash.i18n import _

CONTENT_SECURITY_POLICY: Final = content_security_policy()
"""Of this page and that of the first run: tighter than what NiceGUI's pages need."""


def page(form: SignInForm) -> str:
    """The whole page as HTML. The caret stands where something is missing."""
    name = field(
        _("Name"), "name", value=form.name, required="", maxlength="64", autocomplete="username", autocapitalize="none",
        spellcheck="false", **({} if form.name else {"autofocus": ""}),
    )  # fmt: skip
    password = field(
        _("Password"), "password", type="password", required="", autocomplete="current-password", **({"autofocus": ""} if form.name else {})
    )
    hint = f'<p class="hint">{_demo_hint()}</p>' if form.demo else ""
    title = _("Sign in")
    body = (
        f'<h1>{escape(title)}</h1><form method="post" action="login">{error_line(form.error)}{name}{password}'
        f'<input type="hidden" name="next" value="{escape(form.next)}"><button>{escape(title)}</button>{hint}</form>'
    )
    return document(title, body)


def _demo_hint() -> str:
    sentence = escape(_("This is a demo with simulated pools: the name is {name}, and so is the password."))
    return sentence.format(name="<b>demo</b>")
