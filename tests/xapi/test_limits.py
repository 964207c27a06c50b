"""Each call reads no more than what it can need, and takes nothing else for its answer."""

from __future__ import annotations

import re
import traceback
import tracemalloc
from collections.abc import Awaitable, Callable
from mmap import mmap

import pytest

from data.objects import VM, Host, Pool
from data.types import Ref
from tests.xapi.answers import answering, http, result
from xo_dash.xapi import rrd
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadReply, XapiError, XapiFailure
from xo_dash.xapi.events import MOST_OF_A_RECORD, START, Token
from xo_dash.xapi.session import CALL_LIMIT, SMALL
from xo_dash.xapi.tls import Trust
from xo_dash.xapi.wire import Reply, Wire

SESSION = result(b'"OpaqueRef:session"')
LISTS = b"[" + b"[]," * 2_000_000 + b"[]]"


def connection_to(address: object) -> Connection:
    return Connection(address, "root", "password", Trust(), originator="test")  # type: ignore[arg-type]


async def test_a_sign_in_is_a_short_text() -> None:
    for answer in (
        LISTS,
        b"[]",
        b"1",
        b"null",
        b'{"a":1}',
        b'""',
        b'"two\\r\\nheaders"',
        b'"a;b"',
        b'"' + b"x" * SMALL + b'"',
        b'"\\u0435"',
    ):
        with answering(result(answer)) as host:
            connection = connection_to(host.address)
            with pytest.raises(BadReply):
                await connection.sign_in()
            await connection.close()


async def test_what_a_sign_in_is_answered_is_not_even_read() -> None:
    with answering(result(LISTS)) as host:
        connection = connection_to(host.address)
        tracemalloc.start()
        with pytest.raises(BadReply, match="more than we read"):
            await connection.sign_in()
        assert tracemalloc.get_traced_memory()[1] < len(LISTS)
        tracemalloc.stop()
        await connection.close()


CALLS: dict[str, tuple[Callable[[Connection], Awaitable[object]], int]] = {
    "a call": (lambda connection: connection.call("VM.get_all"), CALL_LIMIT),
    "a text": (lambda connection: connection.text("host.get_servertime", "OpaqueRef:host"), SMALL),
    "a record": (lambda connection: connection.row(Host, Ref("OpaqueRef:host")), CALL_LIMIT),
    "few records": (lambda connection: connection.rows(Pool), CALL_LIMIT),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_has_a_limit_that_a_chunked_answer_has_too(name: str) -> None:
    call, limit = CALLS[name]
    large = b'"' + b"x" * limit + b'"'
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (
        len(large),
        large,
    )
    for answer in (result(large), chunked):
        with answering(SESSION, answer, close=True) as host:
            connection = connection_to(host.address)
            await connection.sign_in()
            with pytest.raises(BadReply, match="more than"):
                await call(connection)
            await connection.close()


def test_what_arrives_byte_by_byte_takes_no_more_than_what_comes_at_once() -> None:
    size = 100_000
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    peaks = []
    for chunks in (b"%x\r\n%s\r\n" % (size, b"x" * size), b"1\r\nx\r\n" * size):
        with answering(head + chunks + b"0\r\n\r\n", close=True) as host:
            wire = Wire(host.address, Trust())
            tracemalloc.start()
            assert len(wire.request("GET", "/", None, {}, 60).body) == size
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            wire.close()
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.parametrize("name", ["a text", "a record", "few records"])
@pytest.mark.parametrize(
    "answer", [b"[]", b"7", b"null", b"[" * 100_000, b'{"a":' * 100_000], ids=["list", "number", "null", "deep", "deeper"]
)
async def test_an_answer_of_another_shape_is_bad(answer: bytes, name: str) -> None:
    with answering(SESSION, result(answer)) as host:
        connection = connection_to(host.address)
        await connection.sign_in()
        with pytest.raises(BadReply):
            await CALLS[name][0](connection)
        await connection.close()


async def test_a_record_of_no_end_is_left_out_and_the_others_are_read(caplog: pytest.LogCaptureFixture) -> None:
    fat = b'{"uuid":"fat","name_label":"' + b"x" * MOST_OF_A_RECORD + b'"}'
    deep = b'{"uuid":"deep","other_config":' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}"
    events = b",".join(
        b'{"class":"vm","operation":"add","ref":"OpaqueRef:%d","snapshot":%s}' % (number, record)
        for number, record in enumerate((fat, deep, b'{"uuid":"good"}'))
    )
    with answering(SESSION, result(b'{"events":[' + events + b'],"token":"1,1"}')) as host:
        connection = connection_to(host.address)
        await connection.sign_in()
        batch = await connection.events((VM,), START, 0)
        assert [event.row.uuid for event in batch.events if event.row is not None] == ["deep", "good"]
        assert "a record of class VM cannot be read" in caplog.text
        await connection.close()
    caplog.clear()


async def test_a_refusal_is_no_longer_than_what_people_read() -> None:
    refused = b'{"error":["%s"%s]}' % (b"X" * 100_000, b',"y"' * 10_000)
    with answering(SESSION, http(refused)) as host:
        connection = connection_to(host.address)
        await connection.sign_in()
        with pytest.raises(XapiFailure) as caught:
            await connection.call("VM.get_all")
        assert sum(map(len, caught.value.details)) < 5000
        await connection.close()


@pytest.mark.parametrize("text", ["9" * 5000 + ",1", "1," + "9" * 5000, "1,2,3", "1" * 100_000])
def test_a_token_has_two_numbers(text: str) -> None:
    try:
        assert re.fullmatch(r"-?\d+,-?\d+", str(Token.parse(text)))
    except XapiError as error:
        assert len(str(error)) < 200


def held_by(error: BaseException | None) -> int:
    """Bytes of texts in the product's frames of an error and its causes."""
    if error is None:
        return 0
    frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__) if "/xo_dash/" in frame.f_code.co_filename]
    texts = [value for frame in frames for value in frame.f_locals.values() if isinstance(value, bytes | bytearray | mmap | Reply)]
    sizes = [len(value.body) if isinstance(value, Reply) else len(value) for value in texts]
    return sum(sizes) + held_by(error.__cause__) + (held_by(error.__context__) if error.__context__ is not error.__cause__ else 0)


@pytest.mark.parametrize(
    "body", [b'{"events":["' + b"x" * (4 << 20) + b'"],"token":"1,1"}', b"not JSON" * (1 << 19)], ids=["other", "none"]
)
async def test_an_error_does_not_keep_the_reply_it_is_about(body: bytes) -> None:
    with answering(SESSION, result(body), http(b"x" * (4 << 20))) as host:
        connection = connection_to(host.address)
        await connection.sign_in()
        with pytest.raises(BadReply) as caught:
            await connection.events((VM,), START, 0)
        assert held_by(caught.value) < len(body) // 100
        with pytest.raises(BadReply) as caught:
            await connection.get("127.0.0.1", "/rrd_updates", {}, rrd.parse)
        assert held_by(caught.value) < len(body) // 100
        await connection.close()
