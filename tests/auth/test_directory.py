"""Signing in by a directory, over the wire: the same with a small server of our own, and with slapd where there is one."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.stores.directory import DataDirectory
from data.stores.grants import GroupStore
from data.stores.tokens import TokenStore
from data.stores.users import Role
from tests.auth import test_strangers
from tests.auth.ldap_server import BASE, SEARCHER, SEARCHERS_PASSWORD, Tree, ldap_server
from tests.auth.services import service_of
from tests.auth.two_step import two_step_of
from tests.running import free_port
from xo_dash.auth.directory import LdapDirectory
from xo_dash.auth.external import DirectoryAway
from xo_dash.auth.ldap_connection import BindAnswer, LdapConnection
from xo_dash.auth.refused import Refused
from xo_dash.auth.service import AuthService
from xo_dash.auth.two_step import CodeNeeded
from xo_dash.certificate import own_certificate
from xo_dash.config_sign_in import LdapServer

ADDRESS = "192.0.2.7"
WRONG = "The name or the password is wrong."
ROLES = {"admins": "admin", f"cn=ops,ou=groups,{BASE}": "operator"}
pytestmark = pytest.mark.usefixtures("programs_loop")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    return own_certificate(folder)


@pytest.fixture
def tree() -> Tree:
    tree = Tree()
    tree.passwords[SEARCHER] = SEARCHERS_PASSWORD
    tree.add("anna", "anna's password", "ops", "devs")
    tree.add("eve", "eve's password", "nobody in particular")
    return tree


@pytest.fixture
def server(tree: Tree, certificate: Path) -> Iterator[LdapServer]:
    with ldap_server(tree, certificate) as port:
        yield LdapServer(
            url=f"ldap://localhost:{port}", roles=ROLES, base=BASE, bind_dn=SEARCHER, password=SEARCHERS_PASSWORD, ca=certificate,
            groups={"devs": "developers"},
        )  # fmt: skip


class Desk:
    """A sign-in with Bob, who is local, and whoever the directory knows."""

    def __init__(self, folder: Path, server: LdapServer) -> None:
        self.stores = DataDirectory(folder)
        self.directory, self.groups = LdapDirectory(server), GroupStore(self.stores)
        self.required = False
        two_step = two_step_of(self.stores, lambda: self.required)
        self.tokens = TokenStore(self.stores)
        self.auth: AuthService = service_of(self.stores, two_step=two_step, ldap=self.directory, join=self._join, tokens=self.tokens)
        self.users = self.auth.users

    async def _join(self, user_id: str, into: Any, out_of: Any) -> None:
        def ids(names: Any) -> list[str]:
            return [group.id for name in names if (group := self.groups.by_name(name))]

        await self.groups.move(user_id, ids(into), ids(out_of))

    async def enters(self, name: str, password: str) -> str:
        _token, session = await self.auth.by_password.sign_in(name, password, ADDRESS)
        return session.user_id


@pytest.fixture
async def desk(data_dir: Path, server: LdapServer) -> AsyncIterator[Desk]:
    desk = Desk(data_dir, server)
    await desk.auth.add_user("bob", "bob's own password", Role.ADMIN)
    yield desk
    await desk.auth.close()


async def test_who_is_in_a_group_comes_in_with_its_role_and_in_its_groups_here(desk: Desk, tree: Tree) -> None:
    developers = await desk.groups.add("developers")
    anna = desk.users.need(await desk.enters("anna", "anna's password"))
    assert (anna.name, anna.role, anna.password_hash) == ("anna", Role.OPERATOR, "")
    assert desk.groups.need(developers.id).users == (anna.id,)
    assert all(tree.encrypted), "a password went over the wire in the clear"
    tree.add("anna", "anna's password", "ADMINS")
    assert await desk.enters("ANNA", "anna's password") == anna.id
    assert desk.users.need(anna.id).role is Role.ADMIN and desk.groups.need(developers.id).users == ()


async def test_who_may_not_come_in_any_more_is_out(desk: Desk, tree: Tree) -> None:
    anna = desk.users.need(await desk.enters("anna", "anna's password"))
    (session,) = desk.auth.sessions.of_user(anna.id)
    tree.add("anna", "anna's password", "others")
    with pytest.raises(Refused, match="None of your groups at LDAP may sign in here"):
        await desk.enters("anna", "anna's password")
    assert not session.is_open and desk.users.need(anna.id).role is Role.NONE


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong"), ("anna", ""), ("anna", "\0"), ("nobody", "x"), ("*", "anna's password"), ("anna)(uid=*", "anna's password"),
     ("", "x"), ("a" * 5000, "x"), ("bob", "wrong")],
)  # fmt: skip
async def test_wrong_ones_get_the_same_sentence_and_cost_the_same_questions(desk: Desk, tree: Tree, name: str, password: str) -> None:
    before = len(tree.binds)
    with pytest.raises(Refused, match=WRONG):
        await desk.enters(name, password)
    if password.strip("\0") and 0 < len(name) < 200:
        assert len(tree.binds) - before == 2, "how long it took tells who is known"
    assert not any("bob" in dn for dn in tree.binds), "a local user's name went to the directory"


async def test_the_same_name_here_is_not_taken_over(desk: Desk, tree: Tree) -> None:
    tree.add("Carl", "carl's password", "admins")
    carl = await desk.users.add("carl", "", Role.VIEWER)
    with pytest.raises(Refused, match="The user Carl already exists"):
        await desk.enters("carl", "carl's password")
    assert desk.users.need(carl.id).role is Role.VIEWER


async def test_two_steps_are_asked_of_them_too_and_turned_off_with_their_password(desk: Desk) -> None:
    await desk.enters("anna", "anna's password")
    desk.required = True
    with pytest.raises(CodeNeeded) as needed:
        await desk.enters("anna", "anna's password")
    assert needed.value.enrolment
    anna = desk.users.by_name("anna")
    assert anna
    (session,) = desk.auth.sessions.of_user(anna.id)
    with pytest.raises(Refused, match="The current password is wrong"):
        await desk.auth.by_password.confirm(session, "wrong", "second_factor.remove")
    assert await desk.auth.by_password.confirm(session, "anna's password", "second_factor.remove") == anna


async def test_while_it_is_away_local_users_come_in_and_all_others_get_one_sentence(
    desk: Desk, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = replace(desk.directory.server, url=f"ldap://localhost:{nobody.getsockname()[1]}")
        other = Desk(data_dir, away)
        bob = other.users.by_name("bob")
        assert bob and await other.enters("bob", "bob's own password") == bob.id
        for name in ("bob", "anna", "nobody"):
            with pytest.raises(Refused, match="LDAP is not responding, so only local users can sign in now"):
                await other.enters(name, "wrong")
    assert sum("cannot be asked" in record.getMessage() for record in caplog.records) == 1
    await other.auth.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [({"ca": None}, "certificate"), ({"bind_dn": "cn=stranger"}, "ldap_bind_dn"), ({"user_filter": "(uid={name}"}, ""),
     ({"user_filter": "(uid={name})", "base": "dc=elsewhere"}, "nothing at ldap_base")],
)  # fmt: skip
async def test_what_is_set_wrong_is_said(server: LdapServer, change: Mapping[str, Any], why: str) -> None:
    directory = LdapDirectory(replace(server, **change))
    with pytest.raises(DirectoryAway, match=f"(?i){why}"):
        directory.identify_now("anna", "anna's password")
    directory.close()


async def test_signing_in_as_the_user_needs_nobody_who_searches(server: LdapServer, tree: Tree) -> None:
    as_user = replace(server, bind_dn="", password="", base="", user_dn=f"uid={{name}},ou=people,{BASE}")
    directory = LdapDirectory(as_user)
    found = directory.identify_now("anna", "anna's password")
    assert found and found.name == "anna" and found.subject.endswith("id-of-anna") and found.groups == {ROLES_OF_ANNA, "devs"}
    assert directory.identify_now("anna", "wrong") is None
    assert directory.identify_now("anna,ou=people", "anna's password") is None
    directory.close()


ROLES_OF_ANNA = f"cn=ops,ou=groups,{BASE}"


def wrong_certificates(folder: Path, right: Path) -> Iterator[tuple[Path, Path]]:
    """What the server has, and what its clients trust: of another authority, expired, of another name than its address."""
    for name in ("other", "expired", "named"):
        (folder / name).mkdir()
    yield own_certificate(folder / "other"), right
    expired = own_certificate(folder / "expired", valid=dt.timedelta(hours=-1))
    yield expired, expired
    test_strangers.certificate(folder / "named")  # of localhost, and of no address
    both = folder / "named" / "both.pem"
    both.write_bytes((both.parent / "cert.pem").read_bytes() + (both.parent / "key.pem").read_bytes())
    yield both, both


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_no_password_goes_to_whoever_has_a_wrong_certificate(
    tmp_path: Path, server: LdapServer, certificate: Path, tree: Tree, scheme: str
) -> None:
    def ask(port: int, ca: Path) -> str:
        directory = LdapDirectory(replace(server, url=f"{scheme}://127.0.0.1:{port}", ca=ca))
        try:
            found = directory.identify_now("anna", "anna's password")
        finally:
            directory.close()
        return found.name if found else ""

    with ldap_server(tree, certificate, ldaps=scheme == "ldaps") as port:
        assert ask(port, certificate) == "anna" and all(tree.encrypted)
    tree.binds.clear()
    for shown, trusted in wrong_certificates(tmp_path, certificate):
        with ldap_server(tree, shown, ldaps=scheme == "ldaps") as port, pytest.raises(DirectoryAway, match=r"(?i)certificate"):
            ask(port, trusted)
    if scheme == "ldap":
        with ldap_server(tree) as port, pytest.raises(DirectoryAway, match=r"(?i)starttls"):
            ask(port, certificate)
    assert tree.binds == []


# ---- as Active Directory answers

STAFF, ALL_STAFF = f"CN=Ops\\, Berlin,OU=Groups,{BASE}", f"CN=All staff,OU=Groups,{BASE}"


@pytest.fixture
def domain(tree: Tree, server: LdapServer) -> LdapServer:
    """Eva is in a group that is in another, which is in the first; every answer refers to another server."""
    tree.add_group(STAFF, ALL_STAFF)
    tree.add_group(ALL_STAFF, STAFF)
    tree.add_to_domain("eva", "eva's password", STAFF)
    tree.refers.append(f"ldap://ForestDnsZones.example.org/DC=ForestDnsZones,{BASE}")
    return replace(
        server, user_filter="(sAMAccountName={name})", roles={"Ops, Berlin": "operator"},
        groups={f"cn=all staff, ou=groups, {BASE}": "developers"}, nested_groups=True, name="AD",
    )  # fmt: skip


def identity_of(server: LdapServer, name: str, password: str) -> Any:
    directory = LdapDirectory(server)
    try:
        return directory.identify_now(name, password)
    finally:
        directory.close()


def test_groups_of_groups_are_found_by_the_rule_or_one_after_the_other(domain: LdapServer, tree: Tree) -> None:
    eva = identity_of(domain, "eva", "eva's password")
    everything = {*domain.roles, *domain.groups}
    assert eva.name == "eva" and eva.subject.endswith("657661" + 13 * "fe") and eva.groups == everything
    by_name = "(userPrincipalName={name}@example.org)"
    as_user = replace(domain, bind_dn="", password="", user_dn="{name}@example.org", user_filter=by_name)
    assert identity_of(as_user, "eva", "eva's password") == eva and identity_of(as_user, "eva", "wrong") is None
    assert identity_of(replace(domain, nested_groups=False), "eva", "eva's password").groups == {*domain.roles}
    tree.entries[f"uid=anna,ou=people,{BASE}"] = tree.entries[f"uid=anna,ou=people,{BASE}"] | {"memberOf": [STAFF]}
    plain = replace(domain, user_filter="(uid={name})")
    assert identity_of(plain, "anna", "anna's password").groups == everything, "a directory without the rule"


def test_groups_that_fill_many_answers_are_all_found(domain: LdapServer, tree: Tree) -> None:
    many = [f"CN=g{number},OU=Groups,{BASE}" for number in range(7)]
    for dn in many:
        tree.add_group(dn)
    tree.most = 3
    tree.add_to_domain("eva", "eva's password", *many)
    by_filter = replace(domain, nested_groups=False, group_filter="(member={dn})", roles={f"g{number}": "viewer" for number in range(7)})
    assert len(identity_of(by_filter, "eva", "eva's password").groups) == 7


@pytest.mark.parametrize(
    ("code", "said", "out"),
    [("533", "Your account at AD is disabled", True), ("701", "Your account at AD has expired", True),
     ("532", "Your password at AD has expired", False), ("773", "Your password at AD has expired", False),
     ("530", "at certain hours only", False), ("775", WRONG, False)],
)  # fmt: skip
async def test_who_is_not_let_in_there_is_told_why_and_who_is_disabled_is_out(
    data_dir: Path, domain: LdapServer, tree: Tree, code: str, said: str, out: bool
) -> None:
    desk = Desk(data_dir, domain)
    eva = desk.users.need(await desk.enters("eva", "eva's password"))
    (session,) = desk.auth.sessions.of_user(eva.id)
    tree.closed[f"CN=Eva,OU=Staff,{BASE}"] = code
    with pytest.raises(Refused, match=WRONG):
        await desk.enters("eva", "wrong")
    assert session.is_open
    with pytest.raises(Refused, match=said):
        await desk.enters("eva", "eva's password")
    assert session.is_open is not out and desk.users.need(eva.id).role is (Role.NONE if out else Role.OPERATOR)
    await desk.auth.close()


async def test_between_sign_ins_role_and_groups_follow_and_who_is_gone_is_out(data_dir: Path, domain: LdapServer, tree: Tree) -> None:
    desk = Desk(data_dir, domain)
    developers = await desk.groups.add("developers")
    eva = desk.users.need(await desk.enters("eva", "eva's password"))
    (session,) = desk.auth.sessions.of_user(eva.id)
    review, entry = desk.auth.directory_review, f"CN=Eva,OU=Staff,{BASE}"
    before = tree.entries[entry]
    assert review and desk.groups.need(developers.id).users == (eva.id,)
    desk.tokens.add_now(eva.id, "script")
    await review.run()
    assert session.is_open and desk.users.need(eva.id).role is Role.OPERATOR
    tree.entries[entry] = before | {"memberOf": []}
    await review.run()
    assert not session.is_open and desk.users.need(eva.id).role is Role.NONE and desk.tokens.of_user(eva.id)
    for change in ({"userAccountControl": ["514"]}, {"objectGUID": [b"another's id    "]}):
        tree.entries[entry] = before
        assert await desk.enters("eva", "eva's password") == eva.id
        (session,) = desk.auth.sessions.of_user(eva.id)
        tree.entries[entry] = before | change
        await review.run()
        assert not session.is_open and not desk.tokens.of_user(eva.id)
    await desk.auth.close()


SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCertificateFile {certificate}
TLSCertificateKeyFile {certificate}
database mdb
suffix "dc=example,dc=org"
rootdn "cn=reader,dc=example,dc=org"
rootpw "reads only"
directory {folder}
overlay memberof
"""
PEOPLE = """
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: uid=anna,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: anna
cn: Anna
sn: A
userPassword: anna's password
"""


@pytest.mark.skipif(SLAPD is None, reason="there is no slapd")
def test_slapd_says_the_same(tmp_path: Path, certificate: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "slapd.conf").write_text(CONFIG.format(certificate=certificate, folder=tmp_path / "db"))
    add = [str(SLAPD), "-T", "add", "-f", str(tmp_path / "slapd.conf")]
    subprocess.run(add, input=PEOPLE.encode(), check=True, capture_output=True)
    port = free_port()
    command = [str(SLAPD), "-f", str(tmp_path / "slapd.conf"), "-h", f"ldap://127.0.0.1:{port}", "-d", "0"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", port)) == 0:
                    break
        server = LdapServer(
            url=f"ldap://localhost:{port}", roles=ROLES, base=BASE, bind_dn=SEARCHER, password=SEARCHERS_PASSWORD, ca=certificate,
        )  # fmt: skip
        with LdapConnection(server) as reader:  # the overlay sees what is added while it runs
            assert reader.bind(SEARCHER, SEARCHERS_PASSWORD) is BindAnswer.RIGHT
            reader._connection.read_only = False
            assert reader._connection.add(ROLES_OF_ANNA, "groupOfNames", {"member": f"uid=anna,ou=people,{BASE}"})
        by_search = LdapDirectory(server)
        by_filter = LdapDirectory(replace(server, group_filter="(member={dn})"))
        as_user = LdapDirectory(replace(server, bind_dn="", user_dn=f"uid={{name}},ou=people,{BASE}"))
        for directory in (by_search, by_filter, as_user):
            found = directory.identify_now("anna", "anna's password")
            assert found and found.name == "anna" and found.groups == {ROLES_OF_ANNA}
            assert len(found.subject.split()[1]) == 36, "entryUUID"
            assert directory.identify_now("anna", "wrong") is None
            assert directory.identify_now("*", "anna's password") is None
            directory.close()
    finally:
        process.terminate()
        process.wait(10)
