"""The bar below the map, the page of all findings, and what people say of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

from nicegui import ElementFilter, app, background_tasks, ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.findings.attention import Attention
from components.findings.feed import FindingsFeed
from components.findings.line import FindingLine
from components.findings.tuning import RuleRow
from components.ui import Button, Field
from data.facts.vm import is_guest
from data.findings.vms import KEEP
from data.identity import key_of
from data.level import Level
from data.mirror import Mirror
from data.objects import PBD, SR, VM, Host, PowerState
from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.findings import FindingStore
from data.stores.users import Role
from pages import attention, layout
from tests import fakes
from tests.map import fleets
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.sync.evaluator import Evaluator

FULL = "nfs-vault is 96% full"


class At:
    """Somebody looks: `shown` is what the bar wanted on the map."""

    def __init__(self, user: User, context: Context, mirror: Mirror) -> None:
        self.user, self.context, self.mirror = user, context, mirror
        self.shown: list[str] = []

    def lines(self) -> list[FindingLine]:
        with self.user:
            return [line for line in ElementFilter(kind=FindingLine) if line.visible]

    def line(self, title: str) -> FindingLine:
        return next(line for line in self.lines() if line._told.title == title)

    async def choose(self, line: FindingLine, marker: str, place: int = 0) -> None:
        """Open the line's menu and choose."""
        with self.user:
            line._open()
            (found,) = [item for at, item in enumerate(ElementFilter(marker=marker).within(instance=line._menu)) if at == place]
        await self.click(found)

    async def click(self, element: ui.element) -> None:
        for listener in element._event_listeners.values():
            if listener.type == "click":
                element._handle_event({"listener_id": listener.id, "args": None})
        await asyncio.sleep(0.3)


@asynccontextmanager
async def looking(folder: Path, role: Role = Role.OPERATOR, pools: Sequence[tuple[int, int]] = fleets.LAB) -> AsyncIterator[At]:
    mirror = fleets.fleet(pools)
    async with user_simulation(lambda: None) as user:
        watch = Evaluator(mirror, FindingStore(DataDirectory(folder / "store")))
        context = fakes.context(mirror, folder / "data", servers=SimpleNamespace(watch=watch))
        layout.install(app, context)
        attention.create(context)
        fakes.sign_in(app, context, "ann", role)
        at = At(user, context, mirror)

        @ui.page("/bar")
        def page() -> None:
            Attention(context, at.shown.append, "/attention")

        try:
            yield at
        finally:
            await watch.stop()
            await context.runner.stop()
        await asyncio.sleep(0.05)


async def test_the_worst_comes_first_and_one_goes_through_them(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/bar")
        await at.user.should_see(FULL)
        levels = [line.finding.level for line in at.lines()]
        assert levels == sorted(levels, reverse=True)
        (bar,) = at.user.find(Attention).elements
        at.user.find(marker="next").click()
        first = bar.current
        assert first is not None and first.level is Level.CRITICAL
        at.user.find(marker="previous").click()
        assert bar.current is at.lines()[-1].finding
        assert len(at.shown) == 2 and at.shown[0] == key_of(first.subject)  # type: ignore[arg-type]


async def test_a_line_that_stays_is_not_drawn_anew(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/bar")
        before = at.line(FULL)
        others = [line._drawn for line in at.lines() if line is not before]
        sr = fakes.find(at.mirror, "nfs-vault", SR)
        fakes.change(at.mirror, sr, physical_utilisation=int(sr.physical_size * 0.98))
        await at.user.should_see("nfs-vault is 98% full")
        assert at.line("nfs-vault is 98% full") is before
        after = [line._drawn for line in at.lines() if line is not before]
        assert len(after) > 1 and all(one is other for one, other in zip(others, after, strict=True))


async def test_what_is_put_off_is_gone_until_it_is_taken_back(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/bar")
        await at.choose(at.line(FULL), "put-off", 1)
        await at.user.should_not_see(FULL)
        await at.user.open("/attention?tab=later")
        await at.user.should_see(FULL)
        await at.user.should_see("ann: until")
        await at.choose(at.line(FULL), "take-back")
        await at.user.should_not_see(FULL)
        await at.user.open("/attention")
        await at.user.should_see(FULL)


async def test_what_was_seen_counts_no_more(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/bar")
        board = at.context.shared(FindingsFeed)
        before = board.counts
        await at.choose(at.line(FULL), "seen")
        await at.user.should_see("acknowledged by ann")
        assert board.counts.critical == before.critical - 1
        assert at.lines()[-1]._told.title == FULL, "it comes last"
        await at.user.open("/attention?tab=seen")
        await at.user.should_see(FULL)


async def test_without_a_pool_nothing_is_called_well(tmp_path: Path) -> None:
    async with looking(tmp_path, pools=()) as at:
        await at.user.open("/attention")
        await at.user.should_see("No pool yet")
        await at.user.should_not_see("No problems found")


async def test_a_viewer_looks_on(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.VIEWER) as at:
        await at.user.open("/bar")
        line = at.line(FULL)
        with at.user:
            line._open()
            assert not list(ElementFilter(marker="seen").within(instance=line._menu))
        await at.user.open("/attention?tab=rules")
        await at.user.should_see("Only administrators can change this.")
        with at.user:
            assert not any(row._on.enabled for row in ElementFilter(kind=RuleRow))


async def test_the_verb_that_mends_it_is_given(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        sr = fakes.find(at.mirror, "nfs-vault", SR)
        path = next(pbd for pbd in at.mirror.every(PBD) if sr.ref == pbd.SR)
        sr.PBDs.append(path.ref)
        fakes.change(at.mirror, path, currently_attached=False)
        await at.user.open("/bar")
        await at.user.should_see("nfs-vault is not attached on")
        at.user.find(kind=Button, marker="mend", content="Reattach").click()
        await at.user.should_see("there is no connection to the pool")  # it came to the runner, which has no pool here
        (run,) = at.context.runner.runs
        assert (run.action.id, run.items[0].subject) == ("sr.attach", sr)
        at.mirror.set_server(next(iter(at.mirror)).server, state=ServerState.UNREACHABLE)
        await at.user.should_not_see(kind=Button, content="Reattach")


async def test_many_are_one_line_which_shows_them_and_mends_all(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        pool = max(at.mirror, key=lambda pool: len(pool.all(VM)))
        halted = [vm for vm in pool.all(VM).values() if is_guest(vm) and vm.power_state is PowerState.HALTED][:6]
        now = time.time()
        for vm in halted:
            fakes.change(at.mirror, vm, tags=[KEEP], allowed_operations=frozenset({"start"}))
            at.mirror.findings.look(vm, now + 3600)  # it lasts
        at.mirror.findings.publish()
        await at.user.open("/bar")
        line = at.line(f"{len(halted)} VMs should be running but are halted")
        with at.user:
            (unfold,) = ElementFilter(kind=Button, marker="unfold").within(instance=line)
        assert unfold.text == str(len(halted))
        await at.click(unfold)
        with at.user:
            links = [link.text for link in ElementFilter(kind=ui.link).within(instance=line)]
            (mend,) = ElementFilter(kind=Button, marker="mend").within(instance=line)
        assert sorted(links) == sorted(vm.name_label for vm in halted)
        await at.click(mend)
        await at.user.should_see(f"Start: {len(halted)} VMs")
        await at.click(unfold)
        with at.user:
            assert not list(ElementFilter(kind=ui.link).within(instance=line))


async def test_the_head_says_how_many_problems_and_how_grave(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/bar")
        counts = at.context.shared(FindingsFeed).counts
        await at.user.should_see(f"{sum(counts)} problems")
        await at.user.should_see(f"{counts.critical} critical")


async def test_an_administrator_says_what_is_told(tmp_path: Path) -> None:
    async with looking(tmp_path, Role.ADMIN) as at:
        await at.user.open("/attention?tab=rules")
        with at.user:
            (row,) = [row for row in ElementFilter(kind=RuleRow) if row._rule.key == "sr.full"]
        row._on.set_value(False)
        await until(lambda: FULL not in [told.title for told in at.context.shared(FindingsFeed).told])
        assert not at.mirror.findings.overrides.tunings["sr.full"].on
        row._on.set_value(True)
        await until(lambda: FULL in [told.title for told in at.context.shared(FindingsFeed).told])
        at.user.find(marker="edit-sr.full").click()
        await at.user.should_see("Warning at or above, %")
        at.user.find("Warning at or above, %").clear().type("99")
        at.user.find("Save").click()
        await at.user.should_see("the critical limit must be beyond the warning limit")
        at.user.find("Critical at or above, %").clear().type("99,5")
        at.user.find("Save").click()
        await at.user.should_see("warning at 99% or more")
        tuning = at.mirror.findings.overrides.tunings["sr.full"]
        assert (tuning.warning, tuning.critical) == (0.99, 0.995)


async def test_what_is_pinned_stays_in_sight(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/bar")
        vm, sr = fakes.find(at.mirror, "web-1"), fakes.find(at.mirror, "nfs-vault", SR)
        (bar,) = at.user.find(Attention).elements
        with at.user:
            bar.pin(vm)
            bar.pin(sr)
        await until(lambda: "pins of a user" not in {task.get_name() for task in background_tasks.running_tasks})
        await at.user.open("/bar")
        at.user.find(kind=Button, content="nfs-vault").click()
        assert at.shown == [key_of(sr)]
        (bar,) = at.user.find(Attention).elements
        with at.user:
            bar.pin(sr)
        await at.user.should_not_see(kind=Button, content="nfs-vault")
        await at.user.should_see(kind=Button, content="web-1")


async def test_a_connection_that_needs_somebody_leads_to_the_settings(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        server = next(iter(at.mirror)).server
        await at.user.open("/bar")
        at.mirror.set_server(server, state=ServerState.BAD_PASSWORD)
        await at.user.should_see("user name or password rejected")
        await at.user.should_see(kind=Button, content="Settings")
        at.mirror.set_server(server, state=ServerState.UNREACHABLE)
        await at.user.should_see("is not responding")
        await at.user.should_not_see(kind=Button, content="Settings")


async def test_a_list_is_narrowed(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        await at.user.open("/attention")
        await at.user.should_see(FULL)
        at.user.find(kind=Field, content="Search").type("link down")
        await at.user.should_see("storage: link down on xcp-lab-3")
        await at.user.should_not_see(FULL)
        at.user.find(kind=Field, content="Search").clear().type("nothing like it")
        await at.user.should_see("Nothing matches these filters.")


async def test_a_name_is_put_into_the_sentences_that_have_it_and_no_others(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        board = at.context.shared(FindingsFeed)
        leave = board.observe(lambda: None)
        before = {told.finding.line: told.title for told in board.told}
        sr = fakes.find(at.mirror, "nfs-vault", SR)
        fakes.change(at.mirror, sr, name_label="attic")
        after = {told.finding.line: told.title for told in board.told}
        assert [title for line, title in after.items() if title is not before[line]] == ["attic is 96% full"]
        fakes.change(at.mirror, fakes.find(at.mirror, "xcp-lab-3", Host), name_label="renamed")
        assert any("renamed" in told.title for told in board.told)
        leave()
        fakes.change(at.mirror, sr, name_label="cellar")
        assert any(told.title == "cellar is 96% full" for told in board.told)


async def test_all_who_look_share_one_board_and_leave_nothing(tmp_path: Path) -> None:
    async with looking(tmp_path) as at:
        before = at.mirror.observer_count
        clients = [await at.user.open("/bar"), await at.user.open("/bar")]
        assert at.mirror.observer_count == before + 1
        for client in clients:
            assert client is not None
            client.delete()
        await until(lambda: at.mirror.observer_count == before)
