"""A provider of identities, in this process: discovery, keys, a code for whoever is named, and the token it is changed for."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ISSUER = "https://id.test/realms/home"
CLIENT = "xo-dash"


class IdentityProvider:
    """Anybody may be anybody; what it says wrong is in `wrong`."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.wrong: dict[str, Any] = {}  # claims instead of the right ones
        self.userinfo: dict[str, Any] = {}
        self.userinfo_status = 200
        self.signing: Any = None  # another key
        self.algorithm = "RS256"
        self.away = False
        self._codes: dict[str, dict[str, str]] = {}
        self._app = Starlette(
            routes=[
                Route("/realms/home/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
                Route("/me", self._me),
            ]
        )

    @property
    def transport(self) -> httpx2.AsyncBaseTransport:
        return httpx2.ASGITransport(self._app)

    def signs_in(self, url: str, subject: str = "42", **claims: Any) -> str:
        """What somebody does there who was sent to `url`: the query with which they come back."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
        code = f"code-{len(self._codes)}"
        self._codes[code] = {**asked, "claims": {"sub": subject, **claims}}  # type: ignore[dict-item]
        return f"code={code}&state={asked['state']}"

    async def _discovery(self, _request: Request) -> Response:
        if self.away:
            return Response(status_code=502)
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": "https://id.test/authorize",
                "token_endpoint": "https://id.test/token",
                "jwks_uri": "https://id.test/keys",
                "userinfo_endpoint": "https://id.test/me",
            }
        )

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        asked: Any = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": asked["nonce"], **asked["claims"], **self.wrong}
        told = {key: value for key, value in claims.items() if value is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, told, self.signing or self.key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "access", "token_type": "Bearer", "id_token": token})

    async def _me(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer access"
        return JSONResponse(self.userinfo, self.userinfo_status)
