"""Arbitrary values where XAPI's are expected, a few hundred of each: nothing is raised but what is announced."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from components.servers.words import sentence
from data.changes import Event, Operation
from data.decode import decode
from data.mirror import Mirror
from data.objects import KINDS, VM, Task
from data.server import Server, ServerState
from data.types import Ref, XapiDate, XapiObject, timestamp
from xo_dash import i18n
from xo_dash.control.failures import explain
from xo_dash.xapi import rrd
from xo_dash.xapi.address import Address
from xo_dash.xapi.codec import Envelope, decode_json, decode_xml
from xo_dash.xapi.errors import BadAddress, BadReply, XapiFailure
from xo_dash.xapi.events import Token
from xo_dash.xapi.wire import Reply

steady = settings(max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))

brief = settings(steady, max_examples=25)
"""For what is done with every class."""

texts = st.text(max_size=20) | st.sampled_from(
    ("NaN", "true", "0", "-1", "OpaqueRef:NULL", "9" * 5000, "1e999", "20260101T00:00:00Z", "\ud800")
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=8
)


def records(kind: type[XapiObject]) -> st.SearchStrategy[dict[str, Any]]:
    names = [name for name in kind.__struct_fields__ if name not in ("home", "ref")]
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=8), values, max_size=8)


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.xapi_class)
@brief
@given(data=st.data())
def test_any_record_becomes_a_row_that_can_be_sent(kind: type[XapiObject], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    try:
        rows = [decode(kind, Ref("OpaqueRef:x"), record)]
        rows.append(decode(kind, Ref("OpaqueRef:x"), as_json(record)))
    except msgspec.DecodeError:
        assert "\\ud" in as_json(record).decode() or "NaN" in as_json(record).decode() or "Infinity" in as_json(record).decode()
        return
    for row in rows:
        for field in msgspec.structs.fields(kind):
            if field.name != "home":
                value = getattr(row, field.name)
                msgspec.convert(value if not isinstance(value, frozenset) else set(value), field.type, strict=False)
                assert not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.xapi_class)
@brief
@given(text=st.binary(max_size=60) | values.map(as_json))
def test_any_text_is_a_row_or_no_record(kind: type[XapiObject], text: bytes) -> None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        decode(kind, Ref("OpaqueRef:x"), text)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.xapi_class)
@brief
@given(data=st.data())
def test_a_row_comes_changes_goes_and_comes_again(kind: type[XapiObject], data: st.DataObject) -> None:
    mirror = Mirror()
    pool = mirror.add(Server(id="s", label="s", address="s"))
    told: list[Operation] = []
    mirror.observe(lambda changes: told.extend(change.operation for change in changes))
    refs = st.sampled_from(("OpaqueRef:1", "OpaqueRef:2", "OpaqueRef:NULL", ""))
    present: dict[Ref, str] = {}
    for _step in range(6):
        ref, operation = Ref(data.draw(refs)), data.draw(st.sampled_from(Operation))
        row = None if operation is Operation.DEL else decode(kind, ref, {"uuid": ref + data.draw(st.sampled_from("ab")), "name_label": "n"})
        mirror.apply(pool, [Event(kind, operation, ref, row)])
        if row is None:
            present.pop(ref, None)
        else:
            present[ref] = row.uuid
        assert {ref: row.uuid for ref, row in pool.all(kind).items()} == present
        for uuid in set(present.values()):
            found = pool.by_uuid(kind, uuid)
            assert found is not None and present[found.ref] == uuid, "an object that is there cannot be found"
    mirror.remove("s")
    assert told.count(Operation.ADD) == told.count(Operation.DEL) - 1, "the server goes too"


@steady
@given(text=st.text(max_size=60) | st.from_regex(r"(https?://)?[\[\]a-z0-9.:@/%?#-]{0,40}", fullmatch=True))
@example("http://[::1%25eth0]:80")
@example("https://host:99999")
@example("host:-1")
@example("[::1")
@example("http://" + "a" * 300)
@example("http://ho\u2024st")
@example("\u0130stanbul")
def test_any_text_is_an_address_or_told_why_not(text: str) -> None:
    try:
        address = Address.parse(text)
    except BadAddress as error:
        assert str(error)
        return
    assert Address.parse(address.url) == address and 0 < address.port < 65536 and str(address)
    assert isinstance(address.is_loopback, bool)
    with suppress(BadAddress):
        address.sibling(text)


DECODER: msgspec.json.Decoder[Envelope[Any]] = msgspec.json.Decoder(Envelope[Any])


@steady
@given(body=st.binary(max_size=80) | values.map(as_json) | st.dictionaries(st.sampled_from(("result", "error", "id")), values).map(as_json))
def test_any_answer_is_a_result_a_failure_or_none_of_xapis(body: bytes) -> None:
    for read in (lambda: decode_json(DECODER, body), lambda: decode_xml(body)):
        try:
            read()
        except (BadReply, XapiFailure) as error:
            assert str(error)


@steady
@given(text=st.text(max_size=40) | st.from_regex(r"[0-9-]{1,30},[0-9 ]{1,30}", fullmatch=True))
def test_any_token_is_one_or_not(text: str) -> None:
    with suppress(BadReply):
        Token.parse(text)


legends = st.lists(
    st.sampled_from(("AVERAGE:vm:u:cpu0", "AVERAGE:host:h:memory_total_kib", "AVERAGE:host:h:memory_free_kib", "MIN:vm:u:cpu0", "", "a:b"))
    | texts
)
rows = st.lists(st.fixed_dictionaries({"t": scalars, "values": st.lists(st.floats() | texts, max_size=4)}), max_size=3)


@steady
@given(export=st.fixed_dictionaries({"meta": st.fixed_dictionaries({"legend": legends}), "data": rows}) | values)
def test_any_measurements_are_columns_or_bad(export: object) -> None:
    for body in (as_json(export), b"<xport>" + as_json(export) + b"</xport>", b"<" + as_json(export)):
        try:
            update = rrd.parse(Reply(200, "application/json", body))
        except BadReply:
            continue
        for columns in update.objects.values() if update else ():
            assert all(math.isnan(value) or 0 <= value < math.inf for column in columns.values() for value in column)


@steady
@given(
    text=st.text(max_size=30)
    | st.from_regex(r"-?[0-9]{1,5}-?[0-9]{2}-?[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?", fullmatch=True)
)
@example("00010101T00:00:00+14:00")
@example("99991231T23:59:59-14:00")
@example("19700101T00:00:00+14:00")
def test_any_date_is_a_moment_that_can_be_told(text: str) -> None:
    moment = timestamp(XapiDate(text))
    if moment is not None:
        assert i18n.datetime(moment) and i18n.age(moment, 0.0)


@steady
@given(
    code=st.text(max_size=40)
    | st.sampled_from(("SR_BACKEND_FAILURE_46", "SR_BACKEND_FAILURE", "VM_BAD_POWER_STATE", "HOST_IS_SLAVE", "NOT_ENOUGH_FREE")),
    arguments=st.lists(texts | st.just("²"), max_size=5),
)
def test_any_refusal_is_a_sentence(code: str, arguments: list[str]) -> None:
    assert str(explain(code, arguments, None))
    for state in ServerState:
        server = Server(id="", label="", address="", state=state, detail=(code, *arguments))
        assert isinstance(sentence(server), str)


@steady
@given(progress=values)
def test_a_task_is_somewhere_between_nothing_and_all(progress: object) -> None:
    assert 0 <= decode(Task, Ref("x"), {"progress": progress}).progress <= 1


@steady
@given(sizes=st.lists(st.integers() | st.floats() | texts, min_size=2, max_size=2))
def test_memory_is_never_less_than_nothing(sizes: list[object]) -> None:
    vm = decode(VM, Ref("x"), {"memory_dynamic_max": sizes[0], "memory_overhead": sizes[1]})
    assert vm.memory_dynamic_max >= 0 and vm.memory_overhead >= 0
