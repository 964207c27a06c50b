"""What travels: types, envelopes, content types and errors, in both encodings."""

import json
import xmlrpc.client
from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.client import Client, http
from xo_dash.simulator.testing import SimulatedPool


def xml(pool: SimulatedPool, method: str, *parameters: Any) -> str:
    return http(pool.url + "/RPC2", xmlrpc.client.dumps(parameters, method, allow_none=True)).body.decode()


def test_ints_are_strings_in_xml_and_numbers_in_json(pool: SimulatedPool, client: Client, vm: str) -> None:
    assert isinstance(client.call("VM.get_memory_static_max", vm), int)
    assert f"<value>{client.call('VM.get_memory_static_max', vm)}</value>" in xml(pool, "VM.get_memory_static_max", client.session, vm)


def test_dates_and_doubles_have_their_tags(pool: SimulatedPool, client: Client, vm: str) -> None:
    assert "<dateTime.iso8601>19700101T00:00:00Z</dateTime.iso8601>" in xml(pool, "VM.get_snapshot_time", client.session, vm)
    assert "<double>1</double>" in xml(pool, "VM.get_HVM_shadow_multiplier", client.session, vm)
    assert client.call("VM.get_snapshot_time", vm) == "19700101T00:00:00Z"


def test_void_is_an_empty_string(pool: SimulatedPool, client: Client, vm: str) -> None:
    assert client.call("VM.set_name_label", vm, "renamed") == ""
    assert xml(pool, "VM.set_name_label", client.session, vm, "renamed").count("<value></value>") == 1


def test_content_types_and_cors(pool: SimulatedPool) -> None:
    for path, body, kind in (("/", xmlrpc.client.dumps((), "system.listMethods"), "text/xml"),
                             ("/jsonrpc", '{"method":"system.listMethods","params":[],"id":1}', "application/json")):  # fmt: skip
        answer = http(pool.url + path, body)
        assert (answer.status, answer.headers["content-type"], answer.headers["access-control-allow-origin"]) == (200, kind, "*")
    assert http(pool.url + "/jsonrpc", method="OPTIONS").headers["access-control-allow-origin"] == "*"


def test_text_is_escaped_and_loses_control_characters(xen: Any, vm: str) -> None:
    xen.VM.set_name_description(vm, 'a < b & "c" > d é\tтекст')
    assert xen.VM.get_name_description(vm) == 'a < b & "c" > d é\tтекст'


def test_control_characters_are_dropped_in_xml(pool: SimulatedPool, client: Client, vm: str) -> None:
    pool.do(lambda inside: inside.db.set(vm, name_description="a\x07b"))
    assert "<value>ab</value>" in xml(pool, "VM.get_name_description", client.session, vm)


def test_what_the_database_cannot_keep_is_refused_or_cut_off(client: Client, vm: str) -> None:
    for method, value in (("VM.set_name_label", "a\x07b"), ("VM.set_other_config", {"key": "a\x07b"}), ("VM.set_tags", ["\x00"])):
        assert client.failure(method, vm, value) == ["INTERNAL_ERROR", "Xapi_database.Db_exn.Invalid_value"]
    client.call("VM.remove_from_other_config", vm, "cut")
    client.call("VM.add_to_other_config", vm, "cut\x07off", "a\tb\x01c")
    assert client.call("VM.get_other_config", vm)["cut"] == "a\tb"
    secret = client.call("secret.create", {"value": "a\x07b", "other_config": {}})
    assert client.call("secret.get_value", secret) == "a"
    client.call("secret.destroy", secret)


def test_json_version_1(client: Client) -> None:
    answer = client.raw("VM.get_record", client.session, "OpaqueRef:no", jsonrpc=None)
    assert answer == {"result": None, "error": ["HANDLE_INVALID", "VM", "OpaqueRef:no"], "id": 1}


def test_json_version_2(client: Client) -> None:
    answer = client.raw("VM.get_record", client.session, "OpaqueRef:no", id="seven")
    assert answer == {"jsonrpc": "2.0", "error": {"code": 1, "message": "HANDLE_INVALID", "data": ["VM", "OpaqueRef:no"]}, "id": "seven"}


@pytest.mark.parametrize("path, body", [
    ("/", "no xml at all"), ("/", "<methodCall></methodCall>"), ("/jsonrpc", "{"), ("/jsonrpc", "[]"),
    ("/jsonrpc", '{"method":"VM.get_all"}'), ("/jsonrpc", '{"method":"VM.get_all","params":[]}'),
    ("/jsonrpc", '{"method":"VM.get_all","params":[],"id":null}'),
    ("/jsonrpc", '{"jsonrpc":"1.0","method":"VM.get_all","params":[],"id":1}'),
    ("/jsonrpc", '{"method":"VM.get_all","params":{},"id":1}'), ("/jsonrpc", '{"jsonrpc":"2.0","method":"VM.get_all","params":[]}'),
])  # fmt: skip
def test_what_is_no_request_is_http_500(pool: SimulatedPool, path: str, body: str) -> None:
    answer = http(pool.url + path, body)
    assert (answer.status, answer.headers["content-type"]) == (500, "text/html")


def test_a_huge_body_is_refused(pool: SimulatedPool) -> None:
    assert http(pool.url + "/", b"x" * (301 * 1024)).status == 500


def test_list_methods_needs_no_session_and_no_envelope(pool: SimulatedPool, client: Client) -> None:
    with xmlrpc.client.ServerProxy(pool.url) as server:
        listed: Any = getattr(server, "system.listMethods")()
    assert {"VM.start", "event.from", "host.get_all_records", "VM.get_all_records_where"} <= set(listed)
    assert client.raw("system.listMethods")["result"] == listed


@pytest.mark.parametrize("method, parameters, expected", [
    ("VM.no_such", (), ["MESSAGE_METHOD_UNKNOWN", "VM.no_such"]),
    ("VM.get_record", (), ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_record", "1", "0"]),
    ("VM.get_record", ("OpaqueRef:no",), ["HANDLE_INVALID", "VM", "OpaqueRef:no"]),
    ("VM.get_by_uuid", ("no",), ["UUID_INVALID", "VM", "no"]),
    ("VMPP.get_all", (), ["MESSAGE_REMOVED"]),
    ("Async.VM.get_record", ("OpaqueRef:no",), ["Fault", "No async mode for this operation (rpc: VM.get_record)"]),
    ("VM.get_all_records_where", ("bad expr",), ["INVALID_VALUE", "bad expr", 'Failure("lexing: empty token")']),
])  # fmt: skip
def test_errors(client: Client, method: str, parameters: tuple[str, ...], expected: list[str]) -> None:
    assert client.failure(method, *parameters) == expected


@pytest.mark.parametrize("method, parameters, expected", [
    ("VM.nosuch", (), ["MESSAGE_METHOD_UNKNOWN", "VM.nosuch"]),
    ("VM.nosuch", ("OpaqueRef:dead",), ["SESSION_INVALID", "OpaqueRef:dead"]),  # a script of the host could have that name
    ("VM.get_record", (), ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_record", "1", "-1"]),
    ("VM_get_record", ("OpaqueRef:dead",), ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM_get_record", "1", "0"]),
    ("VMPP.get_all", ("OpaqueRef:dead",), ["SESSION_INVALID", "OpaqueRef:dead"]),
    ("VMPP.get_record", ("OpaqueRef:dead",), ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VMPP.get_record", "1", "0"]),
    ("Async.VM.get_record", ("OpaqueRef:dead", "OpaqueRef:no"), ["SESSION_INVALID", "OpaqueRef:dead"]),
])  # fmt: skip
def test_who_asks_comes_before_what(pool: SimulatedPool, method: str, parameters: tuple[str, ...], expected: list[str]) -> None:
    answer = http(pool.url + "/jsonrpc", json.dumps({"method": method, "params": parameters, "id": 1})).json
    assert answer == {"result": None, "error": expected, "id": 1}


def test_an_unknown_method_is_named_without_its_prefix(client: Client) -> None:
    assert client.failure("Async.VM.nosuch") == ["MESSAGE_METHOD_UNKNOWN", "VM.nosuch"]


def test_what_comes_after_optional_parameters_is_ignored(client: Client, vm: str) -> None:
    assert client.call("VM.snapshot", vm, "more than it takes", [], "and", "more")
    assert client.failure("VM.get_uuid", vm, "more") == ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VM.get_uuid", "1", "2"]


@pytest.mark.parametrize("method, value, expected", [
    ("VM.set_is_a_template", "x", "Failure(\"Expected bool, got 'S(x)'\")"),
    ("VM.set_name_label", 5, "Failure(\"Expected string, got 'I(5)'\")"),
    ("VM.set_name_label", None, "Failure(\"Expected string, got 'N'\")"),
    ("VM.set_name_label", [{"a": 1}], "Failure(\"Expected string, got '[{a:I(1)}]'\")"),
])  # fmt: skip
def test_a_value_of_the_wrong_type(client: Client, vm: str, method: str, value: object, expected: str) -> None:
    assert client.failure(method, vm, value) == ["INTERNAL_ERROR", expected]


def test_a_map_key_is_added_once_and_removed_in_silence(client: Client, pool: SimulatedPool) -> None:
    ref = client.call("pool.get_all")[0]
    client.call("pool.add_to_other_config", ref, "key", "1")
    assert client.failure("pool.add_to_other_config", ref, "key", "2") == ["MAP_DUPLICATE_KEY", "pool", "other_config", ref, "key"]
    client.call("pool.remove_from_other_config", ref, "key")
    client.call("pool.remove_from_other_config", ref, "key")
    assert "key" not in client.call("pool.get_other_config", ref)


def test_sets_grow_and_shrink(client: Client, vm: str) -> None:
    client.call("VM.set_tags", vm, [])
    for _ in range(2):
        client.call("VM.add_tags", vm, "a")
    client.call("VM.add_tags", vm, "b")
    client.call("VM.remove_tags", vm, "a")
    assert client.call("VM.get_tags", vm) == ["b"]


def test_the_object_of_the_call_is_looked_at_before_others_are_looked_for(client: Client, vm: str) -> None:
    """A host, a disk or an SR that is not there is found out only by who needs it."""
    nobody = "OpaqueRef:no"
    assert client.failure("VM.pool_migrate", vm, nobody, {}) == ["VM_BAD_POWER_STATE", vm, "running", "halted"]
    assert client.failure("VM.resume_on", vm, nobody, False, False) == ["VM_BAD_POWER_STATE", vm, "suspended", "halted"]
    assert client.failure("VM.start_on", vm, nobody, False, False) == ["HANDLE_INVALID", "host", nobody]
    drive = next(ref for ref, vbd in client.call("VBD.get_all_records").items() if vbd["type"] == "Disk")
    assert client.failure("VBD.insert", drive, nobody) == ["VBD_NOT_REMOVABLE_MEDIA", drive]
    empty = next(ref for ref, vbd in client.call("VBD.get_all_records").items() if vbd["type"] == "CD" and vbd["empty"])
    assert client.failure("VBD.insert", empty, nobody) == ["HANDLE_INVALID", "VDI", nobody]
    free = next(ref for ref, vdi in client.call("VDI.get_all_records").items() if not vdi["VBDs"])
    assert client.failure("VDI.pool_migrate", free, nobody, {}) == ["VDI_NEEDS_VM_FOR_MIGRATE", free]


@pytest.mark.parametrize("more", [{}, {"params": None}, {"params": []}])
def test_version_2_needs_no_parameters(pool: SimulatedPool, more: dict[str, Any]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "system.listMethods", **more}
    assert "VM.start" in http(pool.url + "/jsonrpc", json.dumps(body)).json["result"]


@pytest.mark.parametrize("expression, count", [
    ('field "name__label" = "one of mine"', 1), ('not (field "name__label" = "one of mine") and field "is_control_domain"="true"', None),
    ('field "power_state"="Nonsense" or field "name__label"="one of mine"', 1), ("true", None), ("false", 0),
    ('not field "name__label"="one of mine" and false', None), ('(not field "name__label"="one of mine") and false', 0),
    ('true or false and field "name__label"="one of mine"', 1), ('true or (false and false)', None),
    ('field "_ref"=field "ref" and field "name__label"="one of mine"', 1),
])  # fmt: skip
def test_records_where(client: Client, vm: str, expression: str, count: int | None) -> None:
    """None: all of them."""
    client.call("VM.set_name_label", vm, "one of mine")
    found = client.call("VM.get_all_records_where", expression)
    assert len(found) == (len(client.call("VM.get_all")) if count is None else count)


@pytest.mark.parametrize("method, expression, expected", [
    ("VM", 'field "name_label"="x"', ["INTERNAL_ERROR", "missing field", "name_label", ""]),
    ("pool", 'field "name__label"="x"', ["INTERNAL_ERROR", "missing field", "name__label", ""]),
    ("VM", "FIELD", ["INVALID_VALUE", "FIELD", 'Failure("lexing: empty token")']),
    ("VM", "field 'uuid'='x'", ["INVALID_VALUE", "field 'uuid'='x'", 'Failure("lexing: empty token")']),
    ("VM", "", ["INVALID_VALUE", "", "Stdlib.Parsing.Parse_error"]),
    ("VM", "true true", ["INVALID_VALUE", "true true", "Stdlib.Parsing.Parse_error"]),
])  # fmt: skip
def test_expressions_that_are_none(client: Client, method: str, expression: str, expected: list[str]) -> None:
    assert client.failure(f"{method}.get_all_records_where", expression) == expected


def test_columns_have_the_names_of_the_database(client: Client) -> None:
    assert client.call(
        "pool.get_all_records_where", f'field "name_label"="{client.call("pool.get_name_label", client.call("pool.get_all")[0])}"'
    )
    for column in ("memory__static_max", "VCPUs__max", "actions__after_crash", "HVM__boot_params", "name__description"):
        assert client.call("VM.get_all_records_where", f'field "{column}"=field "{column}"')
    assert client.call("VBD.get_all_records_where", 'field "qos__algorithm_type"=""')


def test_the_underscore_form_of_a_name(client: Client) -> None:
    assert client.raw("VM_get_all", client.session)["result"] == client.call("VM.get_all")
    assert "result" in client.raw("event_get_current_id", client.session)


def test_any_path_that_nobody_has_is_the_root_to_a_post(pool: SimulatedPool) -> None:
    answer = http(pool.url + "/xmlrpc", xmlrpc.client.dumps((), "system.listMethods"))  # where xen-api's XML-RPC goes
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml")
    assert http(pool.url + "/jsonrpc/", '{"method": "system.listMethods", "params": [], "id": 1}').json["result"]
    assert http(pool.url + "/export", method="OPTIONS").headers["access-control-allow-origin"] == "*"


def test_unknown_paths_and_missing_credentials(pool: SimulatedPool, client: Client) -> None:
    assert http(pool.url + "/nosuch").status == 403
    assert http(pool.url + "/audit_log/").status == 401  # the longest path it begins with
    answer = http(pool.url + "/audit_log")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Basic realm="get_audit_log"')
    assert http(pool.url + "/audit_log?session_id=OpaqueRef:no").status == 401
    assert http(pool.url + "/audit_log?session_id=" + client.session).status != 401
    assert http(pool.url + "/audit_log", headers={"Cookie": "session_id=" + client.session}).status != 401


def test_what_nobody_wrote_is_loud(pool: SimulatedPool, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.failure("Cluster.pool_destroy", "OpaqueRef:no")[0] == "HANDLE_INVALID"
    methods = pool.do(lambda inside: inside.dispatcher.methods)
    written = methods["pool.rotate_secret"]
    methods["pool.rotate_secret"] = replace(written, handler=None)
    assert client.failure("pool.rotate_secret") == ["NOT_IMPLEMENTED", "pool.rotate_secret"]
    assert "pool.rotate_secret" in caplog.text
    methods["pool.rotate_secret"] = written
