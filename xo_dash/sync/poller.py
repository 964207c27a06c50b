"""Keeps one pool's picture fresh: rounds of long polls, and what to do when they end otherwise than they should."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from data.changes import Event, Operation
from data.decode import Sharing
from data.generation import DatabaseGeneration
from data.methods import Methods
from data.mirror import Mirror, PoolMirror
from data.objects import KINDS, VBD, VDI, VIF, VM, Certificate, Host, Message
from data.server import ServerState
from data.types import XapiObject
from xo_dash.sync.connection_state import LAST_RETRY, ConnectionState, DuplicatePool, WrongPool
from xo_dash.sync.gc_tuning import Loading
from xo_dash.sync.pace import Interest, Pace
from xo_dash.sync.pool_identity import Identity, identify, is_behind
from xo_dash.sync.reconcile import Reconciler
from xo_dash.xapi import events
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadCertificate, BadReply, NotMaster, Unreachable, XapiError, XapiFailure
from xo_dash.xapi.events import START, Batch, Token

log = logging.getLogger(__name__)

PERIOD = 30.0
"""Seconds of one run; then the scheduler starts the next."""
LONG_POLL = 10.0
"""Seconds to wait for events: how long a silent death of the other side may go unseen, but for the reply's margin."""
KNOCK_PAUSE = 0.3
"""Seconds between two looks whether somebody answers again."""
BLIND = 10.0
"""Seconds until the next attempt all the same: for another reason, or the certificate that is presented now."""
DOUBT = 1.0
"""Seconds to wait for events when the picture seems to have too much."""
MOST_MEMBERS, MOST_OF_AN_ADDRESS, MOST_OF_A_PRINT = 256, 253, 100
"""Of what a pool says of its hosts is kept for later: four times the hosts that a pool may have, and characters."""
SLICE = 150
"""Events applied at once in a first state: the loop must not be held for longer. A burst of everyday life is one turn."""
BURST = 2000

LARGE = (VM, VBD, VDI, VIF)
"""Each of these is a third to a tenth of a pool's first state: decoding all of it at once holds the interpreter's lock for too long."""
DATABASE = tuple(kind for kind in KINDS if kind is not Message)
"""The classes of the first state. Messages are no rows of the database, may be 10,000, and come after the picture stands."""
PORTIONS = (tuple(kind for kind in DATABASE if kind not in LARGE), *((kind,) for kind in LARGE))
"""What is asked for at a time. A token tells the last change of its own classes; the first one holds for all: what happened
since then is told once more."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What was learned of a pool, to be kept for the day when its master does not answer."""

    pool_uuid: str
    members: tuple[str, ...]  # addresses of its hosts
    host_fingerprints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What others know of pools, asked at every sign-in."""

    uuid: Callable[[], str]
    """The pool that this server led to before; empty for none yet."""
    duplicate: Callable[[Identity], Awaitable[str]]
    """The label of another server of ours that leads to this pool; empty for none."""
    learn: Callable[[Contact], None]


class Poller:
    """The only writer of one pool's mirror."""

    def __init__(
        self,
        mirror: Mirror,
        pool: PoolMirror,
        connection: Connection,
        known: Known,
        loading: Loading,
        interest: Callable[[], Interest] = lambda: Interest.COMMANDS,
    ) -> None:
        self._pace = Pace(interest)
        self._mirror = mirror
        self._pool = pool
        self._connection = connection
        self._known = known
        self._loading = loading
        self.found: Identity | None = None
        """The pool that it took for its own at the last sign-in."""
        self._standing = ConnectionState(mirror, pool.server)
        self._generation = pool.part(DatabaseGeneration)
        self._census = Reconciler(pool)
        self._identity: Identity | None = None
        self._token = START
        self._contact: Contact | None = None
        self._signed_in = False
        self._loaded = False
        self._proved = False  # whether the session has been of use
        self._problem: XapiError | None = None  # why it is not signed in
        self._nobody = False  # whether nobody answered since then
        self._lost_at = -PERIOD  # by the monotonic clock, as the next two
        self._failed_at = 0.0
        self._rest_until = 0.0
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Poll for PERIOD seconds. One that hangs in spite of all timeouts ends after twice as long, and the next takes its place."""
        self._task = asyncio.current_task()
        async with asyncio.timeout(2 * PERIOD + events.FIRST_STATE_TIMEOUT):
            await self._poll(time.monotonic() + PERIOD)

    async def _poll(self, end: float) -> None:
        while (left := end - time.monotonic()) > 0:
            rest = self._rest_until - time.monotonic()
            if rest > 0:
                await self._rest(min(left, rest))
                continue
            try:
                await self._step(left)
            except XapiError as error:
                await self._stumble(error)
            except Exception as error:  # what nobody thought of must not leave the pool silent and its page hopeful
                if self._standing.is_live or not self._loaded:
                    log.exception("%s: its answer could not be taken in", self._pool.server.label)
                await self._stumble(BadReply(f"{type(error).__name__}: {error}"))

    def stop(self) -> None:
        """End the run that is under way."""
        if self._task is not None:
            self._task.cancel()

    async def _rest(self, seconds: float) -> None:
        """Wait for the next attempt: where nobody answered, until somebody does. To look for that costs next to nothing."""
        if not isinstance(self._problem, Unreachable | BadCertificate):
            await asyncio.sleep(seconds)
            return
        await asyncio.sleep(min(seconds, KNOCK_PAUSE))
        now = time.monotonic()
        if not await self._connection.knock():
            self._nobody = True
            self._rest_until = max(self._rest_until, min(now + 2 * KNOCK_PAUSE, self._failed_at + BLIND))
        elif self._nobody:
            self._rest_until = 0.0

    async def _step(self, left: float) -> None:
        if not self._signed_in:
            await self._enter()
        if self._loaded:
            await self._round(left)
        else:
            with self._loading:
                await self._round(left)

    async def _round(self, left: float) -> None:
        token = self._token
        if not token.database:
            await self._first_state()
            return
        wait = min(left, DOUBT if self._census.doubts else LONG_POLL)
        asked = time.monotonic()
        batch = await self._connection.events(KINDS, token, wait)
        waited = time.monotonic() - asked
        if batch.token.database < token.database:
            log.warning("%s: its database went back in time; reading it anew", self._pool.server.label)
            self._lost()
            return
        await self._apply(token, batch)
        if pause := self._pace.pause(waited, changed=bool(batch.events)):
            await self._generation.pause(min(left, pause))

    async def _first_state(self) -> None:
        """All there is, portion by portion."""
        token, counts, sharing = START, dict[type[XapiObject], int](), Sharing()
        for kinds in PORTIONS:
            batch = await self._connection.events(kinds, START, 0.0, sharing)
            token, counts = token if token.database else batch.token, dict(batch.counts)
            await self._take(batch.events, kinds)
        self._token = Token(token.database, 0)
        self._census.reset()
        await self._stands(counts, learns=True)

    async def _stumble(self, error: XapiError) -> None:
        match error:
            case XapiFailure(code="SESSION_INVALID") | NotMaster() if self._proved:
                self._signed_in = self._proved = False  # and in again at once; the token stays good
            case XapiFailure(code="EVENTS_LOST" | "EVENT_FROM_TOKEN_PARSE_FAILURE") if self._token.database:
                self._lost()
            case _:
                self._signed_in = self._proved = self._nobody = False
                self._problem, self._failed_at = error, time.monotonic()
                self._rest_until = self._failed_at + self._standing.failed(error)
                if not isinstance(error, WrongPool | DuplicatePool):
                    self._connection.forget()

    async def _enter(self) -> None:
        """Sign in, see who answers, and whether what we have read of it is still its past."""
        if not isinstance(self._problem, WrongPool | DuplicatePool) or self._connection.master is None:
            await self._connection.sign_in()
        identity = await identify(self._connection)
        master = self._connection.master
        stored = self._known.uuid()
        if stored and stored != identity.uuid:
            raise WrongPool(stored, identity.uuid, identity.name)
        if other := await self._known.duplicate(identity):
            self.found = None
            raise DuplicatePool(other)
        # before the next await, or two servers that lead to one pool would not see each other
        self.found = identity
        self._mirror.set_server(self._pool.server, master=master.host if master else "", pool_uuid=identity.uuid, product=identity.product)
        if self._token.database and (not identity.is_same_run(self._identity) or await is_behind(self._connection, identity, self._token)):
            self._start_over()
        if not identity.is_same_run(self._identity):
            self._pool.part(Methods).learn(await self._methods())
        self._identity, self._problem = identity, None
        self._signed_in = True
        self._connection.end_left()
        if not self._token.database:
            self._standing.now(ServerState.SYNCING)

    async def _methods(self) -> frozenset[str]:
        """Empty where the pool does not say which it has: then each call is tried."""
        try:
            return await self._connection.methods()
        except (XapiFailure, BadReply):
            return frozenset()

    def _lost(self) -> None:
        """Read everything anew; after a pause if the pool makes us do so again and again."""
        now = time.monotonic()
        if now - self._lost_at < PERIOD:
            self._rest_until = now + LAST_RETRY
        self._lost_at = now
        self._start_over()

    def _start_over(self) -> None:
        self._token = START
        self._census.reset()
        if self._standing.is_live:
            self._standing.now(ServerState.SYNCING)

    async def _apply(self, before: Token, batch: Batch) -> None:
        """Take what happened since `before`; the first time also all messages that there are."""
        learns = any(event.kind in (Host, Certificate) for event in batch.events)
        await self._take(batch.events, (Message,) if not before.messages else ())
        self._token = batch.token
        await self._stands(batch.counts, learns=learns)

    async def _stands(self, counts: Mapping[type[XapiObject], int], *, learns: bool) -> None:
        """The picture is as the pool was a moment ago."""
        self._standing.fresh()
        self._proved = self._loaded = True
        for kind in self._census.check(counts):
            log.info("%s: rows of class %s went without a word; reading them anew", self._pool.server.label, kind.xapi_class)
            await self._take(await self._connection.records(kind, len(self._pool.all(kind))), (kind,))
        self._generation.reach(self._token.database)
        if learns:
            self._learn()

    async def _take(self, rows: list[Event], complete: tuple[type[XapiObject], ...]) -> None:
        """Apply; of the classes in `complete`, what `rows` do not name is gone.

        In slices where one turn would be too long; `rows` is empty then.
        """
        if len(rows) <= BURST and not complete:
            self._mirror.apply(self._pool, rows)
            return
        self._generation.reach(0)
        gone = {kind: set(self._pool.all(kind)) for kind in complete}
        while rows:  # and let go of them on the way: fifty thousand at once take milliseconds
            part = rows[:SLICE]
            del rows[:SLICE]
            for row in part:
                if row.kind in gone:
                    gone[row.kind].discard(row.ref)
            self._mirror.apply(self._pool, part)
            await asyncio.sleep(0)
        self._mirror.apply(self._pool, [Event(kind, Operation.DEL, ref, None) for kind, refs in gone.items() for ref in refs])

    def _learn(self) -> None:
        """Keep the members' addresses, and what the pool itself says of their certificates."""
        hosts = sorted(host.address for host in self._pool.all(Host).values() if 0 < len(host.address) <= MOST_OF_AN_ADDRESS)
        prints = sorted(
            one.fingerprint_sha256 for one in self._pool.all(Certificate).values() if 0 < len(one.fingerprint_sha256) <= MOST_OF_A_PRINT
        )
        contact = Contact(self._pool.server.pool_uuid, tuple(hosts[:MOST_MEMBERS]), tuple(prints[: 2 * MOST_MEMBERS]))
        if contact != self._contact:
            self._contact = contact
            self._known.learn(contact)
