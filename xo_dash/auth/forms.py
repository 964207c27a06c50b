"""What the pages of the sign-in and the first run are given to show. Who draws them is told to `install`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from xo_dash.auth.two_step import Enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInForm:
    """Posts `name`, `password` and `next` to `login`."""

    name: str = ""  # as typed before
    next: str = "/"  # where to go after
    error: str = ""  # one sentence
    demo: bool = False  # whether demo/demo opens
    passkeys: str = ""  # the origin at which passkeys work; empty: nobody has one
    sso: str = ""  # what the provider of single sign-on is called, at `login/sso`; empty: there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRunForm:
    """Posts `code`, `name`, `password` and `again` to `first-run`."""

    code: str = ""
    name: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeForm:
    """Posts `ticket`, `code` and `next` to `login`."""

    ticket: str = field(repr=False)
    next: str = "/"
    error: str = ""
    enrolment: Enrolment | None = None  # to be set up first


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Shown once, to somebody who is in."""

    codes: tuple[str, ...] = field(repr=False)
    next: str = "/"


@dataclass(frozen=True, slots=True)
class Views:
    """Draw a whole HTML page, in the language of `xo_dash.i18n.using`."""

    sign_in: Callable[[SignInForm], str]
    code: Callable[[CodeForm], str]
    recovery_codes: Callable[[RecoveryCodes], str]
    first_run: Callable[[FirstRunForm], str]
    kiosk: Callable[[], str]
    """The page that a kiosk's link leads to: its script posts what is behind the # as `secret`, and goes on to `next` of the answer."""
    invitation: Callable[[str], str]
    """The page of an invitation's link, likewise: it posts to `invitation`. Given the origin at which passkeys work, empty for none."""
    content_security_policy: str
    """Of those without a script."""
    sign_in_content_security_policy: str
    invitation_content_security_policy: str
    kiosk_content_security_policy: str
