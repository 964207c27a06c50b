"""Ways to talk to a simulated pool: plain HTTP, and raw JSON-RPC."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import XenAPI

from xo_dash.simulator.testing import SimulatedPool


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def http(url: str, body: bytes | str | None = None, method: str | None = None, headers: dict[str, str] | None = None) -> Reply:
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


@dataclass
class Client:
    """JSON-RPC with a session, as a program of a few lines would do it."""

    url: str
    session: str = ""

    def raw(self, method: str, *parameters: object, **envelope: object) -> Any:
        """`jsonrpc=None` is version 1, which has no such member."""
        body = {"jsonrpc": "2.0", "method": method, "params": list(parameters), "id": 1, **envelope}
        return http(f"{self.url}/jsonrpc", json.dumps({name: value for name, value in body.items() if value is not None})).json

    def call(self, method: str, *parameters: object) -> Any:
        answer = self.raw(method, self.session, *parameters)
        if "error" in answer:
            raise XenAPI.Failure([answer["error"]["message"], *answer["error"]["data"]])
        return answer["result"]

    def failure(self, method: str, *parameters: object) -> list[str]:
        """[code, argument...] of a call that must fail."""
        with pytest.raises(XenAPI.Failure) as caught:
            self.call(method, *parameters)
        return list(caught.value.details)


def sign_in(pool: SimulatedPool, originator: str = "test") -> Client:
    client = Client(pool.url)
    client.session = client.raw("session.login_with_password", pool.user, pool.password, "2.21", originator)["result"]
    return client


def until(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for what happens in the simulator's own thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def met(url: str) -> Any:
    """What who signs in there meets: "in", a failure, or "refused"."""
    session = XenAPI.Session(url)
    try:
        session.login_with_password("root", "secret", "2.21", "test")
    except XenAPI.Failure as failure:
        return failure.details
    except ConnectionRefusedError:
        return "refused"
    finally:
        session("close")()
    return "in"
