"""What speaking to a pool can end in.

XapiError
├── XapiFailure(code, params)           the pool understood and refused
│   ├── BadPassword                     ... the user or the password
│   └── NotMaster                       ... because it is a member; `master` is the address of the one to ask
│       └── UnknownMaster               ... which nobody here knows: over plain http the password does not go there by itself
├── Unreachable(reason)                 no connection, or it broke
│   ├── NotConnected                    there is none at this moment: nothing was sent
│   ├── Timeout                         nobody answered in time
│   └── NoTls(address)                  something answers, but without encryption
├── BadCertificate(expected, actual)    not the one it should be; nothing was sent to it
├── TransferRefused(status)             a handler of exports and imports answered with something else than 200
├── ConsoleRefused(status)              a host answered, and gives no console: 404 none (any more), 503 somebody else has it
├── BadReply(reason)                    something answered, but not XAPI: malformed, cut short, too large
│   └── BadStatus(status)               ... with an HTTP status that is none of XAPI's answers
└── BadAddress                          what was typed is no address; a sentence

The text of an error is for the log, and never has a password or a session in it.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence


class XapiError(Exception):
    """The base of them."""


class XapiFailure(XapiError):
    """XAPI's own failure: its code and that code's arguments."""

    def __init__(self, code: str, params: Sequence[str] = ()) -> None:
        self.code = code
        self.params = tuple(params)
        shown = [param for param in self.params if code != "SESSION_INVALID"]  # its argument is the session itself
        super().__init__(f"{code}({', '.join(shown)})" if shown else code or "a failure without a code")

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


class UnknownMaster(NotMaster):
    """The master is at an address that nobody gave, and a password would go there in the clear."""


class Unreachable(XapiError):
    """No connection, or one that broke. A call that was on its way may or may not have been carried out."""


class NotConnected(Unreachable):
    """There is no connection to send it by: the server is disabled, was removed, is not signed in, or nobody answers there.

    Nothing was sent.
    """


class Timeout(Unreachable):
    """No answer in time. The call may still be carried out."""


class NoTls(Unreachable):
    """Something answers there, but not with TLS."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__("it does not speak TLS")


class BadCertificate(XapiError):
    """The certificate is not the pinned one (`expected`: its fingerprint), or no trusted authority signed it (`expected`: empty)."""

    def __init__(self, expected: str, actual: str, reason: str = "") -> None:
        self.expected = expected
        self.actual = actual
        self.reason = reason
        super().__init__(f"certificate {actual or '?'} instead of {expected or 'one that a trusted authority signed'} {reason}".rstrip())


class TransferRefused(XapiError):
    """The handler of a transfer answered with something else than 200. Its task tells why, if it has one."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"HTTP {status}")


class ConsoleRefused(XapiError):
    """A host does not give the console that it was asked for; `status` as HTTP has it."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"no console: HTTP {status}")


class BadReply(XapiError):
    """An answer that is not one of XAPI's. Of a call nobody knows what became of it."""


class BadStatus(BadReply):
    """One without content: a session that has ended, a host that is starting."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"HTTP {status}")

    @property
    def is_turned_away(self) -> bool:
        """Whether nobody looked at the call: else it may have been carried out."""
        return 400 <= self.status < 500 or self.status in (501, 503)


class BadAddress(XapiError):
    """What was given is not an address; the text is a sentence for who typed it."""


_REFUSED_AT_THE_DOOR = frozenset({"SESSION_AUTHENTICATION_FAILED", "SESSION_AUTHORIZATION_FAILED"})


def release(error: BaseException) -> None:
    """Let go of what the frames of `error` and of its causes hold: of a reply that could not be read, all of it."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            traceback.clear_frames(one.__traceback__)
            waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]


MOST_DETAILS, MOST_OF_A_DETAIL = 32, 2000
"""Arguments of a failure, and characters of each, that are kept: they are shown to people."""


def failure(details: Sequence[str]) -> XapiFailure:
    """The error for XAPI's [code, argument ...]."""
    code, *params = [str(detail)[:MOST_OF_A_DETAIL] for detail in details[:MOST_DETAILS]] or [""]
    if code in _REFUSED_AT_THE_DOOR:
        return BadPassword(code, params)
    if code == "HOST_IS_SLAVE":
        return NotMaster(code, params)
    return XapiFailure(code, params)
