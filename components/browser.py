"""What an element is told in its browser."""

from __future__ import annotations

from typing import Final

from nicegui import ui

MESSAGE: Final = "run_javascript"


def tell(element: ui.element, method: str, arguments: str) -> None:
    """As `run_method`, for arguments that are a list in JSON already (and so in JavaScript), and without a task for each.

    What is told in one turn of the loop is one message: sending costs more than what is sent. If a part fails, the next runs.
    """
    code = f"runMethod({element.id},'{method}',{arguments})"
    outbox, client = element.client.outbox, element.client.id
    if outbox.messages:
        target, kind, data = outbox.messages[-1]  # it waits for the turn to end
        if target == client and kind == MESSAGE and data.keys() == {"code"}:
            data["code"] = f"try{{{data['code']}}}finally{{{code}}}"
            return
    outbox.enqueue_message(MESSAGE, {"code": code}, client)
