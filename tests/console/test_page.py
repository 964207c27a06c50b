"""The page of a console: what it allows, whom it is for, and what it says where there is nothing to show it with."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from nicegui import app
from nicegui.testing.user_simulation import user_simulation

from components.console import files
from components.console.document import CONTENT_SECURITY_POLICY, console_path, document
from data.identity import key_of
from data.mirror import Mirror
from data.objects import VM
from data.stores.users import Role
from pages import console
from tests import fakes

EVIL = "</script><script>alert(1)</script>"


def shown(vm: VM) -> str:
    return document(key_of(vm), vm.name_label, "window", {"theme": "dark"}, may_use=True, root="")


def test_only_our_scripts_may_run() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY and "default-src 'none'" in CONTENT_SECURITY_POLICY


@pytest.mark.skipif(not files.is_here(), reason="needs noVNC, which the build could not fetch")
def test_a_name_is_no_markup() -> None:
    mirror = fakes.home_lab()
    vm = fakes.find(mirror, "git")
    fakes.change(mirror, vm, name_label=EVIL)
    html = shown(vm)
    assert EVIL not in html and 'data-theme="dark"' in html
    page = re.search(r'<script type="application/json" id="page">(.*?)</script>', html)
    assert page and json.loads(page[1])["name"] == EVIL


def test_without_novnc_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "NOVNC", tmp_path)
    html = shown(fakes.find(fakes.home_lab(), "git"))
    assert "This installation has no graphical consoles" in html and "<script" not in html


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Mirror]]:
    """An operator's browser."""
    mirror = fakes.home_lab()
    async with user_simulation(lambda: None) as user:
        context = fakes.context(mirror, tmp_path)
        fakes.sign_in(app, context, role=Role.OPERATOR)
        console.create(context)
        yield user.http_client, mirror
        await context.runner.stop()


async def test_a_host_is_for_administrators_and_files_stay_in_caches(lab: tuple[httpx.AsyncClient, Mirror]) -> None:
    http, mirror = lab
    guest, dom0 = fakes.find(mirror, "git"), fakes.find(mirror, "wiki")
    fakes.change(mirror, dom0, is_control_domain=True)
    answer = await http.get(console_path(key_of(guest)))
    assert answer.status_code == 200 and answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert (await http.get(console_path(key_of(dom0)))).status_code == 403
    assert (await http.get("/console/nothing")).status_code == 404
    assert (await http.get(f"/console-picture/{guest.uuid}")).status_code == 204
    assert (await http.get(f"/console-picture/{dom0.uuid}")).status_code == 205
    script = await http.get(files.path_of("main.js"))
    assert script.status_code == 200 and "immutable" in script.headers["cache-control"]
    assert (await http.get("/console-files/older/main.js")).status_code == 404
    assert (await http.get(files.path_of("%2e%2e%2fdocument.py"))).status_code == 404
