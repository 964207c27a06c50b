"""An AuthService over the stores of one data directory, for houses that are built by hand."""

from __future__ import annotations

from typing import Any

from data.stores.directory import DataDirectory
from data.stores.invitations import InvitationStore
from data.stores.passkeys import PasskeyStore
from data.stores.sessions import SessionStore
from data.stores.users import UserStore
from tests.auth.two_step import two_step_of
from xo_dash.auth.passkeys import Passkeys
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.service import AuthService
from xo_dash.config_sign_in import PasskeySite

SITE = PasskeySite("localhost", "http://localhost:8080")


def service_of(directory: DataDirectory, users: UserStore | None = None, **parts: Any) -> AuthService:
    """With weak hashing, which is fast, and passkeys for SITE; `parts` as AuthService takes them."""
    return AuthService(
        users or UserStore(directory),
        SessionStore(directory),
        parts.pop("passwords", None) or Passwords(memory=1024),
        parts.pop("two_step", None) or two_step_of(directory),
        **{"invitations": InvitationStore(directory), "passkeys": Passkeys(PasskeyStore(directory), SITE), **parts},
    )
