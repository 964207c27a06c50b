"""A member that sends us to its master: where the password may go."""

from __future__ import annotations

import pytest

from tests.xapi.answers import answering, http
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadAddress, NotMaster, UnknownMaster, XapiError
from xo_dash.xapi.tls import Trust

ELSEWHERE = "192.0.2.1"


def is_slave(master: str) -> bytes:
    return http(b'{"error":["HOST_IS_SLAVE","%s"]}' % master.encode())


def connection_to(address: Address, *members: str) -> Connection:
    return Connection(address, "root", "password", Trust(plain=True), originator="test", members=members)


@pytest.mark.parametrize("master", [ELSEWHERE, "2001:db8::1", "elsewhere.example"])
async def test_over_plain_http_the_password_does_not_go_where_nobody_said(master: str) -> None:
    with answering(is_slave(master)) as host:
        connection = connection_to(host.address)
        with pytest.raises(UnknownMaster) as caught:
            await connection.sign_in()
        assert caught.value.master == master
        await connection.close()


@pytest.mark.parametrize("master", ["", "not an address", "a" * 3000, "127.0.0.1:80", "x\\r\\nHost: y", "user@host"])
async def test_a_master_that_is_no_address_is_one_of_our_errors(master: str) -> None:
    with answering(is_slave(master)) as host:
        connection = connection_to(host.address)
        with pytest.raises((NotMaster, BadAddress)) as caught:
            await connection.sign_in()
        assert isinstance(caught.value, XapiError)
        await connection.close()


def test_a_known_member_and_a_proved_one_may_be_followed() -> None:
    plain, secure = Address.parse("http://10.0.0.1"), Address.parse("https://10.0.0.1")
    elsewhere = plain.sibling(ELSEWHERE)
    assert not connection_to(plain).hosts.may_follow(plain, elsewhere)
    assert not connection_to(Address.parse("http://127.0.0.1")).hosts.may_follow(Address.parse("http://127.0.0.1"), elsewhere)
    assert connection_to(plain, ELSEWHERE).hosts.may_follow(plain, elsewhere)
    assert connection_to(secure).hosts.may_follow(secure, secure.sibling(ELSEWHERE))  # it has to prove itself as any other
