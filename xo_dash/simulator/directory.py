"""A small Active Directory, for pools to join: whoever asks for a domain finds this one under that name.

Every account's password is the pool's. Domains under .invalid do not exist, as anywhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .database import Record
from .rights import role_ref

if TYPE_CHECKING:
    from .pool import Pool

DOMAIN = "corp.example"
USERS, ADMINS = 513, 512  # rids that every domain has
FIRST_UID = 3_000_000


@dataclass(frozen=True, slots=True)
class Account:
    rid: int
    name: str
    shown: str = ""
    groups: tuple[str, ...] = ()  # by name, all it is in
    is_group: bool = False
    disabled: bool = False
    role: str | None = None  # in a pool that has its users from the start; "" = a subject without one, None = no subject
    sid: str = ""  # of somebody's real domain; otherwise the rid tells


# fmt: off
ACCOUNTS = (
    Account(500, "administrator", "Administrator", ("domain admins", "domain users")),
    Account(ADMINS, "domain admins", is_group=True),
    Account(USERS, "domain users", is_group=True),
    Account(1101, "pool-admin", "Pool Admin", ("domain users",), role="pool-admin"),
    Account(1102, "pool-operator", "Pool Operator", ("domain users",), role="pool-operator"),
    Account(1103, "vm-power-admin", "VM Power Admin", ("domain users",), role="vm-power-admin"),
    Account(1104, "vm-admin", "VM Admin", ("domain users",), role="vm-admin"),
    Account(1105, "vm-operator", "VM Operator", ("domain users",), role="vm-operator"),
    Account(1106, "read-only", "Read Only", ("domain users",), role="read-only"),
    Account(1107, "helpdesk", is_group=True, role="vm-operator"),
    Account(1108, "night-shift", "Night Shift", ("helpdesk", "domain users")),
    Account(1109, "newcomer", "Newcomer", ("domain users",), role=""),
    Account(1110, "visitor", "Visitor", ("domain users",)),
    Account(1111, "disabled", "Disabled", ("domain users",), disabled=True, role="vm-admin"),
)
# fmt: on


class Directory:
    """The directory as one domain shows it."""

    def __init__(self, pool: Pool, domain: str) -> None:
        self.pool = pool
        self.domain = domain.lower()
        self.netbios = self.domain.split(".", maxsplit=1)[0][:15].upper()
        digest = hashlib.md5(self.domain.encode(), usedforsecurity=False).digest()
        self._authority = "S-1-5-21-" + "-".join(str(int.from_bytes(digest[i : i + 4])) for i in (0, 4, 8))
        self._accounts = {account.name: account for account in (*ACCOUNTS, *pool.facts.get("accounts", ()))}

    @property
    def exists(self) -> bool:
        return bool(self.domain) and self.domain.rpartition(".")[2] != "invalid"

    def sid(self, account: Account) -> str:
        return account.sid or f"{self._authority}-{account.rid}"

    def named(self, name: str) -> Account | None:
        """By NAME, DOMAIN\\NAME or NAME@domain, in any case."""
        wanted = name.lower()
        netbios, slash, rest = wanted.rpartition("\\")
        if slash:
            return self._accounts.get(rest) if netbios in (self.netbios.lower(), self.domain) else None
        bare, at, domain = wanted.rpartition("@")
        if at:
            return self._accounts.get(bare) if domain in (self.netbios.lower(), self.domain) else None
        return self._accounts.get(wanted)

    def identified(self, sid: str) -> Account | None:
        return next((account for account in self._accounts.values() if self.sid(account) == sid), None)

    def groups(self, account: Account) -> list[str]:
        """Security identifiers of all it is in."""
        return [self.sid(self._accounts[name]) for name in account.groups]

    def accepts(self, account: Account, password: str) -> bool:
        return not account.is_group and not account.disabled and password == self.pool.password

    def logon(self, account: Account) -> str:
        return f"{self.netbios}\\{account.name}"

    def information(self, account: Account) -> Record:
        """As subject.other_config has it."""
        known: Record = {"subject-name": self.logon(account)}
        if account.is_group:
            return {**known, "subject-gid": str(FIRST_UID + account.rid), "subject-sid": self.sid(account), "subject-is-group": "true"}
        return {
            **known,
            "subject-gecos": account.shown,
            "subject-displayname": f"{self.netbios}\\{account.shown}",
            "subject-uid": str(FIRST_UID + account.rid),
            "subject-gid": str(FIRST_UID + USERS),
            "subject-upn": f"{account.name}@{self.domain}",
            "subject-account-disabled": str(account.disabled).lower(),
            "subject-account-locked": "false",
            "subject-account-expired": "false",
            "subject-password-expired": "false",
            "subject-is-group": "false",
        }


def joined(pool: Pool) -> Directory | None:
    """The directory that the master asks; None without one."""
    master = pool.db.record("host", pool.master.ref)
    return Directory(pool, master["external_auth_service_name"]) if master["external_auth_type"] else None


def adopt(pool: Pool) -> None:
    """The subjects of a real pool's database are people of its directory."""
    found = []
    for _, record in pool.db.records("subject"):
        told = record["other_config"]
        name = told.get("subject-name", "").rpartition("\\")[2].lower()
        disabled, is_group = (told.get(f"subject-{what}") == "true" for what in ("account-disabled", "is-group"))
        found.append(Account(0, name, told.get("subject-gecos", ""), (), is_group, disabled, sid=record["subject_identifier"]))
    pool.facts["accounts"] = found


def configuration(directory: Directory, hostname: str, user: str, *, now: float, ldaps: bool = False) -> Record:
    """A host's external_auth_configuration."""
    return {"domain": directory.domain, "user": user, "workgroup": directory.netbios, "netbios_name": hostname.upper()[:15],
            "machine_pwd_last_change_time": f"{now:.0f}.", "ldaps": str(ldaps).lower()}  # fmt: skip


def furnish(pool: Pool) -> None:
    """A pool that has joined already, with a subject for each role."""
    directory = Directory(pool, DOMAIN)
    for host, record in list(pool.db.records("host")):
        config = configuration(directory, record["hostname"], "administrator", now=pool.clock.now())
        pool.db.set(host, external_auth_type="AD", external_auth_service_name=directory.domain, external_auth_configuration=config)
    for account in ACCOUNTS:
        if account.role is not None:
            roles = [role_ref(account.role)] if account.role else []
            fields = {"subject_identifier": directory.sid(account), "other_config": directory.information(account), "roles": roles}
            pool.db.create("subject", fields)
