"""Signing in by a provider that speaks OpenID Connect: authorization code with PKCE, the identity token checked here.

Whoever comes is known by the provider's name and their subject there, never by a name or an address that they may choose.
Imported only where a provider is set: the libraries take half a second.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from xo_dash.auth.external import ExternalIdentity
from xo_dash.auth.refused import Refused, TooLate
from xo_dash.config_sign_in import Provider
from xo_dash.i18n import _

log = logging.getLogger(__name__)

SCOPE: Final = "openid profile email groups"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key that only the provider has: neither none, nor a secret that we share."""
NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
"""Of what a provider says of itself."""
PATIENCE: Final = 600.0
"""Seconds that somebody may take at the provider."""
MOST: Final = 1000
"""People on their way; more, and the oldest have to begin again."""
ANSWER: Final = httpx2.Timeout(10.0)
LARGEST: Final = 1 << 20
"""Bytes of an answer."""
LEEWAY: Final = 60
"""Seconds by which clocks may differ."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody is sent to the provider: `binding` goes into a cookie of theirs, so that nobody else can end what they began."""

    url: str
    binding: str


@dataclass(frozen=True, slots=True)
class _OnTheWay:
    nonce: str
    verifier: str
    redirect: str
    target: str
    binding: str
    until: float


class SingleSignOn:
    """One provider, and those who are there at the moment."""

    def __init__(self, provider: Provider, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.provider = provider
        self._transport = transport
        self._metadata: Mapping[str, Any] = {}
        self._on_the_way: dict[str, _OnTheWay] = {}
        self._asking = asyncio.Lock()

    def knows(self, external: str) -> bool:
        """Whether an account of that issuer and subject is of this provider."""
        issuer, _space, subject = external.partition(" ")
        return bool(subject) and issuer.rstrip("/") == self.provider.issuer.rstrip("/")

    async def begin(self, redirect: str, target: str) -> Departure:
        """`redirect`: our address that the provider sends them back to; `target`: where they want to go. Raises Refused."""
        metadata = await self._discovered()
        state, nonce, binding = (secrets.token_urlsafe(32) for _one in range(3))
        verifier = secrets.token_urlsafe(48)
        async with self._client(redirect) as client:
            url, _state = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        now = time.monotonic()
        self._on_the_way = {key: one for key, one in self._on_the_way.items() if one.until > now}
        while len(self._on_the_way) >= MOST:
            del self._on_the_way[next(iter(self._on_the_way))]
        self._on_the_way[state] = _OnTheWay(nonce, verifier, redirect, target, _digest(binding), now + PATIENCE)
        return Departure(str(url), binding)

    async def finish(self, query: str, binding: str) -> tuple[ExternalIdentity, str]:
        """Who came back with this query and cookie, and where they wanted to go; each state is good once. Raises Refused."""
        answer = {key: values[0] for key, values in parse_qs(query, max_num_fields=20).items()}
        here = self._on_the_way.pop(answer.get("state", ""), None)
        if here is None or here.until < time.monotonic() or not hmac.compare_digest(here.binding, _digest(binding)):
            raise TooLate(_("This sign-in was started in another browser, or too long ago. Try again."))
        if "code" not in answer:
            log.warning("the provider refused a sign-in: %r", answer.get("error", "")[:80])
            raise Refused(_("{provider} did not let you in.").format(provider=self.provider.name))
        claims = await self._claims(answer["code"], here)
        groups = claims.get(self.provider.groups_claim)
        return ExternalIdentity(
            subject=f"{claims['iss']} {claims['sub']}",
            name=str(claims.get("preferred_username") or claims.get("name") or claims["sub"]),
            groups=frozenset(one for one in groups if isinstance(one, str)) if isinstance(groups, list) else frozenset(),
        ), here.target

    async def _claims(self, code: str, here: _OnTheWay) -> dict[str, Any]:
        """What the identity token says, checked, and what else the provider tells of them."""
        metadata = await self._discovered()
        try:
            async with self._client(here.redirect) as client:
                token = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=here.verifier)
                claims = await self._checked(client, str(token.get("id_token", "")), here.nonce)
                if self.provider.groups_claim not in claims and "userinfo_endpoint" in metadata:
                    more = await self._json(client, metadata["userinfo_endpoint"], withhold_token=False)
                    if isinstance(more, dict) and more.get("sub") == claims["sub"]:
                        claims = {**more, **claims}
        except (httpx2.HTTPError, AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("a sign-in by %s failed: %s: %s", self.provider.name, type(error).__name__, error)
            raise Refused(_("The answer of {provider} could not be used. Try again.").format(provider=self.provider.name)) from error
        return claims

    async def _checked(self, client: AsyncOAuth2Client, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an identity token. Raises JoseError, ValueError."""
        keys = KeySet.import_key_set(await self._json(client, self._metadata["jwks_uri"]))
        claims = dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": self._metadata["issuer"]},
            aud={"essential": True, "value": self.provider.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(claims)
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ValueError("no subject")
        if isinstance(claims["aud"], list) and claims.get("azp", self.provider.client_id) != self.provider.client_id:
            raise ValueError("it is for another client")
        return claims

    async def _discovered(self) -> Mapping[str, Any]:
        """What the provider says of itself, asked for once. Raises Refused."""
        async with self._asking:
            if self._metadata:
                return self._metadata
            try:
                async with self._client("") as client:
                    found = await self._json(client, f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found["issuer"].rstrip("/") != self.provider.issuer.rstrip("/"):
                    raise ValueError(f"it calls itself {found['issuer']!r}")
                for url in (*(found[name] for name in NEEDED), found.get("userinfo_endpoint", found["token_endpoint"])):
                    _need_same_scheme(self.provider.issuer, url)
            except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning("%s cannot be asked: %s: %s", self.provider.issuer, type(error).__name__, error)
                sentence = _("{provider} is not responding. Sign in with a password, or try again later.")
                raise Refused(sentence.format(provider=self.provider.name)) from error
            self._metadata = dict(found)
            return self._metadata

    def _client(self, redirect: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.provider.client_id,
            self.provider.secret or None,
            token_endpoint_auth_method="client_secret_basic" if self.provider.secret else "none",  # how, not what
            scope=SCOPE,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=ANSWER,
            transport=self._transport,
            follow_redirects=False,
        )

    @staticmethod
    async def _json(client: AsyncOAuth2Client, url: str, *, withhold_token: bool = True) -> Any:
        answer = await client.request("GET", url, withhold_token=withhold_token)
        answer.raise_for_status()
        if len(answer.content) > LARGEST:
            raise ValueError("it is too long")
        return answer.json()


def _need_same_scheme(issuer: str, url: str) -> None:
    """A provider that speaks https does so everywhere. Raises ValueError."""
    if urlsplit(issuer).scheme == "https" != urlsplit(url).scheme:
        raise ValueError(f"{url!r} is not https")


def _digest(binding: str) -> str:
    return hashlib.sha256(binding.encode()).hexdigest()
