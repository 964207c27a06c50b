"""What is typed and chosen so far for a new SR, and the request that it makes with what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from components.new_sr.search import place_key
from data.facts.pool import own_pool
from data.types import Home
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.sr.create import NEW_SR, free_name, is_here
from xo_dash.control.sr.discovery import Discovery
from xo_dash.control.sr.found import FoundSR
from xo_dash.control.sr.kinds import KINDS, SRKind
from xo_dash.control.sr.new_sr import NewSR, misshapen

UNNAMED = "new"
"""Stands for a name that nobody has typed yet."""


@dataclass(slots=True)
class SRDraft:
    home: Home
    kind: SRKind
    typed: Mapping[str, object] = field(default_factory=dict, repr=False)  # by field; there are secrets among them
    iqn: str = ""
    scsi_id: str = ""
    existing: str | None = None  # the uuid that is attached; "": a new one beside it; None: what is found is attached
    _values: Mapping[str, object] | None = field(default=None, repr=False)  # of which the others were made
    _whole: NewSR | None = field(default=None, repr=False)
    _rough: NewSR | None = field(default=None, repr=False)

    def turn(self, kind: SRKind) -> None:
        """Another type, of which nothing is chosen yet."""
        self.kind, self.iqn, self.scsi_id, self.existing = kind, "", "", None

    def choose(self, name: str, value: str) -> None:
        """A target or a LUN; of another target nothing is chosen yet."""
        self.existing = None
        if name == "iqn":
            self.iqn, self.scsi_id = value, ""
        else:
            self.scsi_id = value

    @property
    def values(self) -> dict[str, object]:
        return {**self.typed, "iqn": self.iqn, "scsi_id": self.scsi_id, "kind": str(self.kind)}

    @property
    def rough(self) -> NewSR | None:
        """A request of what is right so far, for looking around; None where the rest makes none."""
        self._decoded()
        return self._rough

    def _decoded(self) -> NewSR | None:
        """It is asked for several times at each answer of sixty hosts."""
        if (values := self.values) != self._values:
            self._values, self._whole = values, self._as_request(values)
            self._rough = self._whole and replace(self._whole, **{fault.field: "" for fault in misshapen(self._whole)})
        return self._whole

    def _as_request(self, values: Mapping[str, object]) -> NewSR | None:
        given = {**values, "name": self.typed.get("name") or UNNAMED}
        try:
            return decode(NewSR, given)
        except BadRequest as error:
            wrong = {fault.field for fault in error.faults}
        try:
            return decode(NewSR, {name: value for name, value in given.items() if name not in wrong} | {"name": UNNAMED})
        except BadRequest:
            return None

    def lying(self, found: Discovery) -> tuple[FoundSR, ...]:
        """The SRs at the chosen place that the pool does not have."""
        rough = self.rough
        if rough is None or not rough.facts.probed or any(not getattr(rough, name) for name in rough.facts.needs):
            return ()
        return tuple(sr for sr in found.srs.get(place_key(rough), ()) if not is_here(sr.uuid, self.home))

    def attached(self, found: Discovery) -> str | None:
        """The SR that is attached instead of a new one: what was found, unless somebody wants one beside it."""
        if self.existing is None:
            lying = self.lying(found)
            return lying[0].uuid if lying else None
        return self.existing or None

    def erased(self, found: Discovery) -> str | None:
        """The SR that a new one takes the LUN or disk of, because somebody wants that."""
        lying = self.lying(found) if self.existing == "" else ()
        return lying[0].uuid if lying and KINDS[self.kind].formats else None

    def request(self, found: Discovery) -> tuple[NewSR | None, list[Fault]]:
        """What would be sent, or what is wrong with it."""
        pool, rough = own_pool(self.home), self._decoded()
        try:
            request = decode(NewSR, self.values | {"existing": self.attached(found), "erase": self.erased(found)})
        except BadRequest as error:
            told = {fault.field for fault in error.faults}
            more = NEW_SR.faults(rough, pool) if rough is not None and pool is not None else []
            return None, [*error.faults, *(fault for fault in more if fault.field not in told)]
        faults = NEW_SR.faults(request, pool) if pool is not None else []
        return (None if faults else request), faults

    def name(self, found: Discovery) -> str:
        """That of the SR that was found, else after where it is; one that no SR of the pool has."""
        rough = self.rough
        if rough is None:
            return ""
        lying = self.lying(found) if self.existing is None else ()
        place = rough.path or rough.folder or rough.device or rough.share.replace("\\", "/") or rough.iqn.replace(":", "/")
        stem = (lying[0].name if lying else "") or place.rstrip("/").rpartition("/")[2] or ("san" if rough.scsi_id else "")
        return free_name(stem, self.home) if stem else ""
