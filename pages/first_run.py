"""The page of the first run: makes the first administrator."""

from html import escape

from pages.door_page import document, error_line, field
from xo_dash.door.forms import FirstRunForm
from xo_dash.door.passwords import SHORTEST
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
        field(_("Password again"), "again", type="password", required="", minlength=str(SHORTEST), autocomplete="new-password"),
    )  # fmt: skip
    lead = escape(_("Nobody can sign in yet. The code was printed where xo-dash was started, and opens this page once."))
    body = (
        f'<h1>{escape(_("The first administrator"))}</h1><p class="lead">{lead}</p>'
        f'<form method="post" action="first-run">{error_line(form.error)}{"".join(fields)}'
        f"<button>{escape(_('Create and sign in'))}</button></form>"
    )
    return document(_("The first administrator"), body)
