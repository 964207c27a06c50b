"""What can be listed under `/api/v1/{name}`: what is in it, what is told of each, in which order."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, TypeVar

from components.findings.words import sentence
from data.facts.vm import is_guest
from data.findings.finding import Finding
from data.identity import Key
from data.names import name_of
from data.objects import PBD, PIF, SR, VDI, VM, Host, Message, Network, Pool, Task
from data.server import Server
from data.types import XapiObject
from data.visibility import Sees
from xo_dash.api.asked import Asked
from xo_dash.api.rows import fields_of
from xo_dash.api.rows import reader as row_reader
from xo_dash.control import filters
from xo_dash.control.filters import Test
from xo_dash.i18n import bare

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Collection(Generic[T]):
    """One of them. `fields` are those of its items, as JSON has them; `all` is what there is, `sees` is still asked of each."""

    name: str
    title: str  # in the description
    all: Callable[[Asked], Iterable[T]]
    fields: Mapping[str, Callable[[T, Sees], object]]
    always: tuple[str, ...]  # fields that are told, whatever is asked for
    order: Callable[[T], str]  # also where a list goes on; no two have the same
    text: Callable[[T, Mapping[str, object]], str] | None = None  # what a plain word is looked for in; None: see `filters.plain`
    keys: Mapping[str, Test] = field(default_factory=dict)  # of a filter, besides its fields
    kind: type[XapiObject] | None = None  # of objects of XAPI
    lists: Callable[[T], bool] = lambda item: True  # what is in the list, of `all`
    whole: Callable[[T, Sees], dict[str, object]] | None = None  # all fields at once, where one by one would cost more

    def wanted(self, names: Iterable[str]) -> tuple[str, ...]:
        """These and those that are always told, or all."""
        return tuple(dict.fromkeys((*self.always, *names))) if names else tuple(self.fields)

    def reader(self, names: Iterable[str] = ()) -> Callable[[T, Sees], dict[str, object]]:
        """What tells all of an item, or these fields and those that are always told."""
        wanted = self.wanted(names)
        if self.kind is not None:
            return row_reader(self.kind, wanted)
        if (whole := self.whole) is not None:
            return lambda item, sees: {name: value for name, value in whole(item, sees).items() if name in wanted}
        return lambda item, sees: {name: self.fields[name](item, sees) for name in wanted}

    def as_data(self, item: T, sees: Sees, names: Iterable[str] = ()) -> dict[str, object]:
        return self.reader(names)(item, sees)

    @property
    def filter_keys(self) -> list[str]:
        return list(dict.fromkeys((*self.keys, *self.fields)))


def _rows(name: str, title: str, kind: type[XapiObject], lists: Callable[[Any], bool] = lambda row: True) -> Collection[Any]:
    return Collection(
        name=name, title=title, kind=kind, all=partial(_every, kind), fields=fields_of(kind), always=("uuid", "pool"),
        order=lambda row: str(Key(row.uuid, row.home.key)), keys=filters.KEYS, lists=lists,
    )  # fmt: skip


def _every(kind: type[XapiObject], asked: Asked) -> Iterable[XapiObject]:
    """Of the pools that may be seen; the list itself asks of each object, as it comes to it."""
    return [row for home in asked.scope.mirror.pools.values() for row in home.all(kind).values()]


# ---- findings


def finding_id(finding: Finding) -> str:
    """The same for as long as it goes on with the same subjects."""
    told = "\n".join((finding.rule.key, *sorted(map(_key, finding.subjects))))
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def _key(subject: XapiObject | Server) -> str:
    return subject.id if isinstance(subject, Server) else str(Key(subject.uuid, subject.home.key))


def _about(subject: XapiObject | Server) -> dict[str, object]:
    if isinstance(subject, Server):
        return {"kind": "server", "uuid": subject.id, "pool": subject.pool_uuid, "name": name_of(subject)}
    return {"kind": subject.xapi_class, "uuid": subject.uuid, "pool": subject.home.key, "name": name_of(subject)}


class Told:
    """A finding, worded for who asks."""

    def __init__(self, finding: Finding, asked: Asked) -> None:
        self.finding = finding
        self.text = bare(" · ".join(filter(None, sentence(finding, asked.scope.mirror))))
        self.id = finding_id(finding)


def _findings(asked: Asked) -> Iterable[Told]:
    return [Told(finding, asked) for finding in asked.scope.mirror.findings.all(time.time())]


FINDINGS: Final = Collection[Told](
    name="findings", title="What needs attention, worst first", all=_findings, always=("id",),
    order=lambda told: f"{9 - told.finding.level}{told.id}",
    fields={
        "id": lambda told, _sees: told.id,
        "rule": lambda told, _sees: told.finding.rule.key,
        "level": lambda told, _sees: told.finding.level.name.lower(),
        "text": lambda told, _sees: told.text,
        "since": lambda told, _sees: told.finding.since,
        "value": lambda told, _sees: told.finding.reading.value,
        "subjects": lambda told, _sees: [_about(subject) for subject in told.finding.subjects],
    },
    text=lambda told, _data: told.text,
)  # fmt: skip

VMS: Final = _rows("vms", "VMs: no templates, snapshots or control domains, and none of the trash", VM, is_guest)
OBJECTS: Final[tuple[Collection[Any], ...]] = (
    _rows("pools", "Pools", Pool),
    _rows("hosts", "Hosts", Host),
    VMS,
    _rows("snapshots", "Snapshots of VMs", VM, lambda vm: vm.is_a_snapshot),
    _rows("templates", "Templates", VM, lambda vm: vm.is_a_template and not vm.is_a_snapshot),
    _rows("srs", "Storage repositories", SR),
    _rows("vdis", "Disks and images", VDI, lambda vdi: vdi.managed),
    _rows("pbds", "Paths of hosts to storage repositories", PBD),
    _rows("networks", "Networks", Network),
    _rows("pifs", "Ports of hosts into networks", PIF),
    _rows("tasks", "Tasks of the pools", Task),
    _rows("messages", "Messages of the pools", Message),
)
