"""What never changes is compressed once; everything else goes through as it is."""

from __future__ import annotations

import gzip

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from xo_dash.precompressed import LIBRARY, Precompressed

FOREVER = {"cache-control": "public, immutable"}
TEXT = "const x = 1;\n" * 1000


class Program:
    """Counts what reaches it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        app = Starlette(routes=[Route("/{path:path}", self._answer)])
        self.app = Precompressed(app, room=20_000)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if path.endswith("gone"):
            return Response("no", status_code=404, headers=FOREVER)
        headers = FOREVER if path.startswith("/modules") else {}
        if path.endswith("large"):
            return Response(bytes(range(256)) * 100, media_type="font/woff2", headers=headers)
        return Response(TEXT, media_type="text/javascript", headers=headers)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers={"accept-encoding": "gzip", **headers})


@pytest.mark.parametrize("path", ["/modules/a.js", f"{LIBRARY}static/a.js"])
async def test_it_is_made_once(path: str) -> None:
    program = Program()
    first, second = await program.get(path), await program.get(path)
    assert program.asked == [path]
    assert first.text == second.text == TEXT
    assert first.headers == second.headers
    assert first.headers["content-encoding"] == "gzip" and first.headers["vary"] == "accept-encoding"
    assert int(first.headers["content-length"]) == len(gzip.compress(TEXT.encode()))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/page", {}),
        ("/modules/gone", {}),
        (f"{LIBRARY}dynamic_resources/a.css", {}),
        ("/modules/a.js?x=1", {}),
        ("/modules/a.js", {"accept-encoding": "identity"}),
        ("/modules/a.js", {"range": "bytes=0-1"}),
    ],
)
async def test_what_is_not_the_same_for_all_is_asked_each_time(path: str, headers: dict[str, str]) -> None:
    program = Program()
    for _time in range(2):
        answer = await program.get(path, **headers)
    assert len(program.asked) == 2
    assert "content-encoding" not in answer.headers


async def test_it_keeps_no_more_than_it_has_room_for() -> None:
    program = Program()
    assert (await program.get("/modules/large")).headers["content-length"] == "25600"  # as it came: a font gets no smaller
    await program.get("/modules/large")
    assert len(program.asked) == 2


async def test_a_file_has_one_address() -> None:
    """Or strangers could have it kept under as many as they like."""
    program = Program()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=program.app), base_url="http://test") as client:
        for path in ("/modules//a.js", "/modules/b/%2E%2E/a.js"):
            for _time in range(2):
                await client.get(path, headers={"accept-encoding": "gzip"})
    assert len(program.asked) == 4
