"""The second step of a sign-in: a code of an authenticator app (TOTP, RFC 6238) or a recovery code."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from passlib.exc import InvalidTokenError, MalformedTokenError
from passlib.totp import TOTP

from data.stores.errors import RecordMissing, SecretUnreadable, StoreError
from data.stores.second_factors import SecondFactorStore
from data.stores.users import User
from xo_dash.auth.refused import Refused, TooLate, sentence_of
from xo_dash.i18n import _, duration

REQUIRED = "two_step.required"
"""The setting that says whether everybody needs it."""
ISSUER = "xo-dash"
"""What an authenticator app shows beside the user's name."""
PERIOD = 30
"""Seconds for which a code is right; the one before and the one after are taken too."""
CLOCKS = 900
"""Seconds by which clocks may differ for it to be told."""
TYPED_LATE = 120
"""Seconds for which a code of an app may just be an old one."""
RECOVERY_CODES, RECOVERY_LENGTH = 10, 10
PATIENCE = 600.0
"""Seconds between the password and the code."""
MOST = 1000
"""People between the two; more, and the oldest have to begin again."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz"
"""Of recovery codes: no digits, which an app's codes have, and no letters that look like them. Ten of 23 are 45 bits."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A key that a person puts into their app; it counts for nothing until a code of it was typed."""

    key: str = field(repr=False)
    name: str

    @property
    def uri(self) -> str:
        """What the QR code says."""
        return str(TOTP(key=self.key).to_uri(self.name, ISSUER))

    @property
    def spelled(self) -> str:
        """The key to type in where no camera is."""
        return str(TOTP(key=self.key).pretty_key(sep=" "))


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Somebody whose password was right."""

    user: User
    until: float
    enrolment: Enrolment | None  # where they have to set it up first


class CodeNeeded(Exception):
    """The password was right. `ticket` opens the second step, once."""

    def __init__(self, ticket: str, enrolment: Enrolment | None) -> None:
        super().__init__("a code is needed")
        self.ticket = ticket
        self.enrolment = enrolment


class TwoStep:
    """Who needs a second step, and whether theirs is right."""

    def __init__(
        self, store: SecondFactorStore, required: Callable[[], bool] = lambda: False, clock: Callable[[], float] = time.time
    ) -> None:
        """`required`: whether everybody with a password needs one."""
        self.store = store
        self.required = required
        self._clock = clock
        self._half_way: dict[str, HalfWay] = {}

    def is_on(self, user_id: str) -> bool:
        return self.store.get(user_id) is not None

    def is_needed(self, user: User) -> bool:
        """Whether a password is not enough for `user`."""
        return self.is_on(user.id) or (self.required() and has_password(user))

    def recovery_left(self, user_id: str) -> int:
        record = self.store.get(user_id)
        return len(record.recovery) if record else 0

    def ask(self, user: User) -> None:
        """Raises CodeNeeded where `user` needs one: with a new key, where everybody does and they have none."""
        if self.is_needed(user):
            enrolment = None if self.is_on(user.id) else self.begin(user)
            raise CodeNeeded(self._ticket(user, enrolment), enrolment)

    def half_way(self, ticket: str) -> HalfWay:
        """Whose ticket this is. Raises TooLate."""
        found = self._half_way.get(_hash(ticket))
        if found is None or found.until < time.monotonic():
            raise too_late()
        return found

    async def finish(self, ticket: str, code: str) -> tuple[str, ...]:
        """Spend the ticket on a right code; the recovery codes, where it was set up just now. Raises Refused."""
        half_way = self.half_way(ticket)
        recovery: tuple[str, ...] = ()
        if half_way.enrolment is None:
            await self._check(half_way.user.id, code)
        elif self.is_on(half_way.user.id):
            raise too_late()  # set up elsewhere meanwhile: this key has no say any more
        else:
            recovery = await self.confirm(half_way.user, half_way.enrolment, code)
        self._half_way.pop(_hash(ticket), None)
        return recovery

    async def _check(self, user_id: str, code: str) -> None:
        """Raises Refused. A code is taken once."""
        try:
            if (cleaned := _cleaned(code)).isdigit():
                await self.store.take_code(user_id, self._match(self.store.key(user_id), cleaned))
            else:
                await self.store.take_recovery(user_id, cleaned)
        except InvalidTokenError as error:
            wrong = _("The code is wrong. If the next one is too, check the clock of your phone, or use a recovery code.")
            off = self._clocks_differ(self.store.key(user_id), cleaned)
            raise Refused(_clocks(off) if abs(off) > TYPED_LATE else wrong) from error
        except MalformedTokenError as error:
            raise Refused(_("A code has 6 digits, a recovery code {length} letters.").format(length=RECOVERY_LENGTH)) from error
        except SecretUnreadable as error:
            raise Refused(_("xo-dash cannot read the key of your app any more. Ask an administrator to reset two-step sign-in.")) from error
        except StoreError as error:
            raise Refused(sentence_of(error)) from error

    def begin(self, user: User) -> Enrolment:
        """A key of one's own."""
        return Enrolment(str(TOTP.new().base32_key), user.name)

    async def confirm(self, user: User, enrolment: Enrolment, code: str) -> tuple[str, ...]:
        """From now on codes of this key are needed; answers the recovery codes, this once. Raises Refused."""
        try:
            counter = self._match(enrolment.key, _cleaned(code))
        except (InvalidTokenError, MalformedTokenError) as error:
            raise Refused(self._why_not(enrolment.key, _cleaned(code))) from error
        codes = _recovery_codes()
        await self.store.set(user.id, user.name, enrolment.key, counter, codes)
        return codes

    async def renew_recovery(self, user_id: str) -> tuple[str, ...]:
        """Others in the place of those before. Raises Refused."""
        codes = _recovery_codes()
        try:
            await self.store.set_recovery(user_id, codes)
        except RecordMissing as error:
            raise Refused(_("Two-step sign-in is off.")) from error
        return codes

    def _match(self, key: str, code: str) -> int:
        """The 30 seconds in which this is the code. Raises InvalidTokenError, MalformedTokenError."""
        return int(TOTP(key=key, period=PERIOD).match(code, time=int(self._clock()), window=PERIOD).counter)

    def _why_not(self, key: str, code: str) -> str:
        off = self._clocks_differ(key, code)
        return _clocks(off) if off else _("The code is wrong. Type the 6 digits that the app shows now.")

    def _clocks_differ(self, key: str, code: str) -> int:
        """Seconds by which the clock of whoever has this code is ahead; 0 if it is no code of this key within CLOCKS."""
        try:
            return int(TOTP(key=key, period=PERIOD).match(code, time=int(self._clock()), window=CLOCKS).skipped) * PERIOD
        except (InvalidTokenError, MalformedTokenError):
            return 0

    def _ticket(self, user: User, enrolment: Enrolment | None) -> str:
        now, ticket = time.monotonic(), secrets.token_urlsafe(32)
        self._half_way = {key: one for key, one in self._half_way.items() if one.until > now}
        while len(self._half_way) >= MOST:
            del self._half_way[next(iter(self._half_way))]
        self._half_way[_hash(ticket)] = HalfWay(user, now + PATIENCE, enrolment)
        return ticket


def has_password(user: User) -> bool:
    """Whether somebody signs in with a name and a password, which are ours or a directory's; a provider has a second step of its own."""
    return bool(user.password_hash) or user.external.startswith("ldap")


def _clocks(off: int) -> str:
    sentence = _("The clocks of your phone and of this server differ by about {duration}. Correct the wrong one and try again.")
    return sentence.format(duration=duration(abs(off)))


def too_late() -> TooLate:
    return TooLate(_("Too much time has passed. Sign in again."))


def _recovery_codes() -> tuple[str, ...]:
    return tuple("".join(secrets.choice(ALPHABET) for _letter in range(RECOVERY_LENGTH)) for _number in range(RECOVERY_CODES))


def _cleaned(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()[:64]


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
