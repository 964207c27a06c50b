"""Whatever changes our own records is told to the audit before it is done: who, on what, with what, and no secret in it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from components.audit.words import CHANGES
from data.findings.overrides import Acknowledgement, Tuning
from data.findings.rules import RULES
from data.grants.grant import GrantKind
from data.grants.quota import Quota
from data.stores.cloud_configs import CloudConfigStore
from data.stores.directory import DataDirectory
from data.stores.errors import RecordRefused, StoreError
from data.stores.findings import FindingStore, Notes, Tunings
from data.stores.grants import GrantStore, GroupStore, RoleStore
from data.stores.invitations import InvitationStore
from data.stores.kiosks import KioskStore
from data.stores.passkeys import Passkey, PasskeyStore
from data.stores.quotas import OwnerStore, QuotaStore
from data.stores.records import Records
from data.stores.second_factors import SecondFactorStore
from data.stores.servers import ServerStore, TlsMode
from data.stores.sessions import SessionStore
from data.stores.settings import SettingsStore
from data.stores.tokens import TokenStore
from data.stores.trace import REDACTED, Actor, Deed, Result, by
from data.stores.users import Role, UserStore
from data.stores.vault import Vault

ANN = Actor("ann", "id-ann", "192.0.2.7")
SECRETS = ("hunter2", "a hash", "another hash")


@dataclass
class Told:
    """What the audit heard, and the files as they were when it heard it."""

    directory: DataDirectory
    deeds: list[tuple[Actor, Deed]] = field(default_factory=list)

    def __call__(self, actor: Actor, deed: Deed) -> None:
        self.deeds.append((actor, deed))


@pytest.fixture
def told(data_dir: Path) -> Iterator[Told]:
    told = Told(DataDirectory(data_dir))
    told.directory.tell, told.directory.who = told, lambda: ANN
    yield told
    told.directory.close()


class Case:
    """Does each change once; `done` says how, by the store's class and the method's name."""

    def __init__(self, directory: DataDirectory) -> None:
        self.directory = directory
        self.users, self.kiosks, self.settings = UserStore(directory), KioskStore(directory), SettingsStore(directory)
        self.servers, self.findings = ServerStore(directory, Vault(directory)), FindingStore(directory)
        self.invitations, self.passkeys = InvitationStore(directory), PasskeyStore(directory)
        self.clouds, self.tokens = CloudConfigStore(directory, Vault(directory)), TokenStore(directory)
        self.grants, self.groups, self.roles = GrantStore(directory), GroupStore(directory), RoleStore(directory)
        self.ann = self.users.add_now("Ann", "a hash", Role.ADMIN)
        self.factors = SecondFactorStore(directory, Vault(directory))
        self.factors.set_now(self.ann.id, "Ann", "hunter2", 0, ["spare"])
        self.web = self.clouds.save_now("shop", "ann", {"password": "hunter2"})
        self.bob = self.users.add_now("Bob", "a hash", Role.VIEWER)
        self.lab = self.servers.add_now("192.0.2.1", "root", "hunter2", tls=TlsMode.CA, label="lab")

    def done(self) -> dict[tuple[type, str], tuple[str, Callable[[], Any]]]:
        rule, now = next(iter(RULES)), 1_000_000.0
        users, servers, kiosks = self.users, self.servers, self.kiosks
        return {
            (UserStore, "add_now"): ("user.add", lambda: users.add_now("Eve", "a hash", Role.OPERATOR)),
            (UserStore, "set_password_now"): ("user.password", lambda: users.set_password_now(self.bob.id, "another hash")),
            (UserStore, "set_role_now"): ("user.role", lambda: users.set_role_now(self.bob.id, Role.OPERATOR)),
            (UserStore, "remove_now"): ("user.remove", lambda: users.remove_now(self.bob.id)),
            (UserStore, "add"): ("user.add", lambda: users.add("Eve", "a hash", Role.OPERATOR)),
            (UserStore, "set_password"): ("user.password", lambda: users.set_password(self.bob.id, "another hash")),
            (UserStore, "set_role"): ("user.role", lambda: users.set_role(self.bob.id, Role.OPERATOR)),
            (UserStore, "set_disabled_now"): ("user.disable", lambda: users.set_disabled_now(self.bob.id, disabled=True)),
            (UserStore, "set_disabled"): ("user.disable", lambda: users.set_disabled(self.bob.id, disabled=True)),
            (UserStore, "remove"): ("user.remove", lambda: users.remove(self.bob.id)),
            (ServerStore, "add_now"): ("server.add", lambda: servers.add_now("192.0.2.9", "root", "hunter2", tls=TlsMode.CA)),
            (ServerStore, "update_now"): ("server.edit", lambda: servers.update_now(self.lab.id, password="hunter2")),
            (ServerStore, "remove_now"): ("server.remove", lambda: servers.remove_now(self.lab.id)),
            (ServerStore, "add"): ("server.add", lambda: servers.add("192.0.2.9", "root", "hunter2", tls=TlsMode.CA)),
            (ServerStore, "update"): ("server.edit", lambda: servers.update(self.lab.id, tls=TlsMode.PINNED, fingerprint="a" * 64)),
            (ServerStore, "remove"): ("server.remove", lambda: servers.remove(self.lab.id)),
            (KioskStore, "add_now"): ("kiosk.add", lambda: kiosks.add_now("hall", "ann", None)),
            (KioskStore, "add"): ("kiosk.add", lambda: kiosks.add("hall", "ann")),
            (KioskStore, "remove"): ("kiosk.remove", lambda: kiosks.remove(kiosks.add_now("hall", "ann", None)[1].id)),
            (CloudConfigStore, "save_now"): ("cloud_config.save", lambda: self.clouds.save_now("web", "ann", {"password": "hunter2"})),
            (CloudConfigStore, "save"): ("cloud_config.save", lambda: self.clouds.save("web", "ann", {"password": "hunter2"})),
            (CloudConfigStore, "remove_now"): ("cloud_config.remove", lambda: self.clouds.remove_now(self.web.id, "ann")),
            (CloudConfigStore, "remove"): ("cloud_config.remove", lambda: self.clouds.remove(self.web.id, "ann")),
            **self._of_second_factors(),
            **self._of_ways_in(),
            **self._of_grants(),
            (TokenStore, "add_now"): ("token.add", lambda: self.tokens.add_now(self.ann.id, "backup")),
            (TokenStore, "add"): ("token.add", lambda: self.tokens.add(self.ann.id, "backup")),
            (TokenStore, "remove_now"): ("token.remove", lambda: self.tokens.remove_now(self.tokens.add_now(self.ann.id, "x")[1].id)),
            (TokenStore, "remove"): ("token.remove", lambda: self.tokens.remove(self.tokens.add_now(self.ann.id, "x")[1].id)),
            (SettingsStore, "set_now"): ("setting.set", lambda: self.settings.set_now("order", ["a"])),
            (SettingsStore, "set"): ("setting.set", lambda: self.settings.set("order", ["a"])),
            (Tunings, "set_now"): ("rule.tune", lambda: self.findings._tunings.set_now(rule.key, Tuning(on=False))),
            (Notes, "set_now"): ("finding.note", lambda: self.findings._notes.set_now(["x"], Acknowledgement("ann", now, now + 60, False))),
            (FindingStore, "tune"): ("rule.tune", lambda: self.findings.tune(rule, Tuning(on=False))),
            (FindingStore, "note"): ("finding.note", lambda: self.findings._directory.run(
                self.findings._notes.set_now, ["x"], Acknowledgement("ann", now, now + 60, True))),
        }  # fmt: skip

    def _of_second_factors(self) -> dict[tuple[type, str], tuple[str, Callable[[], Any]]]:
        store, bob = self.factors, self.bob.id
        return {
            (SecondFactorStore, "set_now"): ("second_factor.set", lambda: store.set_now(bob, "Bob", "hunter2", 1, ["hunter2"])),
            (SecondFactorStore, "set"): ("second_factor.set", lambda: store.set(bob, "Bob", "hunter2", 1, ["hunter2"])),
            (SecondFactorStore, "set_recovery_now"): ("second_factor.recovery", lambda: store.set_recovery_now(self.ann.id, ["hunter2"])),
            (SecondFactorStore, "set_recovery"): ("second_factor.recovery", lambda: store.set_recovery(self.ann.id, ["hunter2"])),
            (SecondFactorStore, "take_recovery_now"): ("second_factor.recovery", lambda: store.take_recovery_now(self.ann.id, "spare")),
            (SecondFactorStore, "take_recovery"): ("second_factor.recovery", lambda: store.take_recovery(self.ann.id, "spare")),
            (SecondFactorStore, "remove_now"): ("second_factor.remove", lambda: store.remove_now(self.ann.id)),
            (SecondFactorStore, "remove"): ("second_factor.remove", lambda: store.remove(self.ann.id)),
        }

    def _of_ways_in(self) -> dict[tuple[type, str], tuple[str, Callable[[], Any]]]:
        links, keys, bob = self.invitations, self.passkeys, self.bob.id
        mine = Passkey(id="hunter2", user_id=self.ann.id, name="phone", public_key=b"", counter=0, domain="localhost", created=0.0)
        keys.add_now(mine)
        secret, _link = links.add_now(bob, "Bob", "ann")
        return {
            (InvitationStore, "add_now"): ("invitation.add", lambda: links.add_now(bob, "Bob", "ann")),
            (InvitationStore, "add"): ("invitation.add", lambda: links.add(bob, "Bob", "ann")),
            (InvitationStore, "take"): ("invitation.use", lambda: links.take(secret)),
            (InvitationStore, "remove_of_now"): ("invitation.remove", lambda: links.remove_of_now(bob)),
            (InvitationStore, "remove_of"): ("invitation.remove", lambda: links.remove_of(bob)),
            (PasskeyStore, "add_now"): ("passkey.add", lambda: keys.add_now(replace(mine, id="other", name="key"))),
            (PasskeyStore, "add"): ("passkey.add", lambda: keys.add(replace(mine, id="other", name="key"))),
            (PasskeyStore, "remove_now"): ("passkey.remove", lambda: keys.remove_now(mine.id, self.ann.id)),
            (PasskeyStore, "remove"): ("passkey.remove", lambda: keys.remove(mine.id, self.ann.id)),
            (PasskeyStore, "remove_of_now"): ("passkey.remove", lambda: keys.remove_of_now(self.ann.id)),
            (PasskeyStore, "remove_of"): ("passkey.remove", lambda: keys.remove_of(self.ann.id)),
        }

    def _of_grants(self) -> dict[tuple[type, str], tuple[str, Callable[[], Any]]]:
        grants, groups, roles, on = self.grants, self.groups, self.roles, ("viewer", GrantKind.VM, "a-uuid")
        given, ops = grants.add_now("admin", GrantKind.TAG, "web", user_id=self.ann.id), groups.add_now("ops")
        return {
            (GrantStore, "add_now"): ("grant.add", lambda: grants.add_now(*on, user_id=self.ann.id)),
            (GrantStore, "add"): ("grant.add", lambda: grants.add(*on, user_id=self.ann.id)),
            (GrantStore, "remove_now"): ("grant.remove", lambda: grants.remove_now(given.id)),
            (GrantStore, "remove"): ("grant.remove", lambda: grants.remove(given.id)),
            (GroupStore, "add_now"): ("group.add", lambda: groups.add_now("others", [self.ann.id])),
            (GroupStore, "add"): ("group.add", lambda: groups.add("others", [self.ann.id])),
            (GroupStore, "set_members_now"): ("group.members", lambda: groups.set_members_now(ops.id, [self.ann.id])),
            (GroupStore, "set_members"): ("group.members", lambda: groups.set_members(ops.id, [self.ann.id])),
            (GroupStore, "move_now"): ("group.members", lambda: groups.move_now(self.ann.id, [ops.id])),
            (GroupStore, "move"): ("group.members", lambda: groups.move(self.ann.id, [ops.id])),
            (GroupStore, "remove_now"): ("group.remove", lambda: groups.remove_now(ops.id)),
            (GroupStore, "remove"): ("group.remove", lambda: groups.remove(ops.id)),
            (RoleStore, "save_now"): ("role.save", lambda: roles.save_now("Power", ["vm.start"])),
            (RoleStore, "save"): ("role.save", lambda: roles.save("Power", ["vm.start"])),
            (RoleStore, "remove_now"): ("role.remove", lambda: roles.remove_now(roles.save_now("Power", ["vm.start"]).id)),
            **self._of_quotas(),
            (RoleStore, "remove"): ("role.remove", lambda: roles.remove(roles.save_now("Power", ["vm.start"]).id)),
        }

    def _of_quotas(self) -> dict[tuple[type, str], tuple[str, Callable[[], Any]]]:
        quotas, owners = QuotaStore(self.directory), OwnerStore(self.directory)
        given = quotas.save_now(Quota(id="", user_id=self.ann.id, vms=3))
        return {
            (QuotaStore, "save_now"): ("quota.save", lambda: quotas.save_now(Quota(id="", user_id=self.bob.id, vcpus=3))),
            (QuotaStore, "save"): ("quota.save", lambda: quotas.save(Quota(id="", group_id="ops", memory=3))),
            (QuotaStore, "remove_now"): ("quota.remove", lambda: quotas.remove_now(given.id)),
            (QuotaStore, "remove"): ("quota.remove", lambda: quotas.remove(given.id)),
            (OwnerStore, "set_now"): ("vm.owner", lambda: owners.set_now("a-uuid@a-pool", self.ann.id)),
            (OwnerStore, "set"): ("vm.owner", lambda: owners.set("b-uuid@a-pool", self.ann.id)),
        }


QUIET = {
    (UserStore, "set_preferences"), (UserStore, "set_preferences_now"),  # how one likes it: nobody else's business
    (UserStore, "note_sign_in"),  # the door tells who comes
    (UserStore, "set_hash"), (UserStore, "set_hash_now"),  # the same password, hashed better
    (ServerStore, "learn"), (ServerStore, "learn_now"),  # what a pool told of itself
    (SecondFactorStore, "take_code_now"), (SecondFactorStore, "take_code"),  # the sign-in is told
    (ServerStore, "reseal_now"), (CloudConfigStore, "reseal_now"), (SecondFactorStore, "reseal_now"),  # the command tells it once
    (Notes, "tidy_now"), (FindingStore, "tidy"), (FindingStore, "remember"),  # what is over
    (Notes, "rename_now"), (FindingStore, "rename"),  # an older name of the same
        (SessionStore, "save"),  # the door tells who comes and goes
    (PasskeyStore, "note_use_now"), (PasskeyStore, "note_use"),  # the door tells who comes
    (TokenStore, "note_use"),  # the door tells nothing of it either
    (Records, "reload"), (Records, "refresh"),
}  # fmt: skip
READING = {
    "all",
    "get",
    "need",
    "by_name",
    "by_external",
    "any_administrator",
    "password",
    "of",
    "of_user",
    "is_one",
    "open",
    "value",
    "overrides",
    "remembered",
    "sessions",
    "visible",
    "key",
}
STORES: tuple[type, ...] = (
    Records,
    UserStore,
    ServerStore,
    KioskStore,
    SettingsStore,
    SessionStore,
    Tunings,
    Notes,
    FindingStore,
    CloudConfigStore,
    SecondFactorStore,
    TokenStore,
    GrantStore,
    GroupStore,
    RoleStore,
    QuotaStore,
    OwnerStore,
    InvitationStore,
    PasskeyStore,
)


def methods() -> list[tuple[type, str]]:
    return [(store, name) for store in STORES for name, _one in inspect.getmembers(store, inspect.isfunction)
            if name in vars(store) and not name.startswith("_")]  # fmt: skip


def test_every_store_is_looked_at() -> None:
    def below(kind: type) -> set[type]:
        return {one for sub in kind.__subclasses__() for one in {sub, *below(sub)}}

    assert {one for one in below(Records) if one.__module__.startswith("data.")} <= set(STORES)


def test_every_method_is_known_to_change_something_or_not(told: Told) -> None:
    """A new one has to be put into one of the three tables."""
    known = Case(told.directory).done().keys() | QUIET
    assert [one for one in methods() if one not in known and one[1] not in READING] == []


@pytest.mark.parametrize(("store", "name"), [one for one in methods() if one not in QUIET and one[1] not in READING])
async def test_a_change_is_told(told: Told, store: type, name: str) -> None:
    action, do = Case(told.directory).done()[store, name]
    told.deeds.clear()
    outcome = do()
    if isinstance(outcome, Awaitable):
        await outcome
    actor, deed = told.deeds[-1]
    assert (actor, deed.action, deed.result) == (ANN, action, Result.DONE)
    assert deed.kind and deed.name
    assert not any(secret in f"{deed}" for secret in SECRETS)


def test_what_is_told_is_the_new_value_and_of_a_secret_that_there_is_one(told: Told) -> None:
    case = Case(told.directory)
    case.servers.update_now(case.lab.id, tls=TlsMode.PINNED, fingerprint="AB" * 32)
    assert told.deeds[-1][1].arguments == {"tls": "pinned", "fingerprint": "ab" * 32}
    case.users.set_password_now(case.bob.id, "another hash")
    assert told.deeds[-1][1].arguments == {"password_hash": REDACTED}
    case.users.set_role_now(case.bob.id, Role.ADMIN)
    assert (told.deeds[-1][1].name, told.deeds[-1][1].arguments) == ("Bob", {"role": "admin"})


def test_a_refusal_is_told_with_its_reason(told: Told) -> None:
    case = Case(told.directory)
    with pytest.raises(RecordRefused):
        case.users.remove_now(case.ann.id)
    deed = told.deeds[-1][1]
    assert (deed.action, deed.name, deed.result) == ("user.remove", "Ann", Result.REFUSED) and "last administrator" in deed.reason


def test_nothing_is_told_of_what_changes_nothing(told: Told) -> None:
    case = Case(told.directory)
    told.deeds.clear()
    case.users.set_role_now(case.bob.id, Role.VIEWER)
    assert told.deeds == []


def test_what_the_audit_does_not_take_is_not_done(told: Told) -> None:
    case = Case(told.directory)

    def full(_actor: Actor, _deed: Deed) -> None:
        raise StoreError("the disk is full")

    told.directory.tell = full
    with pytest.raises(StoreError, match="full"):
        case.users.remove_now(case.bob.id)
    assert UserStore(DataDirectory(told.directory.path)).get(case.bob.id)


async def test_the_writing_thread_knows_who_asked(told: Told) -> None:
    with by(Actor("eve")):
        await UserStore(told.directory).add("Eve", "a hash", Role.ADMIN)
    assert told.deeds[-1][0] == Actor("eve")


def test_the_audit_s_page_has_a_word_for_every_change(told: Told) -> None:
    assert {action for action, _do in Case(told.directory).done().values()} <= CHANGES.keys()
