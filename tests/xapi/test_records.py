"""Records through the wire: the same by JSON-RPC and by XML-RPC, and as a real xapi sends them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from data.changes import Event, Operation
from data.objects import KINDS, VM, Message, PowerState, Task
from data.types import NULL_REF, XapiObject
from tests.recorded import recorded
from tests.xapi.answers import answering, http, result
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.xapi import events
from xo_dash.xapi.address import Address
from xo_dash.xapi.codec import Codec, decode_json, decode_xml
from xo_dash.xapi.errors import BadReply, XapiFailure
from xo_dash.xapi.events import START, Token
from xo_dash.xapi.session import XapiSession
from xo_dash.xapi.tls import Trust

ROOT = Path(__file__).parents[2]
DATABASE = [kind for kind in KINDS if kind is not Message]


@pytest.fixture(scope="module")
def still_pool() -> Iterator[SimulatedPool]:
    """A pool whose time stands."""
    with simulated(hosts=(2,), vms=(6,), speed=0) as simulation:
        yield simulation.pool


def signed_in(pool: SimulatedPool, codec: Codec) -> XapiSession:
    session = XapiSession(Address.parse(pool.url), Trust(), codec)
    session.login_with_password(pool.user, pool.password, "1.0", "test")
    return session


def test_nothing_is_taken_apart_by_a_thread_that_reads_the_first_answer() -> None:
    """Of several pools whose first answers come together two threads would do so at once, which ends the process."""
    code = """if True:
        import sys, threading
        from data.decode import decode
        from data.objects import KINDS
        from xo_dash.xapi import codec, events
        called = []
        def saw(frame, event, argument):
            if event == "call" and frame.f_code.co_name == "get_class_annotations":
                called.append(frame)
        def read():
            for kind in KINDS:
                decode(kind, "OpaqueRef:1", b'{"uuid": "1"}'), decode(kind, "OpaqueRef:1", {"uuid": "1"})
            events._events_of({"events": [], "token": ""}), codec._details({"message": "FAILED"})
        threading.setprofile(saw)
        thread = threading.Thread(target=read)
        thread.start(), thread.join()
        print(len(called))
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n", done.stderr


def fields(row: XapiObject | None) -> dict[str, object]:
    return {} if row is None else {name: getattr(row, name) for name in row.__struct_fields__}


def by_ref(rows: list[Event]) -> dict[object, object]:
    return {(row.kind, row.ref): (row.operation, fields(row.row)) for row in rows}


def test_both_codecs_give_the_same_events(still_pool: SimulatedPool) -> None:
    told = {}
    for codec in Codec:
        session = signed_in(still_pool, codec)
        told[codec] = events.fetch(session, DATABASE, START, 0)
        session.wire.close()
    assert len(told[Codec.JSON].events) > 20
    assert by_ref(told[Codec.JSON].events) == by_ref(told[Codec.XML].events)
    assert told[Codec.JSON].counts == told[Codec.XML].counts


def test_both_codecs_give_the_same_records(still_pool: SimulatedPool) -> None:
    for kind in KINDS:
        told = {}
        for codec in Codec:
            session = signed_in(still_pool, codec)
            told[codec] = by_ref(events.fetch_records(session, kind))
            session.wire.close()
        assert told[Codec.JSON] == told[Codec.XML], kind


def test_both_codecs_give_the_same_failures(still_pool: SimulatedPool) -> None:
    for codec in Codec:
        session = signed_in(still_pool, codec)
        with pytest.raises(XapiFailure) as caught:
            session.call("VM.start", "OpaqueRef:nobody", False, False)
        assert caught.value.details == ("HANDLE_INVALID", "VM", "OpaqueRef:nobody")
        session.wire.close()


def test_large_numbers_go_through_xml(still_pool: SimulatedPool) -> None:
    session = signed_in(still_pool, Codec.XML)
    vm = session.call("VM.get_all")[0]
    session.call("VM.set_VCPUs_params", vm, {"weight": "256"})
    session.call("VM.set_order", vm, 7)
    assert session.call("VM.get_order", vm) == "7"
    with pytest.raises(XapiFailure):
        session.call("VM.set_memory_static_range", vm, 1 << 40, 1)
    session.wire.close()


def fetched(answer: bytes) -> events.Batch:
    with answering(answer) as host:
        session = XapiSession(host.address, Trust())
        told = events.fetch(session, KINDS, START, 0)
        session.wire.close()
        return told


def event(number: int, snapshot: str, kind: str = "vm") -> str:
    return f'{{"id":"{number}","timestamp":"0.0","class":"{kind}","operation":"add","ref":"OpaqueRef:{number}","snapshot":{snapshot}}}'


def batch(*told: str) -> bytes:
    return f'{{"events":[{",".join(told)}],"token":"{9:020d},{3:020d}","valid_ref_counts":{{"vm":4,"VM_metrics":1,"session":9}}}}'.encode()


def test_a_bad_record_keeps_no_other_away() -> None:
    good, newer = '{"uuid":"u1","name_label":"one"}', '{"uuid":"u2","power_state":"Dreaming","memory_static_max":"large"}'
    body = batch(event(1, good), event(2, newer), event(3, "[]"), event(4, good, "flying_carpet")) + b""
    latin = batch(event(5, '{"name_label":"caf\\u00e9 X"}')).replace(b"X", b"\xe9")
    with answering(result(body), result(latin)) as host:
        session = XapiSession(host.address, Trust())
        first = events.fetch(session, KINDS, START, 0)
        rows = {row.ref: row.row for row in first.events}
        assert first.token == Token(9, 3) and first.counts[VM] == 4
        two = rows["OpaqueRef:2"]  # type: ignore[index]
        assert isinstance(two, VM) and (two.power_state, two.memory_static_max) == (PowerState.UNKNOWN, 0)
        assert "OpaqueRef:4" not in rows
        (old,) = events.fetch(session, KINDS, START, 0).events
        assert isinstance(old.row, VM) and old.row.name_label.startswith("café")
        session.wire.close()


def test_a_progress_that_is_no_number_keeps_no_other_away() -> None:
    broken = '{"uuid":"u1","name_label":"a \\": NaN, nan","progress":NaN,"other_config":{}}'
    told = fetched(result(batch(event(1, broken, "task"), event(2, '{"uuid":"u2"}'))))
    one, two = (row.row for row in told.events)
    assert isinstance(one, Task) and (one.name_label, one.progress) == ('a ": NaN, nan', 0.0)
    assert isinstance(two, VM)


@pytest.mark.parametrize("body", [b"[]", b'{"events":[]}', b'{"events":[{}],"token":"1,2"}', b'{"events":[],"token":"x"}', b'"text"'])
def test_a_batch_that_is_none_is_told(body: bytes) -> None:
    with answering(result(body)) as host:
        session = XapiSession(host.address, Trust())
        with pytest.raises(BadReply):
            events.fetch(session, KINDS, START, 0)
        session.wire.close()


def test_a_real_pool_decodes_completely() -> None:
    classes = json.loads(recorded("get_all_records.jsonrpc.json"))
    for kind in KINDS:
        records = classes[kind.xapi_class]
        if not isinstance(records, dict):
            continue
        with answering(http(json.dumps({"jsonrpc": "2.0", "id": 1, "result": records}).encode())) as host:
            session = XapiSession(host.address, Trust())
            rows = events.fetch_records(session, kind)
            session.wire.close()
        assert len(rows) == len(records)
        for row in rows:
            assert isinstance(row.row, kind) and row.row.uuid == records[row.ref]["uuid"]


def test_a_real_pools_life_decodes() -> None:
    seen = set()
    for step in json.loads(recorded("lifecycle.json")):
        if step["kind"] != "batch":
            continue
        body = {"events": step["events"], "token": step["token"], "valid_ref_counts": {}}
        told = fetched(result(json.dumps(body).encode()))
        assert str(told.token) == step["token"]
        for row in told.events:
            assert (row.row is None) == (row.operation is Operation.DEL)
            if isinstance(row.row, Task):
                seen.add(row.row.status)
            if isinstance(row.row, VM) and row.row.power_state is PowerState.RUNNING:
                assert row.row.resident_on != NULL_REF
    assert len(seen) >= 2


def test_real_replies_are_understood_in_both_codecs() -> None:
    decoder = msgspec.json.Decoder(events.Envelope[object])
    understood = 0
    for exchange in json.loads(recorded("wire_transcript.json")):
        body = exchange["response"].encode()
        kind = exchange["headers"].get("content-type")
        if exchange["status"] != 200 or kind not in ("text/xml", "application/json"):
            continue
        try:
            value = decode_json(decoder, body) if kind == "application/json" else decode_xml(body)
            assert value is not None
        except XapiFailure as failure:
            assert failure.code.isupper()
        understood += 1
    assert understood > 20
