"""The connection to one pool, whichever of its hosts answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from data.changes import Event
from data.decode import Sharing
from data.types import Ref, XapiObject
from xo_dash.xapi import events, rrd_formats
from xo_dash.xapi.address import Address
from xo_dash.xapi.console import Stream, open_console
from xo_dash.xapi.errors import (
    BadReply,
    NotConnected,
    Timeout,
    TransferRefused,
    Unreachable,
    XapiError,
    XapiFailure,
)
from xo_dash.xapi.known_hosts import HOPS
from xo_dash.xapi.master_session import GOODBYE, LOGIN_TIMEOUT, MasterSession
from xo_dash.xapi.session import LOCAL_LOGIN, TIMEOUT, XapiSession
from xo_dash.xapi.streams import EARLY, HEAD_TIMEOUT, TransferStream, open_stream
from xo_dash.xapi.tls import Trust, connect
from xo_dash.xapi.wire import Reply
from xo_dash.xapi.workers import GRACE, CallTarget, Workers

T = TypeVar("T")
X = TypeVar("X", bound=XapiObject)

KNOCK = 0.8
"""Seconds to connect in, when a host is looked for again and again."""
KNOCK_AT = 2
"""Hosts that are looked for each time; of the others one after the other."""
NOT_LOOKED_AT: Final = frozenset({"SESSION_INVALID", "HOST_IS_SLAVE"})
"""Of a session that has ended, and of a host that is no longer the master."""
LIST_METHODS: Final = "system.listMethods"
"""Takes no session."""
HOSTS_KEPT = 64
"""Connections that stay open for measurements, one for each host: a handshake costs more than the answer."""


class Connection(MasterSession):
    """Signs in at the pool's master and calls it. Several calls at once have a thread each; events have their own."""

    def __init__(
        self,
        address: Address,
        user: str,
        password: str,
        trust: Trust,
        *,
        originator: str,
        members: Iterable[str] = (),
        one_at_a_time: threading.Lock | None = None,
        left: Iterable[str] = (),
        remember: Callable[[tuple[str, ...]], None] = lambda _sessions: None,
    ) -> None:
        """`one_at_a_time`: held while what `get` read is used, or a first state is decoded; threads that compute beside each other
        keep the loop waiting."""
        super().__init__(address, user, password, trust, originator, members, left, remember)
        self._using = one_at_a_time or threading.Lock()
        self._knocks = 0
        self._events = Workers("xapi-event", 1, self._session)
        self._gets = Workers("xapi-get", 4, self._session, HOSTS_KEPT)

    def __repr__(self) -> str:
        return f"Connection({self.hosts.address})"

    async def knock(self) -> bool:
        """Whether one of the pool's hosts can be connected to, and is whom we believe. Takes no longer than KNOCK seconds."""
        known = self.hosts.all()
        self._knocks += 1
        asked = [*known[:KNOCK_AT], *known[KNOCK_AT:][self._knocks % max(1, len(known) - KNOCK_AT) :][:1]]
        return any(await asyncio.gather(*(self._calls.do(partial(_answers, address, self.trust)) for address in asked)))

    async def call(self, method: str, *args: Any, within: float = TIMEOUT) -> Any:
        """`await connection.call("VM.start", ref, False, False)`: the result as XAPI gives it, in `within` seconds.

        Never sent twice, but where it was not even looked at. After Unreachable nobody knows.
        """
        return await self._call(lambda session: session.call(method, *args, timeout=within), within)

    async def _call(self, work: Callable[[XapiSession], T], within: float) -> T:
        """`work` in a session; again in a new one, if that had ended, or with another master."""
        target = await self._signed_in()
        try:
            return await self._calls.run(work, target, within + GRACE)
        except XapiFailure as failure:
            if failure.code not in NOT_LOOKED_AT:
                raise
        return await self._calls.run(work, await self._renewed(target), within + GRACE)

    async def call_member(self, host: str, method: str, *args: Any) -> Any:
        """A call of the member with address `host`, in a session that only it knows: what a host can be told whose pool has no master."""

        def work(session: XapiSession) -> Any:
            with _unsent():
                session.adopt(session.text(LOCAL_LOGIN, self._credentials[:2], LOGIN_TIMEOUT))
            try:
                return session.call(method, *args)
            finally:
                with suppress(XapiError):
                    session.call("session.local_logout", timeout=GOODBYE)

        with _unsent():
            address = self.hosts.member(self.hosts.address, host)
        return await self._calls.run(work, CallTarget(address), LOGIN_TIMEOUT + TIMEOUT + GRACE)

    async def text(self, method: str, *args: Any, within: float = TIMEOUT) -> str:
        """`call` of what gives a text: no more than one is read."""
        return await self._call(lambda session: session.text(method, (session.handle, *args), within), within)

    async def methods(self) -> frozenset[str]:
        """The calls that the pool has, by its own list: `VM.start`. Empty where it gives none."""
        listed = await self._calls.run(lambda session: session.value(LIST_METHODS, ()), await self._signed_in(), TIMEOUT + GRACE)
        return frozenset(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else frozenset()

    async def rows(self, kind: type[X]) -> list[X]:
        """All of `kind`, of which there are few."""
        return await self._call(lambda session: events.fetch_few(session, kind), TIMEOUT)

    async def row(self, kind: type[X], ref: Ref) -> X:
        """One object as it is now."""
        return await self._call(lambda session: events.fetch_row(session, kind, ref), TIMEOUT)

    async def events(
        self, kinds: Iterable[type[XapiObject]], token: events.Token, wait: float, sharing: Sharing | None = None
    ) -> events.Batch:
        """What happened to `kinds` since `token`; waits for it up to `wait` seconds. One call at a time.

        `sharing`: of all portions of a first state, whose rows name each other.
        """
        patience = (events.FIRST_STATE_TIMEOUT if not token.database else wait + events.MARGIN) + GRACE
        wanted = tuple(kinds)
        work = partial(events.fetch, kinds=wanted, token=token, timeout=wait, turn=self._using, sharing=sharing)
        return await self._events.run(work, await self._signed_in(), patience)

    async def records(self, kind: type[XapiObject], about: int = 0) -> list[Event]:
        """All there is of `kind` now, as events; `about`: how many rows that may be."""
        patience = events.FIRST_STATE_TIMEOUT + GRACE
        return await self._calls.run(lambda session: events.fetch_records(session, kind, about), await self._signed_in(), patience)

    async def get(
        self,
        host: str,
        path: str,
        params: Mapping[str, str | Sequence[str]],
        use: Callable[[Reply], T],
        *,
        accept: str = "*/*",
        within: float = 20.0,
        limit: int = rrd_formats.LIMIT,
    ) -> T:
        """`use(reply)`, in the thread that read it, of a GET from the host with address `host` (as XAPI tells it)."""
        target = await self._signed_in()
        where = CallTarget(target.address.sibling(host), target.ref)
        query = f"{path}?{urlencode(params, doseq=True)}" if params else path
        headers = {"Cookie": f"session_id={target.ref}", "Accept": accept, "User-Agent": "xo-dash"}  # in a URL it would reach logs

        def work(session: XapiSession) -> T:
            reply = session.wire.request("GET", query, None, headers, within, limit)
            with self._using:
                return use(reply)

        return await self._gets.run(work, where, within + GRACE)

    async def console(self, host: str, console: Ref, *, within: float = 10.0) -> Stream:
        """A console of the host with address `host` (as XAPI tells it), to be closed by the caller. Raises ConsoleRefused too."""
        target = await self._signed_in()
        return await open_console(target.address.sibling(host), self.trust, target.ref, console, within)

    async def transfer(
        self, method: str, path: str, query: Mapping[str, str], *, length: int | None = None, host: str = ""
    ) -> TransferStream:
        """A transfer by one of the pool's HTTP handlers, from or into the host that it sends us to; an upload of `length` bytes.

        `host`: the address of the member whose own it is; the master sends nobody on for it.

        Its answer has been looked at: 200, or none yet. Raises TransferRefused for others. What became of it is told by its task alone.
        """
        target = await self._signed_in()
        address = self.hosts.member(target.address, host) if host else target.address
        headers = {"Cookie": f"session_id={target.ref}", "User-Agent": "xo-dash", "Accept": "*/*"}  # in a URL it would reach logs
        if length is not None:
            headers["Content-Length"] = str(length)
        for _hop in range(HOPS):
            stream = await open_stream(address, self.trust, method, path, query, headers)
            try:
                head = await stream.answer(EARLY if method == "PUT" else HEAD_TIMEOUT)
            except Timeout:
                if method == "PUT":
                    return stream
                stream.abort()
                raise
            except BaseException:
                stream.abort()
                raise
            if head.status == 200:
                return stream
            stream.abort()
            if head.status != 302:
                raise TransferRefused(head.status)
            address = self.hosts.sent_on(address, head.headers.get("location", ""))
        raise BadReply("the pool's hosts send us round in a circle")

    async def close(self) -> None:
        await asyncio.gather(super().close(), self._events.close(), self._gets.close())


@contextmanager
def _unsent() -> Iterator[None]:
    """What breaks here broke before the call. Raises NotConnected."""
    try:
        yield
    except (Unreachable, BadReply) as error:
        raise NotConnected(str(error)) from error


def _answers(address: Address, trust: Trust) -> bool:
    try:
        connect(address, trust, KNOCK).close()
    except XapiError:
        return False
    return True
