"""What the sign-in page and the first-run page are given to show. Who draws them is told to `install`."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInForm:
    """Posts `name`, `password` and `next` to `login`."""

    name: str = ""  # as typed before
    next: str = "/"  # where to go after
    error: str = ""  # one sentence
    demo: bool = False  # whether demo/demo opens


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRunForm:
    """Posts `code`, `name`, `password` and `again` to `first-run`."""

    code: str = ""
    name: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Views:
    """Draw a whole HTML page, in the language of `xo_dash.i18n.using`."""

    sign_in: Callable[[SignInForm], str]
    first_run: Callable[[FirstRunForm], str]
    kiosk: Callable[[], str]
    """The page that a kiosk's link leads to: its script posts what is behind the # as `secret`, and goes on to `next` of the answer."""
    content_security_policy: str
    """Of the first two: they need less than the others."""
    kiosk_content_security_policy: str
