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


def create(program: Context) -> None:
    made: list[ChartDataCache] = []

    def pictures() -> ChartDataCache:
        if not made:
            made.append(ChartDataCache(program.servers.archives))
        return made[0]

    @app.get("/past/{kind}/{key}", include_in_schema=False)
    async def past(request: Request, kind: str, key: str, step: int = 0, rows: int = 0) -> Response:
        try:
            context, user = program.for_request(request), user_of(request)
        except SignedOut:
            return Response(status_code=404)
        subject = context.mirror.find(KINDS[kind], key) if kind in KINDS else None
        if subject is None or not context.scope.shows(subject) or ArchiveRange(step, rows) not in STRETCHES or not may(user, LOOK, subject):
            return Response(status_code=404)
        picture = await pictures().of(subject, ArchiveRange(step, rows), program.original(subject))
        headers = {"ETag": f'"{picture.tag}"', "Cache-Control": "private, no-cache", "Content-Encoding": "gzip"}
        if request.headers.get("if-none-match", "") in (f'"{picture.tag}"', f'W/"{picture.tag}"'):
            return Response(status_code=304, headers=headers)
        return Response(picture.content, media_type="application/json", headers=headers)
