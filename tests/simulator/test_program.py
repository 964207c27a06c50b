"""`xo-dash simulate` as a person or a script starts it."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.running import free_port
from tests.simulator.client import Client, http
from tests.simulator.commanded import commanded

COMMAND = [sys.executable, "-m", "xo_dash.simulator"]


def announced(process: "subprocess.Popen[str]", count: int) -> list[dict[str, str]]:
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]


@contextlib.contextmanager
def waiting(client: Client) -> Iterator[None]:
    """Somebody asks for events that do not come."""
    parts = urlsplit(client.url)
    token = client.call("event.from", ["vlan"], "", 0.0)["token"]
    body = json.dumps({"method": "event.from", "params": [client.session, ["vlan"], token, 600.0], "id": 1})
    with socket.create_connection((parts.hostname, parts.port)) as opened:
        opened.sendall(f"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        yield


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_its_pools_and_ends_cleanly_though_clients_wait(end: signal.Signals) -> None:
    port = free_port()
    command = [*COMMAND, "--port", str(port), "--pools", "2", "--hosts", "2,1", "--vms", "3,2", "--password", "pw", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first, second = announced(process, 2)
        assert (first["url"], first["user"], first["password"]) == (f"http://127.0.0.1:{port}", "root", "pw")
        assert second["url"].endswith(f":{port + 1}") and first["pool"] != second["pool"]
        client = Client(second["url"])
        client.session = client.raw("session.login_with_password", "root", "pw")["result"]
        assert len(client.call("host.get_all")) == 1
        with waiting(client):
            process.send_signal(end)
            assert process.wait(60) == 0  # the client would wait for ten minutes
        assert process.stderr is not None and process.stderr.read() == ""


@pytest.mark.parametrize("words, said", [
    (["--pools", "2", "--hosts", "1,2,3"], "--hosts has 3 numbers for 2 pools"), (["--vms", "many"], "'many' is no list of numbers"),
    (["--hosts", "0"], "0 is too few"), (["--pools", "0"], "--pools is at least 1"), (["--tls-cert", "x"], "go together"),
    (["--faults", "/nowhere"], "/nowhere: No such file"), (["--scenario", "/nowhere"], "there are a-day"),
])  # fmt: skip
def test_what_makes_no_sense_is_said_in_a_line(words: list[str], said: str) -> None:
    done = commanded(*words)
    assert done.code == 2 and said in done.err


def test_a_taken_port_is_said_in_a_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = commanded("--port", str(port), "--vms", "0")
    assert done.code == 1 and str(port) in done.err and done.err.count("\n") == 1


def test_tls_with_a_certificate_of_its_own() -> None:
    import ssl

    port = free_port()
    with subprocess.Popen(
        [*COMMAND, "--port", str(port), "--tls", "--hosts", "1", "--vms", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        (pool,) = announced(process, 1)
        assert pool["url"] == f"https://127.0.0.1:{port}"
        assert "BEGIN CERTIFICATE" in ssl.get_server_certificate(("127.0.0.1", port))
        with pytest.raises(OSError):
            http(pool["url"] + "/")  # nobody has signed it
        process.terminate()
        assert process.wait(60) == 0


def test_it_announces_its_control_and_has_the_faults_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('{"method": "VM.get_all", "error": ["HOST_OFFLINE", "x"]}')
    command = [*COMMAND, "--port", str(free_port()), "--hosts", "1", "--vms", "2", "--faults", str(file), "--control-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        (pool,) = announced(process, 1)
        client = Client(pool["url"])
        client.session = client.raw("session.login_with_password", "root", "simulator")["result"]
        assert client.failure("VM.get_all") == ["HOST_OFFLINE", "x"]
        assert http(pool["control"] + "/faults", method="DELETE").json == {"faults": 0}
        assert client.call("VM.get_all")
        assert http(pool["url"] + "/faults").status == 403  # a pool's own port has nothing that a real one lacks
        process.terminate()
        assert process.wait(60) == 0


def may_listen(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


@pytest.mark.skipif(not (may_listen("127.0.0.1", 80) and may_listen("127.0.0.2", 80)), reason="port 80 of loopback is not ours")
def test_hosts_answer_where_their_addresses_alone_lead() -> None:
    command = [*COMMAND, "--port", str(free_port()), "--hosts", "2", "--vms", "1", "--usual-port"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        announced(process, 1)
        client = Client("http://127.0.0.1")
        client.session = client.raw("session.login_with_password", "root", "simulator")["result"]
        member = next(a for a in (r["address"] for r in client.call("host.get_all_records").values()) if a != "127.0.0.1")
        refused = Client(f"http://{member}").raw("session.login_with_password", "root", "simulator")
        assert refused["error"]["message"] == "HOST_IS_SLAVE" and refused["error"]["data"] == ["127.0.0.1"]
        process.terminate()
        assert process.wait(60) == 0
