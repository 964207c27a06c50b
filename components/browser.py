"""What an element, or a page, is told in its browser."""

from __future__ import annotations

import asyncio
from typing import Final

from nicegui import Client, json, ui

MESSAGE: Final = "run_javascript"
TOLD: Final = "told"
"""Its key among what NiceGUI keeps for a client."""


def tell(element: ui.element, method: str, arguments: str) -> None:
    """As `run_method`, for arguments that are a list in JSON already (and so in JavaScript), and without a task for each.

    What is told in one turn of the loop is one message: sending costs more than what is sent. If a part fails, the next runs.
    """
    client = element.client
    code = f"runMethod({element.id},'{method}',{arguments})"
    turn: _Turn = client.storage.get(TOLD) or client.storage.setdefault(TOLD, _Turn())
    waiting = client.outbox.messages
    if turn.message is not None and waiting and waiting[-1][2] is turn.message:
        turn.message["code"] = f"try{{{turn.message['code']}}}finally{{{code}}}"
        return
    if turn.message is None:
        asyncio.get_running_loop().call_soon(turn.end)
    turn.message = {"code": code}
    client.outbox.enqueue_message(MESSAGE, turn.message, client.id)


def call(client: Client, event: str, detail: str) -> None:
    """An event of that page's window."""
    code = f"dispatchEvent(new CustomEvent({json.dumps(event)}, {{ detail: {json.dumps(detail)} }}))"
    client.outbox.enqueue_message(MESSAGE, {"code": code}, client.id)


class _Turn:
    """What was told in this turn of the loop. An object: NiceGUI keeps copies of plain dictionaries."""

    __slots__ = ("message",)

    def __init__(self) -> None:
        self.message: dict[str, str] | None = None

    def end(self) -> None:
        self.message = None
