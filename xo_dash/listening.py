"""Whether the address to listen on can be had, before anything else is started."""

from __future__ import annotations

import errno
import socket
from typing import Final

from xo_dash.config import Settings
from xo_dash.i18n import _

TRIED: Final = 100
"""Ports that are looked at for a free one."""


class CannotListen(Exception):
    """The text is one line for the person who starts the program."""


def check(settings: Settings) -> None:
    """Raises CannotListen."""
    try:
        _bind(settings.host, settings.port)
    except socket.gaierror:
        message = _("{host} is not an address of this machine; choose another with --host")
        raise CannotListen(message.format(host=settings.host)) from None
    except OSError as error:
        raise CannotListen(_sentence(settings, error)) from None


def _sentence(settings: Settings, error: OSError) -> str:
    place = {"host": settings.host, "port": settings.port}
    if error.errno == errno.EADDRINUSE:
        message = _("port {port} on {host} is already in use by another program; choose another: {how}")
        return message.format(**place, how=_with_port(settings, _free(settings.host, settings.port)))
    if error.errno == errno.EACCES:
        message = _("port {port} on {host} needs root privileges; choose one above 1023: {how}")
        return message.format(**place, how=_with_port(settings, _free(settings.host, 8080 - 1)))
    if error.errno == errno.EADDRNOTAVAIL:
        return _("{host} is not an address of this machine; choose another with --host").format(**place)
    return _("port {port} on {host} cannot be used: {reason}").format(**place, reason=error.strerror)


def _with_port(settings: Settings, port: int) -> str:
    """What to type."""
    return f'make {settings.make_target} ARGS="--port {port}"' if settings.make_target else f"--port {port}"


def _free(host: str, taken: int) -> int:
    """The next port that is free."""
    for port in range(taken + 1, min(taken + TRIED, 65536)):
        try:
            _bind(host, port)
        except OSError:
            continue
        return port
    return taken + 1


def _bind(host: str, port: int) -> None:
    """As the server will do it. Raises OSError."""
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
