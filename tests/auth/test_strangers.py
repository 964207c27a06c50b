"""What strangers can take up before the door: connections, time and memory have an end, and who is signed in is served all the while."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from tests.auth.conftest import Build
from tests.auth.house import Browser, House, PageSocket
from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionLimits
from xo_dash.auth.kinds import SessionKind

OF_ADDRESS, STRANGERS, ALL, OF_PERSON = 20, 30, 45, 10
LIMITS = {"all": ALL, "strangers": STRANGERS, "of_address": OF_ADDRESS, "of_person": OF_PERSON, "head": 2, "body": 2, "answer": 3}
PATIENCE = 30
"""Seconds for what takes two, on a machine that does much else."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose limits are within reach of a test."""
    with House(tmp_path_factory.mktemp("small"), "people", **LIMITS) as built:
        yield built


class Wire:
    """A bare connection from `address`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def say(self, content: bytes) -> None:
        self._writer.write(content)

    async def rest(self) -> bytes:
        """All that comes until the other side ends it."""
        with suppress(ConnectionError):
            return await asyncio.wait_for(self._reader.read(), PATIENCE)
        return b""

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@asynccontextmanager
async def wires(house: House, count: int, address: str = "127.0.0.1") -> AsyncIterator[list[Wire]]:
    opened = [
        Wire(*await asyncio.open_connection("127.0.0.1", house.port, local_addr=(address, 0), limit=1 << 26)) for _number in range(count)
    ]
    try:
        yield opened
    finally:
        await asyncio.gather(*(wire.close() for wire in opened))


async def crowd(house: House) -> dict[str, int]:
    async with house.browser() as somebody:
        return dict((await somebody.http.get("/desk/crowd")).json())


async def test_a_connection_that_says_nothing_ends(small: House) -> None:
    async with wires(small, 5) as idle:
        assert await asyncio.gather(*(wire.rest() for wire in idle)) == [b""] * 5


async def test_half_a_head_ends_however_slowly_it_goes_on(small: House) -> None:
    async with wires(small, 1) as (wire,):
        wire.say(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        ended = asyncio.create_task(wire.rest())
        while not ended.done():
            wire.say(b"x")
            await asyncio.wait({ended}, timeout=0.2)
        assert ended.result().startswith(b"HTTP/1.1 408") or ended.result() == b""


async def test_a_second_head_has_no_longer_than_the_first(small: House) -> None:
    async with wires(small, 1) as (wire,):
        wire.say(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /hea")
        answer = await wire.rest()
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\nx: ", b"y" * 1000],  # one field that never ends
        [b"GET / HTTP/1.1\r\n", b"x: y\r\n" * 100],  # fields without an end
        [b"GET /", b"y" * 1000],
        [b"POST /login HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 100],  # behind the body
    ],
    ids=("a field", "fields", "an address", "trailers"),
)
async def test_a_head_without_an_end_is_not_taken_in(small: House, pieces: list[bytes]) -> None:
    async with wires(small, 1) as (wire,):
        wire.say(pieces[0])
        ended = asyncio.create_task(wire.rest())
        for _number in range(2000):  # 2 MB if it were taken
            wire.say(pieces[1])
            await asyncio.sleep(0)
            if ended.done():
                break
        answer = await ended
        assert answer == b"" or b" 431 " in answer or b" 401 " in answer, answer


async def test_many_requests_at_once_are_no_queue_without_an_end(small: House) -> None:
    async with wires(small, 1) as (wire,):
        wire.say(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n" * 3000)
        assert (await wire.rest()).count(b"HTTP/1.1 200") < 100


async def test_half_a_body_ends(small: House) -> None:
    async with wires(small, 2) as (silent, refused):
        silent.say(b"POST /desk/slow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nx")
        refused.say(b"POST /desk/clicks HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nx")
        assert await silent.rest() == b""
        assert b" 401 " in await refused.rest()


async def test_a_stranger_who_does_not_take_the_answer_is_cut(small: House) -> None:
    async with wires(small, 1) as (wire,):
        before = await crowd(small)
        wire._reader._transport.pause_reading()  # type: ignore[attr-defined]
        wire.say(b"GET /desk/large HTTP/1.1\r\nhost: localhost\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert before["connections"] and await gone(small, before["connections"])


async def gone(house: House, connections: int) -> bool:
    """Once fewer are connected than these."""
    while (await crowd(house))["connections"] >= connections:
        pass
    return True


async def signed_in(house: House) -> Browser:
    ann = house.browser()
    assert (await ann.sign_in("ann")).status_code == 303
    return ann


async def test_a_flood_leaves_room_for_who_is_signed_in_and_for_health(small: House) -> None:
    async with await signed_in(small) as ann:
        page = await ann.open()
        async with PageSocket(small, page.client_id, ann.cookies) as socket:
            assert socket.refused == ""
            for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
                async with wires(small, 3 * OF_ADDRESS, address):
                    told = await crowd(small)
                    assert told["connections"] <= STRANGERS + OF_PERSON, told
            async with wires(small, OF_ADDRESS, "127.0.0.2"), wires(small, OF_ADDRESS, "127.0.0.3"), small.browser() as monitor:
                assert (await monitor.http.get("/healthz")).status_code == 200
                assert (await ann.http.get("/")).status_code == 200
                before = await ann.clicks()
                await socket.send(page.click())
                assert len(await ann.clicks(len(before) + 1)) == len(before) + 1


async def test_websockets_without_a_session_do_not_stay(small: House) -> None:
    query = urlencode({"client_id": "nobody's", "implicit_handshake": "true", "EIO": "4", "transport": "websocket"})

    async def knock() -> None:
        with suppress(ConnectionClosed, OSError, InvalidHandshake):  # cut for the one after it
            async with connect(f"ws://{small.host}/_nicegui_ws/socket.io/?{query}", open_timeout=PATIENCE) as socket:
                assert socket.protocol.extensions == []  # or a small message could be a large one
                await asyncio.wait_for(socket.wait_closed(), PATIENCE)

    knocking = asyncio.gather(*(knock() for _number in range(3 * OF_ADDRESS)))
    told = await crowd(small)
    assert told["connections"] <= STRANGERS + OF_PERSON and told["sockets"] == 0
    await knocking


async def test_a_long_message_of_a_stranger_is_not_taken_in(small: House) -> None:
    query = urlencode({"client_id": "nobody's", "implicit_handshake": "true", "EIO": "4", "transport": "websocket"})
    async with connect(f"ws://{small.host}/_nicegui_ws/socket.io/?{query}") as socket:
        await socket.recv()
        with suppress(ConnectionClosed):
            await socket.send("40" + "x" * 100_000)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), PATIENCE)
        assert socket.close_code == 1009


async def test_one_session_has_so_many_connections(small: House) -> None:
    async with await signed_in(small) as ann:
        url = f"ws://{small.host}/ws/echo"
        headers = {"cookie": ann.cookies}
        opened = []
        with pytest.raises(InvalidStatus, match="403"):
            for _number in range(OF_PERSON + 1):
                opened.append(await connect(url, origin=Origin(small.url), additional_headers=headers))
        assert OF_PERSON - 3 <= len(opened) <= OF_PERSON
        await asyncio.gather(*(socket.close() for socket in opened))
        assert (await ann.http.get("/")).status_code == 200


# ---- under TLS


def certificate(folder: Path) -> None:
    """cert.pem and key.pem for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = built.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1)).sign(key, SHA256())
    (folder / "cert.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


async def test_under_tls_a_handshake_has_an_end_and_the_rest_is_as_ever(build: Build, tmp_path: Path) -> None:
    certificate(tmp_path)
    house: House = build("tls", **LIMITS)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with await signed_in(house) as ann:
        page = await ann.http.get("/")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"].startswith("max-age=")
        async with wires(house, 3 * OF_ADDRESS) as idle:
            assert (await crowd(house))["connections"] <= STRANGERS + OF_PERSON
            assert (await ann.http.get("/")).status_code == 200
            assert await asyncio.gather(*(wire.rest() for wire in idle)) == [b""] * len(idle)
        headers = {"cookie": ann.cookies}
        async with connect(f"wss://{house.host}/ws/echo", origin=Origin(house.url), additional_headers=headers, ssl=trusting) as echo:
            await echo.send("hello" * 1000)
            assert str(await echo.recv()).startswith("ann: hello")
            assert echo.protocol.extensions != []  # who is signed in has compression
        for origin, status in ((house.url, 303), (f"http://{house.host}", 403)):
            assert (await ann.http.post("/sign-out", headers={"origin": origin})).status_code == status
        with pytest.raises(InvalidStatus, match="403"):
            await connect(f"wss://{house.host}/ws/echo", origin=Origin(house.url), additional_headers=headers, ssl=trusting)


# ---- the crowd alone


def test_who_asked_last_goes_last() -> None:
    crowd, cut = ConnectionCounter(ConnectionLimits(all=10, strangers=3, of_address=2)), list[str]()

    def enter(name: str, address: str) -> None:
        guests[name] = crowd.enter(address, lambda: cut.append(name))

    guests: dict[str, object] = {}
    for name, address in (("a1", "10.0.0.1"), ("a2", "10.0.0.1"), ("b1", "10.0.0.2")):
        enter(name, address)
    guests["a1"].asked()  # type: ignore[attr-defined]
    enter("a3", "10.0.0.1")
    assert cut == ["a2"]  # of its own address, and not who asked
    enter("c1", "10.0.0.3")
    assert cut == ["a2", "b1"]
    assert len(crowd) == 3


def test_who_is_known_is_never_cut_for_a_stranger() -> None:
    crowd, cut = ConnectionCounter(ConnectionLimits(all=4, strangers=2, of_address=2, of_person=3, of_kiosk=1)), list[int]()
    known = [crowd.enter("::1", lambda number=number: cut.append(number)) for number in range(2)]  # type: ignore[misc]
    for guest in known:
        assert guest and guest.came_with("ann", SessionKind.PERSON)
    assert all(crowd.enter("::1", lambda: cut.append(9)) for _number in range(5))
    assert cut == [9, 9, 9]
    stranger = crowd.enter("::1", lambda: None)
    assert stranger and stranger.came_with("hall", SessionKind.KIOSK)
    other = crowd.enter("::1", lambda: None)
    assert other and not other.came_with("hall", SessionKind.KIOSK)
    assert other.came_with("ann", SessionKind.PERSON)
    assert crowd.enter("::1", lambda: None) is None  # all room is taken by who is signed in
    stranger.leave()
    assert crowd.enter("::1", lambda: None)
    assert other.came_with("", SessionKind.NOBODY)  # signed out
    assert other.came_with("ann", SessionKind.PERSON)


@pytest.mark.parametrize("files", [64, 256, 1024, 4096, 65_536])
def test_few_file_handles_are_few_connections(files: int) -> None:
    limits = ConnectionLimits.fitting(files)
    assert limits.of_address < limits.strangers < limits.all
    assert limits.all < files
