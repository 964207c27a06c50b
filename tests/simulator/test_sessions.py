"""Signing in, staying in, and being told to go elsewhere."""

import base64
from typing import Any

import pytest
import XenAPI

from tests.simulator.client import Client, http, sign_in, until
from xo_dash.simulator import machine
from xo_dash.simulator.testing import SimulatedPool, simulated


def test_wrong_credentials(pool: SimulatedPool) -> None:
    answer = Client(pool.url).raw("session.login_with_password", "root", "wrong", "2.21", "test")
    assert answer["error"]["message"] == "SESSION_AUTHENTICATION_FAILED"
    assert answer["error"]["data"] == ["root", "Authentication failure"]


def test_wrong_credentials_take_their_time_and_are_told_in_an_alert() -> None:
    with simulated(hosts=(1,), vms=(0,), speed=1000) as simulation:
        pool = simulation.pool
        began = pool.do(lambda inside: inside.clock.now())
        for _ in range(2):
            Client(pool.url).raw("session.login_with_password", "mallory", "guess", "2.21", "test")
        assert pool.do(lambda inside: inside.clock.now()) - began >= 10
        alerts: dict[str, Any] = {}
        until(lambda: alerts.update(pool.call("message.get_all_records")) or "FAILED_LOGIN_ATTEMPTS" in str(alerts))
        (alert,) = [m for m in alerts.values() if m["name"] == "FAILED_LOGIN_ATTEMPTS"]
        assert "<total>2</total>" in alert["body"] and "<username>mallory</username>" in alert["body"] and alert["priority"] == 3
        assert "<ip>127.0.0.1</ip>" in alert["body"] and "<originator>test</originator>" in alert["body"]


def test_who_is_root_may_change_the_password_without_the_old_one() -> None:
    with simulated(vms=(0,)) as simulation:
        client = sign_in(simulation.pool)
        client.call("session.change_password", "whatever", "other")
        assert "error" in Client(simulation.pool.url).raw("session.login_with_password", "root", "secret")
        assert "result" in Client(simulation.pool.url).raw("session.login_with_password", "root", "other")


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


def test_the_least_recently_used_of_too_many_go() -> None:
    with simulated(speed=0) as simulation:
        pool = simulation.pool
        first, used = sign_in(pool, "crowd"), sign_in(pool, "crowd")
        task = used.call("task.create", "works on", "")
        pool.advance(5)
        pool.do(lambda inside: [inside.sessions.login(inside.master, "root", inside.password, "crowd") for _ in range(500)])
        assert first.call("VM.get_all")
        pool.advance(60)
        assert first.failure("VM.get_all")[0] == "SESSION_INVALID"
        assert sign_in(pool, "others").call("VM.get_all") and used.call("task.get_status", task) == "pending"


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
    assert elsewhere.failure("VM.no_such") == ["HOST_IS_SLAVE", "127.0.0.1"]
    assert elsewhere.raw("VM.no_such")["error"]["message"] == "MESSAGE_METHOD_UNKNOWN"
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
        until(lambda: pool.url != old)
        until(lambda: pool.do(lambda inside: all(machine.is_up(inside, host) for host in inside.db.rows("host"))))
        answer: Any = Client(old).raw("session.login_with_password", pool.user, pool.password)
        assert answer["error"]["data"] == [pool.addresses[1]]
        assert sign_in(pool).call("pool.get_all_records")[pool.do(lambda inside: inside.ref)]["master"] == new
