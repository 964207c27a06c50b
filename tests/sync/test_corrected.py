"""What somebody corrects, here or elsewhere, is seen without anybody's asking, and what nobody answers is found again soon."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.vault import Vault
from tests.foreign import sources
from tests.foreign.stranger import PASSWORD, stranger
from tests.sync.house import House
from tests.waiting import until
from xo_dash.simulator import certificate
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.sync import servers
from xo_dash.xapi import tls
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.tls import Trust


async def test_a_wrong_pool_that_is_the_right_one_again_is_seen_without_a_sign_in(home: House) -> None:
    with stranger(sources.own()) as server:
        record = await home.servers.add(server.url, "root", PASSWORD, tls=TlsMode.PLAIN)
        pool = await home.live(home.mirror.pools[record.id])
        (ref, row) = next(iter(server.registry.records["pool"].items()))
        right = row["uuid"]
        await until(lambda: home.record(pool).pool_uuid == right)
        server.registry.put("pool", ref, {"uuid": sources.uuid(999)})
        await home.servers.retry(pool.id)
        await home.becomes(pool, ServerState.WRONG_POOL)
        before = len(server.calls)
        await until(lambda: len(server.calls) > before + 3)
        assert "session.login_with_password" not in server.calls[before:]
        server.registry.put("pool", ref, {"uuid": right})
        await home.live(pool)


async def test_a_duplicate_lives_when_the_other_is_disabled(pools: list[SimulatedPool], home: House) -> None:
    first = await home.live(await home.add(pools[0], label="first"))
    second = await home.add(pools[0], address=pools[0].url.replace("127.0.0.1", pools[0].addresses[1]), label="second")
    await home.becomes(second, ServerState.DUPLICATE)
    await home.servers.enable(first.id, False)
    await home.live(second)


async def test_the_right_certificate_is_seen_when_it_is_presented(tmp_path: Path, home: House) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "right").mkdir()
    served, right = certificate.write(tmp_path / "served"), certificate.write(tmp_path / "right")
    fingerprint = tls.fingerprint(ssl.PEM_cert_to_DER_cert(right[0].read_text()))
    with simulated(vms=(1,), speed=1, tls_cert=served[0], tls_key=served[1]) as simulation:
        pool = await home.add(simulation.pool, tls=TlsMode.PINNED, fingerprint=fingerprint)
        await home.becomes(pool, ServerState.BAD_CERTIFICATE)
        simulation.stop()
        for wrong, correct in zip(served, right, strict=True):
            shutil.copy(correct, wrong)
        simulation.start()
        await home.live(pool)


async def test_a_knock_says_whether_whom_we_believe_is_there(pool: SimulatedPool) -> None:
    address = Address.parse(pool.url)
    here = Connection(address, "root", "x", Trust(), originator="test", members=(address.host, "127.0.0.77"))
    nowhere = Connection(Address("127.0.0.1", 9, secure=False), "root", "x", Trust(), originator="test")
    not_so = Connection(Address(address.host, address.port), "root", "x", Trust(), originator="test")
    assert [await connection.knock() for connection in (here, nowhere, not_so)] == [True, False, False]
    for connection in (here, nowhere, not_so):
        await connection.close()


async def test_a_server_added_by_another_process_is_seen_within_a_second(pool: SimulatedPool, home: House, data_dir: Path) -> None:
    assert servers.LOOK <= 1
    directory = DataDirectory(data_dir)
    record = ServerStore(directory, Vault(directory)).add_now(pool.url, pool.user, pool.password, tls=TlsMode.CA)
    directory.close()
    await until(lambda: record.id in home.mirror.pools)
    await home.live(home.mirror.pools[record.id])
