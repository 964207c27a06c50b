"""A new SR: made, or attached where one was found. What fails leaves nothing half made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import Final
from urllib.parse import quote

from data.facts.host import is_live
from data.facts.pool import own_pool
from data.identity import key_of
from data.names import by_name, name_of, name_order
from data.objects import PBD, SR, Host, HostMetrics, Pool
from data.stores.users import Role
from data.types import Home, Ref
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.pbd.plug import unplugging
from xo_dash.control.plan import Call, Plan, Question, Wait, one
from xo_dash.control.run import Run
from xo_dash.control.sr.found import srs_in
from xo_dash.control.sr.new_sr import NewSR, check, device_config, user_elsewhere
from xo_dash.control.sr.probe import UNSUPPORTED
from xo_dash.control.sr.use import attached_paths
from xo_dash.control.vm.create import blocked
from xo_dash.i18n import N_

SHOWN_WITHIN: Final = 60.0
"""Seconds until the mirror shows what was made."""


def hosts_of(request: NewSR, pool: Pool) -> list[Host]:
    """Those that get a path: all of the pool, the master first; of local storage the one."""
    if not request.facts.shared:
        host = pool.home.by_uuid(Host, request.host) if request.host else None
        return [host] if host is not None else []
    return sorted(pool.home.all(Host).values(), key=lambda host: (host.ref != pool.master, name_order(host)))


def plan(request: NewSR, pool: Pool) -> Plan:
    hosts = hosts_of(request, pool)
    if not hosts:
        return None
    sr = yield from (_attached if request.existing else _made)(request, pool, hosts)
    if request.make_default:
        yield Call("pool.set_default_SR", pool.ref, sr, says=lazy(N_("Setting {name} as the default SR"), name=request.name),
                   asynchronous=False, alone=True)  # fmt: skip
    return sr


def _made(request: NewSR, pool: Pool, hosts: list[Host]) -> Plan:
    """Source: SR.create makes a path for each host, plugs them, and takes its own steps back when the driver fails."""
    facts, config = request.facts, device_config(request)
    if facts.formats:
        yield _still_free(request, hosts[0])
    says = lazy(N_("Creating {name}"), name=request.name)
    if facts.formats:
        says = lazy(N_("Formatting {what}, which erases it, and creating {name}"), what=_what(request), name=request.name)
    return (yield Call(
        "SR.create", hosts[0].ref, config, 0, request.name, request.description, facts.type, facts.content, facts.shared, {}, says=says,
        undo=lambda ref: _removed(ref, request, pool), undone=lazy(N_("the new SR was removed again")),
        stays=lazy(N_("{name} was created and could not be removed"), name=request.name),
    ))  # fmt: skip


def _what(request: NewSR) -> str:
    return request.scsi_id or request.device


def _still_free(request: NewSR, host: Host) -> Question:
    """A look right before the LUN or disk is formatted: somebody may have taken it since it was chosen."""
    text = N_("Checking that there is no other SR on {what}") if request.erase else N_("Checking that there is no SR on {what}")

    def judge(answer: object) -> LazyText | None:
        found = next((sr for sr in srs_in(str(answer)) if sr.uuid != request.erase), None)
        if found is None:
            return None
        return lazy(N_("there is an SR on {what} already, {uuid}; attach that one, or choose another place"),
                    what=_what(request), uuid=found.uuid)  # fmt: skip

    return Question(method="SR.probe", parameters=(host.ref, device_config(request), request.facts.type, {}),
                    says=lazy(text, what=_what(request)), judge=judge, passes=(UNSUPPORTED,))  # fmt: skip


def _removed(ref: Ref, request: NewSR, pool: Pool) -> Plan:
    """As it is in the mirror by then: its paths were made by XAPI."""
    home = pool.home
    waiting = lazy(N_("Waiting until the pool shows {name}"), name=request.name)
    yield Wait(until=lambda: home.one(SR, ref), within=SHOWN_WITHIN, says=waiting, failed=lazy(N_("the pool does not show it")))
    sr = home.one(SR, ref)
    for pbd in attached_paths(sr) if sr is not None else ():
        yield from unplugging(pbd)
    method = "SR.forget" if request.facts.for_images else "SR.destroy"
    yield Call(method, ref, says=lazy(N_("Removing {name} again"), name=request.name), gone_is_done=True)


def _attached(request: NewSR, pool: Pool, hosts: list[Host]) -> Plan:
    """What lies there is kept. Source: SR.introduce makes a row alone; a path is made and plugged for each host."""
    facts, config = request.facts, device_config(request)
    forgetting = lazy(N_("Forgetting {name}"), name=request.name)
    sr = yield Call(
        "SR.introduce", request.existing, request.name, request.description, facts.type, facts.content, facts.shared, {},
        says=lazy(N_("Introducing {name} by its UUID"), name=request.name), undo=lambda ref: one("SR.forget", ref, says=forgetting),
    )  # fmt: skip
    for host in hosts:
        yield from _path(sr, host, config)
    yield Call("SR.scan", sr, says=lazy(N_("Scanning {name}"), name=request.name), alone=True)
    return sr


def _path(sr: object, host: Host, config: dict[str, object]) -> Plan:
    """A host that is down gets its path and plugs it when it starts."""
    making, removing = lazy(N_("Adding a path on {host}"), host=name_of(host)), lazy(N_("Removing the path on {host}"), host=name_of(host))
    record = {"host": host.ref, "SR": sr, "device_config": config, "other_config": {}}
    pbd = yield Call("PBD.create", record, says=making, undo=lambda made: one("PBD.destroy", made, says=removing))
    if is_live(host):
        detaching = lazy(N_("Detaching it from {name}"), name=name_of(host))
        yield Call("PBD.plug", pbd, says=lazy(N_("Attaching it to {name}"), name=name_of(host)),
                   undo=lambda _: one("PBD.unplug", pbd, says=detaching))  # fmt: skip


def notes(request: NewSR, pool: Pool) -> Iterator[LazyText]:
    """What to know before: what is erased, and who else may write."""
    if request.existing:
        other = user_elsewhere(request, pool.home)
        owner = own_pool(other) if other is not None else None
        if owner is not None:
            yield lazy(
                N_("{pool} has this SR attached: two pools that write to one SR destroy it. Detach it there first."), pool=name_of(owner)
            )
        elif not request.facts.for_images:
            yield lazy(N_("If another pool still uses it, both would write. Attach it only if that pool is gone or has detached it."))
    elif request.facts.formats and request.erase:
        yield lazy(N_("The SR on {what} is erased with all disks on it. This cannot be undone."), what=_what(request))
    elif request.facts.formats:
        yield lazy(N_("Everything on {what} is erased. It is checked once more right before."), what=_what(request))


def host_choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    hosts = [host for pool in pools for host in pool.home.all(Host).values()]
    silent = lazy(N_("it does not respond"))
    return [Choice(host.uuid, name_of(host), None if is_live(host) else silent) for host in by_name(hosts)]


def page(pool: Pool) -> str:
    return f"/new-sr?pool={quote(key_of(pool), safe='@')}"


def made_of(run: Run) -> SR | None:
    """The SR that a run has made, once the mirror shows it."""
    (item,) = run.items
    return item.subject.home.one(SR, Ref(str(item.result))) if item.result else None


def free_name(stem: str, home: Home) -> str:
    """`stem`, or with the first number that makes it a name no SR of the pool has."""
    taken = {sr.name_label for sr in home.all(SR).values()}
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def is_here(uuid: str, home: Home) -> bool:
    """Whether the pool has that SR."""
    return home.by_uuid(SR, uuid) is not None


WATCHED: Final = (SR, Host, HostMetrics, PBD, Pool)
"""The classes of rows that a form for a new SR follows from."""
NEW_SR: Final[AnyAction] = Action(
    id="pool.new_sr", kind=Pool, request=NewSR, title=N_("New SR"), done=N_("{name} has a new SR"), role=Role.ADMIN, icon="storage",
    applies_to=lambda _pool: True, blocked=blocked, choices={"host": host_choices}, check=check,
    notes=notes, plan=plan, page=page,
)  # fmt: skip
