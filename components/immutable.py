"""Files of ours whose address has a digest of what is in them, so that a browser asks for each once."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import Response
from nicegui import App

from xo_dash.auth.kinds import SIGNED_IN, open_to

FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def serve(app: App, path: str, text: str, media_type: str) -> None:
    """To all who signed in, and to screens on a wall."""
    content = text.encode()

    @app.get(path, include_in_schema=False)
    @open_to(SIGNED_IN)
    def file() -> Response:
        return Response(content, media_type=media_type, headers=FOREVER)
