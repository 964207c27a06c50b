"""The page of the first run: makes the first administrator."""

from html import escape

from pages.auth_page import document, error_line, field
from xo_dash.auth.forms import FirstRunForm
from xo_dash.auth.passwords import SHORTEST
from xo_dash.i18n import _


def page(form: FirstRunForm) -> str:
    """The whole page as HTML."""
    fields = (
        field(
            _("Code"), "code", value=form.code, required="", maxlength="40", autocomplete="off", spellcheck="false",
            placeholder="XXXX-XXXX-XXXX", class_="code", **({} if form.code else {"autofocus": ""}),
        ),
        field(
            _("Name"), "name", value=form.name, required="", maxlength="64", autocomplete="username", autocapitalize="none",
            spellcheck="false", **({"autofocus": ""} if form.code and not form.name else {}),
        ),
        field(
            _("Password, at least {count} characters").format(count=SHORTEST), "password", type="password", required="",
            minlength=str(SHORTEST), autocomplete="new-password", **({"autofocus": ""} if form.code and form.name else {}),
        ),
        field(_("Repeat password"), "again", type="password", required="", minlength=str(SHORTEST), autocomplete="new-password"),
    )  # fmt: skip
    title, button = _("The first administrator"), _("Create and sign in")
    lead = _("There are no users yet. xo-dash printed a one-time code for this page when it started.")
    body = (
        f'<h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>'
        f'<form method="post" action="first-run">{error_line(form.error)}{"".join(fields)}<button>{escape(button)}</button></form>'
    )
    return document(title, body)
