"""The task of a transfer: the client's own (task_id=) or a new one, told in the header task-id; it ends with the handler."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from .. import tasks
from ..call import Call
from ..errors import XapiError
from ..http import HttpCall, cookies, page
from ..paths import PATHS
from ..pool import Pool
from . import audit_lines
from .body import Body, pieces
from .wire import Live, Wire

log = logging.getLogger(__name__)

PATIENCE = 5.0  # real seconds for what a client sends beyond the end
BRIEF = 0.5  # the same, of one who may never say that it was all
STEPS = 20  # a paced transfer waits, and shows how far it is, so often
HEADER = "x-http-other-config-"
OCTETS = "Content-Type: application/octet-stream"


class RefusedError(Exception):
    """An HTTP status of its own besides the failure of the task; `__cause__` is the XapiError."""

    def __init__(self, status: int, error: XapiError) -> None:
        super().__init__(status)
        self.status, self.error = status, error


class Job:
    """Bytes on their way, whoever sends them: the task of `call` shows how far they are."""

    def __init__(self, call: Call) -> None:
        self.call, self.pool, self.db = call, call.pool, call.db
        self._total, self._done, self._shown, self._seconds = 1, 0, 0.0, 0.0

    def measure(self, total: int, seconds: float = 0.0) -> None:
        """Progress is that of `total` bytes, which take so many simulated seconds at least."""
        self._total, self._seconds = max(1, total), seconds

    async def moved(self, count: int) -> None:
        """So many bytes more; the place where a cancelled transfer ends."""
        self.call.check_cancelled()
        while count > 0 and self._seconds > 0:
            part = min(count, max(1, self._total // STEPS))
            await self.call.sleep(self._seconds * part / self._total)
            self._show(part)
            count -= part
        self._show(count)

    def _show(self, count: int) -> None:
        self._done += count
        fraction = min(1.0, self._done / self._total)
        if fraction - self._shown >= 0.01:
            self._shown = fraction
            self.call.progress(fraction)


class Transfer(Job):
    """One request at work: `call` to call with, `wire` to write to."""

    def __init__(self, http: HttpCall, call: Call, wire: Wire) -> None:
        super().__init__(call)
        self.http, self.wire = http, wire
        self.body: Body | None = None  # an upload that has been begun

    @property
    def task_header(self) -> str:
        return f"task-id: {self.call.task}"

    async def accept(self, body: Body, *headers: str) -> None:
        """Answer before the upload is read, as xapi does: some clients send nothing until then. Only "100 Continue" goes before it."""
        self.body = body
        if "expect" in self.http.request.headers:
            await body.peek(1)
        self.wire.head(200, self.task_header, *headers)


Work = Callable[[Transfer], Awaitable[str]]


def parameter(request: Request, name: str) -> str:
    """From the query or a cookie: xapi takes both."""
    return request.query_params.get(name) or cookies(request).get(name, "")


def flag(request: Request, name: str) -> bool:
    return parameter(request, name) == "true"


def transfer(http: HttpCall, label: str, work: Work) -> Response:
    """Do `work` under a task; what it returns is the task's result, as XML."""
    task = parameter(http.request, "task_id")
    if task and task not in http.pool.db.rows("task"):
        return page(500)

    async def run(wire: Wire) -> None:
        call = begin(http, label, task)
        await finish(Transfer(http, call, wire), work)

    return Transferred(run)


class Transferred(Live):
    audits_itself = True  # when it has ended, and with how


def permission(http: HttpCall) -> str:
    return PATHS.get((http.request.method, http.request.url.path.rstrip("/")), ("", ""))[1]


def begin(http: HttpCall, label: str, task: str) -> Call:
    pool = http.pool
    above = parameter(http.request, "subtask_of")
    task = task or tasks.create(pool, label, host=http.host.ref, parent=above, session=http.session)
    told = {f"http:{name[len(HEADER) :]}": value for name, value in http.request.headers.items() if name.startswith(HEADER)}
    config = {**pool.db.get(task, "other_config"), **told}
    pool.db.set(task, other_config=config, progress=0.0, resident_on=http.host.ref, allowed_operations=["cancel"])
    call = pool.calls[task] = Call(pool, http.session, http.host, label, label=label, task=task)
    if "cancel" in pool.db.get(task, "current_operations").values():
        call.cancel()
    return call


async def finish(transfer: Transfer, work: Work) -> None:
    """Run it, and end the task as it ends. Failures before the first byte are told in HTTP as well."""
    wire, pool, task = transfer.wire, transfer.pool, transfer.call.task
    failure: XapiError | None = None
    status = 500
    try:
        tasks.succeed(pool, task, await work(transfer))
    except RefusedError as error:
        failure, status = error.error, error.status
    except XapiError as error:
        failure = error
    except (ConnectionError, ClientDisconnect):
        failure = XapiError("CLIENT_ERROR", "the connection was closed")
    except OSError as error:  # a full disk, most likely
        log.warning("%s: %s", transfer.call.label, error)
        failure = XapiError("VDI_IO_ERROR", "Device I/O error")
    except Exception as error:
        log.exception("%s failed", transfer.call.label)
        failure = XapiError("INTERNAL_ERROR", repr(error))
    audit_lines.handled(pool, transfer.http.session, permission(transfer.http), audit_lines.failed(failure.details) if failure else "OK")
    if failure is not None:
        tasks.fail(pool, task, failure)
        if not wire.started and not wire.transport.is_closing():
            wire.page(status, f"{failure.code}: [ {'; '.join(failure.details[1:])} ]" if status == 500 else "")
    await leftovers(transfer)


async def leftovers(transfer: Transfer) -> None:
    """Read what a client still sends, within reason: closing on it would take the answer from it."""
    request, body = transfer.http.request, transfer.body
    if body is None and request.method == "PUT" and "expect" not in request.headers:
        body = Body(pieces(request))
    if body is not None:
        with suppress(Exception):
            said = "content-length" in request.headers or "transfer-encoding" in request.headers
            await asyncio.wait_for(body.drain(), PATIENCE if said else BRIEF)


def object_of(pool: Pool, cls: str, given: str) -> str:
    """A reference or a uuid becomes a reference. UUID_INVALID for neither."""
    if given in pool.db.rows(cls):
        return given
    if given.startswith("OpaqueRef:"):
        raise XapiError("HANDLE_INVALID", cls, given)
    return pool.db.by_uuid(cls, given)


def asked(pool: Pool, request: Request, cls: str) -> str:
    """The object that ref= or uuid= names."""
    given = parameter(request, "ref") or parameter(request, "uuid")
    if not given:
        raise XapiError("INTERNAL_ERROR", "Not_found")
    return object_of(pool, cls, given)
