"""Whatever a record says, the pool is LIVE, every page of it can be read, and what is not known is a dash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.mirror import PoolMirror
from data.objects import VM
from data.stores.servers import TlsMode
from tests.foreign import sources
from tests.foreign.eyes import eyes_on
from tests.foreign.spoilt import ODD_NAMES, SPOILS, spoilt
from tests.foreign.stranger import PASSWORD, Manner, Stranger, stranger
from tests.sync.house import House
from tests.waiting import until


def cases() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(what is wrong, the pools with it): one or the other in turn, but for what may make two the same, and what is made for ours."""
    for number, name in enumerate(SPOILS):
        if name.startswith("one_"):
            yield name, ("own",)
        elif "uuid" in name:
            yield from ((name, (source,)) for source in ("own", "real"))
        else:
            yield name, (("own", "real")[number % 2],)


@pytest.mark.parametrize(("name", "pools"), list(cases()))
async def test_every_page_can_be_read(
    name: str, pools: tuple[str, ...], home: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        servers = []
        for source in pools:
            records = sources.source(source)
            whole = spoilt(records, name)
            server = stack.enter_context(stranger(whole, Manner(close=False)))
            record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
            pool = await home.live(home.mirror.pools[record.id])
            await until(lambda pool=pool, whole=whole: len(pool.all(VM)) == len(whole["VM"]))  # type: ignore[misc]
            servers.append((server, records, pool))
        async with eyes_on(home, folder, monkeypatch) as eyes:
            eyes.theirs = tuple(filter(str.strip, ODD_NAMES))
            await eyes.read_everything(stays=True)
            for server, records, pool in servers:  # and what becomes of it while somebody looks
                for kind in ("VM", "host", "SR", "network", "task"):
                    for ref, row in records.get(kind, {}).items():
                        server.registry.put(kind, ref, row)
                await until(lambda pool=pool, server=server: names(pool) == told(server))  # type: ignore[misc]
            await eyes.read_again()


def names(pool: PoolMirror) -> set[str]:
    return {vm.name_label for vm in pool.all(VM).values()}


def told(server: Stranger) -> set[str]:
    return {row["name_label"] for row in server.registry.records["VM"].values()}


@pytest.mark.parametrize("name", ["nulls", "other_types", "odd_names", "endless_sizes", "unknown_enums"])
async def test_the_same_in_xml(name: str, home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(spoilt(sources.own(), name), Manner(json=False)) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        await home.live(home.mirror.pools[record.id])
        async with eyes_on(home, folder, monkeypatch) as eyes:
            eyes.theirs = tuple(filter(str.strip, ODD_NAMES))
            await eyes.read_everything()
