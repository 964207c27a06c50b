"""Signing in, staying in, and being told to go elsewhere."""

import base64
from typing import Any

import pytest
import XenAPI

from tests.simulator.conftest import Client, http, sign_in
from xo_dash.simulator.testing import SimulatedPool, simulated


def test_wrong_credentials(pool: SimulatedPool) -> None:
    answer = Client(pool.url).raw("session.login_with_password", "root", "wrong", "2.21", "test")
    assert answer["error"]["message"] == "SESSION_AUTHENTICATION_FAILED"
    assert answer["error"]["data"] == ["root", "Authentication failure"]


def test_a_session_works_in_both_encodings(pool: SimulatedPool, client: Client) -> None:
    session = XenAPI.Session(pool.url)
    session._session = client.session
    assert session.xenapi.VM.get_all() == client.call("VM.get_all")
    session("close")()


def test_a_session_knows_who_it_is(client: Client) -> None:
    record = client.call("session.get_record", client.session)
    assert record["auth_user_name"] == "root" and record["is_local_superuser"] and record["originator"] == "test"


def test_after_logout_it_is_invalid(pool: SimulatedPool) -> None:
    client = sign_in(pool)
    assert client.call("session.logout") == ""
    assert client.failure("VM.get_all") == ["SESSION_INVALID", client.session]


def test_session_references_do_not_follow_from_the_seed() -> None:
    def first() -> str:
        with simulated() as simulation:
            return sign_in(simulation.pool).session

    assert first() != first()


def test_the_oldest_of_too_many_goes(pool: SimulatedPool) -> None:
    first = sign_in(pool, "crowd")
    pool.do(lambda inside: [inside.sessions.login(inside.master, "root", inside.password, "crowd") for _ in range(500)])
    assert first.failure("VM.get_all")[0] == "SESSION_INVALID"
    assert sign_in(pool, "others").call("VM.get_all")


def test_unused_sessions_end_after_a_day() -> None:
    with simulated(speed=0) as simulation:
        client = sign_in(simulation.pool)
        simulation.pool.advance(23 * 3600)
        client.call("VM.get_all")
        simulation.pool.advance(23 * 3600)
        client.call("VM.get_all")
        simulation.pool.advance(24 * 3600 + 60)
        assert client.failure("VM.get_all")[0] == "SESSION_INVALID"


def member(pool: SimulatedPool) -> str:
    return pool.url.replace("127.0.0.1", pool.addresses[1])


def test_a_member_sends_to_the_master(pool: SimulatedPool, client: Client) -> None:
    elsewhere = Client(member(pool), client.session)
    login = elsewhere.raw("session.login_with_password", pool.user, pool.password)
    assert (login["error"]["message"], login["error"]["data"]) == ("HOST_IS_SLAVE", ["127.0.0.1"])
    assert elsewhere.failure("VM.get_all") == ["HOST_IS_SLAVE", "127.0.0.1"]
    assert elsewhere.failure("VM.no_such")[0] == "MESSAGE_METHOD_UNKNOWN"
    assert elsewhere.raw("session.slave_local_login_with_password", pool.user, pool.password)["result"].startswith("OpaqueRef:")


def test_a_member_answers_its_http_paths(pool: SimulatedPool, client: Client) -> None:
    assert http(member(pool) + "/audit_log").status == 401
    assert http(f"{member(pool)}/audit_log?session_id={client.session}").status != 401


def test_basic_credentials_on_http_paths(pool: SimulatedPool) -> None:
    for password, welcome in ((pool.password, True), ("wrong", False)):
        token = base64.b64encode(f"root:{password}".encode()).decode()
        assert (http(pool.url + "/audit_log", headers={"Authorization": f"Basic {token}"}).status != 401) is welcome


def test_temporary_sessions_leave_nothing_behind(pool: SimulatedPool) -> None:
    token = base64.b64encode(f"root:{pool.password}".encode()).decode()
    before = pool.do(lambda inside: len(inside.db.rows("session")))
    http(pool.url + "/audit_log", headers={"Authorization": f"Basic {token}"})
    assert pool.do(lambda inside: len(inside.db.rows("session"))) == before


def test_a_host_that_is_still_booting(pool: SimulatedPool) -> None:
    address = pool.addresses[0]
    pool.do(lambda inside: inside.emergency.update({address: ["HOST_STILL_BOOTING"]}))
    try:
        answer = Client(pool.url).raw("session.login_with_password", pool.user, pool.password, id=7)
        assert answer == {"jsonrpc": "2.0", "error": ["HOST_STILL_BOOTING"], "id": 0}
        session = XenAPI.Session(pool.url)
        with pytest.raises(XenAPI.Failure, match="HOST_STILL_BOOTING"):
            session.login_with_password(pool.user, pool.password)
        session("close")()
    finally:
        pool.do(lambda inside: inside.emergency.clear())


def test_another_master_after_a_change() -> None:
    with simulated(hosts=(2,)) as simulation:
        pool = simulation.pool
        old, client = pool.url, sign_in(pool)
        new = client.call("host.get_all")[1]
        client.call("pool.designate_new_master", new)
        pool.do(lambda inside: inside.sessions.logout_all())
        assert pool.url != old
        answer: Any = Client(old).raw("session.login_with_password", pool.user, pool.password)
        assert answer["error"]["data"] == [pool.addresses[1]]
        assert sign_in(pool).call("pool.get_all_records")[pool.do(lambda inside: inside.ref)]["master"] == new


@pytest.mark.parametrize("role, method, allowed", [
    ("read-only", "VM.get_all", True), ("read-only", "VM.set_name_label", False), ("vm-operator", "VM.set_name_label", False),
    ("vm-admin", "VM.set_name_label", True), ("pool-operator", "host.call_plugin", False), ("pool-admin", "host.disable", True),
])  # fmt: skip
def test_a_role_is_asked_for_its_permission(pool: SimulatedPool, client: Client, vm: str, role: str, method: str, allowed: bool) -> None:
    session = pool.do(lambda inside: inside.sessions.get(client.session))
    session.roles = frozenset({role})
    host = pool.do(lambda inside: inside.master.ref)
    arguments: tuple[object, ...] = {
        "VM.get_all": (),
        "VM.set_name_label": (vm, "x"),
        "host.disable": (host,),
        "host.call_plugin": (host, "p", "f", {}),
    }[method]
    if allowed:
        client.call(method, *arguments)
        pool.call("host.enable", host)
    else:
        assert client.failure(method, *arguments)[:2] == ["RBAC_PERMISSION_DENIED", method.lower()]


def test_roles_and_their_parts(client: Client) -> None:
    roles = client.call("role.get_all_records")
    named = {r["name_label"]: r for r in roles.values()}
    assert named["pool-admin"]["uuid"] == "0165f154-ba3e-034e-6b27-5d271af109ba"
    assert len(named["read-only"]["subroles"]) < len(named["vm-admin"]["subroles"])
    assert all(part in roles for r in roles.values() for part in r["subroles"])
