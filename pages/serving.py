"""What pages fetch besides themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from nicegui import App

from components.feeds import Feed
from data.sight import Sight
from xo_dash.context import Context


def serve(app: App, path: str, program: Context, feed: Callable[[Sight], Feed[Any]]) -> None:
    """Answer `path` with the snapshot of `feed` of what its reader may see, or with 304 to who has it; the door lets in people alone."""

    @app.get(path, include_in_schema=False)
    async def whole(request: Request) -> Response:
        tag, content = await program.for_request(request).shared(feed).snapshot()
        headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match", "") in (f'"{tag}"', f'W/"{tag}"'):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
