"""The first administrator, made with a code: only who sees the program start has it."""

from __future__ import annotations

import secrets

from data.stores.trace import Actor, Deed, by
from data.stores.users import Role
from xo_dash.auth.attempts import Attempts
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused, refusing
from xo_dash.auth.session_keeper import SessionKeeper
from xo_dash.auth.sessions import Session
from xo_dash.i18n import _

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look like another
LENGTH = 12  # of 32 characters: 60 bits


class FirstRunCode:
    """One code, good for one administrator."""

    def __init__(self) -> None:
        self._code = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))

    def __repr__(self) -> str:
        return "FirstRunCode()"

    @property
    def code(self) -> str:
        """As it is printed: XXXX-XXXX-XXXX."""
        return "-".join(self._code[start : start + 4] for start in range(0, LENGTH, 4))

    def fits(self, typed: str) -> bool:
        """Lower case, spaces and dashes are forgiven."""
        plain = "".join(character for character in typed.upper() if character.isalnum())
        return secrets.compare_digest(plain.encode(), self._code.encode())


class FirstRun:
    """While nobody can sign in, whoever has the code makes an administrator of themselves."""

    def __init__(self, keeper: SessionKeeper, attempts: Attempts, passwords: Passwords, *, demo: bool) -> None:
        """In a demo there is none."""
        self._keeper = keeper
        self._users = keeper.users
        self._attempts = attempts
        self._passwords = passwords
        self._is_demo = demo
        self._code = FirstRunCode()

    def is_on(self) -> bool:
        """Whether nobody can sign in yet."""
        return not self._is_demo and not self._users.any_administrator()

    def code(self) -> str | None:
        """The code to print at the start; None if there is an administrator."""
        return self._code.code if self.is_on() else None

    async def make_administrator(self, code: str, name: str, password: str, address: str) -> tuple[str, Session]:
        """Raises Refused. The code is spent when the administrator is there."""
        if not self.is_on():
            raise Refused(_("The first administrator already exists; sign in."))
        with self._attempts.at("first run", address, Deed(action="user.first", kind="users", name=name)):
            if not self._code.fits(code):
                raise Refused(_("This is not the code that xo-dash printed when it started."))
        hashed = await self._passwords.hash_new(name, password)
        with by(Actor(name, address=address)):
            user = await refusing(self._users.add(name, hashed, Role.ADMIN, only_if_first=True))
        return await self._keeper.let_in(user, address)
