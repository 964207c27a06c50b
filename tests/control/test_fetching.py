"""Files fetched from an address: what may be asked, what breaks, and what goes on after a cut."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from data.objects import VDI
from tests.control.moving_bytes import as_qcow2, everything, sr_of
from tests.control.web_server import WebServer, web_server
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest
from xo_dash.control.requests.file import File
from xo_dash.control.run import RunItem, RunState
from xo_dash.control.sr.import_disk import ImportDisk
from xo_dash.control.transfers.allowed import AllowedHosts, parsed
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.remote import HOPS, RemoteFile
from xo_dash.simulator.testing import simulated

LOCAL = AllowedHosts.of(["127.0.0.1"])
CONTENT = bytes(range(256)) * 4096


@pytest.fixture
async def site() -> AsyncIterator[WebServer]:
    async with web_server(CONTENT) as site:
        yield site


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Wired]:
    with simulated((2,), (8,), (3,)) as simulation:
        async with wired(simulation.pools[0], tmp_path) as bench:
            bench.runner.exchange.allowed, bench.runner.exchange.pause = LOCAL, 0.0
            yield bench


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org/x", "10.0.0.1"),
        ("https://example.org/x", "127.0.0.1"),
        ("https://example.org/x", "169.254.169.254"),
        ("https://example.org/x", "224.0.0.1"),
        ("https://example.org/x", "0.0.0.0"),
        ("https://example.org/x", "100.64.0.1"),
        ("https://example.org/x", "::1"),
        ("https://example.org/x", "fe80::1"),
        ("https://example.org/x", "fd00::1"),
        ("https://example.org/x", "::ffff:127.0.0.1"),
        ("https://example.org/x", "::ffff:8.8.8.8"),
        ("https://example.org/x", "64:ff9b::7f00:1"),
        ("https://example.org/x", "2002:7f00:1::"),
        ("http://example.org/x", "8.8.8.8"),
        ("https://listed.lan/x", "169.254.169.254"),
        ("https://notlisted.lan/x", "10.0.0.1"),
        ("https://lan/x", "10.0.0.1"),
    ],
)
def test_nothing_inside_is_fetched_from(url: str, address: str) -> None:
    assert AllowedHosts.of(["listed.lan", "*.mirror.lan"]).refusal(parsed(url), ip_address(address)) is not None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org/x", "8.8.8.8"),
        ("https://example.org/x", "2606:4700::1111"),
        ("http://listed.lan/x", "10.0.0.1"),
        ("https://LISTED.lan./x", "127.0.0.1"),
        ("http://a.mirror.lan/x", "192.168.1.1"),
        ("http://any.name/x", "172.16.5.5"),
    ],
)
def test_what_is_public_or_listed_is(url: str, address: str) -> None:
    assert AllowedHosts.of(["Listed.lan", "*.mirror.lan", "172.16.0.0/12"]).refusal(parsed(url), ip_address(address)) is None


@pytest.mark.parametrize("entry", ["", "http://x", "a b", "10.0.0.0/99", "*", "*.*"])
def test_a_list_takes_names_and_networks(entry: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        AllowedHosts.of([entry])


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "https://", "https://me:secret@x/y", "https://x:99999/", "https://x/ y", "file:///etc/passwd"]
)
def test_an_address_is_one(url: str) -> None:
    with pytest.raises(BadRequest, match="https://"):
        decode(ImportDisk, {"file": url})


def test_a_signature_is_not_written_down() -> None:
    request = decode(ImportDisk, {"file": {"url": "https://example.org/images/debian%2013.qcow2?X-Signature=secret"}})
    assert request.file.name == "debian 13.qcow2" and "secret" in request.file.url
    assert "secret" not in str(request.told())
    with pytest.raises(BadRequest, match="sha256"):
        decode(ImportDisk, {"file": "https://example.org/x", "checksum": "md5:00"})


async def fetched(site: WebServer, allowed: AllowedHosts = LOCAL) -> bytes:
    remote = RemoteFile(site.url, allowed, pause=0.0)
    try:
        await remote.open()
        return b"".join([piece async for piece in remote.pieces()])
    finally:
        remote.close()


async def test_after_a_cut_it_goes_on_where_it_was(site: WebServer) -> None:
    site.cut_after = [100_000, 0, 300_000]
    assert await fetched(site) == CONTENT
    assert site.asked[:2] == ["0", "100000"] and site.asked[-1] == "400000"


async def test_what_breaks_is_told_in_a_sentence(site: WebServer) -> None:
    async def why(allowed: AllowedHosts = LOCAL, **faults: object) -> str:
        broken = WebServer(CONTENT, site.port, **faults)  # type: ignore[arg-type]
        site.__dict__.update(broken.__dict__)
        with pytest.raises(EndFailed) as error:
            await fetched(site, allowed)
        return str(error.value.reason)

    assert "HTTP 404" in await why(status=404)
    assert "HTTP 403" in await why(status=403)
    assert "HTTP 500" in await why(status=500)
    assert "how large" in await why(sized=False, ranges=False)
    assert "stopped sending before the end of the file" in await why(ranges=False, cut_after=[1000])
    assert "stopped sending before the end of the file" in await why(cut_after=[1000] + [0] * 20)
    assert "has changed in the meantime" in await why(cut_after=[1000], becomes=CONTENT[::-1])
    assert "has changed in the meantime" in await why(cut_after=[1000], becomes=CONTENT[::-1], heeds=False)
    assert "has changed in the meantime" in await why(cut_after=[1000], becomes=CONTENT[:-1])
    assert "too many redirects" in await why(status=302, location="/again")
    assert len(site.asked) == HOPS + 1
    assert "which is not allowed" in await why(status=302, location="http://169.254.169.254/latest/meta-data")
    assert "inside the network" in await why(status=307, location="http://10.0.0.1/x")
    assert "an address that is not valid" in await why(status=301, location="gopher://x/")
    assert "inside the network" in await why(AllowedHosts())
    site.__dict__.update(WebServer(b"", site.port).__dict__)
    with pytest.raises(EndFailed, match="empty"):
        await fetched(site)


async def run(bench: Wired, site: WebServer, action_id: str, sr: str, **values: object) -> RunItem:
    run = await bench.runner.run(bench.ann, action(action_id), [sr_of(bench, sr)], {"file": site.url, **values})
    return run.items[0]


async def test_a_disk_comes_from_an_address(bench: Wired, site: WebServer) -> None:
    before = everything(bench)
    item = await run(bench, site, "sr.import_disk", "disk", checksum="0" * 128)
    assert item.state is RunState.FAILED and "checksum" in str(item.reason) and not item.left
    site.cut_after, site.ranges = [500_000, 500_000], False  # one for the look into it
    item = await run(bench, site, "sr.import_disk", "disk")
    assert item.state is RunState.FAILED and "after" in str(item.reason) and not item.left
    await bench.until(lambda: everything(bench) == before)
    site.ranges, site.cut_after = True, [500_000, 500_000]
    item = await run(bench, site, "sr.import_disk", "disk", checksum=f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")
    assert item.state is RunState.DONE, str(item.reason)
    disk = await bench.until(lambda: bench.home.one(VDI, str(item.result)))  # type: ignore[arg-type]
    assert disk.name_label == "disk.img" and disk.virtual_size >= len(CONTENT)
    moved = next(step.meter for step in item.steps if step.meter is not None)
    assert moved.total == moved.moved == len(CONTENT)


async def test_an_image_is_read_from_anywhere_in_it(bench: Wired, site: WebServer) -> None:
    site.content = as_qcow2(CONTENT)
    sha = hashlib.sha256(site.content).hexdigest()
    item = await run(bench, site, "sr.import_disk", "disk", checksum=sha)
    assert item.state is RunState.DONE, str(item.reason)


async def test_a_fetch_is_cancelled_at_once(bench: Wired, site: WebServer) -> None:
    before, stuck = everything(bench), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(600_000))
        stuck.set()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.iso"
        run = bench.runner.start(bench.ann, action("sr.upload_iso"), [sr_of(bench, "iso")], {"file": url, "unchecked": True})
        await bench.until(lambda: any(step.meter and step.meter.moved for step in run.items[0].steps))
        bench.runner.cancel(bench.ann, run)
        await bench.until(lambda: run.ended)
    assert run.items[0].state is RunState.CANCELLED and stuck.is_set()
    await bench.until(lambda: everything(bench) == before)


def test_a_file_at_an_address_has_a_name() -> None:
    assert File.at("https://example.org/").name == "example.org"
