"""Why there is no connection, as the system and `xo_dash.xapi` put it, in the reader's language and with a way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from xo_dash.control.failures.naming import plain
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

_UNKNOWN_NAME: Final = N_("the name cannot be resolved; check it, and DNS")
_NO_ROUTE: Final = N_("there is no route to the address; check it, and the network")
_SILENT: Final = N_("no response")
_CLOSED: Final = N_("the connection was closed")

_SENTENCES: Final[Mapping[str, str]] = {
    "connection refused": N_("the port is closed (connection refused); check it"),
    "name or service not known": _UNKNOWN_NAME,
    "no address associated with hostname": _UNKNOWN_NAME,
    "nodename nor servname provided, or not known": _UNKNOWN_NAME,
    "temporary failure in name resolution": N_("the name cannot be resolved: DNS does not respond"),
    "no route to host": _NO_ROUTE,
    "network is unreachable": _NO_ROUTE,
    "connection timed out": _SILENT,
    "operation timed out": _SILENT,
    "no answer": _SILENT,
    "connection reset by peer": _CLOSED,
    "broken pipe": _CLOSED,
    "broken off": _CLOSED,
    "the connection was closed": _CLOSED,
    "the connection broke": N_("the connection broke"),
    "not http": N_("it does not speak HTTP"),
    "a web page": N_("it sent a web page"),
    "ended too early": N_("its reply was cut off"),
}
_WITHIN: Final = re.compile(r"no answer within (\d+(?:\.\d+)?) s")
_BROKE: Final = "the connection broke: "


def network_reason(text: str) -> LazyText | str:
    """A sentence without a full stop; what is not known stays as it was put."""
    text = plain(text)
    if match := _WITHIN.fullmatch(text):
        return lazy(N_("no response within {seconds} s"), seconds=match[1])
    known = _SENTENCES.get(text.removeprefix(_BROKE).casefold())
    return lazy(known) if known else text
