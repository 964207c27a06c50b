"""`/past/vm/{uuid@pool}?step=3600&rows=26`: what charts of longer ranges fetch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from nicegui import app

from components.charts.pictures import KINDS, ChartDataCache
from data.archives import STRETCHES, ArchiveRange
from data.stores.users import Role
from xo_dash.auth.current import user_of
from xo_dash.auth.sessions import SignedOut
from xo_dash.context import Context
from xo_dash.control.access import may


@dataclass(frozen=True, slots=True)
class _Look:
    """Whoever may see an object may see its past."""

    role: Role = Role.VIEWER


LOOK: Final = _Look()


def create(context: Context) -> None:
    made: list[ChartDataCache] = []

    def pictures() -> ChartDataCache:
        if not made:
            made.append(ChartDataCache(context.servers.archives))
        return made[0]

    @app.get("/past/{kind}/{key}", include_in_schema=False)
    async def past(request: Request, kind: str, key: str, step: int = 0, rows: int = 0) -> Response:
        subject = context.mirror.find(KINDS[kind], key) if kind in KINDS else None
        try:
            seen = subject is not None and ArchiveRange(step, rows) in STRETCHES and may(user_of(request), LOOK, subject)
        except SignedOut:
            seen = False
        if subject is None or not seen:
            return Response(status_code=404)
        picture = await pictures().of(subject, ArchiveRange(step, rows))
        headers = {"ETag": f'"{picture.tag}"', "Cache-Control": "private, no-cache", "Content-Encoding": "gzip"}
        if request.headers.get("if-none-match", "") in (f'"{picture.tag}"', f'W/"{picture.tag}"'):
            return Response(status_code=304, headers=headers)
        return Response(picture.content, media_type="application/json", headers=headers)
