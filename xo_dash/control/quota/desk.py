"""Holds what is asked for against the quotas, and keeps whose the things are that were made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from data.changes import Change, Operation
from data.grants.quota import NOTHING, Amounts, Quota, exceeded, used_by
from data.grants.table import GrantTable
from data.identity import key_of
from data.mirror import Mirror
from data.objects import SR, VBD, VDI, VM, Network
from data.observers import Unsubscribe
from data.stores.errors import StoreError
from data.stores.users import Role, User
from data.types import Ref, XapiObject
from xo_dash.control.action import mentions
from xo_dash.control.quota.demands import MAKING, Demand, demand
from xo_dash.control.quota.words import beyond, not_allowed, not_copied, unknown_size
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.run import Run, RunItem

log = logging.getLogger(__name__)

T = TypeVar("T", bound=XapiObject)
Own = Callable[[str, str], Awaitable[None]]
"""(key of a VM or disk, id of a user): theirs from now on."""
DISKS: Final = frozenset({"sr.new_disk", "sr.import_disk", "sr.upload_iso"})
"""Commands that make a disk that no VM has yet."""
FIELDS: Final = {"vms": ("count", "name"), "vcpus": ("vcpus",), "memory": ("memory",), "disk": ("size", "sr", "disks")}
"""{resource: the fields of a request that are about it}"""


class Reserved(NamedTuple):
    """What a command under way will have taken."""

    user_id: str
    demand: Demand


class QuotaDesk:
    """One for a runner. Administrators have no quotas."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.own: Own | None = None
        """Keeps whose something is; without it nobody's is anything."""
        self._reserved: dict[RunItem, Reserved] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._awaited: dict[Ref, str] = {}  # {ref of what the mirror has not heard of yet: whose it is}
        self._end: Unsubscribe | None = None

    def used(self, quota: Quota) -> Amounts:
        """What those whose quota it is have, with what commands under way will take."""
        table = self._mirror.grants
        used = used_by(table.vms_of(quota, self._mirror), table.disks_of(quota, self._mirror), quota)
        for user_id, wanted in self._reserved.values():
            if table.is_for(quota, user_id):
                used = used.plus(_counted(wanted, quota))
        return used

    def faults(self, user: User, action_id: str, request: Request, subject: XapiObject) -> list[Fault]:
        """What stands against it."""
        return self._judged(user, demand(action_id, request, subject), request, subject)

    def admit(self, item: RunItem, user: User, action_id: str, request: Request, subject: XapiObject) -> list[Fault]:
        """The same; where nothing does, it is taken until the item has ended."""
        wanted = demand(action_id, request, subject)
        faults = self._judged(user, wanted, request, subject)
        if not faults:
            self._reserve(item, user, wanted)
        return faults

    def admitted(self, item: RunItem, user: User, action_id: str, request: Request, subject: XapiObject) -> None:
        """It was, before a restart: it is taken until the item has ended."""
        self._reserve(item, user, demand(action_id, request, subject))

    async def ended(self, run: Run, item: RunItem) -> None:
        """Keep whose it is what was made; what it took is counted by the mirror from now on."""
        await self._keep(list(self._owned(run, item)))
        self._reserved.pop(item, None)

    # ----

    def _reserve(self, item: RunItem, user: User, wanted: Demand) -> None:
        if wanted.amounts != NOTHING:
            self._reserved[item] = Reserved(self._payer(user, wanted), wanted)

    def _payer(self, user: User, wanted: Demand) -> str:
        """The owner of the VM; of what nobody owns, and of what is new, whoever asks."""
        vm = wanted.vm
        return user.id if vm is None else self._mirror.grants.owners.get(key_of(vm), user.id)

    def _judged(self, user: User, wanted: Demand, request: Request, subject: XapiObject) -> list[Fault]:
        table = subject.home.part(GrantTable)
        if user.role is Role.ADMIN or not table.quotas:
            return []
        return [
            *_not_allowed(table.quotas_of(user.id), wanted, request, subject),
            *self._beyond(table.quotas_of(self._payer(user, wanted)), wanted, request),
        ]

    def _beyond(self, quotas: Sequence[Quota], wanted: Demand, request: Request) -> Iterator[Fault]:
        for quota in quotas:
            if not wanted.is_known and (quota.vcpus, quota.memory, quota.disk) != (None, None, None):
                yield Fault("", unknown_size())
            elif limit := exceeded(quota, self.used(quota), _counted(wanted, quota)):
                names = [name for name in FIELDS[limit.resource] if hasattr(request, name)]
                yield Fault(next(iter(names), ""), beyond(limit, getattr(wanted.amounts, limit.resource)))

    def _owned(self, run: Run, item: RunItem) -> Iterator[tuple[str, str]]:
        if run.action.id == "vbd.detach" and isinstance(item.subject, VBD):
            yield from self._detached(item.subject)
        elif run.action.id in DISKS:
            yield from ((key_of(disk), run.user_id) for disk in self._made(VDI, run, item))
        elif run.action.id in MAKING:
            yield from ((key_of(vm), run.user_id) for vm in self._made(VM, run, item))

    def _detached(self, vbd: VBD) -> Iterator[tuple[str, str]]:
        """A disk that is taken from a VM stays its owner's."""
        vm, disk = vbd.home.one(VM, vbd.VM), vbd.home.one(VDI, vbd.VDI)
        owner = self._mirror.grants.owners.get(key_of(vm)) if vm is not None else None
        if owner and disk is not None:
            yield key_of(disk), owner

    def _made(self, kind: type[T], run: Run, item: RunItem) -> Iterator[T]:
        """What is there; a VM that the mirror has not heard of yet becomes theirs when it comes."""
        for ref in dict.fromkeys([*item.made, *_refs(item.result)]):
            row = next((row for pool in self._mirror if (row := pool.one(kind, ref)) is not None), None)
            if row is not None:
                yield row
            elif kind is VM and ref in _refs(item.result):
                self._await(ref, run.user_id)

    def _await(self, ref: Ref, user_id: str) -> None:
        self._awaited[ref] = user_id
        if self._end is None:
            self._end = self._mirror.observe(self._came)

    def _came(self, changes: Sequence[Change]) -> None:
        for change in changes:
            row = change.subject
            if isinstance(row, VM) and change.operation is Operation.ADD and (user_id := self._awaited.pop(row.ref, "")):
                task = asyncio.get_running_loop().create_task(self._keep([(key_of(row), user_id)]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        if not self._awaited and self._end is not None:
            self._end()
            self._end = None

    async def _keep(self, owned: Iterable[tuple[str, str]]) -> None:
        try:
            for key, user_id in owned:
                if self.own is not None:
                    await self.own(key, user_id)
        except StoreError as error:
            log.error("whose a new VM or disk is was not written down: %s", error)


def _counted(wanted: Demand, quota: Quota) -> Amounts:
    """As much of it as the quota counts."""
    amounts = wanted.amounts
    if wanted.starts and not quota.running:
        return NOTHING
    return amounts if wanted.runs or not quota.running else amounts._replace(vcpus=0, memory=0)


def _not_allowed(quotas: Iterable[Quota], wanted: Demand, request: Request, subject: XapiObject) -> Iterator[Fault]:
    """SRs and networks that are not theirs to use."""
    quotas = [quota for quota in quotas if quota.srs or quota.networks]
    if not quotas:
        return
    named = [(one.place, one.row) for one in mentions(request, subject) if isinstance(one.row, SR | Network)]
    for place, row in (*named, *(("", row) for row in wanted.uses)):
        if not all(quota.allows(row) for quota in quotas):
            yield Fault(place, not_allowed(row))
    for row in wanted.stays:
        if not all(quota.allows(row) for quota in quotas):
            yield Fault("sr" if isinstance(row, SR) else "", not_copied(row))


def _refs(result: object) -> Iterator[Ref]:
    if isinstance(result, str):
        yield Ref(result)
    elif isinstance(result, list | tuple):
        for one in result:
            yield from _refs(one)
