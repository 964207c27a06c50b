"""Names and passwords that a directory knows. `directory` asks it; here is who that is, and what is said where it is away."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NoReturn

from data.stores.users import User
from xo_dash.auth.external import ClosedAccount, DirectoryAway, DirectoryRefusal, ExternalAccounts, ExternalIdentity
from xo_dash.auth.refused import Refused
from xo_dash.i18n import N_, _

if TYPE_CHECKING:
    from xo_dash.auth.directory import LdapDirectory

_WHY: Final[Mapping[ClosedAccount, str]] = {
    ClosedAccount.DISABLED: N_("Your account at {directory} is disabled. Ask whoever manages it."),
    ClosedAccount.EXPIRED: N_("Your account at {directory} has expired. Ask whoever manages it."),
    ClosedAccount.PASSWORD_EXPIRED: N_("Your password at {directory} has expired. Change it there, then sign in here."),
    ClosedAccount.NOT_NOW: N_("{directory} allows you to sign in at certain hours only. Try again then, or ask whoever manages it."),
}
"""What is said to who has the right password, and is not let in."""


def why_refused(refusal: DirectoryRefusal, directory: str) -> str:
    return _(_WHY[refusal.why]).format(directory=directory)


class DirectorySignIn:
    """Whoever has no password here. Whether a name is known there, here or nowhere is told by neither sentence nor time."""

    def __init__(self, accounts: ExternalAccounts, directory: LdapDirectory) -> None:
        self.directory = directory
        self._accounts = accounts

    async def identify(self, name: str, password: str, address: str) -> User:
        """Their account. Raises Refused."""
        identity = await self._ask(name, password)
        if identity is None:
            raise Refused(_("The name or the password is wrong."))
        return await self._accounts.account_of(identity, self.directory.server, address)

    async def refuse(self) -> NoReturn:
        """What takes as long, and ends as `identify` does for a name that the directory does not know. Raises Refused."""
        await self._ask(secrets.token_hex(8), secrets.token_hex(8))
        raise Refused(_("The name or the password is wrong."))

    async def fits(self, user: User, password: str) -> bool:
        """Whether it is the password of a user whom the directory knows. Raises Refused where it is away."""
        identity = await self._ask(user.name, password)
        return identity is not None and identity.subject == user.external

    async def _ask(self, name: str, password: str) -> ExternalIdentity | None:
        try:
            return await self.directory.identify(name, password)
        except DirectoryRefusal as refusal:
            if refusal.why in (ClosedAccount.DISABLED, ClosedAccount.EXPIRED):
                await self._accounts.close_account(refusal.subject, f"their account there is {refusal.why.value}")
            raise Refused(why_refused(refusal, self.directory.server.name)) from refusal
        except DirectoryAway as error:
            sentence = _("{directory} is not responding, so only local users can sign in now. If you are one, check name and password.")
            raise Refused(sentence.format(directory=self.directory.server.name)) from error
