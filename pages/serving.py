"""What pages fetch besides themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from nicegui import App


def serve(app: App, path: str, snapshot: Callable[[], Awaitable[tuple[str, bytes]]]) -> None:
    """Answer `path` with (tag, gzipped JSON), or with 304 to who has that tag; the door lets nobody here who is not signed in."""

    @app.get(path, include_in_schema=False)
    async def whole(request: Request) -> Response:
        tag, content = await snapshot()
        headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match", "") in (f'"{tag}"', f'W/"{tag}"'):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
