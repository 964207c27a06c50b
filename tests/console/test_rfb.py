"""What goes through to a host, message by message, however it was cut on its way."""

from __future__ import annotations

import contextlib
import itertools
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xo_dash.consoles.rfb import ClientFilter, ProtocolError

GREETING = b"RFB 003.008\n" + b"\x01" + b"\x01"
SEEN = (
    struct.pack(">B19x", 0),  # a pixel format
    struct.pack(">BxHii", 2, 2, 0, -223),
    struct.pack(">BBHHHH", 3, 1, 0, 0, 640, 480),
    struct.pack(">B9x", 150),
    struct.pack(">B3xIB2s", 248, 1, 2, b"ab"),
)
"""What everybody may send."""
TYPED = (
    struct.pack(">BBxxI", 4, 1, 0x61),
    struct.pack(">BBHH", 5, 1, 3, 4),
    struct.pack(">BBHHB", 5, 0x81, 3, 4, 1),  # with more buttons
    struct.pack(">B3xI5s", 6, 5, b"hello"),
    struct.pack(">B3xi5s", 6, -5, b"hello"),
    struct.pack(">BxHHBx16x", 251, 640, 480, 1),
    struct.pack(">BBHII", 255, 0, 1, 0x61, 30),
)
"""Keys, pointer, text, size."""


def through(data: bytes, cuts: Iterable[int], *, may_type: bool) -> bytes:
    filter_ = ClientFilter(lambda: may_type)
    ends = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return b"".join(filter_.feed(data[begin:end]) for begin, end in itertools.pairwise(ends))


@settings(max_examples=60)
@given(st.lists(st.sampled_from(SEEN + TYPED), max_size=12), st.lists(st.integers(0, 400), max_size=8))
def test_a_viewer_sends_what_is_no_input(messages: list[bytes], cuts: list[int]) -> None:
    data = GREETING + b"".join(messages)
    assert through(data, cuts, may_type=True) == data
    assert through(data, cuts, may_type=False) == GREETING + b"".join(one for one in messages if one in SEEN)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_noise_is_an_error_or_waits(noise: bytes) -> None:
    filter_ = ClientFilter(lambda: True)
    with contextlib.suppress(ProtocolError):
        assert len(filter_.feed(GREETING + noise)) <= len(GREETING + noise)


def test_older_versions_have_no_word_of_security() -> None:
    assert through(b"RFB 003.003\n\x01" + SEEN[2], (), may_type=False) == b"RFB 003.003\n\x01" + SEEN[2]


@pytest.mark.parametrize(
    "wrong", [b"GET / HTTP/1.1\r\n", b"RFB 003.008\n\x02", GREETING + b"\x07", GREETING + b"\x06\0\0\0\x7f\xff\xff\xff"]
)
def test_what_no_client_says_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        through(wrong, (), may_type=True)


def test_input_is_noticed() -> None:
    filter_ = ClientFilter(lambda: True)
    filter_.feed(GREETING)
    assert not filter_.typed
    filter_.feed(TYPED[0])
    assert filter_.typed
