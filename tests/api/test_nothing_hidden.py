"""Whatever the grants are: in no answer, stream or measurement of the API is a name, an address, a uuid or a reference of what its
user may not see; nor does a filter find by it; also when the grants become others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.coalesce import INTERVAL
from data.facts.vm import is_guest
from data.grants.grant import GrantKind
from data.grants.quota import Quota
from data.grants.targets import TARGETS
from data.identity import key_of
from data.mirror import PoolMirror
from data.objects import VM, Host
from data.scope import Scope
from data.stores.users import User
from data.types import XapiObject
from tests import fakes
from tests.api.conftest import Api
from tests.facts.pools import anything_happens
from tests.map.fleets import join
from tests.views import secrets
from xo_dash.api.events import EventFeed, EventFeeds
from xo_dash.api.routes import COLLECTIONS, table
from xo_dash.control.actions import ACTIONS, action
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.state import HostTurn, LogLine, Rolling, RollingFiles, TurnState

ROLES = ("viewer", "operator", "admin")
NOT_ASKED = ("/openapi.json", "/events", "/uploads/{id}", "/runs/{id}/file")
"""The same for everybody, read as a stream, or of what somebody sent."""


class Restricted:
    """Somebody without a role, who has what is given by chance, directly and by groups."""

    def __init__(self, api: Api, user: User, seed: int) -> None:
        self._api, self._user, self._dice = api, user, random.Random(seed)
        self._grants = api.context.grants
        self.sent: list[str] = []
        self.named: set[str] = set()  # what they said themselves

    async def is_given(self) -> Scope:
        """Other grants and another quota than before; what they see now."""
        for one in self._grants.grants.all():
            await self._grants.grants.remove(one.id)
        group = self._grants.groups.by_name("ops") or await self._grants.groups.add("ops", [self._user.id])
        for _ in range(self._dice.randint(1, 5)):
            kind = self._dice.choice(list(GrantKind))
            whose = {"user_id": self._user.id} if self._dice.random() < 0.5 else {"group_id": group.id}
            deny = self._dice.random() < 0.2
            await self._grants.grants.add(self._dice.choice(ROLES), kind, self._target(kind), **whose, deny=deny, by="boss")
        srs = (key_of(self._row(TARGETS[GrantKind.SR])),)
        await self._grants.quotas.save(Quota(id="", user_id=self._user.id, vms=5, srs=srs))
        await self._grants.refresh()
        return await self._api.context.scopes.ready(self._user)

    def _row(self, kind: type[XapiObject]) -> XapiObject:
        return self._dice.choice(list(self._api.context.mirror.every(kind)))

    def _target(self, kind: GrantKind) -> str:
        vm = fakes.find(self._api.context.mirror, self._row(VM).name_label)  # type: ignore[attr-defined]
        if kind is GrantKind.TAG:
            return str(next(iter(vm.tags)))
        return f"name:{vm.name_label}" if kind is GrantKind.FILTER else key_of(self._row(TARGETS[kind]))

    async def asks(self, path: str) -> None:
        self.sent.append((await self._api.ask("GET", path, by="none")).text)

    async def asks_everything(self, runs: list[str]) -> None:
        for row in table():
            if row.method == "GET" and row.path not in NOT_ASKED:
                for path in self._paths(row.path, runs):
                    await self.asks(path)
        token = {"authorization": f"Bearer {self._api.tokens['none']}"}
        self.sent.append((await self._api.http.get("/metrics", headers=token)).text)

    def _paths(self, path: str, runs: list[str]) -> Iterator[str]:
        name = path.split("/")[1]
        kind = next((one.kind for one in COLLECTIONS if one.name == name), None)
        if "{uuid}" in path and kind is not None:
            rows = list(self._api.context.mirror.every(kind))
            for row in self._dice.sample(rows, min(4, len(rows))):
                self.named |= {row.uuid, row.home.key, row.home.id}
                yield path.replace("{uuid}", key_of(row))
        elif name == "access":
            row = self._row(VM)
            self.named |= {row.uuid, row.home.key}
            yield f"/access?action=vm.start&on={key_of(row)}"
        elif "{id}" in path:
            self.named |= set(runs)
            yield from (path.replace("{id}", one) for one in (runs if name == "runs" else ["vm.start"]))
        elif name == "rolling":
            yield from (path.replace("{uuid}", one.id) for one in self._api.context.rolling.runs)
        else:
            yield path.replace("{uuid}", "anything")

    async def commands(self) -> None:
        """Some of what may be asked for, with objects by chance; what becomes of it is told, too."""
        there = [row for row in ACTIONS if any(True for _row in self._api.context.mirror.every(row.kind))]
        for row in self._dice.sample(there, 6):
            about = self._row(row.kind)
            given = {one.name: self._row(one.kind or VM).uuid for one in row.fields if one.kind in TARGETS.values()}
            self.named |= {about.uuid, about.home.key, *given.values()}
            for dry_run in (True, False):
                body = {"on": [key_of(about)], "with": given, "dry_run": dry_run}
                self.sent.append((await self._api.post(f"/actions/{row.id}", body, by="none")).text)

    async def finds_nothing_by(self, hidden: list[str]) -> None:
        plain = [token for token in hidden if ":" not in token]  # what has one asks for a field
        for token in self._dice.sample(plain, min(6, len(plain))):  # somebody may see nearly all
            for name in (
                "vms",
                "hosts",
                "srs",
                "pbds",
                "networks",
                "pifs",
                "vdis",
                "snapshots",
                "tasks",
                "messages",
                "findings",
                "runs",
                "grants",
            ):
                answer = await self._api.ask("GET", f"/{name}", by="none", params={"filter": token})
                assert answer.json()["items"] == [], (name, token)

    def is_told(self, everything: set[str], seen: set[str]) -> None:
        theirs = {grant.key for grant in self._grants.table.of(self._user.id) if not grant.deny}
        allowed = seen | self.named | secrets.recognised(theirs)
        leaked = (secrets.recognised(self.sent) & everything) - allowed
        assert not leaked, [
            text[max(0, text.find(one) - 200) : text.find(one) + 60] for one in leaked for text in self.sent if one in text
        ][:3]
        self.sent.clear()
        self.named.clear()


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_told_of_what_is_hidden(api: Api, seed: int, tmp_path: Path) -> None:
    mirror, dice = api.context.mirror, random.Random(seed)
    for pool in mirror:
        join(pool)
    secrets.mark(mirror)
    user, admin = api.context.users.by_name("none"), api.context.users.by_name("admin")
    assert user and admin
    somebody, feeds = Restricted(api, user, seed), EventFeeds()
    runs = [await api.context.runner.run(admin, action("vm.start"), [vm]) for vm in dice.sample(list(mirror.every(VM)), 3)]
    keys = [run.key for run in runs]
    for pool in mirror:
        RollingFiles(tmp_path).write(ended_rolling(pool))
    api.context.rolling.recall()
    for _turn in range(3):
        scope = await somebody.is_given()
        feed, leave = feeds.join(api.context.for_user(user))
        everything = secrets.known(mirror) | set(keys)
        await somebody.commands()
        await somebody.asks_everything(keys)
        somebody.is_told(everything, secrets.known(scope.mirror))
        await somebody.finds_nothing_by(sorted(everything - secrets.known(scope.mirror) - set(keys)))
        seen = secrets.known(scope.mirror)
        for _ in range(12):
            anything_happens(mirror, dice.choice(list(mirror)), dice)
            everything |= secrets.known(mirror)
            seen |= secrets.known(scope.mirror)
        await asyncio.sleep(2 * INTERVAL)
        somebody.sent += told_by(feed)
        somebody.is_told(everything, seen)
        await somebody.is_given()
        await asyncio.sleep(2 * INTERVAL)
        somebody.sent += told_by(feed)
        somebody.is_told(everything, secrets.known(scope.mirror))
        leave()


def ended_rolling(pool: PoolMirror) -> Rolling:
    """One that has been, of all hosts, which names a VM as well."""
    turns = [HostTurn(host=host.uuid, name=host.name_label, state=TurnState.DONE) for host in pool.all(Host).values()]
    vm = next(vm for vm in pool.all(VM).values() if is_guest(vm))
    return Rolling(id=f"1-{pool.id}", pool=pool.id, pool_uuid=pool.uuid, user_id="x", user_name="eve", request=RollHosts(), turns=turns,
                   began=1.0, ended=2.0, log=[LogLine(at=1.5, what="{detail}", host=turns[0].name, detail=vm.name_label)])  # fmt: skip


def told_by(feed: EventFeed) -> list[str]:
    """What whoever comes back is told; that something is gone says nothing new."""
    return [text for event in feed.after(0) if '"op":"del"' not in (text := event.text.decode())]
