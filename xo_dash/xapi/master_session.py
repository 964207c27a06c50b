"""Being signed in at the pool's master: who that is, the session there, and those that were left open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from xo_dash.xapi.address import Address
from xo_dash.xapi.codec import Codec
from xo_dash.xapi.errors import BadCertificate, BadReply, NotConnected, NotMaster, UnknownMaster, Unreachable, XapiError, XapiFailure
from xo_dash.xapi.known_hosts import HOPS, KnownHosts
from xo_dash.xapi.session import LOGIN, XapiSession
from xo_dash.xapi.tls import Trust
from xo_dash.xapi.workers import GRACE, CallTarget, Workers

LOGIN_TIMEOUT = 15.0
"""Seconds; xapi itself waits five before it refuses a password."""
GOODBYE = 2.0
"""Seconds for the end of a session."""
MOST_LEFT = 20
"""Sessions that are remembered to be ended; a pool ends them by itself after a day."""
_REF = re.compile(r"[!-:<-~]{1,256}")
"""A session; it becomes a part of a header."""


class MasterSession:
    """One session at a time; `trust` and `hosts.members` may be replaced at any time. Every method raises XapiError."""

    def __init__(
        self,
        address: Address,
        user: str,
        password: str,
        trust: Trust,
        originator: str,
        members: Iterable[str],
        left: Iterable[str],
        remember: Callable[[tuple[str, ...]], None],
    ) -> None:
        """`left`: sessions of an earlier run that may still be open; `remember` is told all that may be, whenever it is others."""
        self.trust = trust
        self.hosts = KnownHosts(address, members)
        self.codec = Codec.JSON
        """How this pool is spoken to."""
        self._credentials = (user, password, "1.0", originator)
        self._target: CallTarget | None = None
        self._left = list(left)  # sessions that were not ended: the pool would keep them for a day
        self._remember = remember
        self._ending: asyncio.Task[None] | None = None
        self._signing_in = asyncio.Lock()
        self._calls = Workers("xapi-call", 4, self._session)

    @property
    def master(self) -> Address | None:
        """The host that we are signed in at; None while we are not."""
        return self._target.address if self._target else None

    async def sign_in(self) -> Address:
        """Find the master and sign in there; gives its address. A session that there was is forgotten.

        Tried are the last master, the address as configured, and the members; a password is never tried twice.
        """
        async with self._signing_in:
            return await self._enter()

    async def _enter(self) -> Address:
        self.forget()
        self._target = await self._find_master()
        self.hosts.last_master = self._target.address
        self._tell_sessions()
        return self._target.address

    def forget(self) -> None:
        """Use the session no more; it is ended when the pool can be reached again."""
        target, self._target = self._target, None
        if target is not None:
            self._left = [*self._left, target.ref][-MOST_LEFT:]

    def end_left(self) -> None:
        """Begin to end the sessions that were left. Only at the pool that they are of: a session is a secret of its."""
        if self._left and self._target is not None and (self._ending is None or self._ending.done()):
            self._ending = asyncio.get_running_loop().create_task(self._end_left(self._target))

    async def _end_left(self, target: CallTarget) -> None:
        try:
            for ref in tuple(self._left):
                with suppress(XapiFailure):  # it had ended by itself
                    await self._log_out(target, ref)
                self._left = [one for one in self._left if one != ref]
        except XapiError:
            return  # the others with the next sign-in
        finally:
            self._tell_sessions()

    async def _log_out(self, target: CallTarget, ref: str) -> None:
        await self._calls.run(lambda session: session.value("session.logout", (ref,), GOODBYE), target, GOODBYE)

    def _tell_sessions(self) -> None:
        self._remember((*self._left, *([self._target.ref] if self._target else [])))

    async def sign_out(self) -> None:
        """End the session, if the pool can be reached."""
        target, self._target = self._target, None
        if target is None:
            return
        try:
            await self._log_out(target, target.ref)
        except XapiFailure:
            pass  # it had ended by itself
        except XapiError:
            self._left.append(target.ref)
        self._tell_sessions()

    async def close(self) -> None:
        """Sign out and let go."""
        if self._ending is not None:
            self._ending.cancel()
        await self.sign_out()
        await self._calls.close()

    def _session(self, address: Address) -> XapiSession:
        return XapiSession(address, self.trust, self.codec)

    async def _signed_in(self) -> CallTarget:
        """The session, which may be on its way: one that ended under a call is being opened again."""
        async with self._signing_in:
            if self._target is None:
                raise NotConnected("not signed in")
            return self._target

    async def _renewed(self, ended: CallTarget) -> CallTarget:
        """The session after `ended`, which the pool knows no more."""
        async with self._signing_in:
            if self._target in (None, ended):  # or somebody else has met its end before
                await self._enter()
        return await self._signed_in()

    async def _find_master(self) -> CallTarget:
        problem: XapiError | None = None
        for address in self.hosts.all():
            try:
                return await self._follow(address)
            except (XapiFailure, Unreachable) as error:
                if isinstance(error, XapiFailure) and not _is_of_this_host(error):
                    raise
                problem = problem or error
            except BadCertificate as error:
                problem = error if not isinstance(problem, BadCertificate) else problem
            except XapiError as error:
                problem = problem or error
        raise problem or Unreachable("no address to try")

    async def _follow(self, address: Address) -> CallTarget:
        """Sign in at `address`, or at the master it names."""
        for _hop in range(HOPS):
            try:
                return await self._calls.run(self._login, CallTarget(address), LOGIN_TIMEOUT + GRACE)
            except NotMaster as error:
                if not error.master or (master := address.sibling(error.master)) == address:
                    raise
                if not self.hosts.may_follow(address, master):
                    raise UnknownMaster(error.details[0], error.params) from error
                address = master
        raise Unreachable("the pool's members name each other as master")

    def _login(self, session: XapiSession) -> CallTarget:
        ref = session.text(LOGIN, self._credentials, LOGIN_TIMEOUT)
        if _REF.fullmatch(ref) is None:
            raise BadReply("no session")
        self.codec = session.codec
        return CallTarget(session.address, ref)


def _is_of_this_host(failure: XapiFailure) -> bool:
    """Whether another host may answer better: it is starting, or lost its master."""
    return failure.code.startswith("HOST_")
