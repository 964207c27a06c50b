"""Text that the database can keep as XML: no control characters but tab, line feed and carriage return."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .errors import XapiError

UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def kept(method: str, arguments: Sequence[Any]) -> list[Any]:
    """The arguments as a write keeps them: a setter refuses what is not legible, what adds or creates cuts it off where that begins."""
    cls, _, verb = method.partition(".")
    if cls == "message":  # these are files
        return list(arguments)
    if verb.startswith("set_") and any(map(unfit, arguments)):
        raise XapiError("INTERNAL_ERROR", "Xapi_database.Db_exn.Invalid_value")
    return list(map(cut, arguments)) if verb == "create" or verb.startswith("add_") else list(arguments)


def unfit(value: Any) -> bool:
    match value:
        case str():
            return UNFIT.search(value) is not None
        case list():
            return any(map(unfit, value))
        case dict():
            return any(map(unfit, value)) or any(map(unfit, value.values()))
    return False


def cut(value: Any) -> Any:
    match value:
        case str():
            found = UNFIT.search(value)
            return value[: found.start()] if found else value
        case list():
            return list(map(cut, value))
        case dict():
            return {cut(name): cut(held) for name, held in value.items()}
    return value
