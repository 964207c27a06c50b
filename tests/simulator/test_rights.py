"""Users of a directory: who may sign in, and what each may do then."""

import base64
import csv
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import XenAPI

from tests.simulator.client import Client, http, until
from tests.simulator.elsewhere import RBAC, needs
from xo_dash.simulator.directory import ACCOUNTS, adopt
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.server import SimulatorOptions
from xo_dash.simulator.testing import SimulatedPool, Simulation, simulated

ROLES = ("pool-admin", "pool-operator", "vm-power-admin", "vm-admin", "vm-operator", "read-only")
SID = "S-1-5-21-"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(2,), vms=(6,), speed=500, users=True) as running:
        yield running


def login(pool: SimulatedPool, user: str, originator: str = "test") -> Client:
    client = Client(pool.url)
    answer = client.raw("session.login_with_password", user, pool.password, "2.21", originator)
    if "error" in answer:
        raise XenAPI.Failure([answer["error"]["message"], *answer["error"]["data"]])
    client.session = answer["result"]
    return client


def refusal(pool: SimulatedPool, user: str) -> list[str]:
    with pytest.raises(XenAPI.Failure) as caught:
        login(pool, user)
    return list(caught.value.details)


def ended(pool: SimulatedPool, task: str) -> dict[str, Any]:
    until(lambda: pool.call("task.get_status", task) != "pending")
    record: dict[str, Any] = pool.call("task.get_record", task)
    return record


@needs(RBAC)
@pytest.mark.parametrize("role", ROLES)
def test_every_permission_is_that_of_the_table(pool: SimulatedPool, role: str) -> None:
    with RBAC.open() as file:
        heads, *rows = [row for row in csv.reader(file) if len(row) > 2]
    column = heads.index(role)
    wanted = {row[1].lower() for row in rows if row[column] == "X"}
    client = login(pool, role)
    assert set(client.call("session.get_rbac_permissions", client.session)) == {*wanted, role}


@pytest.mark.parametrize("method, arguments, lowest", [
    ("VM.get_all_records", (), "read-only"), ("event.from", (["vm"], "", 0.0), "read-only"),
    ("VM.set_name_label", ("{vm}", "web"), "vm-admin"), ("VM.add_tags", ("{vm}", "t"), "vm-operator"),
    ("host.enable", ("{host}",), "pool-operator"),
    ("VM.add_to_other_config", ("{vm}", "folder", "f"), "vm-operator"), ("VM.add_to_other_config", ("{vm}", "k", "v"), "vm-admin"),
    ("VM.add_to_other_config", ("{vm}", "pci", "v"), "pool-admin"), ("VM.remove_from_platform", ("{vm}", "hvm_serial"), "pool-admin"),
    ("VM.add_to_other_config", ("{vm}", "XenCenter.CustomFields.x", "v"), "vm-operator"),
    ("pool.remove_from_other_config", ("{pool}", "EMPTY_FOLDERS"), "vm-operator"), ("secret.get_all", (), "pool-operator"),
])  # fmt: skip
def test_from_the_lowest_role_up_it_is_allowed(pool: SimulatedPool, method: str, arguments: tuple[Any, ...], lowest: str) -> None:
    named = pool.do(lambda inside: {"{vm}": next(v for v, r in inside.db.records("VM") if not r["is_a_template"]),
                                    "{host}": inside.master.ref, "{pool}": inside.ref})  # fmt: skip
    given = [named.get(argument, argument) if isinstance(argument, str) else argument for argument in arguments]
    for role in ROLES:
        client = login(pool, role)
        answer = client.raw(method, client.session, *given)
        code = answer.get("error", {}).get("message")
        assert (code == "RBAC_PERMISSION_DENIED") is (ROLES.index(role) > ROLES.index(lowest)), (role, code)
        if method.startswith("VM.add_to"):
            pool.call(method.replace("add_to", "remove_from"), *given[:2])


def test_a_refusal_names_the_permission_and_who_has_it(pool: SimulatedPool, vm: str) -> None:
    client = login(pool, "read-only")
    who = "No permission in user session. (Roles with this permission: {})"
    wanted = ["RBAC_PERMISSION_DENIED", "vm.set_name_label", who.format("vm-power-admin, vm-admin, pool-admin, pool-operator")]
    assert client.failure("VM.set_name_label", vm, "x") == wanted
    assert client.failure("VM.set_name_label", "OpaqueRef:none", "x") == wanted
    assert client.failure("VM.set_name_label", vm)[0] == "MESSAGE_PARAMETER_COUNT_MISMATCH"
    assert client.failure("session.change_password", "a", "b") == ["RBAC_PERMISSION_DENIED", "session.change_password", who.format("")]


def test_async_it_is_told_by_the_task(pool: SimulatedPool, vm: str) -> None:
    client = login(pool, "read-only")
    record = ended(pool, client.call("Async.VM.start", vm, False, False))
    assert (record["status"], record["error_info"][:2]) == ("failure", ["RBAC_PERMISSION_DENIED", "vm.start"])


def test_a_call_may_be_made_of_others_that_its_caller_may_not_make(pool: SimulatedPool, vm: str) -> None:
    client = login(pool, "vm-operator")
    record = ended(pool, client.call("Async.VM.start", vm, False, False))
    assert record["status"] == "success", record["error_info"]
    assert ended(pool, client.call("Async.VM.hard_shutdown", vm))["status"] == "success"


def test_a_map_set_as_a_whole_takes_what_its_keys_take(pool: SimulatedPool, vm: str) -> None:
    admin, higher = login(pool, "vm-admin"), login(pool, "pool-admin")
    kept = admin.call("VM.get_other_config", vm)
    assert admin.failure("VM.set_other_config", vm, {**kept, "pci": "0/0"})[1] == "vm.add_to_other_config/key:pci"
    higher.call("VM.set_other_config", vm, {**kept, "pci": "0/0"})
    admin.call("VM.set_other_config", vm, {**kept, "pci": "0/0", "mine": "yes"})
    assert admin.failure("VM.set_other_config", vm, {**kept, "pci": "0/1"})[1] == "vm.add_to_other_config/key:pci"
    assert admin.failure("VM.set_other_config", vm, kept)[1] == "vm.remove_from_other_config/key:pci"
    higher.call("VM.set_other_config", vm, kept)


def test_who_is_let_in(pool: SimulatedPool) -> None:
    assert login(pool, "CORP\\vm-admin") and login(pool, "VM-Admin@corp.example") and login(pool, "night-shift")
    assert refusal(pool, "nobody")[:2] == ["SESSION_AUTHENTICATION_FAILED", "nobody"]
    assert refusal(pool, "disabled")[:2] == ["SESSION_AUTHENTICATION_FAILED", "disabled"]
    assert refusal(pool, "OTHER\\vm-admin")[0] == "SESSION_AUTHENTICATION_FAILED"
    assert refusal(pool, "visitor")[:2] == ["SESSION_AUTHORIZATION_FAILED", "visitor"]
    assert refusal(pool, "newcomer")[:2] == ["RBAC_PERMISSION_DENIED", "session.login_with_password"]


def test_a_session_tells_whose_it_is(pool: SimulatedPool) -> None:
    client = login(pool, "night-shift", "cli")
    record = client.call("session.get_record", client.session)
    (group,) = [s for s, r in client.call("subject.get_all_records").items() if r["other_config"]["subject-name"] == "CORP\\helpdesk"]
    assert (record["auth_user_name"], record["originator"], record["is_local_superuser"]) == ("CORP\\night-shift", "cli", False)
    assert record["subject"] == group and record["auth_user_sid"].startswith(SID) and "vm-operator" in record["rbac_permissions"]
    task = client.call("task.create", "mine", "")
    assert client.call("session.get_tasks", client.session) == [task]
    client.call("task.destroy", task)


def test_tasks_are_their_makers(pool: SimulatedPool) -> None:
    mine, also_mine, other = login(pool, "vm-admin"), login(pool, "vm-admin"), login(pool, "vm-operator")
    task = mine.call("task.create", "copy", "")
    for method, value in (("set_progress", 0.5), ("set_status", "success"), ("set_other_config", {}), ("remove_from_other_config", "k")):
        assert other.failure(f"task.{method}", task, value)[:2] == ["RBAC_PERMISSION_DENIED", "task.destroy/any"]
    assert other.failure("task.cancel", task)[1] == other.failure("task.destroy", task)[1] == "task.destroy/any"
    also_mine.call("task.add_to_other_config", task, "k", "v")
    login(pool, "pool-operator").call("task.set_progress", task, 0.7)
    assert other.call("task.get_progress", task) == 0.7
    mine.call("task.destroy", task)


def test_what_one_has_started_one_may_cancel(pool: SimulatedPool, vm: str) -> None:
    mine, other = login(pool, "vm-operator"), login(pool, "night-shift")
    task = mine.call("Async.VM.start", vm, False, False)
    assert other.failure("task.cancel", task)[1] == "task.destroy/any"
    mine.call("task.cancel", task)
    if ended(pool, task)["status"] == "success":  # it was quicker
        pool.call("VM.hard_shutdown", vm)


def test_subjects_have_events(pool: SimulatedPool) -> None:
    client = login(pool, "read-only")
    batch = client.call("event.from", ["subject", "secret", "session"], "", 0.0)
    assert {event["class"] for event in batch["events"]} == {"subject"}


def test_nobody_but_root_owns_what_is_left_of_a_session_that_ended(pool: SimulatedPool) -> None:
    first = login(pool, "vm-operator")
    task = first.call("task.create", "left", "")
    first.call("session.logout")
    assert login(pool, "vm-operator").failure("task.destroy", task)[1] == "task.destroy/any"
    pool.call("task.destroy", task)


def screen_of_dom0(pool: Pool) -> str:
    console = pool.db.create("console", {"VM": pool.db.get(pool.master.ref, "control_domain"), "protocol": "rfb"})
    return str(pool.db.get(console, "uuid"))


def test_http_handlers_ask_too(pool: SimulatedPool, vm: str) -> None:
    client = login(pool, "read-only")
    task = client.call("task.create", "export", "")
    assert http(f"{pool.url}/export?ref={vm}&session_id={client.session}&task_id={task}").status == 403
    assert client.call("task.get_error_info", task)[:2] == ["RBAC_PERMISSION_DENIED", "http/get_export"]
    assert http(f"{pool.url}/rrd_updates?start=0&session_id={client.session}").status == 200
    for user, status in (("CORP\\vm-admin", 200), ("read-only", 403), ("visitor", 401)):
        token = base64.b64encode(f"{user}:{pool.password}".encode()).decode()
        assert http(f"{pool.url}/export_metadata?ref={vm}", headers={"Authorization": f"Basic {token}"}).status == status
    dom0 = pool.do(screen_of_dom0)
    operator = login(pool, "vm-operator")
    upgrade = {"Upgrade": "websocket", "Sec-WebSocket-Key": "x"}
    assert http(f"{pool.url}/console?uuid={dom0}&session_id={operator.session}", headers=upgrade).status == 403


def test_the_audit_log_has_what_was_done_and_what_was_denied(pool: SimulatedPool, vm: str) -> None:
    client = login(pool, "vm-operator", "audited")
    uuid = client.call("VM.get_uuid", vm)
    name = client.call("VM.get_name_label", vm)
    client.call("VM.add_tags", vm, "seen")
    client.failure("VM.set_name_label", vm, "x")
    client.failure("VM.resume", vm, False, False)
    http(f"{pool.url}/export?ref={vm}&session_id={client.session}")
    client.call("session.logout")
    lines = http(f"{pool.url}/audit_log?session_id={login(pool, 'read-only').session}").body.decode().splitlines()
    mine = [line.partition("|audit] ")[2] for line in lines if "'audited'" in line or uuid in line or "http/get_export'" in line]
    told = f"'{name}' '{uuid}' '{vm}'"
    assert "'ALLOWED' 'OK' 'API' 'session.create' (('uname' 'vm-operator' '' '') ('originator' 'audited' '' '')))" in mine[-6]
    assert mine[-6].startswith("('trackid=") and f"' '{SID}" in mine[-6] and "' 'CORP\\\\vm-operator' " in mine[-6]
    assert mine[-5].endswith(f"'ALLOWED' 'OK' 'API' 'VM.add_tags' (('self' {told})))")
    assert mine[-4].endswith(f"'DENIED' '' 'API' 'VM.set_name_label' (('self' {told})))")
    assert f"'ERROR:VM_BAD_POWER_STATE: [ {vm}; suspended; halted ]' 'API' 'VM.resume' (('vm' {told})" in mine[-3]
    assert mine[-2].endswith("'DENIED' '' 'HTTP' 'http/get_export' ())") and "'session.destroy'" in mine[-1]


def test_roles_and_permissions_are_records(pool: SimulatedPool) -> None:
    client = login(pool, "read-only")
    records = client.call("role.get_all_records")
    named = {r["name_label"]: ref for ref, r in records.items()}
    assert len(records) == 2291 and records[named["pool-admin"]]["uuid"] == "0165f154-ba3e-034e-6b27-5d271af109ba"
    assert [n for n, ref in named.items() if not records[ref]["is_internal"]] == [
        "vm-power-admin", "vm-admin", "vm-operator", "read-only", "pool-admin", "pool-operator"]  # fmt: skip
    assert records[named["vm.start"]] == client.call("role.get_record", named["vm.start"])
    assert client.call("role.get_by_permission_name_label", "subject.create") == [named["pool-admin"]]
    assert client.call("role.get_permissions", named["vm.start"]) == [named["vm.start"]]
    assert client.call("role.get_by_permission_name_label", "session.change_password") == []
    assert len(client.call("role.get_all_records_where", "subroles<>[]")) == 7


def test_subjects_come_and_go(pool: SimulatedPool) -> None:
    root = login(pool, "root")
    sid = root.call("auth.get_subject_identifier", "CORP\\visitor")
    subject = root.call("subject.create", {"subject_identifier": sid, "other_config": {"made": "up"}})
    record = root.call("subject.get_record", subject)
    assert record["roles"] == [] and record["other_config"] == root.call("auth.get_subject_information_from_identifier", sid)
    assert record["other_config"]["subject-upn"] == "visitor@corp.example" and record["other_config"]["subject-is-group"] == "false"
    assert root.failure("subject.create", {"subject_identifier": sid, "other_config": {}}) == ["SUBJECT_ALREADY_EXISTS"]
    assert root.failure("subject.create", {"subject_identifier": "S-1", "other_config": {}}) == ["SUBJECT_CANNOT_BE_RESOLVED"]
    assert root.failure("auth.get_subject_identifier", "nobody") == ["SUBJECT_CANNOT_BE_RESOLVED"]
    (role,) = root.call("role.get_by_name_label", "vm-admin")
    assert root.failure("subject.add_to_roles", subject, "OpaqueRef:none") == ["ROLE_NOT_FOUND"]
    assert root.failure("subject.remove_from_roles", subject, role) == ["ROLE_NOT_FOUND"]
    root.call("subject.add_to_roles", subject, role)
    assert root.failure("subject.add_to_roles", subject, role) == ["ROLE_ALREADY_EXISTS"]
    assert "vm.clone" in root.call("subject.get_permissions_name_label", subject)
    visitor = login(pool, "visitor")
    root.call("subject.remove_from_roles", subject, role)
    assert visitor.failure("VM.clone", "OpaqueRef:none", "x")[0] == "HANDLE_INVALID"  # as he was when he came
    assert sid in root.call("session.get_all_subject_identifiers")
    root.call("session.logout_subject_identifier", sid)
    assert visitor.failure("VM.get_all")[0] == "SESSION_INVALID"
    root.call("subject.destroy", subject)
    assert refusal(pool, "visitor")[0] == "SESSION_AUTHORIZATION_FAILED"


def test_a_group_is_logged_out_as_one(pool: SimulatedPool) -> None:
    root, member = login(pool, "root"), login(pool, "night-shift")
    sid = root.call("auth.get_subject_identifier", "helpdesk")
    assert sid in root.call("auth.get_group_membership", root.call("auth.get_subject_identifier", "night-shift"))
    root.call("session.logout_subject_identifier", sid)
    assert member.failure("VM.get_all")[0] == "SESSION_INVALID" and root.call("VM.get_all")


def test_the_directory_is_asked_again_after_a_while() -> None:
    with simulated(vms=(0,), speed=0, users=True) as simulation:
        pool = simulation.pool
        stays, goes = login(pool, "vm-admin"), login(pool, "vm-operator")
        account = next(a for a in ACCOUNTS if a.name == "vm-operator")
        pool.do(lambda inside: inside.facts.update(accounts=[replace(account, disabled=True)]))
        pool.advance(29 * 60)
        assert goes.call("VM.get_all")
        pool.advance(12 * 60)
        assert goes.failure("VM.get_all")[0] == "SESSION_INVALID" and stays.call("VM.get_all")


CONFIG = {"user": "administrator@lab.example", "pass": "secret"}


@pytest.mark.parametrize("config, domain, kind, error", [
    ({}, "lab.example", "AD", ["POOL_AUTH_ENABLE_FAILED", "{host}", "enable requires user"]),
    ({**CONFIG, "user": "LAB\\administrator"}, "lab.example", "AD", ["POOL_AUTH_ENABLE_FAILED", "{host}"]),
    ({**CONFIG, "domain": "else.example"}, "lab.example", "AD", ["POOL_AUTH_ENABLE_FAILED", "{host}"]),
    (CONFIG, "lab.invalid", "AD", ["POOL_AUTH_ENABLE_FAILED_DOMAIN_LOOKUP_FAILED", "{host}"]),
    ({**CONFIG, "pass": "guess"}, "lab.example", "AD", ["POOL_AUTH_ENABLE_FAILED_WRONG_CREDENTIALS", "{host}"]),
    ({**CONFIG, "user": "visitor"}, "lab.example", "AD", ["POOL_AUTH_ENABLE_FAILED_PERMISSION_DENIED", "{host}"]),
    ({**CONFIG, "ldaps": "true"}, "lab.example", "AD", ["POOL_AUTH_ENABLE_FAILED_NO_TRUSTED_CERTS", "{host}"]),
    (CONFIG, "lab.example", "LDAP", ["AUTH_UNKNOWN_TYPE", "LDAP"]),
])  # fmt: skip
def test_what_keeps_a_pool_out_of_a_directory(
    alone: SimulatedPool, config: dict[str, str], domain: str, kind: str, error: list[str]
) -> None:
    root = login(alone, "root")
    pool, host = root.call("pool.get_all")[0], alone.do(lambda inside: inside.master.ref)
    details = root.failure("pool.enable_external_auth", pool, config, domain, kind)
    assert details[: len(error)] == [part.format(host=host) for part in error]
    assert root.failure("auth.get_subject_identifier", "visitor") == ["AUTH_IS_DISABLED"]


@pytest.fixture(scope="module")
def alone() -> Iterator[SimulatedPool]:
    with simulated(hosts=(2,), vms=(0,), speed=1000) as simulation:
        yield simulation.pool


def test_a_pool_joins_a_directory_and_leaves_it(alone: SimulatedPool) -> None:
    root = login(alone, "root")
    pool, host = root.call("pool.get_all")[0], alone.do(lambda inside: inside.master.ref)
    assert root.failure("subject.create", {"subject_identifier": "S-1", "other_config": {}}) == ["AUTH_IS_DISABLED"]
    assert ended(alone, root.call("Async.pool.enable_external_auth", pool, CONFIG, "lab.example", "AD"))["status"] == "success"
    config = root.call("host.get_external_auth_configuration", host)
    assert (config["domain"], config["workgroup"], "pass" in config) == ("lab.example", "LAB", False)
    assert root.failure("pool.enable_external_auth", pool, CONFIG, "lab.example", "AD") == ["POOL_AUTH_ALREADY_ENABLED", host]
    assert root.failure("host.enable_external_auth", host, CONFIG, "x.example", "AD") == ["AUTH_ALREADY_ENABLED", "AD", "lab.example"]
    sid = root.call("auth.get_subject_identifier", "LAB\\visitor")
    subject = root.call("subject.create", {"subject_identifier": sid, "other_config": {}})
    root.call("subject.add_to_roles", subject, root.call("role.get_by_name_label", "read-only")[0])
    visitor = login(alone, "visitor@lab.example")
    assert root.failure("pool.external_auth_set_ldaps", pool, False) == ["AUTH_SET_LDAPS_FAILED", host, "ldaps is already false"]
    assert root.failure("pool.external_auth_set_ldaps", pool, True)[0] == "AUTH_NO_TRUSTED_CERTS"
    root.call("pool.disable_external_auth", pool, {})
    assert root.call("host.get_external_auth_type", host) == "" and visitor.failure("VM.get_all")[0] == "SESSION_INVALID"
    assert refusal(alone, "visitor")[0] == "SESSION_AUTHENTICATION_FAILED"
    root.call("pool.enable_external_auth", pool, {**CONFIG, "user": "administrator"}, "new.example", "AD")
    assert root.call("subject.get_all") == []  # who was of another domain is gone
    root.call("pool.disable_external_auth", pool, {})


def test_a_member_that_is_in_another_directory_is_told_of(alone: SimulatedPool) -> None:
    root = login(alone, "root")
    (member,) = [host for host in root.call("host.get_all") if host != alone.do(lambda inside: inside.master.ref)]
    root.call("host.enable_external_auth", member, CONFIG, "lab.example", "AD")
    alerts = [r for r in root.call("message.get_all_records").values() if r["name"] == "EXTAUTH_IN_POOL_IS_NON_HOMOGENEOUS"]
    assert "host_external_auth_type=AD, host_external_auth_service_name=lab.example, master_external_auth_type=," in alerts[0]["body"]
    root.call("host.disable_external_auth", member, {}, False)


def test_an_older_release_has_fewer_permissions() -> None:
    simulation = Simulation(
        SimulatorOptions((1,), (0,), (1,), seed="test", password="secret", speed=500.0, dialect="xcpng-8.2", users=True)
    )
    simulation.start()
    try:
        client = login(simulation.pool, "pool-admin")
        mine = client.call("session.get_rbac_permissions", client.session)
        assert "vm.start" in mine and "pool.set_https_only" not in mine and "observer.create" not in mine
        assert set(mine) == {
            "pool-admin",
            *client.call("role.get_permissions_name_label", client.call("role.get_by_name_label", "pool-admin")[0]),
        }
    finally:
        simulation.close()


def test_a_real_pools_subjects_sign_in_as_themselves() -> None:
    with simulated(vms=(0,), users=True) as simulation:
        pool = simulation.pool
        person = {"subject-name": "REAL\\someone", "subject-is-group": "false", "subject-account-disabled": "false"}
        role = pool.call("role.get_by_name_label", "vm-admin")
        subject = {"subject_identifier": f"{SID}7-1", "other_config": person, "roles": role}
        pool.do(lambda inside: inside.db.create("subject", subject))
        pool.do(adopt)
        assert "vm.clone" in (client := login(pool, "someone")).call("session.get_rbac_permissions", client.session)
