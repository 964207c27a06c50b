"""What is written into the log, and what is not."""

from __future__ import annotations

import asyncio
import logging
import sys


def set_up_logging(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in ("apscheduler", "nicegui", "httpx", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for name in ("uvicorn.error", "nicegui"):
        logging.getLogger(name).addFilter(is_news)


NO_NEWS = (
    "Invalid HTTP request received.",  # anybody can make uvicorn say it, once for each of his requests
    "Unsupported upgrade request.",
    "Cancel %s running task(s), timeout graceful shutdown exceeded",  # some browsers are slow to leave
)


def is_news(record: logging.LogRecord) -> bool:
    """That a browser leaves is none: in the middle of a request, which NiceGUI's middleware takes for a failure of ours, or while
    something that it asked for is under way, whose end has no page any more to be shown on. Nor is what uvicorn cancels itself.
    """
    error = record.exc_info[1] if record.exc_info else None
    left = isinstance(error, RuntimeError) and str(error).endswith(("No response returned.", "has been deleted."))
    return not (left or isinstance(error, asyncio.CancelledError) or record.msg in NO_NEWS)
