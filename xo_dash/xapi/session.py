"""XenAPI's session over our own wire: JSON-RPC where the host has it, timeouts, nothing done twice or behind our back."""

from __future__ import annotations

from typing import Any, Final

import XenAPI

from xo_dash.xapi.address import Address
from xo_dash.xapi.codec import Codec, decode, encode
from xo_dash.xapi.errors import BadReply, BadStatus, XapiFailure
from xo_dash.xapi.tls import Trust
from xo_dash.xapi.wire import Body, Reply, Wire

LOGIN: Final = "session.login_with_password"
LOCAL_LOGIN: Final = "session.slave_local_login_with_password"
"""At a host itself, as the one who is root there."""
TIMEOUT = 60.0
"""Seconds for a call that does not say otherwise."""

CALL_LIMIT: Final = 2 << 20
"""Bytes of a call's answer, where it does not say otherwise: one record, or the refs of all VMs. As objects it may be thirty times that."""
SMALL: Final = 1 << 16
"""Bytes of an answer that is one text: a session, a date, a token."""


class XapiSession(XenAPI.Session):  # type: ignore[misc]  # XenAPI has no types
    """A XenAPI.Session for one thread: `session.xenapi.VM.start(ref, False, False)`, failures as XenAPI.Failure.

    Other than its base it never signs in again by itself: SESSION_INVALID is a failure like any other.
    Raises XapiError's Unreachable, Timeout, BadCertificate and BadReply for what is not XAPI's answer.
    """

    def __init__(self, address: Address, trust: Trust, codec: Codec = Codec.JSON, timeout: float = TIMEOUT) -> None:
        super().__init__(address.url)
        self.address = address
        self.codec = codec
        self.timeout = timeout
        self.wire = Wire(address, trust)

    def adopt(self, ref: str) -> None:
        """Use a session that another object signed in."""
        self._session = ref

    def exchange(self, method: str, params: tuple[Any, ...], timeout: float | None = None, limit: int = CALL_LIMIT) -> tuple[Codec, Body]:
        """Send a call and give the reply's text, of `limit` bytes at most, and how it is written.

        Leaves JSON-RPC for good where the host has none.
        """
        reply = self._post(method, params, timeout, limit)
        if self.codec is Codec.JSON and _knows_no_json(reply, method):
            self.codec = Codec.XML  # nothing was done yet: there was nobody to do it
            reply = self._post(method, params, timeout, limit)
        if reply.status != 200:
            raise BadStatus(reply.status)
        if reply.is_html:
            raise BadReply("a web page")
        return self.codec, reply.body

    def call(self, method: str, *params: Any, timeout: float | None = None) -> Any:
        """`session.xenapi.<method>(*params)` with a timeout of its own; failures as XapiFailure."""
        return self.value(method, (self.handle, *params), timeout)

    def value(self, method: str, params: tuple[Any, ...], timeout: float | None = None) -> Any:
        """The result of a call with exactly these parameters. Raises XapiError."""
        codec, body = self.exchange(method, params, timeout)
        return decode(codec, body, Any)

    def text(self, method: str, params: tuple[Any, ...], timeout: float | None = None) -> str:
        """The result of a call that gives a text. Raises XapiError."""
        codec, body = self.exchange(method, params, timeout, SMALL)
        return str(decode(codec, body, str))

    def xenapi_request(self, methodname: str, params: tuple[Any, ...]) -> Any:
        if methodname.startswith("login") or methodname in ("logout", "session.logout"):
            return super().xenapi_request(methodname, params)
        try:
            return self.call(methodname, *params)
        except XapiFailure as failure:
            raise XenAPI.Failure(list(failure.details)) from None

    def _ServerProxy__request(self, methodname: str, params: tuple[Any, ...]) -> dict[str, Any]:  # the one way out of ServerProxy
        try:
            return {"Status": "Success", "Value": self.value(methodname, params)}
        except XapiFailure as failure:
            return {"Status": "Failure", "ErrorDescription": list(failure.details)}

    def _post(self, method: str, params: tuple[Any, ...], timeout: float | None, limit: int) -> Reply:
        headers = {"Content-Type": self.codec.content_type, "Accept": self.codec.content_type, "User-Agent": "xo-dash"}
        return self.wire.request("POST", self.codec.path, encode(self.codec, method, params), headers, timeout or self.timeout, limit)


def _knows_no_json(reply: Reply, method: str) -> bool:
    """Whether nobody there speaks JSON-RPC; at a sign-in, which may be sent again, also of a host that answers with something else."""
    if method in (LOGIN, LOCAL_LOGIN) and (
        reply.status in (400, 415, 500) or reply.content_type == Codec.XML.content_type or (reply.status == 200 and reply.is_html)
    ):
        return True
    return reply.status in (403, 404, 405, 501)
