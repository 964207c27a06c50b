"""The sign-in page, and its second step."""

import json
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from components.theme.icons import drawing
from components.ui import qr_code
from pages.auth_page import content_security_policy, divider, document, error_box, error_line, field, script_policy
from xo_dash.auth.forms import CodeForm, RecoveryCodes, SignInForm
from xo_dash.i18n import _

CONTENT_SECURITY_POLICY: Final = content_security_policy()
"""Of the second step and the first run: tighter than what NiceGUI's pages need."""
SCRIPT: Final = (Path(__file__).parent / "passkey.js").read_text("utf-8")
SIGN_IN_CONTENT_SECURITY_POLICY: Final = script_policy(SCRIPT)


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
        f'<h1>{escape(title)}</h1>{_passkey(form)}<form method="post" action="login">{error_line(form.error)}{name}{password}'
        f'<input type="hidden" name="next" value="{escape(form.next)}"><button>{escape(title)}</button>{hint}</form>'
        f"{_other_way(form)}{f'<script>{SCRIPT}</script>' if form.passkeys else ''}"
    )
    return document(title, body)


def _passkey(form: SignInForm) -> str:
    """Shown by its script, where the browser can and the address is the one that passkeys are made for."""
    if not form.passkeys:
        return ""
    words = escape(json.dumps({"none": _("No passkey was used. Try again, or sign in with your password.")}), quote=True)
    verb, otherwise = _("Sign in with a passkey"), _("or with a password")
    return (
        f'<div id="passkey" data-origin="{escape(form.passkeys)}" data-next="{escape(form.next)}" data-words="{words}" hidden>'
        f'{error_box("passkey-said")}<button type="button">{drawing("passkey")}{escape(verb)}</button>{divider(otherwise)}</div>'
    )


def _other_way(form: SignInForm) -> str:
    if not form.sso:
        return ""
    text = _("Sign in with {provider}").format(provider=form.sso)
    return f'<a class="button other" href="{escape(f"login/sso?next={quote(form.next)}")}">{escape(text)}</a>'


def code_page(form: CodeForm) -> str:
    """The second step: a code, and before it what the authenticator app has to know, where it is still to be set up."""
    code = field(
        _("Code"), "code", required="", maxlength="40", autocomplete="one-time-code", autocapitalize="none", spellcheck="false",
        autofocus="",
    )  # fmt: skip
    title = _("Set up two-step sign-in") if form.enrolment else _("Code from your app")
    recovery = _("Without your phone, type one of your recovery codes.")
    hint = "" if form.enrolment else f'<p class="hint">{escape(recovery)}</p>'
    body = (
        f'<h1>{escape(title)}</h1>{_set_up(form)}<form method="post" action="login">{error_line(form.error)}{code}'
        f'<input type="hidden" name="ticket" value="{escape(form.ticket)}"><input type="hidden" name="next" value="{escape(form.next)}">'
        f"<button>{escape(_('Sign in'))}</button>{hint}</form>"
    )
    return document(title, body)


def recovery_page(form: RecoveryCodes) -> str:
    """The only time that they are shown."""
    title = _("Recovery codes")
    text = _("Each code works once, when you do not have your phone. Keep them in a safe place; they are not shown again.")
    codes = "".join(f"<li>{escape(code)}</li>" for code in form.codes)
    body = (
        f'<h1>{escape(title)}</h1><p class="lead">{escape(text)}</p><ul class="codes">{codes}</ul>'
        f'<a class="button" href="{escape(form.next)}">{escape(_("I have saved them"))}</a>'
    )
    return document(title, body)


def _set_up(form: CodeForm) -> str:
    if form.enrolment is None:
        return ""
    text = _("Two-step sign-in is required here. Scan this with an authenticator app, and type the code that it shows.")
    key = escape(_("Without a camera, type this key:"))
    return (
        f'<p class="lead">{escape(text)}</p><div>{qr_code(form.enrolment.uri)}</div>'
        f'<p class="hint">{key} <b class="key">{escape(form.enrolment.spelled)}</b></p>'
    )


def _demo_hint() -> str:
    sentence = escape(_("This is a demo with simulated pools: the name is {name}, and so is the password."))
    return sentence.format(name="<b>demo</b>")
