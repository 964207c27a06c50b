"""What a call can fail with.

XapiError carries exactly what travels: a code and its arguments, all strings.
"""

from __future__ import annotations


class XapiError(Exception):
    """A failure as XAPI reports it: `details` is [code, argument...]."""

    def __init__(self, code: str, *arguments: object) -> None:
        super().__init__(code, *arguments)
        self.code = code
        self.details: list[str] = [code, *(str(a) for a in arguments)]

    def __str__(self) -> str:
        return f"{self.code}({', '.join(self.details[1:])})"


class EmergencyError(XapiError):
    """The host cannot serve at all now: HOST_STILL_BOOTING and its like."""


class MalformedError(Exception):
    """A body that is no request at all: HTTP 500, never an envelope."""
