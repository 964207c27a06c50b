"""How a connection stands, in words with a way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from data.server import NO_TLS, NO_XAPI, UNKNOWN_MASTER, Server, ServerState
from xo_dash.control.failures import explain, network_reason, plain
from xo_dash.i18n import N_, _
from xo_dash.xapi.errors import BadCertificate, BadPassword, BadReply, NoTls, UnknownMaster, Unreachable, XapiError, XapiFailure
from xo_dash.xapi.tls import readable

MARKS: Final[Mapping[ServerState, str]] = {
    ServerState.LIVE: "live",
    ServerState.CONNECTING: "connecting",
    ServerState.SYNCING: "connecting",
    ServerState.DISABLED: "disabled",
}
"""Shapes of components.ui.Mark; every other state is critical."""

_WORDS: Final[Mapping[ServerState, str]] = {
    ServerState.CONNECTING: N_("connecting"),
    ServerState.SYNCING: N_("loading data"),
    ServerState.LIVE: N_("live"),
    ServerState.UNREACHABLE: N_("not responding"),
    ServerState.BAD_PASSWORD: N_("password rejected"),
    ServerState.BAD_CERTIFICATE: N_("certificate not trusted"),
    ServerState.WRONG_POOL: N_("another pool than before"),
    ServerState.DUPLICATE: N_("connected twice"),
    ServerState.DISABLED: N_("disabled"),
}

_CODE: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def state_word(state: ServerState) -> str:
    """How it stands, wherever the reader sees it."""
    return _(_WORDS[state])


def state_mark(state: ServerState) -> str:
    return MARKS.get(state, "critical")


def sentence(server: Server) -> str:
    """What is wrong with the connection and what to do; empty if nothing is."""
    tell = _SENTENCES.get(server.state)
    return tell(server.detail) if tell else ""


def _unreachable(detail: tuple[str, ...]) -> str:
    match detail:
        case (code, reason) if code == NO_XAPI:
            return _(
                "The address responds, but not like a XenServer or XCP-ng host ({reason}). Correct the address if it is "
                "wrong. Retrying automatically."
            ).format(reason=network_reason(reason))
        case (code, address) if code == NO_TLS:
            return _no_tls(plain(address))
        case (code, master) if code == UNKNOWN_MASTER:
            return _member(master)
        case (code, *arguments) if _CODE.fullmatch(code):
            return _("The pool responds, but: {reason}. Retrying automatically.").format(reason=explain(code, arguments, None))
        case _:
            return _("No response: {reason}. Retrying automatically.").format(reason=network_reason(" ".join(detail)) or _("no response"))


def _no_tls(address: str) -> str:
    return _(
        "{address} responds, but not with TLS. Check the port, or enter http:// before the address to connect without encryption."
    ).format(address=address)


def _member(master: str) -> str:
    return _("This host is a pool member; its master is {master}. Enter that address, or use https.").format(master=plain(master))


def _bad_password(_detail: tuple[str, ...]) -> str:
    return _("The pool rejected the user name or password. To avoid a lockout it is not retried: edit the server in the settings.")


def _bad_certificate(detail: tuple[str, ...]) -> str:
    expected, actual = (*detail, "", "")[:2]
    if not expected:
        return _("The certificate {actual} is self-signed or not trusted. Edit the server to trust it by its fingerprint.").format(
            actual=readable(actual)
        )
    return _("The certificate has changed from {expected} to {actual}. If this is expected, edit the server and trust the new one.").format(
        expected=readable(expected), actual=readable(actual)
    )


def _wrong_pool(detail: tuple[str, ...]) -> str:
    expected, actual, name = (*detail, "", "", "")[:3]
    return _(
        "This address now belongs to the pool {name} ({actual}); it was {expected} before. Accept the new pool, or correct the address."
    ).format(name=name or "–", actual=actual, expected=expected)


def _duplicate(detail: tuple[str, ...]) -> str:
    return _("{label} is the same pool. Remove one of the two.").format(label=(*detail, "–")[0])


_SENTENCES: Final[Mapping[ServerState, Callable[[tuple[str, ...]], str]]] = {
    ServerState.UNREACHABLE: _unreachable,
    ServerState.BAD_PASSWORD: _bad_password,
    ServerState.BAD_CERTIFICATE: _bad_certificate,
    ServerState.WRONG_POOL: _wrong_pool,
    ServerState.DUPLICATE: _duplicate,
}


def probe_fault(error: XapiError | None, address: str) -> tuple[str, str]:
    """(the field that is wrong: address or password, a sentence) for what a look at `address` ended in."""
    match error:
        case BadPassword():
            return "password", _("The pool rejected this user name or password.")
        case UnknownMaster():
            words = _member(error.master)
        case BadReply():
            words = _("The server at {address} responds, but it is not a XenServer or XCP-ng host.").format(address=address)
        case BadCertificate():
            words = _("The certificate of {address} has changed.").format(address=address)
        case NoTls():
            words = _no_tls(address)
        case Unreachable():
            words = _("No response from {address}: {reason}.").format(address=address, reason=network_reason(str(error)))
        case XapiFailure():
            words = _("The pool refused: {reason}.").format(reason=explain(error.code, error.params, None))
        case _:
            words = _("No pool was found at {address}.").format(address=address)
    return "address", words
