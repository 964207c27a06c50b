"""Tries to come in: slowed down after failures, and told to the audit where they are refused."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from data.stores.trace import Actor, Deed, Result, Tell
from data.stores.users import LONGEST_NAME, name_key
from xo_dash.auth.refused import Refused
from xo_dash.auth.throttle import Throttle, address_key
from xo_dash.i18n import _, duration

log = logging.getLogger(__name__)

ACCOUNT_TRIES, ACCOUNT_WAIT = 4, 60.0
"""Failures without a delay, and the longest delay (seconds) for one account: short, or anybody could keep its owner out."""
ADDRESS_TRIES, ADDRESS_WAIT = 12, 900.0
"""The same for one address, which a whole office may share."""
CODE_TRIES, CODE_WAIT = 4, 900.0
"""The same for the second step, whose codes are short: whoever comes so far knows the password."""


class Attempts:
    """Counts tries by account and by address, for all ways to sign in together."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._by_account = Throttle(ACCOUNT_TRIES, ACCOUNT_WAIT)
        self._by_code = Throttle(CODE_TRIES, CODE_WAIT)
        self._by_address = Throttle(ADDRESS_TRIES, ADDRESS_WAIT)

    @contextmanager
    def at(self, account: str, address: str, deed: Deed, *, code: bool = False) -> Iterator[None]:
        """Count a try at `deed`, as a failure unless the block ends well. Raises Refused while it is too early.

        `account`: whose it is, or what else is tried; `code`: of the second step.
        Refusals are told, but not those that come too early: a flood of them would drive everything else out of the audit.
        """
        host, by_account = address_key(address), self._by_code if code else self._by_account
        wait = max(by_account.wait(account), self._by_address.wait(host))
        if wait > 0:
            sentence = _("Too many failed attempts. Try again in {duration}.").format(duration=duration(wait + 1))
            raise Refused(sentence, wait)
        by_account.begin(account)
        self._by_address.begin(host)
        try:
            yield
        except Refused as error:
            log.warning("refused %r from %s", account[:80], address)
            name = deed.name[:LONGEST_NAME]
            self._tell(Actor(name, address=address), replace(deed, name=name, result=Result.REFUSED, reason=str(error)))
            raise
        by_account.succeeded(account)
        self._by_address.undo(host)


def by_name(name: str) -> str:
    """What tries at a password of this user are counted as."""
    return f"account {name_key(name)}"


def from_address(kind: str, address: str) -> str:
    """What tries are counted as that name nobody."""
    return f"{kind} {address_key(address)}"
