"""What is wrong with a request to the API, as RFC 9457 has it: `application/problem+json`, one sentence with a way out in `detail`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse

API: Final = "/api/"
"""What is asked for below it gets its answers as JSON."""
METRICS: Final = "/metrics"
"""What Prometheus scrapes: for programs, too."""


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, more: Mapping[str, object] | None = None
) -> ProblemResponse:
    """`more`: members of its own, such as `faults` by field."""
    return ProblemResponse(
        {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **(more or {})}, status, headers
    )
