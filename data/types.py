"""What XAPI's wire types become in Python: references, dates, enums, and the base of every object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, NewType, TypeVar

import msgspec

from data.server import Server

Ref = NewType("Ref", str)
NULL_REF = Ref("OpaqueRef:NULL")

XapiDate = NewType("XapiDate", str)
"""A date as XAPI writes it, `20260131T12:00:00Z`; `19700101T00:00:00Z` means never. See `timestamp`."""
NEVER = XapiDate("19700101T00:00:00Z")
EARLIEST, LATEST = 1970, 9999
"""Years that no date of XAPI's can be of, and whose edges some zones have no time for."""

GIB = 1 << 30

Int = Annotated[int, msgspec.Meta(ge=-(1 << 56), le=1 << 56)]
"""A whole number of XAPI's. More than 64 PiB of anything is a mistake, and sums of many stay within what JSON writers take."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 56)]
"""One that is never less than zero, not even where nobody knows it."""

T = TypeVar("T", bound="XapiObject")
P = TypeVar("P")


class XapiEnum(StrEnum):
    """An enum of XAPI's; each declares UNKNOWN, which a value of a newer xapi decodes to."""

    @classmethod
    def _missing_(cls, value: object) -> XapiEnum:
        return cls["UNKNOWN"]


class Home:
    """Where an object lives: the mirror of one pool. `data.mirror.PoolMirror` is the only one."""

    id: str
    """The server's id: unique in this installation, unlike a ref."""
    key: str = ""
    """What the pool is called in links and records; see `data.identity`."""
    server: Server
    """The connection that leads there."""
    pools: Mapping[str, Home]
    """All pools of this installation, this one among them, by the server's id."""
    revision: int = 0
    """Another one after each change."""

    @property
    def label(self) -> str:
        """What the connection is called."""
        raise NotImplementedError

    @property
    def given_name(self) -> str:
        """What a person called the connection; empty where nobody did."""
        raise NotImplementedError

    def all(self, kind: type[T]) -> Mapping[Ref, T]:
        """Every object of `kind` by ref."""
        raise NotImplementedError

    def one(self, kind: type[T], ref: Ref) -> T | None:
        """The object of `kind` behind `ref`; None for a null or dangling one."""
        raise NotImplementedError

    def by_uuid(self, kind: type[T], uuid: str) -> T | None:
        """The object of `kind` with this uuid."""
        raise NotImplementedError

    def name_of_gone(self, uuid: str) -> str:
        """What something that is no longer there was called; "" if nobody remembers."""
        raise NotImplementedError

    def part(self, kind: type[P]) -> P:
        """What else is known of the pool, by its class.

        What was measured: `data.history.History`; what is wrong: `data.findings.registry.FindingRegistry`,
        one for all pools; what would become of its VMs without a host: `data.failover.Fates`; how long deleted VMs are kept:
        `data.trash.Trash`; what is held by VMs that are not seen: `data.placement.OthersMemory`;
        which calls it has: `data.methods.Methods`.
        """
        raise NotImplementedError

    def original(self, row: T) -> T:
        """What rights are asked of: `row` itself, or what it stands for where only a part of the pool is seen."""
        return row

    def shows_whole(self, row: XapiObject) -> bool:
        """Whether more of `row` is seen than its name."""
        return True

    def naming(self, ref: Ref) -> Iterable[XapiObject]:
        """Who refers to what has this ref, by references that only one end keeps."""
        raise NotImplementedError

    def above(self, vdi: T) -> Set[T]:
        """The disks that stand on `vdi` in their chain. Source: sm_config vhd-parent names the node below by uuid."""
        raise NotImplementedError


NOWHERE = Home()
"""The home of an object that no mirror holds yet."""


class XapiObject(msgspec.Struct, eq=False, kw_only=True):
    """A row of XAPI: fields carry XAPI's names, their types decode them, other fields of the record are not kept.

    Compared by identity: a row is one object from its first event to its last, whatever changes in it.
    """

    xapi_class: ClassVar[str] = ""
    uuid: str = ""
    ref: Ref = NULL_REF
    home: Home = NOWHERE

    def all_of(self, kind: type[T], refs: list[Ref]) -> list[T]:
        """The objects behind `refs`, dangling ones left out."""
        rows = self.home.all(kind)
        return [row for ref in refs if (row := rows.get(ref)) is not None]


def timestamp(date: XapiDate) -> float | None:
    """Seconds since the epoch; None for never, empty, unreadable or absurd.

    Source: XAPI writes basic dates with an extended time, older ones without a zone (then UTC).
    """
    if not date or date == NEVER:
        return None
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    if not EARLIEST < moment.year < LATEST:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
