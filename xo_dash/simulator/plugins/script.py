"""What scripts of a host have in common: how they fail, what they keep, and one at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..call import Call
from ..errors import XapiError

Answer = str | Awaitable[str]
Function = Callable[[Call, str, Mapping[str, str]], Answer]  # call, host, arguments
Functions = Mapping[str, Function]


def failure(message: str, code: str | int = "-1", details: str = "") -> XapiError:
    """As the wrapper of XCP-ng's scripts reports it; the trace of the script is left out."""
    return XapiError(str(code), message, details, "")


def command_failed(command: list[str], code: int, told: str) -> XapiError:
    return failure(f"Command '{command}' failed with code: {code}", code, f"stdout: '', stderr: '{told}'")


def needed(arguments: Mapping[str, str], name: str) -> str:
    """An argument without which the script ends."""
    if name not in arguments:
        raise failure(f"'{name}'")
    return arguments[name]


def kept(call: Call, host: str, script: str) -> dict[str, Any]:
    """What the script has left on this host."""
    files: dict[tuple[str, str], dict[str, Any]] = call.pool.facts.setdefault("plugins", {})
    return files.setdefault((host, script), {})
