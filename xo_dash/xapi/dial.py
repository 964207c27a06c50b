"""An asyncio connection to a host that was proved to be whom we believe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadCertificate
from xo_dash.xapi.tls import Trust

LIMIT: Final = 256 << 10
"""Bytes that wait to be read; a host that sends more has to wait."""


P = TypeVar("P", bound=asyncio.BaseProtocol)


async def dial(address: Address, trust: Trust) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Nothing has been sent over it. Raises BadCertificate, OSError, UnicodeError; set a time for it."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LIMIT, loop=loop)
    transport, protocol = await dial_for(address, trust, lambda: asyncio.StreamReaderProtocol(reader, loop=loop))
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def dial_for(address: Address, trust: Trust, protocol: Callable[[], P]) -> tuple[asyncio.Transport, P]:
    """The same, for a protocol of one's own."""
    if not trust.allows(address):
        raise BadCertificate("", "", "plain http was not agreed to")
    context = await asyncio.to_thread(trust.context) if address.secure else None  # reads every authority there is
    transport, made = await asyncio.get_running_loop().create_connection(
        protocol, address.host, address.port, ssl=context, server_hostname=address.host if context else None
    )
    secured = transport.get_extra_info("ssl_object")
    try:
        if secured is not None:
            trust.check(secured.getpeercert(binary_form=True) or b"")
    except BadCertificate:
        transport.abort()
        raise
    return transport, made
