"""Tokens by which programs act for a user: over the API, without a password and without a browser.

A token is `xod_<id>_<secret>`. Of the secret only a hash is kept: who reads the file cannot come in with it.
"""

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Final

from data.stores.directory import DataDirectory, in_thread
from data.stores.errors import RecordRefused
from data.stores.records import Records
from data.stores.trace import UNTOLD
from data.stores.users import Role
from xo_dash.i18n import _

LONGEST_NAME = 64
MOST_OF_A_USER: Final = 100
_SHAPE: Final = re.compile(r"xod_([0-9a-f]{12})_([\w-]{43})", re.ASCII)
_NOTED_EVERY: Final = 60.0
"""Seconds between two writings of when it was used last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What is kept of one; `role` is the most that it may, besides what its user may."""

    id: str
    name: str
    user_id: str
    digest: str = field(repr=False, metadata=UNTOLD)  # SHA-256 of the secret, hexadecimal
    role: Role = Role.ADMIN
    created: float = field(metadata=UNTOLD)  # seconds since 1970
    until: float | None = None  # seconds since 1970; None: until it is revoked
    used: float = field(default=0.0, metadata=UNTOLD)  # seconds since 1970, within a minute; 0: never

    @property
    def has_expired(self) -> bool:
        return self.until is not None and self.until < time.time()


class TokenStore(Records[ApiToken]):
    """tokens.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "tokens", ApiToken)

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether it looks like a token."""
        return _SHAPE.fullmatch(text) is not None

    def of(self, text: str) -> ApiToken | None:
        """The one that `text` is, also if it has expired."""
        found = _SHAPE.fullmatch(text)
        token = self.get(found[1]) if found else None
        if found is None or token is None or not hmac.compare_digest(token.digest, _digest(found[2])):
            return None
        return token

    def of_user(self, user_id: str) -> list[ApiToken]:
        return [token for token in self.all() if token.user_id == user_id]

    def add_now(self, user_id: str, name: str, role: Role = Role.ADMIN, until: float | None = None) -> tuple[str, ApiToken]:
        """The text, which nobody can tell again, and the record. Raises RecordRefused."""
        cleaned = name.strip()
        if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
            raise RecordRefused(_("a name has 1 to {longest} visible characters").format(longest=LONGEST_NAME))
        if until is not None and until <= time.time():
            raise RecordRefused(_("it would expire in the past; choose a later date"))
        token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        token = ApiToken(id=token_id, name=cleaned, user_id=user_id, digest=_digest(secret), role=role, created=time.time(), until=until)

        def edit(records: dict[str, ApiToken]) -> None:
            own = [other for other in records.values() if other.user_id == user_id]
            if any(other.name == cleaned for other in own):
                raise RecordRefused(_("the token {name} already exists; choose another name").format(name=cleaned))
            if len(own) >= MOST_OF_A_USER:
                raise RecordRefused(_("a user has at most {most} tokens; revoke some that are no longer used").format(most=MOST_OF_A_USER))
            records[token_id] = token

        self._change("token.add", edit, cleaned)
        return f"xod_{token_id}_{secret}", token

    def remove_now(self, token_id: str) -> ApiToken:
        """Raises RecordMissing."""
        return self._discard("token.remove", token_id)

    add = in_thread(add_now)
    remove = in_thread(remove_now)

    async def note_use(self, token: ApiToken) -> None:
        """Write down that it was just used, unless that was done a moment ago."""
        now = time.time()
        if now - token.used >= _NOTED_EVERY and token.id in self._records:
            await self._directory.run(self._update, None, token.id, lambda known: replace(known, used=now))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
