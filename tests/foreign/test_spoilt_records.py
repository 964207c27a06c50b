"""Whatever a record says, the pool is LIVE, every page of it can be read, and what is not known is a dash."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.objects import VM
from data.stores.servers import TlsMode
from tests.foreign import sources
from tests.foreign.eyes import eyes_on
from tests.foreign.spoilt import ODD_NAMES, SPOILS, spoilt
from tests.foreign.stranger import PASSWORD, Manner, stranger
from tests.sync.house import House, until


@pytest.mark.parametrize("name", SPOILS)
@pytest.mark.parametrize("source", ["own", "real"])
async def test_every_page_can_be_read(name: str, source: str, home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = sources.source(source)
    if source == "real" and name.startswith("one_"):
        pytest.skip("that one is made for ours")
    whole = spoilt(records, name)
    with stranger(whole, Manner(close=False)) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        pool = await home.live(home.mirror.pools[record.id])
        await until(lambda: len(pool.all(VM)) == len(whole["VM"]))
        async with eyes_on(home, folder, monkeypatch) as eyes:
            eyes.theirs = tuple(filter(str.strip, ODD_NAMES))
            await eyes.read_everything()
            for name_of in ("VM", "host", "SR", "network", "task"):  # and what becomes of it while somebody looks
                for ref, row in records.get(name_of, {}).items():
                    server.book.put(name_of, ref, row)
            await until(
                lambda: {vm.name_label for vm in pool.all(VM).values()} == {row["name_label"] for row in server.book.records["VM"].values()}
            )
            await eyes.read_everything()


@pytest.mark.parametrize("name", ["nulls", "other_types", "odd_names", "endless_sizes", "unknown_enums"])
async def test_the_same_in_xml(name: str, home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(spoilt(sources.own(), name), Manner(json=False)) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        await home.live(home.mirror.pools[record.id])
        async with eyes_on(home, folder, monkeypatch) as eyes:
            eyes.theirs = tuple(filter(str.strip, ODD_NAMES))
            await eyes.read_everything()
