"""A directory of a few people, in a thread: bind, search and STARTTLS, with ldap3's own messages on the wire."""

from __future__ import annotations

import socketserver
import ssl
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3.protocol import rfc4511
    from pyasn1.codec.ber import decoder, encoder

STARTTLS = "1.3.6.1.4.1.1466.20037"
BASE = "dc=example,dc=org"
SEARCHER, SEARCHERS_PASSWORD = f"cn=reader,{BASE}", "reads only"
Entry = Mapping[str, Sequence[str]]


@dataclass
class Tree:
    """What is in it: {dn: {attribute: values}}, and the passwords."""

    entries: dict[str, Entry] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    binds: list[str] = field(default_factory=list)  # who was tried, in order
    encrypted: list[bool] = field(default_factory=list)  # whether each of these was

    def add(self, uid: str, password: str, *groups: str) -> str:
        dn = f"uid={uid},ou=people,{BASE}"
        self.entries[dn] = {"uid": [uid], "entryUUID": [f"id-of-{uid}"], "memberOf": [f"cn={one},ou=groups,{BASE}" for one in groups]}
        self.passwords[dn] = password
        return dn


@contextmanager
def ldap_server(tree: Tree, certificate: tuple[Path, Path] | None = None) -> Iterator[int]:
    """Its port; with a certificate and its key it has STARTTLS."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            conversation = _Conversation(self.request, tree, certificate)
            try:
                conversation.run()
            finally:
                conversation.connection.close()

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Conversation:
    def __init__(self, connection: Any, tree: Tree, certificate: tuple[Path, Path] | None) -> None:
        self.connection, self._tree, self._certificate = connection, tree, certificate
        self._is_encrypted = False
        self._held = b""

    def run(self) -> None:
        while (message := self._next()) is not None:
            kind, request = message["protocolOp"].getName(), message["protocolOp"].getComponent()
            number = int(message["messageID"])
            if kind == "unbindRequest":
                return
            for name, answer in getattr(self, f"_{kind}")(request):
                self._send(number, name, answer)
            if kind == "extendedReq" and self._certificate:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(*self._certificate)
                try:
                    self.connection = context.wrap_socket(self.connection, server_side=True)
                except OSError:  # the client does not trust it
                    return
                self._is_encrypted = True

    def _bindRequest(self, request: Any) -> Iterator[tuple[str, Any]]:
        dn, password = str(request["name"]), bytes(request["authentication"].getComponent()).decode()
        self._tree.binds.append(dn)
        self._tree.encrypted.append(self._is_encrypted)
        right = not dn or self._tree.passwords.get(dn) == password
        yield "bindResponse", _result(rfc4511.BindResponse(), 0 if right else 49)

    def _searchRequest(self, request: Any) -> Iterator[tuple[str, Any]]:
        base = str(request["baseObject"])
        for dn, attributes in self._tree.entries.items():
            inside = dn == base if int(request["scope"]) == 0 else dn.endswith(base)
            if inside and _fits(request["filter"], attributes):
                yield "searchResEntry", _entry(dn, attributes)
        yield "searchResDone", _result(rfc4511.SearchResultDone(), 0)

    def _extendedReq(self, request: Any) -> Iterator[tuple[str, Any]]:
        known = str(request["requestName"]) == STARTTLS and self._certificate is not None
        yield "extendedResp", _result(rfc4511.ExtendedResponse(), 0 if known else 2)

    def _next(self) -> Any:
        """A whole message; None at the end."""
        while True:
            try:
                message, self._held = decoder.decode(self._held, asn1Spec=rfc4511.LDAPMessage())
            except Exception:  # not all of it is there yet
                try:
                    more = self.connection.recv(65536)
                except OSError:
                    return None
                if not more:
                    return None
                self._held += more
            else:
                return message

    def _send(self, number: int, name: str, answer: Any) -> None:
        message = rfc4511.LDAPMessage()
        message["messageID"] = rfc4511.MessageID(number)
        message["protocolOp"] = rfc4511.ProtocolOp().setComponentByName(name, answer)
        self.connection.sendall(encoder.encode(message))


def _result(answer: Any, code: int) -> Any:
    answer["resultCode"] = rfc4511.ResultCode(code)
    answer["matchedDN"] = rfc4511.LDAPDN("")
    answer["diagnosticMessage"] = rfc4511.LDAPString("")
    return answer


def _entry(dn: str, attributes: Entry) -> Any:
    entry = rfc4511.SearchResultEntry()
    entry["object"] = rfc4511.LDAPDN(dn)
    listed = rfc4511.PartialAttributeList()
    for at, (name, values) in enumerate(attributes.items()):
        one = rfc4511.PartialAttribute()
        one["type"] = rfc4511.AttributeDescription(name)
        one["vals"] = rfc4511.Vals()
        for number, value in enumerate(values):
            one["vals"][number] = rfc4511.AttributeValue(value)
        listed[at] = one
    entry["attributes"] = listed
    return entry


def _fits(asked: Any, attributes: Entry) -> bool:
    kind, inner = asked.getName(), asked.getComponent()
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(_fits(one, attributes) for one in inner)
    if kind == "present":
        return str(inner) == "objectClass" or str(inner) in attributes
    if kind == "substringFilter":
        return str(inner["type"]) in attributes  # as if it were *
    wanted = str(inner["assertionValue"]).casefold()  # as real ones have it
    return wanted in [value.casefold() for value in attributes.get(str(inner["attributeDesc"]), ())]
