"""Answers the socket of a page that is not there (any more), so that the page reloads itself.

After a restart of the program, or the end of a session. Only a refusal on the level of Socket.IO makes NiceGUI's page reload,
and so leads it to the sign-in. It is spoken here, in few words and little time, as anybody can ask for it: Socket.IO itself
would keep such a socket open for as long as it answers pings.
"""

import asyncio
from contextlib import suppress
from urllib.parse import parse_qs

import orjson
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

REFUSAL = "Implicit handshake failed"
"""What NiceGUI's page takes for the news that its server does not know it."""
PATIENCE = 5.0
"""Seconds for a browser to ask."""
PING = {"pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000}

# Engine.IO's packets: 0 open, 1 close, 4 message; in a message Socket.IO's: 0 connect, 4 refused
OPEN = "0" + orjson.dumps({"sid": "unknown", "upgrades": [], **PING}).decode()
ASKED = "40"
REFUSED = "44" + orjson.dumps({"message": REFUSAL}).decode()
NEXT_PACKET = "\x1e"


async def answer_websocket(receive: Receive, send: Send) -> None:
    """Wait to be asked for a connection, refuse it, and close."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": OPEN})
    with suppress(TimeoutError, OSError, RuntimeError):  # it says nothing, or has left
        async with asyncio.timeout(PATIENCE):
            if _asks(await receive()):
                await send({"type": "websocket.send", "text": REFUSED})
            await send({"type": "websocket.close", "code": 1008})
            return
    with suppress(OSError, RuntimeError):
        await send({"type": "websocket.close", "code": 1008})


def _asks(message: Message) -> bool:
    return message["type"] == "websocket.receive" and str(message.get("text") or "").startswith(ASKED)


def polling_answer(scope: Scope) -> Response:
    """The same for a page that polls: nothing has to be remembered from one request to the next."""
    if scope["method"] == "POST":
        return PlainTextResponse("ok")
    is_open = "sid" in parse_qs(scope["query_string"].decode("latin-1"))
    return PlainTextResponse(f"{REFUSED}{NEXT_PACKET}1" if is_open else OPEN)
