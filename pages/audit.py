"""/audit: what everybody did, for administrators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from nicegui import app, ui

from components.audit import AuditLog
from components.parts import page
from components.ui import PageHead, empty_state
from data.stores.users import Role
from pages.layout import frame
from xo_dash.auth.current import is_administrator, user_of
from xo_dash.context import Context
from xo_dash.i18n import _

EXPORT = "/audit/export"


def create(program: Context) -> None:
    @page("/audit")
    def audit() -> None:
        context = program.for_viewer()
        with frame(context, title=_("Audit log")):
            what = _("Every attempt to change something, by whom and with what result. Changes of VMs outside xo-dash are marked external.")
            head = PageHead(_("Audit log"), what)
            if not is_administrator():
                empty_state(_("For administrators"), _("Only an administrator can read the audit log."))
                return
            with head.verbs:
                ui.link(_("Export"), EXPORT).classes("x-link")
            AuditLog(context)

    @app.get(EXPORT, include_in_schema=False)
    async def export(request: Request) -> Response:
        """All lines that are kept, as they are."""
        if not user_of(request).role.includes(Role.ADMIN):
            return Response(status_code=403)
        headers = {"content-disposition": 'attachment; filename="audit.jsonl"', "cache-control": "no-store"}
        return StreamingResponse(_lines(program.audit.files()), media_type="application/jsonl", headers=headers)


async def _lines(files: list[Path]) -> AsyncIterator[bytes]:
    for path in files:
        if not await anyio.Path(path).exists():
            continue
        async with await anyio.open_file(path, "rb") as file:
            while part := await file.read(1 << 18):
                yield part
