"""GET /audit_log: the lines since a time, or all."""

from __future__ import annotations

from starlette.responses import Response

from ..http import HttpCall
from ..registry import http
from . import audit_lines
from .task import Transfer, parameter, transfer


@http("GET", "/audit_log")
async def audit_log(call: HttpCall) -> Response:
    return transfer(call, "audit_log_get request", send)


async def send(job: Transfer) -> str:
    since = parameter(job.http.request, "since").replace("-", "").replace("Z", "")
    job.wire.head(200, job.task_header, "Content-Type: text/plain")
    for stamp, line in list(audit_lines.lines(job.pool)):
        if stamp >= since:
            await job.wire.write(line.encode())
    return ""
