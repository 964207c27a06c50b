"""A host that answers what it was told to, byte for byte, and remembers what it was asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from xo_dash.xapi.address import Address


def http(body: bytes, status: str = "200 OK", kind: str = "application/json", length: int | None = None, more: str = "") -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{more}\r\n".encode() + body


def result(json: bytes) -> bytes:
    return http(b'{"jsonrpc":"2.0","id":1,"result":' + json + b"}")


class Answers:
    """`answers` one after another; the last one again and again. None: no answer at all. `b""`: the connection ends."""

    def __init__(self, *answers: bytes | None, close: bool = False) -> None:
        self._answers = list(answers)
        self._close = close  # end the connection after each answer, without having said so
        self.requests: list[bytes] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self._listening.getsockname()[1], secure=False)

    def end(self) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        if self._close:  # what is left of the answer and the end of the connection arrive as one: nobody asks in between
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        with connection, connection.makefile("rb") as stream:
            while request := self._request(stream):
                self.requests.append(request)
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if answer is None:
                    self._over.wait(10)
                    return
                try:
                    connection.sendall(answer)
                except OSError:
                    return
                if not answer or self._close or len(answer.partition(b"\r\n\r\n")[2]) < _length(answer):
                    return

    def _request(self, stream: "object") -> bytes:
        head = b""
        while True:
            try:
                line: bytes = stream.readline()  # type: ignore[attr-defined]
            except OSError:
                return b""
            head += line
            if not line.strip():
                break
        body: bytes = stream.read(_length(head)) if head.strip() else b""  # type: ignore[attr-defined]
        return head + body if head.strip() else b""


def _length(head: bytes) -> int:
    lines = head.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)


@contextmanager
def answering(*answers: bytes | None, close: bool = False) -> Iterator[Answers]:
    host = Answers(*answers, close=close)
    try:
        yield host
    finally:
        host.end()
