"""One request to the API: who asks, what they may see, and what is answered where it cannot be done."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import msgspec
import orjson
from nicegui import background_tasks
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from data.scope import Scope
from data.stores.errors import RecordInvalid, RecordMissing, RecordRefused, StoreError
from data.stores.trace import Actor, by
from data.stores.users import Role, User
from xo_dash.api.written import Written
from xo_dash.auth.current import actor_of, scope_session
from xo_dash.auth.kinds import PROGRAMS, open_to
from xo_dash.auth.problems import problem
from xo_dash.auth.refused import Refused, UnfitPassword
from xo_dash.auth.sessions import Session
from xo_dash.context import Context
from xo_dash.control.lazy_text import read_by
from xo_dash.i18n import _, negotiate, using

log = logging.getLogger(__name__)

T = TypeVar("T")
LONGEST_BODY: Final = 1 << 20
LONGEST_WITH_POINTS: Final = 16 << 10
"""Bytes of a body that is read once more, in Python."""
JSON: Final = "application/json"
SCOPES_KEPT: Final = 50
STATUS: Final[Mapping[type[Exception], int]] = {
    RecordMissing: 404, RecordInvalid: 422, RecordRefused: 409, UnfitPassword: 422, Refused: 409, StoreError: 503,
}  # fmt: skip
"""Of what the stores answer; the first that fits."""
BURST, A_SECOND = 500.0, 100.0
"""Requests of one session at once, and in the long run."""


class Problem(Exception):
    """It is answered with this status and sentence; `more` are members of the answer."""

    def __init__(self, status: int, sentence: str, **more: object) -> None:
        super().__init__(sentence)
        self.status, self.more = status, more
        self.headers: Mapping[str, str] = {}


class WrongMethod(Problem):
    """The address has others, which RFC 9110 wants in a header as well."""

    def __init__(self, method: str, methods: Iterable[str]) -> None:
        allowed = ", ".join(sorted(methods))
        super().__init__(405, _("{method} is not possible here; use {methods}").format(method=method, methods=allowed))
        self.headers = {"allow": allowed}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and whose it is."""

    context: Context  # as they may see it
    request: Request
    session: Session
    user: User

    @property
    def scope(self) -> Scope:
        """What they may see."""
        return self.context.scope

    @property
    def actor(self) -> Actor:
        return actor_of(self.user, self.address)

    @property
    def address(self) -> str:
        """Where it came from: one token may come from several places at once."""
        return self.request.client.host if self.request.client else self.session.address

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, known: Iterable[str]) -> Mapping[str, str]:
        """The parameters of the address, each given once. Raises Problem for one that nobody knows."""
        names = tuple(known)
        given = self.request.query_params
        for name in given:
            if name not in names:
                sentence = _("there is no parameter “{name}”; there are: {names}")
                raise Problem(400, sentence.format(name=name[:80], names=", ".join(names) or "–"))
            if len(given.getlist(name)) > 1:
                raise Problem(400, _("“{name}” is given twice; give it once").format(name=name))
        return given

    async def body(self, shape: type[T]) -> T:
        """What was sent, as `shape`. Raises Problem."""
        self._need_json()
        content = bytearray()
        try:
            async for piece in self.request.stream():
                content += piece
                if len(content) > LONGEST_BODY:
                    raise Problem(413, _("the body is longer than {most} bytes; send less at once").format(most=LONGEST_BODY))
        except ClientDisconnect:
            raise Problem(400, _("the body is incomplete; send it again")) from None
        try:
            return _decoded(bytes(content), shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            wanted = ", ".join(field.encode_name for field in msgspec.structs.fields(shape))  # type: ignore[arg-type]  # they are structs
            sentence = _("the body must be a JSON object with these fields: {fields} ({reason})")
            raise Problem(400, sentence.format(fields=wanted, reason=str(error)[:200])) from error

    def _need_json(self) -> None:
        """Raises Problem for a body of another type; one without is taken for JSON."""
        kind = self.request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if kind != JSON:
            raise Problem(415, _("the body must be JSON; send it with the header “Content-Type: {type}”").format(type=JSON))

    def need_get(self) -> None:
        """Raises Problem for who wants the head alone, of what is told once or without end."""
        if self.request.method != "GET":
            raise WrongMethod(self.request.method, ["GET"])

    def need(self, role: Role) -> None:
        """Raises Problem for who does not have it."""
        if not self.user.role.includes(role):
            raise Problem(403, _("only an administrator may do this; ask one"))


def _decoded(content: bytes, shape: type[T]) -> T:
    """Raises msgspec.DecodeError. 4.0 is taken for 4: JSON knows one kind of number, and some programs write all with a point."""
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError:
        if len(content) > LONGEST_WITH_POINTS:
            raise
        return msgspec.convert(_whole(msgspec.json.decode(content)), type=shape)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


Handler = Callable[[Asked], Awaitable[Response]]


class RateLimit:
    """So many requests of each session: a bucket that fills by itself."""

    def __init__(self, burst: float = BURST, rate: float = A_SECOND, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, rate, clock
        self._buckets: dict[str, tuple[float, float]] = {}  # {session: (requests left, when that was)}

    def wait(self, session: str) -> float:
        """Seconds until the next may come; 0: now, and it is counted."""
        now = self._clock()
        left, then = self._buckets.pop(session, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        served = left >= 1
        self._buckets[session] = (left - served, now)
        while len(self._buckets) > 1000:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if served else (1 - left) / self._rate


class Desk:
    """What all requests have in common: the program's parts, the limit, and the scopes that were looked with last."""

    def __init__(self, context: Context) -> None:
        self.context, self.limit = context, RateLimit()
        self._scopes: OrderedDict[Scope, None] = OrderedDict()  # who asks again in a moment finds it as it is

    async def prepare(self, user: User) -> None:
        """Have all there that they may see."""
        scope = await self.context.scopes.ready(user)
        self._scopes[scope] = self._scopes.pop(scope, None)
        while len(self._scopes) > SCOPES_KEPT:
            self._scopes.popitem(last=False)


def endpoint(desk: Desk, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """`handler` as a route: for people and programs, with its refusals as problems in the language that is asked for."""

    async def answer(request: Request) -> Response:
        with using(negotiate(request.headers.get("accept-language", ""))):
            try:
                return await _answered(desk, handler, request)
            except Problem as trouble:
                return problem(trouble.status, str(trouble), trouble.headers, trouble.more)
            except (StoreError, Refused) as error:
                return problem(next(status for kind, status in STATUS.items() if isinstance(error, kind)), str(error))
            except Exception as error:
                log.exception("%s %s failed", request.method, request.url.path)
                return problem(500, _("internal error of xo-dash ({error}); see its log").format(error=type(error).__name__))

    return open_to(PROGRAMS)(answer)


async def _answered(desk: Desk, handler: Handler, request: Request) -> Response:
    session = scope_session(request.scope)
    user = session.table.user_of(session) if session is not None else None
    if session is None or user is None:
        return problem(401, _("you are no longer signed in; sign in again"))
    if wait := desk.limit.wait(session.key):
        return problem(429, _("too many requests; try again in a second"), {"retry-after": str(int(wait) + 1)})
    if (token := session.table.token_of(session)) is not None:
        background_tasks.create(desk.context.tokens.note_use(token), name="note the use of a token")
    await desk.prepare(user)
    asked = Asked(desk.context.for_user(user), request, session, user)
    with by(asked.actor), read_by(asked.scope.sees):
        return await handler(asked)


def missing(sentence: str) -> NoReturn:
    raise Problem(404, sentence)


def writing(asked: Asked) -> Written:
    """What an answer is written into."""
    return Written(squeeze="gzip" in asked.request.headers.get("accept-encoding", ""))


async def as_json(asked: Asked, written: Written, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that is written already, with an ETag; 304 to who has it."""
    await written.finish()
    extra = {"cache-control": "private, no-cache", **(headers or {})}
    if status == 200 and asked.request.method in ("GET", "HEAD"):
        extra |= {"etag": written.tag, "vary": "accept-language, accept-encoding, authorization"}
        if asked.request.headers.get("if-none-match", "").removeprefix("W/") == written.tag:
            return Response(status_code=304, headers=extra)
    extra["content-encoding"] = "gzip" if written.is_squeezed else "identity"  # the program's own compression would hold the loop
    return Response(written.content, status, extra, JSON)


async def told(asked: Asked, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A small answer."""
    written = writing(asked)
    written.write(orjson.dumps(value))
    return await as_json(asked, written, status, headers)
