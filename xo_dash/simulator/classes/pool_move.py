"""Rows that go from one pool to another: uuids stay, references change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..database import Record
from ..pool import Endpoint, Pool
from ..transfer import disks
from ..types import NULL
from . import vm_life

BY_UUID = ("loads", "guests")  # what is known of a VM besides its rows
FORGOTTEN = {"allowed_operations", "current_operations", "scheduled_to_be_resident_on", "snapshot_schedule", "protection_policy", "blobs"}


class Move:
    """`known` = {reference here: reference there}: of what has been moved, and of what is there already."""

    def __init__(self, source: Pool, target: Pool, known: dict[str, str]) -> None:
        self.source, self.target, self.known = source, target, dict(known)

    def rows(self, refs: Iterable[str]) -> None:
        """Copy them; what they refer to and is not there becomes NULL."""
        wanted = [ref for ref in dict.fromkeys(refs) if self.source.db.exists(ref) and ref not in self.known]
        for ref in wanted:
            self.known[ref] = f"OpaqueRef:{self.target.db.new_uuid()}"
        copied = [(self.known[ref], *self.fields(ref)) for ref in wanted]
        for ref, cls, fields, _ in copied:
            self.target.db.create(cls, fields, ref=ref)
        for ref, _, _, links in copied:  # now that both ends are there
            self.target.db.set(ref, **links)

    def fields(self, ref: str) -> tuple[str, Record, Record]:
        """Class, fields, and links; of those with a many on this side, the other side's rows tell."""
        cls = self.source.db.class_of(ref) or ""
        known = self.source.model.links[cls]
        kept = {name: self.there(value) for name, value in self.source.db.record(cls, ref).items() if name not in FORGOTTEN}
        links = {name: value for name, value in kept.items() if name in known and not known[name].many}
        return cls, {name: value for name, value in kept.items() if name not in known}, links

    def there(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("OpaqueRef:"):
            return self.known.get(value, NULL)
        if isinstance(value, list):
            return [found for found in map(self.there, value) if found != NULL]
        if isinstance(value, dict):
            return {key: self.there(of) for key, of in value.items()}
        return value


def host_rows(pool: Pool, host: str) -> list[str]:
    """What a machine is made of; its storage and its VMs apart."""
    db = pool.db
    record = db.record("host", host)
    dom0 = record["control_domain"]
    found = [host, record["metrics"], *record["host_CPUs"], dom0, db.get(dom0, "metrics"), *db.get(dom0, "consoles")]
    found += [ref for ref, row in db.records("Certificate") if row["host"] == host]
    for pif in record["PIFs"]:
        if db.get(pif, "physical"):
            found += [pif, db.get(pif, "metrics")]
    return found


def local_storage(pool: Pool, host: str) -> list[str]:
    """SRs of this host alone, the cables to them and what is on them."""
    found: list[str] = []
    for pbd in pool.db.get(host, "PBDs"):
        sr = pool.db.get(pbd, "SR")
        if not pool.db.get(sr, "shared"):
            found += [sr, pbd, *pool.db.get(sr, "VDIs")]
    return found


def own_vms(pool: Pool) -> list[str]:
    """All VMs but control domains and the templates that every pool has."""
    return [ref for ref, vm in pool.db.records("VM") if not (vm["is_control_domain"] or vm["is_default_template"])]


def vm_rows(pool: Pool, vms: Iterable[str]) -> list[str]:
    db, found = pool.db, []
    for vm in vms:
        record = db.record("VM", vm)
        found += [vm, record["metrics"], record["guest_metrics"], *record["VBDs"], *record["VIFs"], *record["VTPMs"]]
    return found


def networks(source: Pool, target: Pool) -> dict[str, str]:
    """{network here: network there}: the same bridge if it has a NIC, else the same name; what is missing is made."""
    known = {}
    for ref, record in source.db.records("network"):
        known[ref] = match(target, record) or another(target, record)
    return known


def another(target: Pool, record: Record) -> str:
    """A network like that one; on another bridge, if its own is taken."""
    taken = {other["bridge"] for _, other in target.db.records("network")}
    free = next(f"xapi{number}" for number in range(len(taken) + 1) if f"xapi{number}" not in taken)
    kept = {name: value for name, value in record.items() if name not in FORGOTTEN | {"VIFs", "PIFs", "assigned_ips"}}
    return target.db.create("network", {**kept, "bridge": free if record["bridge"] in taken else record["bridge"]})


def match(target: Pool, record: Record) -> str:
    by = "bridge" if record["bridge"].startswith(("xenbr", "xenapi")) else "name_label"
    return next((ref for ref, other in target.db.records("network") if other[by] == record[by]), "")


def contents(move: Move, vms: Iterable[str]) -> None:
    """What disks hold, and what is known of guests."""
    for vdi in list(move.source.db.rows("VDI")):
        if vdi in move.known:
            disks.copied(move.source, vdi, move.known[vdi], move.target)
    for name in BY_UUID:
        held, there = move.source.facts.get(name, {}), move.target.facts.setdefault(name, {})
        for vm in vms:
            uuid = move.source.db.get(vm, "uuid")
            if uuid in held:
                there[uuid] = held[uuid]


def settle(target: Pool, move: Move, host: str) -> None:
    """After the rows: consoles say where they are, and everybody what may be done with it."""
    new = move.known[host]
    address = target.db.get(new, "address")
    target.hosts[address] = Endpoint(new, address)
    for console in target.db.get(target.db.get(new, "control_domain"), "consoles"):
        vm_life.locate(target, console, new)
    made = [ref for ref in move.known.values() if target.db.exists(ref)]
    target.refresh(*made)
