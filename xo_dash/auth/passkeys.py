"""Passkeys (WebAuthn): what a browser is asked, and whether its answer is right. `webauthn` knows the protocol.

Each challenge is good once, for whom it was made and for a few minutes. The authenticator checks its owner (a finger, a face, a PIN), so
that a passkey is both steps of a sign-in.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from data.stores.errors import StoreError
from data.stores.passkeys import Passkey, PasskeyStore
from data.stores.users import User
from xo_dash.auth.refused import Refused, TooLate, refusing, sentence_of
from xo_dash.i18n import _

if TYPE_CHECKING:
    from xo_dash.config_sign_in import PasskeySite

PATIENCE: Final = 300.0
"""Seconds between the question and the answer."""
MOST: Final = 1000
"""Questions that wait for an answer; more, and the oldest have to begin again."""
LONGEST_ANSWER: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class PasskeyQuestion:
    """What a browser is asked: `options` are for `navigator.credentials`, `ticket` comes back with its answer."""

    ticket: str = field(repr=False)
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Challenge:
    challenge: bytes
    whose: str  # whom it is registered for; empty: whoever signs in
    until: float


class Passkeys:
    """Of one dashboard, at the one address that people use."""

    def __init__(self, store: PasskeyStore, site: PasskeySite | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`site`: None where passkeys cannot work."""
        self.store = store
        self.site = site
        self._clock = clock
        self._asked: dict[str, _Challenge] = {}

    def offered(self) -> bool:
        """Whether anybody has one."""
        return self.site is not None and bool(self.store.all())

    async def ask_new(self, user: User) -> PasskeyQuestion:
        """To make one for `user`. Raises Refused."""
        site, known = self._need_site(), [one.id for one in self.store.of_user(user.id)]
        challenge = secrets.token_bytes(32)
        options = await asyncio.to_thread(_new_options, site, user, known, challenge)
        return PasskeyQuestion(self._note(challenge, user.id), options)

    async def made(self, ticket: str, user: User, name: str, answer: str) -> Passkey:
        """What a browser made, whose JSON is `answer`: right, and not kept yet. Raises Refused."""
        site, challenge = self._need_site(), self._take(ticket, user.id)
        try:
            return await asyncio.to_thread(_made, site, user, name, challenge, _decoded(answer))
        except ValueError as error:
            raise Refused(_("The passkey could not be used. Try again, or choose another device.")) from error

    async def keep(self, passkey: Passkey) -> Passkey:
        """Raises Refused."""
        return await refusing(self.store.add(passkey))

    async def ask_who(self) -> PasskeyQuestion:
        """To find out who somebody is: the browser offers the passkeys that it has for this dashboard. Raises Refused."""
        site, challenge = self._need_site(), secrets.token_bytes(32)
        return PasskeyQuestion(self._note(challenge, ""), await asyncio.to_thread(_known_options, site, challenge))

    async def owner(self, ticket: str, answer: str) -> str:
        """The id of the user whose passkey answered. Raises Refused; the same for one that is unknown and one that is wrong."""
        site, challenge = self._need_site(), self._take(ticket, "")
        try:
            credential = _decoded(answer)
            passkey = self.store.get(str(credential.get("id", "")))
            if passkey is None or passkey.domain != site.domain:
                raise ValueError("unknown")
            counter = await asyncio.to_thread(_counter, site, passkey, challenge, credential)
        except ValueError as error:
            raise Refused(_("This passkey is not registered here. Sign in another way and add it in “My account”.")) from error
        try:
            await self.store.note_use(passkey.id, counter)
        except StoreError as error:
            raise Refused(sentence_of(error)) from error
        return passkey.user_id

    def _need_site(self) -> PasskeySite:
        if self.site is None:
            raise Refused(_("Passkeys need a name and https. An administrator sets it: public_url in config.toml."))
        return self.site

    def _note(self, challenge: bytes, whose: str) -> str:
        now, ticket = self._clock(), secrets.token_urlsafe(32)
        self._asked = {key: one for key, one in self._asked.items() if one.until > now}
        while len(self._asked) >= MOST:
            del self._asked[next(iter(self._asked))]
        self._asked[ticket] = _Challenge(challenge, whose, now + PATIENCE)
        return ticket

    def _take(self, ticket: str, whose: str) -> bytes:
        """The challenge of a ticket, which is spent by it. Raises TooLate."""
        asked = self._asked.pop(ticket, None)
        if asked is None or asked.whose != whose or asked.until < self._clock():
            raise TooLate(_("Too much time has passed. Try again."))
        return asked.challenge


def _decoded(answer: str) -> dict[str, Any]:
    """What a browser sent, which may be anything. Raises ValueError."""
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("it is too long")
    found = orjson.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("it is no credential")
    return found


# ---- for a thread: the first import takes half a second, a signature some milliseconds


def _new_options(site: PasskeySite, user: User, known: Sequence[str], challenge: bytes) -> dict[str, Any]:
    from webauthn import generate_registration_options  # noqa: PLC0415
    from webauthn.helpers import base64url_to_bytes, options_to_json_dict, structs  # noqa: PLC0415

    required = structs.UserVerificationRequirement.REQUIRED
    return options_to_json_dict(generate_registration_options(
        rp_id=site.domain, rp_name="xo-dash", user_id=user.id.encode(), user_name=user.name, challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED, user_verification=required
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known],
    ))  # fmt: skip


def _made(site: PasskeySite, user: User, name: str, challenge: bytes, credential: dict[str, Any]) -> Passkey:
    """Raises ValueError."""
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers import bytes_to_base64url  # noqa: PLC0415

    with _failing():
        made = verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=site.domain, expected_origin=site.origin,
            require_user_verification=True,
        )  # fmt: skip
    return Passkey(
        id=bytes_to_base64url(made.credential_id), user_id=user.id, name=name, public_key=made.credential_public_key,
        counter=made.sign_count, domain=site.domain, created=0.0,
    )  # fmt: skip


def _known_options(site: PasskeySite, challenge: bytes) -> dict[str, Any]:
    from webauthn import generate_authentication_options  # noqa: PLC0415
    from webauthn.helpers import options_to_json_dict, structs  # noqa: PLC0415

    required = structs.UserVerificationRequirement.REQUIRED
    return options_to_json_dict(generate_authentication_options(rp_id=site.domain, challenge=challenge, user_verification=required))


def _counter(site: PasskeySite, passkey: Passkey, challenge: bytes, credential: dict[str, Any]) -> int:
    """How often it has signed by now, where it was that passkey which did. Raises ValueError."""
    from webauthn import verify_authentication_response  # noqa: PLC0415

    with _failing():
        return verify_authentication_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=site.domain, expected_origin=site.origin,
            credential_public_key=passkey.public_key, credential_current_sign_count=passkey.counter, require_user_verification=True,
        ).new_sign_count  # fmt: skip


@contextmanager
def _failing() -> Iterator[None]:
    """What a wrong answer raises, in the library and in what that decodes with, is a ValueError."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        yield
    except (WebAuthnException, InvalidSignature, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
