"""What an element is told in its browser."""

from __future__ import annotations

import asyncio
from typing import Final

from nicegui import ui

MESSAGE: Final = "run_javascript"
TOLD: Final = "told"
"""Its key among what NiceGUI keeps for a client: what was told in this turn of the loop."""


def tell(element: ui.element, method: str, arguments: str) -> None:
    """As `run_method`, for arguments that are a list in JSON already (and so in JavaScript), and without a task for each.

    What is told in one turn of the loop is one message: sending costs more than what is sent. If a part fails, the next runs.
    """
    client = element.client
    code = f"runMethod({element.id},'{method}',{arguments})"
    last, waiting = client.storage.get(TOLD), client.outbox.messages
    if last is not None and waiting and waiting[-1][2] is last:
        last["code"] = f"try{{{last['code']}}}finally{{{code}}}"
        return
    message = {"code": code}
    if TOLD not in client.storage:
        asyncio.get_running_loop().call_soon(client.storage.pop, TOLD, None)
    client.storage[TOLD] = message
    client.outbox.enqueue_message(MESSAGE, message, client.id)
