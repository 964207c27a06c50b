"""What a pool sends is an attacker's: no reply takes more time or memory than an ordinary one of its size."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import pytest

from tests.xapi.memory import peak
from xo_dash.xapi.codec import MENDABLE, Envelope, decode_json, decode_xml
from xo_dash.xapi.errors import BadReply

ANY: msgspec.json.Decoder[Envelope[object]] = msgspec.json.Decoder(Envelope[object])
MANY_TIMES = 20
"""What is worse than linear takes thousands of times as long as the ordinary reply beside it."""


def seconds(work: Callable[[], object]) -> float:
    """The least of three, in the CPU's time of this thread."""
    taken = []
    for _turn in range(3):
        begin = time.thread_time()
        work()
        taken.append(time.thread_time() - begin)
    return min(taken)


def refused(body: bytes) -> None:
    with pytest.raises(BadReply):
        decode_json(ANY, body)


SIZE = 120_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"result": NaN, "' + rb"\"" * (SIZE // 2),
        b'{"result": NaN, "' + b"\\" * SIZE,
        b'{"result": NaN, ' + b'"' * SIZE,
        b'{"result": NaN, ' + b'"\\' * (SIZE // 2),
        b'{"result": NaN, ' + b'"a' * (SIZE // 2),
        b'{"result": ' + b"-" * SIZE,
        b'{"result": ' + b":" * SIZE,
        b'{"result": [' + b"NaN," * (SIZE // 4),
        b'{"result":' + b" " * SIZE + b"NaN",
        b'{"result": "' + rb"\ud83d" * (SIZE // 6),
    ],
    ids=["escaped quotes", "backslashes", "quotes", "both", "strings", "signs", "colons", "no numbers", "blanks", "halves"],
)
def test_text_that_is_no_json_is_refused_as_fast_as_a_good_one_is_mended(body: bytes) -> None:
    good = b'{"result": [NaN' + b', "a name of something", NaN' * (SIZE // 28) + b"]}"
    assert seconds(lambda: refused(body)) < MANY_TIMES * seconds(lambda: decode_json(ANY, good))


def test_what_is_mended_keeps_its_strings() -> None:
    told = rb'{"result": {"a": NaN, "b": "NaN, \"NaN\" -inf", "c\\": [-Infinity, 1, nan], "d": "half \ud83d"}}'
    assert decode_json(ANY, told) == {"a": None, "b": 'NaN, "NaN" -inf', "c\\": [None, 1, None], "d": "half \ufffd"}


def test_what_is_large_is_not_mended() -> None:
    body = bytearray(MENDABLE + 1)
    begin = time.thread_time()
    refused(bytes(body))
    assert time.thread_time() - begin < MANY_TIMES * seconds(lambda: bytes(body))


def test_lines_of_a_text_in_xml_are_no_objects() -> None:
    def written(text: bytes) -> bytes:
        member = b"<member><name>Status</name><value>Success</value></member><member><name>Value</name><value>%s</value></member>" % text
        return b"<methodResponse><params><param><value><struct>%s</struct></value></param></params></methodResponse>" % member

    lines, blanks = written(b"\n" * 500_000), written(b" " * 500_000)
    assert len(decode_xml(lines)) == 500_000
    assert peak(lambda: decode_xml(lines)) < 2 * peak(lambda: decode_xml(blanks))


@pytest.mark.parametrize("tag", [b"<value>", b"<value><array><data>", b"<struct>", b"<a>"])
def test_xml_that_is_too_deep_is_refused(tag: bytes) -> None:
    with pytest.raises(BadReply):
        decode_xml(b"<methodResponse><params><param>" + tag * 100_000)
