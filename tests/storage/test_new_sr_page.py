"""What a person sees and does on the page of a new SR, over a pool whose drivers answer as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from nicegui.testing import User

from components.actions import preview
from components.actions.fields import FieldBox
from components.new_sr import NewSRForm
from components.new_sr.search import Search
from data.objects import TaskStatus
from data.stores.users import Role
from tests.control.browser_page import looking
from tests.control.fake_pool import FakePool, ends_at_once, user
from tests.control.test_new_sr import EXPORTS, IQNS, SRS, UUID, Lab
from tests.waiting import PATIENCE, until
from xo_dash.control.requests.decode import decode
from xo_dash.control.sr.new_sr import NewSR
from xo_dash.control.sr.probe import ProbeAnswer


class Page:
    """`answers`: {serverpath, or "" where none is asked for: (code, XML)}"""

    def __init__(self, user: User, lab: Lab, answers: dict[str, tuple[int, str]]) -> None:
        self.user, self.lab, self.answers = user, lab, answers
        lab.fake.answers["Async.SR.probe"] = self._probed
        self.asked: list[dict[str, str]] = []

    def _probed(self, _host: str, config: dict[str, str], _kind: str, _sm: object) -> Any:
        self.asked.append(config)
        number, xml = self.answers[config.get("serverpath", "")]
        if number:
            code = f"SR_BACKEND_FAILURE_{number}"
            return self.lab.fake.task("SR.probe", status=TaskStatus.FAILURE, error_info=[code, "", "text", xml])
        escaped = xml.replace("<", "&lt;").replace(">", "&gt;")
        return self.lab.fake.task("SR.probe", status=TaskStatus.SUCCESS, result=f"<value>{escaped}</value>")

    def field(self, name: str) -> FieldBox:
        (form,) = self.user.find(NewSRForm).elements
        return form._boxes[name]

    async def see(self, text: str) -> None:
        await self.user.should_see(text)


@pytest.fixture
async def page(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    lab = Lab(FakePool())
    role = getattr(request, "param", Role.ADMIN)
    async with looking(tmp_path, lab.fake, lambda context: NewSRForm(context, lab.fake.home), role) as at:
        yield Page(at.user, lab, {"": (101, EXPORTS), "/export/vms": (0, SRS), "/export/iso": (0, "<SRlist/>")})


async def test_a_server_one_export_and_one_click(page: Page) -> None:
    page.field("server").fill("nas.lan")
    await page.see("/export/iso")
    page.user.find(marker="found-/export/iso").click()
    await page.see("reaches it")
    assert page.field("name").value == "iso", "called after the export"
    page.lab.fake.answers["Async.SR.create"] = ends_at_once(page.lab.fake, made="OpaqueRef:made")
    page.user.find(marker="create").click()
    await page.user.should_see(marker="progress")
    async with asyncio.timeout(PATIENCE):
        while "Async.SR.create" not in page.lab.fake.sent:
            page.lab.fake.called.clear()
            await page.lab.fake.called.wait()
    (given,) = [parameters[1] for method, parameters in page.lab.fake.calls if method == "Async.SR.create"]
    assert given == {"server": "nas.lan", "serverpath": "/export/iso"}


async def test_a_search_is_stopped_and_taken_up_again(page: Page) -> None:
    answer, page.answers = page.lab.fake.answers["Async.SR.probe"], {"": (101, EXPORTS), "/export/vms": (0, SRS), "/export/iso": (0, "")}
    page.lab.fake.answers["Async.SR.probe"] = lambda *_asked: page.lab.fake.task("SR.probe")  # which never ends
    page.field("server").fill("nas.lan")
    async with asyncio.timeout(PATIENCE):
        while "Async.SR.probe" not in page.lab.fake.sent:
            page.lab.fake.called.clear()
            await page.lab.fake.called.wait()
    page.user.find(marker="stop").click()
    await page.see("The search was stopped.")
    page.lab.fake.answers["Async.SR.probe"] = answer
    page.user.find(marker="stop").click()
    await page.see("/export/iso")
    assert "task.cancel" in page.lab.fake.sent and page.field("server").value == "nas.lan"


async def test_an_sr_that_is_found_is_offered_first(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "MOST_STEPS", 2)
    page.field("server").fill("nas.lan")
    await page.see("1 SR: attach it?")
    page.user.find(marker="found-/export/vms").click()
    await page.see("There is an SR already: attach it?")
    await page.see("Introducing vms by its UUID")
    await page.see("more step")  # of sixty hosts there would be a hundred
    (way,) = page.user.find(marker="way-new").elements
    page.user.find(marker="way-new").click()
    assert page.user.find(marker="way-new").elements == {way} and way.props["aria-checked"] == "true", "the keyboard is still there"
    await page.user.should_not_see("Introducing vms by its UUID")
    page.user.find(marker=f"way-{UUID}").click()
    await page.see("Introducing vms by its UUID")


class Answers:
    """Of a host that takes several questions at once: of `held` when it is let go, of `last` once and never again."""

    def __init__(self, held: str, last: str) -> None:
        self.go, self._held, self._last, self._told = asyncio.Event(), held, last, False

    async def ask(self, _user: object, _host: object, _kind: str, config: dict[str, str]) -> ProbeAnswer:
        place = config.get("serverpath", "")
        if place == self._held:
            await self.go.wait()
        elif place == self._last:
            if self._told:
                await asyncio.Event().wait()
            self._told = True
        return ProbeAnswer(SRS) if place else ProbeAnswer(EXPORTS, "SR_BACKEND_FAILURE_101")


async def test_what_the_chosen_place_holds_is_kept_while_the_search_goes_on(page: Page) -> None:
    answers = Answers(held="/export/vms", last="/export/iso")
    search = Search(cast(Any, answers), page.lab.fake.home)
    chosen = decode(NewSR, {"kind": "nfs", "name": "vms", "server": "nas.lan", "path": "/export/iso"})
    search.want(user(Role.ADMIN), chosen)
    await until(lambda: "/export/iso" in search.found.srs and search.found.exports)
    answers.go.set()
    await until(lambda: "/export/vms" in search.found.srs)
    assert "/export/iso" in search.found.srs
    search.close()


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(page: Page) -> None:
    page.answers = {"": (108, "")}
    page.field("server").fill("nas.lan")
    await page.see("No response from nas.lan on port 2049; check the address and the network to it")
    assert page.field("server").value == "nas.lan"
    page.answers = {"": (101, EXPORTS), "/export/vms": (0, SRS), "/export/iso": (0, ""), "/export/x": (73, "")}
    page.field("server").fill("nas2.lan")
    await page.see("/export/iso")
    page.field("path").fill("/export/x")
    await page.see("/export/x does not exist; 2 others do")
    await page.see("correct “Path” first")
    (button,) = page.user.find(marker="create").elements
    assert button.props["aria-disabled"] == "true", "what cannot be made is not offered"
    await page.user.should_see(marker="anyway")
    await page.see("does not reach it")
    await page.see("What the hosts said")
    page.lab.fake.answers["Async.SR.create"] = lambda *_given: page.lab.fake.task(
        "SR.create", status=TaskStatus.FAILURE, error_info=["SR_BACKEND_FAILURE_73", "", "NFS mount error [opterr=32]", ""]
    )
    page.user.find(marker="anyway").click()
    await page.user.should_see("Details")
    await page.user.should_not_see("opterr=32")  # but there
    await page.see("/export/iso")  # what was found stays while it is looked for again
    asked = len(page.asked)
    page.field("path").fill("export/x")
    await page.see("it must look like /export/vms")
    await page.user.should_not_see(marker="anyway")
    assert len(page.asked) == asked, "no host is asked for what is no path"
    page.answers = {"": (68, "")}
    page.user.find(marker="kind-iscsi").click()
    for name, value in (("target", "10.0.0.1"), ("user", "xen"), ("password", "hunter3")):
        page.field(name).fill(value)
    await page.see("The target refused this secret for the user xen; correct it, or leave both empty")
    page.answers = {"": (96, IQNS)}
    page.field("password").fill("hunter2")
    await page.see("choose a LUN")  # the only target is taken by itself
    page.answers = {"": (68, "")}
    page.field("password").fill("hunter3")
    assert page.field("password").value == "hunter3" and page.field("target").value == "10.0.0.1"


@pytest.mark.parametrize("page", [Role.OPERATOR], indirect=True)
async def test_who_may_not_add_one_searches_nothing(page: Page) -> None:
    page.field("server").fill("nas.lan")
    await page.see("this needs the role administrator; yours is operator. Ask an administrator")
    assert page.asked == []
