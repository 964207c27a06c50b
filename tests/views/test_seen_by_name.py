"""What is seen by name alone is not told as if the rest were not there."""

from __future__ import annotations

from pathlib import Path

from nicegui import app
from nicegui.testing.user_simulation import user_simulation

from data.identity import key_of
from data.networks import NetworkKind, is_internal, network_kind
from data.objects import SR, VM, Host, Network, Pool
from data.scope import Scope
from data.stores.users import Role
from tests import fakes
from tests.networks.place import Place
from xo_dash.app import add_routes

OUTLINE = "You see its name and what you have access to here; the rest needs access to all of it. Ask an administrator."


def test_where_a_network_is_on_is_what_one_sees_or_unknown() -> None:
    place = Place()
    vm = place.fake.home.one(VM, place.nic(place.lan).VM)
    for seen, kind in ((place.hosts[0], NetworkKind.EXTERNAL), (vm, NetworkKind.UNTOLD)):
        scope = Scope(place.fake.mirror, lambda subject, seen=seen: subject is seen)
        here = scope.mirror.pools[place.lan.home.id].one(Network, place.lan.ref)
        assert here is not None and network_kind(here) is kind and not is_internal(here)


async def test_a_page_says_that_there_is_more(tmp_path: Path) -> None:
    place = Place()
    host = place.hosts[0]
    sees = lambda subject: subject is host  # noqa: E731
    async with user_simulation(lambda: None) as user:
        context = fakes.context(place.fake.mirror, tmp_path, sees_of=lambda _user: sees)
        add_routes(app, context)
        whoever = context.users.add_now("somebody", "hash", Role.OPERATOR)
        user.http_client.cookies.set("xo-dash", context.auth.sessions.start(whoever, "::1")[0])
        scope = await context.scopes.ready(whoever)
        for kind in (Host, Pool, SR, Network):
            await user.open(f"/{kind.__name__.lower()}/{key_of(next(scope.mirror.every(kind)))}")
            await (user.should_not_see if kind is Host else user.should_see)(OUTLINE)
        for untold in ("No VMs or disks.", "If a host fails", "Internal"):
            await user.should_not_see(untold)
        await context.runner.stop()
        await context.auth.close()
