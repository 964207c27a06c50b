"""An asyncio connection to a host that was proved to be whom we believe."""

from __future__ import annotations

import asyncio
from typing import Final

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadCertificate
from xo_dash.xapi.tls import Trust

LIMIT: Final = 256 << 10
"""Bytes that wait to be read; a host that sends more has to wait."""


async def dial(address: Address, trust: Trust) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Nothing has been sent over it. Raises BadCertificate, OSError, UnicodeError; set a time for it."""
    if not trust.allows(address):
        raise BadCertificate("", "", "plain http was not agreed to")
    context = await asyncio.to_thread(trust.context) if address.secure else None  # reads every authority there is
    reader, writer = await asyncio.open_connection(
        address.host, address.port, ssl=context, server_hostname=address.host if context else None, limit=LIMIT
    )
    secured = writer.get_extra_info("ssl_object")
    try:
        if secured is not None:
            trust.check(secured.getpeercert(binary_form=True) or b"")
    except BadCertificate:
        writer.transport.abort()
        raise
    return reader, writer
