"""What speaking to a pool can end in.

XapiError
├── XapiFailure(code, params)           the pool understood and refused
│   ├── BadPassword                     ... the user or the password
│   └── NotMaster                       ... because it is a member; `master` is the address of the one to ask
├── Unreachable(reason)                 no connection, or it broke
│   ├── NotConnected                    there is none at this moment: nothing was sent
│   └── Timeout                         nobody answered in time
├── BadCertificate(expected, actual)    not the one it should be; nothing was sent to it
├── BadReply(reason)                    something answered, but not XAPI: malformed, cut short, too large
└── BadAddress                          what was typed is no address; a sentence

The text of an error is for the log, and never has a password or a session in it.
"""

from __future__ import annotations

from collections.abc import Sequence


class XapiError(Exception):
    """The base of them."""


class XapiFailure(XapiError):
    """XAPI's own failure: its code and that code's arguments."""

    def __init__(self, code: str, params: Sequence[str] = ()) -> None:
        self.code = code
        self.params = tuple(params)
        shown = [param for param in self.params if code != "SESSION_INVALID"]  # its argument is the session itself
        super().__init__(f"{code}({', '.join(shown)})" if shown else code)

    @property
    def details(self) -> tuple[str, ...]:
        """(code, argument ...)"""
        return (self.code, *self.params)


class BadPassword(XapiFailure):
    """The user or password was refused, or the user has no role in this pool."""


class NotMaster(XapiFailure):
    """A member was asked what only the master answers."""

    @property
    def master(self) -> str:
        """The master's address as the member knows it: an IPv6 one without brackets; empty if it did not say."""
        return self.params[0] if self.params else ""


class Unreachable(XapiError):
    """No connection, or one that broke. A call that was on its way may or may not have been carried out."""


class NotConnected(Unreachable):
    """There is no connection to send it by: the server is disabled, was removed, or is not signed in. Nothing was sent."""


class Timeout(Unreachable):
    """No answer in time. The call may still be carried out."""


class BadCertificate(XapiError):
    """The certificate is not the pinned one (`expected`: its fingerprint), or no trusted authority signed it (`expected`: empty)."""

    def __init__(self, expected: str, actual: str, reason: str = "") -> None:
        self.expected = expected
        self.actual = actual
        self.reason = reason
        super().__init__(f"certificate {actual or '?'} instead of {expected or 'one that a trusted authority signed'} {reason}".rstrip())


class BadReply(XapiError):
    """An answer that is not one of XAPI's."""


class BadAddress(XapiError):
    """What was given is not an address; the text is a sentence for who typed it."""


_REFUSED_AT_THE_DOOR = frozenset({"SESSION_AUTHENTICATION_FAILED", "SESSION_AUTHORIZATION_FAILED"})


def failure(details: Sequence[str]) -> XapiFailure:
    """The error for XAPI's [code, argument ...]."""
    code, *params = [str(detail) for detail in details] or ["UNKNOWN"]
    if code in _REFUSED_AT_THE_DOOR:
        return BadPassword(code, params)
    if code == "HOST_IS_SLAVE":
        return NotMaster(code, params)
    return XapiFailure(code, params)
