"""What is kept of lists is never older than what it is made of."""

from __future__ import annotations

import random

import orjson
import pytest

from data.objects import SR, VBD, VDI, VIF, VM, Host, Network
from data.scope import Scope, everything
from data.server import Server
from data.types import XapiObject
from data.visibility import Sees
from tests import fakes
from xo_dash.api.encoded import EncodedRows
from xo_dash.api.rows import fields_of, reader

LISTED: tuple[type[XapiObject], ...] = (VM, VDI, SR, Host, Network)


def wrong(kept: EncodedRows, scope: Scope) -> list[XapiObject]:
    """The rows that a list would tell otherwise than they are; all are kept afterwards."""
    found: list[XapiObject] = []
    for kind in LISTED:
        names = tuple(fields_of(kind))
        encode, read = kept.encoder(kind, names, scope.sees), reader(kind, names)
        found += [row for row in scope.mirror.every(kind) if encode(row) != orjson.dumps(read(row, scope.sees))]
    return found


@pytest.mark.parametrize("sees", [everything, lambda subject: getattr(subject, "uuid", "9") < "9"])
async def test_a_kept_row_is_as_the_mirror_has_it(sees: Sees) -> None:
    mirror, chance = fakes.fleet(hosts=3, vms=20), random.Random(5)
    scope = Scope(mirror, sees)
    kept = EncodedRows(scope.mirror)
    assert not wrong(kept, scope)
    for turn in range(40):
        rows = [row for kind in (*LISTED, VBD, VIF) for row in mirror.every(kind)]
        row = chance.choice(rows)
        if turn % 3:
            fakes.change(mirror, row, **({"name_label": f"name {turn}"} if hasattr(row, "name_label") else {"device": str(turn)}))
        else:
            fakes.remove(mirror, row)
        assert not wrong(kept, scope), (turn, row)


async def test_what_is_listed_while_somebody_may_see_more_is_not_kept_half() -> None:
    mirror, chance, seen = fakes.fleet(hosts=3, vms=150), random.Random(1), set[str]()
    for host in mirror.every(Host):
        fakes.change(mirror, host, resident_VMs=[vm.ref for vm in mirror.every(VM) if vm.resident_on == host.ref])
    scope = Scope(mirror, lambda subject: getattr(subject, "uuid", "") in seen)
    kept, rows = EncodedRows(scope.mirror), [row for kind in (VM, SR, Network) for row in mirror.every(kind)]
    for _turn in range(3):
        seen ^= {row.uuid for row in rows if chance.random() < 0.5}
        for _slice in scope.review():
            wrong(kept, scope)
        assert not wrong(kept, scope)


async def test_a_kept_row_tells_what_its_pool_is_called_now() -> None:
    mirror = fakes.fleet(hosts=1, vms=2)
    scope = Scope(mirror)
    kept = EncodedRows(scope.mirror)
    assert not wrong(kept, scope)
    (pool,) = mirror
    mirror.add(Server(id="again", label="again", address="again", pool_uuid=pool.uuid))
    assert not wrong(kept, scope)


async def test_a_row_is_encoded_once_and_followed_no_longer_than_asked_for() -> None:
    mirror = fakes.fleet(hosts=1, vms=2)
    kept, vm = EncodedRows(mirror), next(iter(mirror.every(VM)))
    names = ("uuid", "name_label")
    assert kept.encoder(VM, names, everything)(vm) is kept.encoder(VM, names, everything)(vm)
    assert mirror.observer_count == 1
    kept._forget()
    assert mirror.observer_count == 0


async def test_what_is_listed_while_a_right_is_taken_names_nothing_that_is_gone() -> None:
    """A disk is told of before the SR that was known by its name alone, and does not tell its disks."""
    mirror = fakes.fleet(hosts=3, vms=100)
    seen = {row.uuid for row in mirror.every(VM)}
    scope = Scope(mirror, lambda subject: getattr(subject, "uuid", "") in seen)
    kept = EncodedRows(scope.mirror)
    assert not wrong(kept, scope)
    seen.clear()
    seen.update(row.uuid for row in mirror.every(Network))
    for _slice in scope.review():
        told = b"".join(kept.encoder(kind, tuple(fields_of(kind)), scope.sees)(row) for kind in LISTED for row in scope.mirror.every(kind))
        assert not [row for kind in LISTED for row in mirror.every(kind) if row.uuid.encode() in told and not scope.sees(row)]
    assert not list(scope.mirror.every(VDI))
