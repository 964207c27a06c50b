"""A XAPI server that shares nothing with ours, on plain sockets, with the manners of servers that nobody here wrote.

with stranger(records, Manner(json=False)) as server: ...   # server.url, server.book
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from tests.foreign import writing
from tests.foreign.book import Book, Record, Records

PASSWORD = "secret"
LIST_METHODS = "system.listMethods"
MOST_WAIT = 10.0


@dataclass(frozen=True)
class Manner:
    """How a server behaves; as it stands, like a modern xapi."""

    json: bool = True  # false: 404 on /jsonrpc
    numbers_as_text: bool = False
    rrd: str = "quoted"  # see writing.measurements; or a status: "404", "500"
    version: str = "HTTP/1.1"
    close: bool = True  # a real xapi closes after every answer
    chunked: bool = False
    zipped: bool = False
    methods: tuple[str, ...] = ()  # what it lists; unless given, it does not
    counts: bool = True  # valid_ref_counts
    delay: float = 0.0  # seconds before every answer
    master: str = ""  # this is a member, and says so
    failure: tuple[str, ...] = ()  # to every call
    cut: int = 0  # the connection ends after so many bytes of the answer to event.from
    status: int = 200  # of every answer to a call
    location: str = ""  # ... and where it sends the client


class Stranger:
    """`book` is what the pool knows."""

    def __init__(self, records: Records, manner: Manner, host: str = "127.0.0.1", port: int = 0, registry: Book | None = None) -> None:
        self.registry = registry or Book(records)
        self.manner = manner
        self.calls: list[str] = []
        made = self

        class Bound(_Handler):
            server_of = made

        class Listening(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            request_queue_size = 64

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that went is no news."""

        self._listening = Listening((host, port), Bound)
        self.host, self.port = self._listening.server_address[:2]
        self._thread = threading.Thread(target=self._listening.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in str(self.host) else f"http://{self.host}:{self.port}"

    def end(self) -> None:
        self.registry.end()
        self._listening.shutdown()
        self._listening.server_close()
        self._thread.join(5)

    # ---- calls

    def call(self, method: str, params: list[Any]) -> tuple[Any, list[str] | None]:
        """(result, None) or (None, [code, argument ...])"""
        self.calls.append(method)
        manner = self.manner
        if refused := manner.failure or (manner.master and ("HOST_IS_SLAVE", manner.master)):
            return None, list(refused)
        if method == "session.login_with_password":
            return ("OpaqueRef:session", None) if params[1] == PASSWORD else (None, ["SESSION_AUTHENTICATION_FAILED", params[0], "no"])
        if method != LIST_METHODS and params[:1] != ["OpaqueRef:session"]:
            return None, ["SESSION_INVALID", str(params[:1])]
        try:
            return self._result(method, params[1:]), None
        except LookupError:
            return None, ["HANDLE_INVALID", method.partition(".")[0], str(params[1:2])]
        except NotImplementedError:
            return None, ["MESSAGE_METHOD_UNKNOWN", method]

    def _result(self, method: str, params: list[Any]) -> Any:  # noqa: PLR0911  one for each call
        name, _dot, verb = method.partition(".")
        records = self.registry.records
        match verb:
            case "get_all_records":
                return records.get(name, {})
            case "get_record":
                return records[name][params[0]]
            case "from":
                classes, token, timeout = params
                reply = self.registry.events(classes, token, min(float(timeout), MOST_WAIT))
                return reply if self.manner.counts else {key: value for key, value in reply.items() if key != "valid_ref_counts"}
            case "inject":
                return self.registry.inject(params[0], params[1])
            case "get_servertime":
                return time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime())
            case "logout":
                return ""
            case "listMethods" if self.manner.methods:
                return list(self.manner.methods)
            case _:
                raise NotImplementedError

    def measured(self) -> list[tuple[str, str]]:
        """(vm or host, uuid) of all that has one."""
        pairs = (("host", "host"), ("vm", "VM"))
        return [(owner, str(row.get("uuid", ""))) for owner, name in pairs for row in self.registry.records.get(name, {}).values()]


class _Handler(socketserver.StreamRequestHandler):
    server_of: ClassVar[Stranger]

    def handle(self) -> None:
        with suppress(OSError):
            while self._one():
                pass

    def _one(self) -> bool:
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        length = 0
        while (header := self.rfile.readline().strip()) != b"":
            name, _colon, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        status, kind, body, cut = self._answer(line[0], line[1], self.rfile.read(length))
        self._send(status, kind, body, cut)
        return not self.server_of.manner.close and not cut and self.server_of.manner.version == "HTTP/1.1"

    def _answer(self, verb: str, path: str, body: bytes) -> tuple[int, str, bytes, int]:
        """(status, content type, body, bytes after which it breaks off)"""
        manner = self.server_of.manner
        time.sleep(manner.delay)
        if manner.status != 200:
            return manner.status, "text/html", b"<html>elsewhere</html>", 0
        if verb == "GET":
            return *self._get(path), 0
        if path == "/jsonrpc" and manner.json:
            call = json.loads(body)
            result, failure = self.server_of.call(call["method"], call["params"])
            if failure and failure[0].startswith("HOST_STILL"):
                return 200, "application/json", writing.early_reply(failure), 0
            reply = writing.json_reply(call["id"], self._written(result), failure)
            return 200, "application/json", reply, manner.cut if call["method"] == "event.from" else 0
        if path in ("/", "/RPC2"):
            params, method = xmlrpc.client.loads(body)
            result, failure = self.server_of.call(str(method), list(params))
            return 200, "text/xml", writing.xml_reply(writing.as_texts(result), failure), manner.cut if method == "event.from" else 0
        return 404, "text/html", b"<html>404</html>", 0

    def _get(self, path: str) -> tuple[int, str, bytes]:
        rrd = self.server_of.manner.rrd
        if not path.startswith("/rrd_updates") or rrd.isdigit():
            return int(rrd) if rrd.isdigit() else 403, "text/html", b"<html>no</html>"
        return 200, *writing.measurements(rrd, self.server_of.measured(), int(time.time()))

    def _written(self, result: Any) -> Any:
        return writing.as_texts(result) if self.server_of.manner.numbers_as_text else result

    def _send(self, status: int, kind: str, body: bytes, cut: int) -> None:
        manner = self.server_of.manner
        head = [f"{manner.version} {status} {HTTPStatus(status).phrase}", f"Content-Type: {kind}; charset=utf-8"]
        if manner.zipped:
            head.append("Content-Encoding: gzip")
            body = writing.zipped(body)
        if manner.chunked:
            head.append("Transfer-Encoding: chunked")
            body = writing.chunked(body)
        elif manner.version == "HTTP/1.1":
            head.append(f"Content-Length: {len(body)}")
        head += ["Connection: close"] if manner.close else []
        head += [f"Location: {manner.location}"] if manner.location else []
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + (body[:cut] if cut else body))
        self.wfile.flush()


@contextmanager
def stranger(records: Records, manner: Manner | None = None, host: str = "127.0.0.1") -> Iterator[Stranger]:
    server = Stranger(records, manner or Manner(), host)
    try:
        yield server
    finally:
        server.end()


__all__ = ["PASSWORD", "Manner", "Record", "Records", "Stranger", "stranger"]
