"""An order of one's own on the map: who may make it, who sees it."""

from pathlib import Path

import pytest

from components.map.order import KEY, Orders
from data.identity import key_of
from data.mirror import Mirror
from data.objects import SR, Host, Pool
from data.stores.directory import DataDirectory
from data.stores.settings import SettingsStore
from data.stores.users import Role, UserStore
from tests import fakes

LOOKING = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)


@pytest.fixture
def directory(data_dir: Path) -> DataDirectory:
    return DataDirectory(data_dir)


@pytest.fixture
def users(directory: DataDirectory) -> UserStore:
    store = UserStore(directory)
    for role in Role:
        store.add_now(role.value, "x", role)
    return store


@pytest.fixture
def orders(mirror: Mirror, directory: DataDirectory, users: UserStore) -> Orders:
    return Orders(mirror, SettingsStore(directory), users)


def keys(mirror: Mirror) -> tuple[str, list[str]]:
    """The pool of three hosts, and these."""
    pool = next(pool for pool in mirror.every(Pool) if pool.name_label == "lab-pool")
    return key_of(pool), [key_of(host) for host in pool.home.all(Host).values()]


def seen(orders: Orders, users: UserStore, role: Role) -> list[str]:
    user = users.by_name(role.value)
    assert user is not None
    return orders.of(user, orders._mirror)


async def do(orders: Orders, users: UserStore, role: Role, parent: str, wanted: list[str]) -> None:
    user = users.by_name(role.value)
    assert user is not None
    await (orders.arrange(user, parent, wanted) if wanted else orders.forget(user))


async def test_operators_arrange_for_everybody_viewers_for_themselves(mirror: Mirror, orders: Orders, users: UserStore) -> None:
    pool, hosts = keys(mirror)
    told: list[int] = []
    stop = orders.observe(lambda: told.append(1))
    await do(orders, users, Role.OPERATOR, pool, hosts[::-1])
    assert [seen(orders, users, role) for role in LOOKING] == [hosts[::-1]] * 3
    mine = [hosts[1], hosts[0], hosts[2]]
    await do(orders, users, Role.VIEWER, pool, mine)
    assert [seen(orders, users, role) for role in LOOKING] == [mine, hosts[::-1], hosts[::-1]]
    await do(orders, users, Role.VIEWER, "", [])
    assert seen(orders, users, Role.VIEWER) == hosts[::-1]
    await do(orders, users, Role.ADMIN, "", [])
    assert [seen(orders, users, role) for role in LOOKING] == [[], [], []]
    assert len(told) == 4
    stop()


async def test_who_sees_a_part_arranges_that_part(mirror: Mirror, orders: Orders, users: UserStore) -> None:
    pool, hosts = keys(mirror)
    await do(orders, users, Role.OPERATOR, pool, hosts[::-1])
    await do(orders, users, Role.OPERATOR, pool, hosts[:1])
    assert seen(orders, users, Role.ADMIN) == [hosts[0], *hosts[:0:-1]]


async def test_the_order_of_pools_and_of_their_hosts_are_kept_apart(mirror: Mirror, orders: Orders, users: UserStore) -> None:
    pool, hosts = keys(mirror)
    pools = [key_of(row) for row in mirror.every(Pool)]
    await do(orders, users, Role.ADMIN, pool, hosts)
    await do(orders, users, Role.ADMIN, "", pools)
    assert seen(orders, users, Role.VIEWER) == [*hosts, *pools]


async def test_what_is_not_known_is_not_kept(mirror: Mirror, orders: Orders, users: UserStore) -> None:
    pool, hosts = keys(mirror)
    for parent, wanted in (("no such pool", hosts), (pool, ["x", "y"]), ("", hosts)):
        await do(orders, users, Role.ADMIN, parent, wanted)
        assert seen(orders, users, Role.ADMIN) == []
    await do(orders, users, Role.ADMIN, pool, ["x", hosts[1], hosts[1], hosts[0]])
    assert seen(orders, users, Role.ADMIN) == [hosts[1], hosts[0]]


async def test_groups_have_an_order_of_their_own_for_each_kind(mirror: Mirror, orders: Orders, users: UserStore) -> None:
    pool, hosts = keys(mirror)
    await do(orders, users, Role.OPERATOR, pool, hosts)
    await do(orders, users, Role.OPERATOR, "tag", ["web", "no such tag", "prod", ""])
    await do(orders, users, Role.VIEWER, "tag", ["ci"])
    await do(orders, users, Role.ADMIN, "folder", ["/team 2", "web"])
    assert seen(orders, users, Role.ADMIN) == [*hosts, "tag:web", "tag:prod", "folder:/team 2"]
    assert seen(orders, users, Role.VIEWER) == [*hosts, "tag:ci", "folder:/team 2"]
    sr = key_of(next(mirror.every(SR)))
    for parent, wanted in (("sr", [sr, "x"]), ("os", ["Debian GNU/Linux 12", "x"])):
        await do(orders, users, Role.ADMIN, parent, wanted)
        assert seen(orders, users, Role.ADMIN)[-1] == f"{parent}:{wanted[0]}"


async def test_one_order_is_forgotten_and_the_others_are_kept(mirror: Mirror, orders: Orders, users: UserStore) -> None:
    pool, hosts = keys(mirror)
    admin = users.by_name(Role.ADMIN.value)
    assert admin is not None
    for parent, wanted in ((pool, hosts), ("tag", ["web"]), ("folder", ["/team 1"])):
        await do(orders, users, Role.ADMIN, parent, wanted)
    await orders.forget(admin, "tag")
    assert seen(orders, users, Role.ADMIN) == [*hosts, "folder:/team 1"]
    await orders.forget(admin)
    assert seen(orders, users, Role.ADMIN) == ["folder:/team 1"]


async def test_what_was_damaged_by_hand_is_no_order(mirror: Mirror, directory: DataDirectory, users: UserStore) -> None:
    settings = SettingsStore(directory)
    settings.set_now(KEY, {"": "abc", "tag": [1, "a"], "q": None, "no such pool": ["b"]})
    assert seen(Orders(mirror, settings, users), users, Role.VIEWER) == ["tag:a"]


async def test_an_order_that_was_kept_by_uuids_alone_still_holds(mirror: Mirror, directory: DataDirectory, users: UserStore) -> None:
    pool = fakes.find(mirror, "lab-pool", Pool)
    hosts, sr = list(pool.home.all(Host).values())[::-1], next(mirror.every(SR))
    settings = SettingsStore(directory)
    settings.set_now(KEY, {"": [pool.uuid], pool.uuid: [host.uuid for host in hosts], "sr": [sr.uuid]})
    expected = [key_of(pool), *map(key_of, hosts), f"sr:{key_of(sr)}"]
    assert seen(Orders(mirror, settings, users), users, Role.VIEWER) == expected
