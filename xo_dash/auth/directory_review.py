"""Users of a directory between their sign-ins: their role and groups follow those there, and who is gone or disabled there is out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from data.stores.trace import Actor, by
from data.stores.users import UserStore
from xo_dash.auth.external import DirectoryAway, ExternalAccounts
from xo_dash.auth.refused import Refused

if TYPE_CHECKING:
    from xo_dash.auth.directory import LdapDirectory

log = logging.getLogger(__name__)

REVIEWED_EVERY: Final = 900.0
"""Seconds between two reviews."""


class DirectoryReview:
    """Where nobody is set who searches, nobody can be looked up, and a sign-in alone tells."""

    def __init__(self, directory: LdapDirectory, accounts: ExternalAccounts, users: UserStore) -> None:
        self._directory, self._accounts, self._users = directory, accounts, users

    async def run(self) -> None:
        server = self._directory.server
        known = {user.external: user.name for user in self._users.all() if self._directory.knows(user.external)}
        if not known or not server.base or server.user_dn:
            return
        try:
            found = await self._directory.look_up(known)
        except DirectoryAway:  # it is logged where it was asked
            return
        with by(Actor(server.name)):
            for subject, identity in found.items():
                if self._users.by_external(subject) is None:
                    continue  # removed meanwhile
                if identity is None:
                    await self._accounts.close_account(subject, "they are disabled or gone in the directory")
                    continue
                try:
                    await self._accounts.brought_up(identity, server)
                except Refused as error:
                    log.info("a user of the directory %s: %s", server.url, error)
