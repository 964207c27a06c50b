"""What a finished task brought: XAPI writes it as XML-RPC."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Error, loads  # our own pool's reply; DTDs are refused below

ENVELOPE = "<methodResponse><params><param>{}</param></params></methodResponse>"
DECLARATION = re.compile(r"\s*<\?xml[^<>]*\?>")
EMPTY = re.compile(r"\s*<value>\s*</value>\s*|\s*<value\s*/>\s*|\s*")


def task_result(text: str) -> Any:
    """The value in a task's `result`; None for none, and for what cannot be read.

    Source: `<value>OpaqueRef:…</value>`, an array of them, `<value></value>` for nothing, `""` from older xapi.
    """
    if declared := DECLARATION.match(text):  # at the beginning alone: to look for it in a pool's text would go back and forth
        text = text[declared.end() :]
    if EMPTY.fullmatch(text) or "<!" in text:
        return None
    try:
        (value,), _method = loads(ENVELOPE.format(text))
    except (ExpatError, Error, ValueError, ArithmeticError, TypeError, LookupError, AttributeError):
        return None
    return value
