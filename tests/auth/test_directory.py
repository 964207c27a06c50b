"""Signing in by a directory, over the wire: the same with a small server of our own, and with slapd where there is one."""

from __future__ import annotations

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
from data.stores.users import Role
from tests.auth.ldap_server import BASE, SEARCHER, SEARCHERS_PASSWORD, Tree, ldap_server
from tests.auth.services import service_of
from tests.auth.two_step import two_step_of
from xo_dash.auth.directory import LdapDirectory, _Connection
from xo_dash.auth.external import DirectoryAway
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
    with ldap_server(tree, (certificate, certificate)) as port:
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
        self.auth: AuthService = service_of(self.stores, two_step=two_step, ldap=self.directory, join=self._join)
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
    [({"ca": None}, "certificate"), ({"bind_dn": "cn=stranger"}, "ldap_bind_dn"), ({"user_filter": "(uid={name}"}, "")],
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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
        with _Connection(server) as reader:  # the overlay sees what is added while it runs
            assert reader.binds(SEARCHER, SEARCHERS_PASSWORD)
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
