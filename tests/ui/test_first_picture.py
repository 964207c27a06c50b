"""What a page shows before its scripts have run."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from nicegui import ui
from nicegui.client import HTML_ESCAPE_TABLE
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.building import PageData
from components.first_picture import Outline, markup
from components.theme.icons import Icon

EVIL = '"><script>alert(1)</script>'


class Drawn(ui.element):
    """Of which its script alone knows what it shows."""

    outline = Outline("p", "drawn", "<b>before</b>", "<b>after</b>")


def page() -> None:
    with ui.element("section").classes("box").style("gap: 12px").props("id=main onclick=alert(1) tabindex=-1") as box:
        Icon("search")
        name = ui.label(EVIL).props("aria-hidden data-once")
        name.props["aria-label"] = EVIL
        name.on("click", lambda: None)
        ui.link("there", "/vms").props("role=tab")
        ui.html("<img onerror=bad()>", sanitize=True)
        with Drawn("own-component").props("words=secret"):
            ui.label("inside")
        with ui.dialog():
            ui.label("not open")
        ui.image("https://elsewhere/picture.png")
    box.mark("box")


@pytest.fixture
async def user() -> AsyncIterator[User]:
    async with user_simulation(page) as user:
        await user.open("/")
        yield user


async def test_it_is_what_the_elements_will_show_and_nothing_that_acts(user: User) -> None:
    picture = markup(next(iter(user.find(marker="box").elements)))
    escaped = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    assert picture.startswith('<section class="box" style="gap:12px" tabindex="-1"><i class="x-icon"><svg ')
    assert (
        f'<div class="" aria-hidden="true" data-once="true" aria-label="{escaped}">"&gt;&lt;script&gt;alert(1)&lt;/script&gt;</div>'
        in picture
    )
    assert '<a class=" nicegui-link" href="/vms" role="tab">there</a>' in picture
    assert '<p class="drawn "><b>before</b><div class="">inside</div><b>after</b></p>' in picture
    for absent in ("<script", 'alert(1)"', "id=", "secret", "not open", "elsewhere", "bad()"):
        assert absent not in picture


def test_a_page_s_data_is_escaped_as_python_does() -> None:
    text = "a&<b>`$ é…&amp;" * 3
    assert PageData(text).translate(HTML_ESCAPE_TABLE) == text.translate(HTML_ESCAPE_TABLE)
