"""JSON-RPC 1.0 and 2.0 as xapi speaks them on /jsonrpc: real numbers, and an envelope for each version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from .errors import MalformedError, XapiError


@dataclass(frozen=True, slots=True)
class JsonRequest:
    method: str
    parameters: list[Any]
    id: Any
    version2: bool

    def success(self, value: Any) -> bytes:
        if self.version2:
            return encode({"jsonrpc": "2.0", "result": value, "id": self.id})
        return encode({"result": value, "error": None, "id": self.id})

    def failure(self, error: XapiError) -> bytes:
        if self.version2:
            told = {"code": 1, "message": error.code, "data": error.details[1:]}
            return encode({"jsonrpc": "2.0", "error": told, "id": self.id})
        return encode({"result": None, "error": error.details, "id": self.id})


def decode(body: bytes) -> JsonRequest:
    """MalformedError if it is no request: no object, parameters by name, a notification."""
    call = loads(body)
    if not isinstance(call, dict) or not isinstance(call.get("method"), str) or not isinstance(call.get("params"), list):
        raise MalformedError("no method or no array of params")
    version2 = call.get("jsonrpc") == "2.0"
    number = call.get("id")
    if version2 and (not isinstance(number, str | int) or isinstance(number, bool)):
        raise MalformedError("an id is a string or an integer")
    return JsonRequest(call["method"], call["params"], number, version2)


def loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedError(str(error)) from error


def encode(value: Any) -> bytes:
    return orjson.dumps(value)
