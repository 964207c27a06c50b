"""What an element is told in its browser."""

from __future__ import annotations

from nicegui import ui


def tell(element: ui.element, method: str, arguments: str) -> None:
    """As `run_method`, for arguments that are a list in JSON already (and so in JavaScript), and without a task for each."""
    code = f"runMethod({element.id},'{method}',{arguments})"
    element.client.outbox.enqueue_message("run_javascript", {"code": code}, element.client.id)
