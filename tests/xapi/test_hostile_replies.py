"""What a pool sends is an attacker's: no reply takes more time or memory than an ordinary one of its size."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import pytest

from xo_dash.xapi.codec import MENDABLE, Envelope, decode_json
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
