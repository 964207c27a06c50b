"""What a host may answer instead of a proper reply, and what is never done twice."""

import time

import pytest
import XenAPI

from tests.xapi.answers import answering, http, result
from xo_dash.xapi.codec import Codec, decode_xml
from xo_dash.xapi.errors import BadReply, Timeout, Unreachable, XapiFailure
from xo_dash.xapi.session import LOGIN, TIMEOUT, XapiSession
from xo_dash.xapi.tls import Trust
from xo_dash.xapi.wire import LIMIT, Wire

XML = b"<methodResponse><params><param><value><struct><member><name>Status</name><value>Success</value></member>"
XML += b"<member><name>Value</name><value>Running</value></member></struct></value></param></params></methodResponse>"


@pytest.mark.parametrize(
    "answer",
    [
        http(b"not json"),
        http(b'{"jsonrpc":"2.0","id":1}'),
        http(b'{"jsonrpc":"2.0","id":1,"result":[1,2'),
        http(b'["a list"]'),
        http(b'{"error":{"nothing":1}}'),
        http(b"[" * 100_000),
        http(b"", status="503 Service Unavailable"),
        http(b"<html>500</html>", status="500 Internal Server Error", kind="text/html"),
        http(b'{"result":1}', length=500),  # cut short
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000,  # a head without an end
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_reply_of_xapis_is_told_apart(answer: bytes) -> None:
    with answering(answer, close=True) as host:
        session = XapiSession(host.address, Trust(), timeout=2)
        with pytest.raises((BadReply, Unreachable)):
            session.call("VM.get_all")
        session.wire.close()


def test_a_huge_reply_is_not_read() -> None:
    with answering(http(b"", length=LIMIT + 1)) as host, pytest.raises(BadReply, match="more than we read"):
        XapiSession(host.address, Trust()).call("VM.get_all_records")


def test_a_reply_without_a_length_is_bounded_too() -> None:
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 300_000
    with answering(endless, close=True) as host:
        wire = Wire(host.address, Trust(), limit=100_000)
        with pytest.raises(BadReply, match="no end"):
            wire.request("GET", "/", None, {}, 5)


def test_no_answer_ends_in_time() -> None:
    with answering(None) as host:
        begin = time.monotonic()
        with pytest.raises(Timeout):
            XapiSession(host.address, Trust(), timeout=0.2).call("VM.get_all")
        assert time.monotonic() - begin < TIMEOUT / 2  # what it is when nothing is said


def test_a_call_whose_connection_broke_is_not_sent_again() -> None:
    with answering(b"") as host:
        with pytest.raises(Unreachable):
            XapiSession(host.address, Trust()).call("VM.clone", "OpaqueRef:1", "copy")
        assert len(host.requests) == 1


def test_a_connection_that_the_host_closed_meanwhile_is_not_used() -> None:
    with answering(result(b'"one"'), result(b'"two"'), close=True) as host:
        session = XapiSession(host.address, Trust())
        assert session.call("VM.get_name_label", "OpaqueRef:1") == "one"
        assert session.call("VM.get_name_label", "OpaqueRef:1") == "two"
        session.wire.close()


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=x\r\nContent-Length: 3\r\n\r\nyes", True),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n2\r\nes\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nyes", True),
        (b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 3\n\nyes", True),  # lines that end as in Unix
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 3\r\n\r\nyes", False),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nyes", False),  # until it ends
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nyesHTTP/1.1 200 OK\r\n", False),  # and more
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nyes and something else", False),
    ],
)
def test_all_ways_to_write_one_answer(answer: bytes, kept: bool) -> None:
    with answering(answer, close=True) as host:
        wire = Wire(host.address, Trust())
        reply = wire.request("GET", "/", None, {}, 5)
        assert (reply.status, reply.is_html, bytes(reply.body)) == (200, True, b"yes")
        assert (wire._connection is not None) == kept
        wire.close()


def test_a_request_is_one() -> None:
    with answering(http(b"")) as host:
        wire = Wire(host.address, Trust())
        for path, headers in (("/a b", {}), ("/a\r\nb", {}), ("/", {"Cookie": "a\nb"}), ("/\u0435", {})):
            with pytest.raises(BadReply):
                wire.request("GET", path, None, headers, 5)
        assert not host.requests


def test_a_connection_is_kept() -> None:
    with answering(result(b'"one"')) as host:
        session = XapiSession(host.address, Trust())
        session.call("VM.get_all")
        first = session.wire._connection
        session.call("VM.get_all")
        assert session.wire._connection is first
        session.wire.close()


@pytest.mark.parametrize(
    "missing",
    [
        http(b"<html>404</html>", status="404 Not Found", kind="text/html"),
        http(b"<html>403</html>", status="403 Forbidden", kind="text/html"),
        http(b"", status="405 Method Not Allowed"),
    ],
)
def test_without_jsonrpc_it_is_xml_from_then_on(missing: bytes) -> None:
    with answering(missing, http(XML, kind="text/xml")) as host:
        session = XapiSession(host.address, Trust())
        session.adopt("OpaqueRef:session")
        assert session.call("VM.get_power_state", "OpaqueRef:1") == "Running"
        assert session.call("VM.get_power_state", "OpaqueRef:1") == "Running"
        assert session.codec is Codec.XML
        assert [request.split()[1] for request in host.requests] == [b"/jsonrpc", b"/RPC2", b"/RPC2"]
        session.wire.close()


@pytest.mark.parametrize(
    "stumble",
    [
        http(b"<html>500</html>", status="500 Internal Server Error", kind="text/html"),
        http(b"", status="400 Bad Request"),
        http(XML, kind="text/xml"),  # one that answers everything so
        http(b"<html>Welcome</html>", kind="text/html"),  # or a gateway: who was signed in may have been heard
    ],
)
def test_a_host_that_stumbles_over_json_is_asked_again_at_the_sign_in_alone(stumble: bytes) -> None:
    with answering(stumble, http(XML, kind="text/xml")) as host:
        session = XapiSession(host.address, Trust())
        assert session.text(LOGIN, ("root", "password", "1.0", "xo-dash")) == "Running"
        assert [request.split()[1] for request in host.requests] == [b"/jsonrpc", b"/RPC2"]
        session.wire.close()
    with answering(stumble) as host:
        session = XapiSession(host.address, Trust())
        session.adopt("OpaqueRef:session")
        with pytest.raises(BadReply):
            session.call("VM.clone", "OpaqueRef:1", "two")
        assert len(host.requests) == 1
        session.wire.close()


@pytest.mark.parametrize(
    "error",
    [
        b'{"jsonrpc":"2.0","error":{"code":1,"message":"HOST_STILL_BOOTING","data":[]},"id":1}',
        b'{"jsonrpc":"2.0","error":["HOST_STILL_BOOTING"],"id":0}',  # before the host can dispatch
        b'{"result":null,"error":["HOST_STILL_BOOTING"],"id":1}',
    ],
)
def test_failures_have_two_shapes(error: bytes) -> None:
    with answering(http(error)) as host:
        session = XapiSession(host.address, Trust())
        with pytest.raises(XapiFailure) as caught:
            session.call("VM.get_all")
        assert caught.value.details == ("HOST_STILL_BOOTING",)
        session.wire.close()


@pytest.mark.parametrize(
    ("answer", "details"),
    [
        ("<fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member><member><name>faultString</name>"
         "<value><string>Internal error</string></value></member></struct></value></fault>", ("Internal error",)),
        ("<params><param><value><struct><member><name>Status</name><value>Failure</value></member><member><name>ErrorDescription</name>"
         "<value><array><data></data></array></value></member></struct></value></param></params>", ("",)),
    ],
    ids=["a fault", "a failure that tells nothing"],
)  # fmt: skip
def test_failures_that_xapi_has_no_code_for_are_failures_too(answer: str, details: tuple[str, ...]) -> None:
    with pytest.raises(XapiFailure) as caught:
        decode_xml(f"<methodResponse>{answer}</methodResponse>".encode())
    assert caught.value.details == details


def test_it_is_a_xenapi_session() -> None:
    refused = http(b'{"error":{"code":1,"message":"VM_BAD_POWER_STATE","data":["OpaqueRef:1","halted","running"]},"id":1}')
    gone = http(b'{"error":{"code":1,"message":"SESSION_INVALID","data":["OpaqueRef:secret"]},"id":1}')
    with answering(result(b'"OpaqueRef:secret"'), result(b'["OpaqueRef:1"]'), refused, gone, result(b'""')) as host:
        session = XapiSession(host.address, Trust())
        session.login_with_password("root", "password", "1.0", "xo-dash")
        assert session.xenapi.VM.get_all() == ["OpaqueRef:1"]
        with pytest.raises(XenAPI.Failure) as caught:
            session.xenapi.VM.start("OpaqueRef:1", False, False)
        assert caught.value.details == ["VM_BAD_POWER_STATE", "OpaqueRef:1", "halted", "running"]
        with pytest.raises(XenAPI.Failure) as caught:
            session.xenapi.VM.get_all()
        assert caught.value.details[0] == "SESSION_INVALID"
        assert len(host.requests) == 4  # it did not sign in again by itself
        session.xenapi.session.logout()
        session.wire.close()


def test_a_session_is_not_told() -> None:
    assert "OpaqueRef:secret" not in str(XapiFailure("SESSION_INVALID", ["OpaqueRef:secret"]))
