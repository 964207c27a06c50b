"""The dialog that adds or edits a connection, with all that people type into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.ui import Dialog
from data.server import ServerState
from data.stores.servers import TlsMode
from data.stores.users import Role
from tests.running import free_port
from tests.settings.house import looking
from tests.waiting import until
from tests.xapi.answers import answering, http
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.sync.pool_identity import Identity
from xo_dash.sync.probe import Probe
from xo_dash.xapi import tls
from xo_dash.xapi.address import Address

JUNK = ("http//xen", "a b", "xen:99999", "ftp://xen", "root:secret@xen", "xen/path", "[::1", "<script>", "x" * 300, "-x")


async def test_a_pool_is_added_and_lives(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.user.should_see("No servers yet")
        at.press("Add server")
        at.type(Address=f" {pool.url} ", Password=pool.password)
        at.press("Connect")
        await at.live()
        await at.user.should_see("live")
        await at.user.should_not_see("No servers yet")
        (record,) = at.records
        assert (record.address, record.user, record.tls) == (pool.url, "root", TlsMode.PLAIN)
        assert record.label and record.label != pool.url  # as the pool calls itself
        assert pool.password not in (tmp_path / "servers" / "servers.json").read_text()


async def test_junk_is_no_address(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press("Add server")
        for address in JUNK:
            at.type(Address="", Password="secret")
            at.press("Connect")
            await until(lambda: at.field("Address").error == "Enter an address.")
            at.type(Address=address)
            at.press("Connect")
            await until(lambda: "is not an address" in str(at.field("Address").error))
            assert (at.field("Address").value, at.field("Password").value) == (address, "secret")
            assert at.records == []


async def test_what_is_needed_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        at.press("Add server")
        at.type(Address="  ", User=" ")
        at.press("Connect")
        assert await at.fault("Address") == "Enter an address."
        assert (at.field("User").error, at.field("Password").error) == ("Enter a user name.", "Enter a password.")


async def test_nobody_there(tmp_path: Path, closed_port: int) -> None:
    async with looking(tmp_path) as at:
        at.press("Add server")
        at.type(Address=f"http://127.0.0.1:{closed_port}", Password="secret")
        at.press("Connect")
        assert "No response from" in await at.fault("Address")
        assert at.records == []


async def test_something_else_answers(tmp_path: Path) -> None:
    with answering(http(b"<html>a printer</html>")) as printer:
        async with looking(tmp_path) as at:
            at.press("Add server")
            at.type(Address=printer.address.url, Password="secret")
            at.press("Connect")
            assert "it is not a XenServer or XCP-ng host" in await at.fault("Address")
            assert at.records == []


async def test_a_wrong_password_is_said_at_the_password_and_mended_there(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        at.press("Add server")
        at.type(Address=pool.url, Password="wrong")
        at.press("Connect")
        assert await at.fault("Password") == "The pool rejected this user name or password."
        assert at.records == [] and at.field("Address").value == pool.url
        at.type(Password=pool.password)
        at.press("Connect")
        await at.live()


async def test_the_same_address_twice(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, label="lab")
        await at.live()
        at.press("Add server")
        at.type(Address=pool.url, Password=pool.password)
        at.press("Connect")
        assert "Already added" in await at.fault("Address")
        assert len(at.records) == 1


async def test_the_same_pool_by_another_address(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, label="lab")
        await at.live()
        at.press("Add server")
        at.type(Address=pool.url.replace("127.0.0.1", "localhost"), Password=pool.password)
        at.press("Connect")
        assert await at.fault("Address") == "Already added as lab."
        assert len(at.records) == 1


async def test_an_unknown_certificate_is_shown_and_pinned_after_a_yes(tmp_path: Path, secured: tuple[SimulatedPool, str]) -> None:
    pool, fingerprint = secured
    async with looking(tmp_path) as at:
        at.press("Add server")
        at.type(Address=pool.url, Password=pool.password)
        at.press("Connect")
        await at.user.should_see(tls.readable(fingerprint))
        assert at.records == [] and not sessions(pool), "nothing is stored, and no password sent, before the yes"
        at.press("Trust this certificate")
        await at.live()
        (record,) = at.records
        assert (record.tls, record.fingerprint) == (TlsMode.PINNED, fingerprint)


async def test_a_yes_is_to_one_address_only(tmp_path: Path, secured: tuple[SimulatedPool, str]) -> None:
    pool, fingerprint = secured
    async with looking(tmp_path) as at:
        at.press("Add server")
        at.type(Address=pool.url, Password=pool.password)
        at.press("Connect")
        await at.user.should_see(tls.readable(fingerprint))
        at.type(Address=pool.url.replace("127.0.0.1", "localhost"))
        await at.user.should_not_see(tls.readable(fingerprint))
        at.press("Connect")  # it is asked again
        await at.user.should_see(tls.readable(fingerprint))
        assert at.records == []


async def test_a_changed_certificate_is_shown_beside_the_old_one_and_accepted(tmp_path: Path, secured: tuple[SimulatedPool, str]) -> None:
    pool, fingerprint = secured
    before = "ab" * 32
    async with looking(tmp_path) as at:
        known = await at.home.add(pool, tls=TlsMode.PINNED, fingerprint=before, label="lab")
        await at.home.becomes(known, ServerState.BAD_CERTIFICATE)
        await at.user.should_see("The certificate has changed")
        at.press("Edit")
        at.press("Save")
        await at.user.should_see("Previously trusted")
        await at.user.should_see(tls.readable(before))
        assert at.records[0].fingerprint == before
        at.press("Trust this certificate")
        await at.live()
        assert at.records[0].fingerprint == fingerprint


async def test_plain_http_elsewhere_needs_a_yes(tmp_path: Path) -> None:
    servers = Answering()
    async with looking(tmp_path) as at:
        object.__setattr__(at.context, "servers", servers)
        await at.user.open("/settings")
        at.press("Add server")
        at.type(Address="http://xen.example", Password="secret")
        at.press("Connect")
        await at.user.should_see("sends the password unencrypted")
        assert servers.added == []
        at.press("Use plain HTTP")
        await until(lambda: servers.added)
        assert servers.added == [("http://xen.example", TlsMode.PLAIN)]


async def test_edited_without_a_password_the_stored_one_is_kept(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.home.add(pool, tls=TlsMode.PLAIN, label="lab")
        await at.live()
        at.press("Edit")
        assert at.field("Password").value == ""
        at.type(Name="basement")
        at.press("Save")
        await at.user.should_see("basement is saved.")
        await at.live()
        assert [record.label for record in at.records] == ["basement"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_others_may_not(tmp_path: Path, pool: SimulatedPool, role: Role) -> None:
    async with looking(tmp_path, role) as at:
        await at.user.should_see("Pools appear once an administrator adds a server and gives you access.")
        await at.user.should_not_see("Add server")
        await at.home.add(pool, label="lab")
        await at.user.should_see("lab")
        await at.user.should_not_see("Edit")
        await at.user.should_not_see("Add server")
        await at.user.should_not_see("Add user")
        await at.user.should_not_see(pool.url)


async def test_who_is_demoted_while_the_dialog_is_open_may_not_even_by_its_handler(tmp_path: Path, pool: SimulatedPool) -> None:
    async with looking(tmp_path) as at:
        await at.context.users.add("bob", "x", Role.ADMIN)
        at.press("Add server")
        at.type(Address=pool.url, Password=pool.password)
        await at.context.users.set_role(at.me.id, Role.VIEWER)
        at.press("Connect")
        await at.user.should_see("Only an administrator can change servers.")
        assert at.records == []
        assert at.user.find(Dialog).elements


async def test_who_is_demoted_while_it_looks_may_not(tmp_path: Path) -> None:
    servers = Answering()
    async with looking(tmp_path) as at:
        await at.context.users.add("bob", "x", Role.ADMIN)
        object.__setattr__(at.context, "servers", servers)
        await at.user.open("/settings")
        servers.during = lambda: at.context.users.set_role(at.me.id, Role.VIEWER)
        at.press("Add server")
        at.type(Address="http://127.0.0.1:1", Password="secret")
        at.press("Connect")
        await at.user.should_see("Only an administrator can change servers.")
        assert servers.added == []


class Answering:
    """Stands for sync.servers.Servers: a pool over plain http."""

    def __init__(self) -> None:
        self.added: list[tuple[str, TlsMode]] = []
        self.during: Any = None

    async def probe(self, address: str, user: str, password: str, *, tls: TlsMode, fingerprint: str) -> Probe:
        if self.during is not None:
            await self.during()
        where = Address.parse(address)
        trusted = where.is_loopback or tls is TlsMode.PLAIN
        pool = Identity("u", "lab", "r", "XCP-ng 8.3.0", "", "m") if trusted else None
        return Probe(address=where, reachable=True, plain=True, trusted=trusted, pool=pool)

    async def other_that_is(self, pool: Identity, server_id: str) -> str:
        return ""

    async def add(self, address: str, user: str, password: str, *, tls: TlsMode, label: str, fingerprint: str) -> None:
        self.added.append((address, tls))


def sessions(pool: SimulatedPool) -> list[object]:
    return [record for _ref, record in pool.do(lambda inside: list(inside.db.records("session"))) if "xo-dash" in record["originator"]]


@pytest.fixture
def closed_port() -> int:
    return free_port()
