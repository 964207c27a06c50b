"""The SRs on a pool's page: those that are called alike in the order of their hosts, and as many as are shown."""

from __future__ import annotations

import asyncio

from nicegui import ui
from nicegui.testing.user_simulation import user_simulation

from components.lists import Listing, Reveal
from components.storage.rows import sr_table
from data.objects import PBD, SR
from tests.networks.place import Place
from tests.waiting import PATIENCE


async def test_drives_are_not_counted_and_hosts_give_the_order() -> None:
    place = Place(hosts=2)
    local = [place.put(SR(name_label="Local storage", type="ext", content_type="user")) for _host in place.hosts]
    place.put(SR(name_label="DVD drives", type="udev", content_type="iso"))
    for host, sr in zip(reversed(place.hosts), local, strict=True):
        place.fake.change(sr, PBDs=[place.put(PBD(host=host.ref, SR=sr.ref, currently_attached=True)).ref])
    table, counts, counted = sr_table(place.fake.home), list[int](), asyncio.Event()
    keys = [str(table.row(sr).cells[0].key) for sr in local]
    assert sorted(keys) == keys[::-1] and table.expected == 3

    def count(number: int) -> None:
        if counts:
            counted.set()
        counts.append(number)

    async def keep(_shown: bool) -> None: ...

    async with user_simulation(lambda: None) as user:

        @ui.page("/srs")
        def srs() -> None:
            Listing(place.fake.mirror, table, reveal=Reveal(False, keep), on_count=count)

        client = await user.open("/srs")
        (listing,) = (one for one in client.elements.values() if isinstance(one, Listing))
        (ready,) = (one for one in listing._event_listeners.values() if one.type == "ready")
        listing._handle_event({"listener_id": ready.id, "args": []})
        await asyncio.wait_for(counted.wait(), PATIENCE)
        assert counts[-1] == 3
