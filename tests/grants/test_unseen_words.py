"""Reasons and histories name nothing that their reader does not see, and all to who does, and to the audit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nicegui.testing.user_simulation import user_simulation

from components.tasks.run_request import request_card
from data.grants.grant import Grant, GrantKind
from data.identity import key_of
from data.journal_names import seen_lines
from data.objects import SR, VBD, VDI, VM, Host
from data.scope import Scope, everything
from data.stores.journal import JournalLine
from data.stores.users import Role
from tests import fakes
from xo_dash.api.runs import run_as_data
from xo_dash.control.actions import action
from xo_dash.control.failures import explain
from xo_dash.control.lazy_text import read_by
from xo_dash.control.rehearsal import rehearse
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import Leftover, Run, RunItem, RunState, StepLog
from xo_dash.control.vm.migration.targets import targets


def test_a_failure_names_to_each_reader_what_they_see() -> None:
    lab = fakes.home_lab()
    web, other = fakes.find(lab, "web-1"), fakes.find(lab, "db-01")
    lab.grants.put([Grant(id="g", user_id="ann", role="viewer", kind=GrantKind.VM, key=key_of(web))])
    scope = Scope(lab, lab.grants.rights_of("ann", "none").sees)
    reasons = [
        explain("VDI_IN_USE", [other.ref, "destroy"], web.home),
        explain("INTERNAL_ERROR", [f"{other.ref} {{x}} {web.ref}"], web.home),
    ]
    for reason in reasons:
        with read_by(scope.sees):
            assert "db-01" not in str(reason), reason
        with read_by(everything):
            assert other.ref not in str(reason)
    with read_by(everything):
        assert "db-01" in str(reasons[1]) and "web-1" in str(reasons[1])
    with read_by(scope.sees):
        assert "cannot see" in str(reasons[1]) and "web-1" in str(reasons[1])


def test_a_host_that_is_known_by_name_alone_is_no_place_for_a_vm() -> None:
    """Another VM that one sees names it; a migration there would be refused."""
    lab = fakes.home_lab()
    vm = fakes.find(lab, "web-1")
    place = next(one.host for one in targets(vm) if one.refused is None)
    other = next(other for other in place.home.all(VM).values() if other.resident_on == place.ref)
    for seen, is_place in (([vm, other], False), ([vm, other, place], True)):
        scope = Scope(lab, seen.__contains__)
        own = scope.mirror.find(VM, key_of(vm))
        assert own is not None
        found = {one.host.uuid: str(one.refused or "") for one in targets(own)}
        assert ("no more of it than its name" in found[place.uuid]) is not is_place, found
        here = vm.home.one(Host, vm.resident_on)
        assert here is None or "than its name" not in found[here.uuid], "the VM's own host"


def test_a_history_names_what_is_seen_now() -> None:
    lab = fakes.home_lab()
    web = fakes.find(lab, "web-1")
    here = web.home.one(Host, web.resident_on)
    away = next(host for host in lab.every(Host) if host is not here)
    assert here is not None
    lab.grants.put([Grant(id="g", user_id="ann", role="viewer", kind=GrantKind.VM, key=key_of(web))])
    scope = Scope(lab, lab.grants.rights_of("ann", "none").sees)

    def told(key: str, before: str, after: str) -> tuple[str, str, str]:
        (line,) = seen_lines([JournalLine(0.0, "", web.uuid, "web-1", key, before, after)], scope.mirror)
        return line.key, line.before, line.after

    assert told("resident_on", away.name_label, here.name_label) == ("resident_on", "…", here.name_label)
    assert told("nic/0", "secret · 00:16:3e:00:00:01", "") == ("nic/0", "… · 00:16:3e:00:00:01", "")
    assert told("disk_size/somebody's", "1", "2") == ("disk_size/…", "1", "2")
    assert told("disk", "web-1 root", "") == ("disk", "web-1 root", "") and told("VCPUs_max", "2", "4")[1:] == ("2", "4")


def test_a_run_of_somebody_else_names_and_lists_what_its_reader_sees() -> None:
    lab = fakes.home_lab()
    web, other = fakes.find(lab, "web-1"), fakes.find(lab, "db-01")
    drive = next(vbd for vbd in web.all_of(VBD, web.VBDs) if web.home.one(VDI, vbd.VDI))
    disk = web.home.one(VDI, drive.VDI)
    assert disk is not None
    away = next(sr for sr in web.home.all(SR).values() if sr.ref != disk.SR)
    lab.grants.put([Grant(id="g", user_id="ann", role="viewer", kind=GrantKind.VM, key=key_of(web))])
    scope = Scope(lab, lab.grants.rights_of("ann", "none").sees)
    move = action("vdi.move")
    says = rehearse(move.plan(decode(move.request, {"sr": away.uuid}), disk))[0].says
    left = Leftover(says, web.home.id, (other.ref, web.ref), made=True)
    item = RunItem(subject=web, uuid=web.uuid, name="web-1", pool=web.home.id, state=RunState.FAILED, result=str(other.ref),
                   steps=[StepLog(says)], left=[left])  # fmt: skip
    run = Run(id=1, key="k", action=move, user_id="bob", user_name="bob", address="", items=(item,), created=1.0)
    hers, all_of_it = run_as_data(run, scope.sees), run_as_data(run, everything)
    for hidden in (away.name_label, other.uuid):
        assert hidden in str(all_of_it) and hidden not in str(hers)
    assert web.uuid in str(hers["results"]) and "an object that you cannot see" in str(hers["steps"])


async def test_a_task_leads_to_what_its_reader_sees_and_its_commands_are_for_who_sees_all(tmp_path: Path) -> None:
    lab = fakes.home_lab()
    context = fakes.context(lab, tmp_path)
    web = fakes.find(lab, "web-1")
    drive = next(vbd for vbd in web.all_of(VBD, web.VBDs) if web.home.one(VDI, vbd.VDI))
    disk = web.home.one(VDI, drive.VDI)
    assert disk is not None
    sr = web.home.one(SR, disk.SR)
    other = next(one for one in web.home.all(SR).values() if one is not sr)
    assert sr is not None
    fakes.change(lab, disk, VBDs=[drive.ref])
    fakes.change(lab, sr, VDIs=[disk.ref])
    task = fakes.task(lab, web.home, "Async.VDI.pool_migrate", 0.5)  # type: ignore[arg-type]
    fakes.change(lab, disk, current_operations={task.ref: "pool_migrate"})
    ann = context.users.add_now("ann", "x", Role.NONE)
    lab.grants.put([Grant(id="g", user_id=ann.id, role="viewer", kind=GrantKind.SR, key=key_of(sr))])
    limited = replace(context, scope=Scope(lab, lab.grants.rights_of(ann.id, "none").sees), viewer=ann.id)

    (line,), (hers,) = context.tasks.lines(), limited.tasks.lines()
    assert line.about.page is not None and line.about.page.key == key_of(web)
    assert hers.about.page is not None and hers.about.page.key == key_of(sr) and hers.name == line.name
    assert web.uuid not in str(hers.about)

    move = action("vdi.move")
    item = RunItem(subject=disk, uuid=disk.uuid, name=disk.name_label, pool=disk.home.id)
    run = Run(id=1, key="k", action=move, user_id="bob", user_name="bob", address="", items=(item,), created=1.0,
              request=decode(move.request, {"sr": other.uuid}))  # fmt: skip
    for context_of, given_by, sees in ((context, "bob", True), (limited, "bob", False), (limited, ann.id, True)):
        run.user_id = given_by
        async with user_simulation(lambda context=context_of: request_card(context, run, item)) as user:  # type: ignore[misc]
            await user.open("/")
            told = str(user.client and [(element.props, getattr(element, "text", "")) for element in user.client.elements.values()])
            assert (other.uuid in told) is sees, told
            await user.should_see(other.name_label if context_of is context else "…" if not sees else other.uuid)
