"""A directory of a few people, in a thread: bind, search, STARTTLS and ldaps, with ldap3's own messages on the wire.

Of Active Directory it has what clients have to know: why it refuses somebody, groups in groups by its rule, pages that are limited,
references to other servers in every answer, ids that are bytes.
"""

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
    from ldap3.protocol.rfc2696 import RealSearchControlValue, paged_search_control
    from pyasn1.codec.ber import decoder, encoder

STARTTLS = "1.3.6.1.4.1.1466.20037"
BASE = "dc=example,dc=org"
SEARCHER, SEARCHERS_PASSWORD = f"cn=reader,{BASE}", "reads only"
PAGED = "1.2.840.113556.1.4.319"
IN_CHAIN = "1.2.840.113556.1.4.1941"
WHY = "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v4563"
Entry = Mapping[str, Sequence[str | bytes]]
Answer = tuple[str, Any] | tuple[str, Any, Any]
"""Its name, what it says, and controls beside it."""


@dataclass
class Tree:
    """What is in it: {dn: {attribute: values}}, and the passwords."""

    entries: dict[str, Entry] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    binds: list[str] = field(default_factory=list)  # who was tried, in order
    encrypted: list[bool] = field(default_factory=list)  # whether each of these was
    closed: dict[str, str] = field(default_factory=dict)  # {dn: the code of why it is refused, with the right password}
    refers: list[str] = field(default_factory=list)  # to whom each answer to a search refers
    most: int = 1000  # entries of one answer

    def add(self, uid: str, password: str, *groups: str) -> str:
        dn = f"uid={uid},ou=people,{BASE}"
        self.entries[dn] = {"uid": [uid], "entryUUID": [f"id-of-{uid}"], "memberOf": [f"cn={one},ou=groups,{BASE}" for one in groups]}
        self.passwords[dn] = password
        return dn

    def add_to_domain(self, account: str, password: str, *groups: str) -> str:
        """As Active Directory has people: they sign in by the name of their entry, and by that of their account."""
        dn = f"CN={account.title()},OU=Staff,{BASE}"
        self.entries[dn] = {
            "sAMAccountName": [account], "userPrincipalName": [f"{account}@example.org"],
            "objectGUID": [account.encode().ljust(16, b"\xfe")], "memberOf": groups,
        }  # fmt: skip
        self.passwords |= {dn: password, f"{account}@example.org": password}
        return dn

    def add_group(self, dn: str, *member_of: str) -> None:
        self.entries[dn] = {"cn": [dn.partition(",")[0].partition("=")[2]], "memberOf": member_of}

    def is_within(self, dn: str, group: str) -> bool:
        """Whether it is in a group, by whichever others."""
        above, found = [dn], set[str]()
        while above:
            for one in map(str, self.entries.get(above.pop(), {}).get("memberOf", ())):
                if one not in found:
                    found.add(one)
                    above.append(one)
        return group in found


@contextmanager
def ldap_server(tree: Tree, certificate: Path | None = None, *, ldaps: bool = False) -> Iterator[int]:
    """Its port; with a certificate, and its key in the same file, it has STARTTLS, or speaks TLS from the beginning."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            conversation = _Conversation(self.request, tree, certificate)
            try:
                if not ldaps or conversation.encrypt():
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
    def __init__(self, connection: Any, tree: Tree, certificate: Path | None) -> None:
        self.connection, self._tree, self._certificate = connection, tree, certificate
        self._is_encrypted = False
        self._held = b""

    def run(self) -> None:
        while (message := self._next()) is not None:
            kind, request = message["protocolOp"].getName(), message["protocolOp"].getComponent()
            if kind == "unbindRequest":
                return
            for answer in getattr(self, f"_{kind}")(request, message["controls"]):
                self._send(int(message["messageID"]), *answer)
            if kind == "extendedReq" and self._certificate and not self.encrypt():
                return

    def encrypt(self) -> bool:
        """Whether the client trusts it."""
        assert self._certificate
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate)
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except OSError:
            return False
        self._is_encrypted = True
        return True

    def _bindRequest(self, request: Any, _controls: Any) -> Iterator[Answer]:
        dn, password = str(request["name"]), bytes(request["authentication"].getComponent()).decode()
        self._tree.binds.append(dn)
        self._tree.encrypted.append(self._is_encrypted)
        right = not dn or self._tree.passwords.get(dn) == password
        code = self._tree.closed.get(dn) if right else "52e"
        yield "bindResponse", _result(rfc4511.BindResponse(), 49 if code else 0, WHY.format(code=code) if code else "")

    def _searchRequest(self, request: Any, controls: Any) -> Iterator[Answer]:
        base = str(request["baseObject"])
        found = [dn for dn in self._tree.entries if (dn == base if int(request["scope"]) == 0 else dn.endswith(base))]
        found = [dn for dn in found if _fits(request["filter"], dn, self._tree)]
        size, start = _page(controls)
        end = start + min(size or self._tree.most, self._tree.most)
        for dn in found[start:end]:
            yield "searchResEntry", _entry(dn, self._tree.entries[dn])
        for address in self._tree.refers:
            yield "searchResRef", _reference(address)
        more = str(end) if end < len(found) else ""
        beside = rfc4511.Controls() if size else None
        if beside is not None:
            beside[0] = paged_search_control(size=0, cookie=more)
        code = 32 if not base.endswith(BASE) else 4 if more and not size else 0
        yield "searchResDone", _result(rfc4511.SearchResultDone(), code), beside

    def _extendedReq(self, request: Any, _controls: Any) -> Iterator[Answer]:
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

    def _send(self, number: int, name: str, answer: Any, controls: Any = None) -> None:
        message = rfc4511.LDAPMessage()
        message["messageID"] = rfc4511.MessageID(number)
        message["protocolOp"] = rfc4511.ProtocolOp().setComponentByName(name, answer)
        if controls is not None:
            message["controls"] = controls
        self.connection.sendall(encoder.encode(message))


def _page(controls: Any) -> tuple[int, int]:
    """How many are wanted, and from which on; 0 of them: all that are allowed."""
    for one in controls:
        if str(one["controlType"]) == PAGED:
            wanted, _rest = decoder.decode(bytes(one["controlValue"]), asn1Spec=RealSearchControlValue())
            return int(wanted["size"]), int(bytes(wanted["cookie"]) or 0)
    return 0, 0


def _result(answer: Any, code: int, words: str = "") -> Any:
    answer["resultCode"] = rfc4511.ResultCode(code)
    answer["matchedDN"] = rfc4511.LDAPDN("")
    answer["diagnosticMessage"] = rfc4511.LDAPString(words)
    return answer


def _reference(address: str) -> Any:
    reference = rfc4511.SearchResultReference()
    reference[0] = rfc4511.URI(address)
    return reference


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


def _fits(asked: Any, dn: str, tree: Tree) -> bool:
    kind, inner, attributes = asked.getName(), asked.getComponent(), tree.entries[dn]
    if kind == "present":
        return str(inner) == "objectClass" or str(inner) in attributes
    if kind == "substringFilter":
        return str(inner["type"]) in attributes  # as if it were *
    if kind == "extensibleMatch":
        return str(inner["matchingRule"]) == IN_CHAIN and tree.is_within(str(inner["matchValue"]), dn)
    wanted, name = bytes(inner["assertionValue"]).lower(), str(inner["attributeDesc"])  # as real ones have it
    if name == "member":
        return wanted in [other.lower().encode() for other, entry in tree.entries.items() if dn in entry.get("memberOf", ())]
    return wanted in [(value if isinstance(value, bytes) else value.encode()).lower() for value in attributes.get(name, ())]
