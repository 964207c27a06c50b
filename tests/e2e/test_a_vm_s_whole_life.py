"""A VM's whole life by hand: created of a template with cloud-init, typed into, snapshot, changed, grown, exported, put into the trash,
imported from its export, restored, deleted; and its history tells all of it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Frame, Page, expect

from components.console import files
from tests.asking import until
from tests.e2e.person import Person, person
from tests.e2e.programs import over_a_pool

NAME = "web-1 <b>é"
INK = """() => {
  const { width, height } = document.querySelector('.x-console-screen canvas');
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(document.querySelector('.x-console-screen canvas'), 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  let ink = 0;
  for (let at = 16 * width * 4; at < data.length; at += 4) ink += data[at] > 128;
  return ink;
}"""
"""Bright pixels of the screen below its title."""


async def test_from_the_template_to_the_grave(browser: Browser, data_dir: Path, tmp_path: Path) -> None:
    with over_a_pool(data_dir, "--hosts", "2", "--vms", "4", "--still") as (_pool, board):
        async with person(browser, board.url) as someone:
            await someone.signs_in()
            await _turns_the_trash_on(someone)
            path = await _creates(someone)
            await _types_a_line(someone, path)
            await _changes(someone, path)
            await _snapshots(someone, path)
            kept = await _exports(someone, path, tmp_path)
            await _into_the_trash(someone, path)
            await _imports(someone, kept)
            await _restores(someone)
            await _reads_its_history(someone, path)


async def _turns_the_trash_on(someone: Person) -> None:
    page = someone.page
    await someone.goes("/settings")
    await page.get_by_text("Keep deleted VMs in a trash").click()
    await page.locator("section", has_text="Keep deleted VMs").get_by_role("button", name="Save").click()
    await someone.sees("Saved")


async def _creates(someone: Person) -> str:
    """The path of its page. A name would be enough; cloud-init is one section more."""
    page = someone.page
    await someone.goes("/new-vm")
    await page.get_by_label("Name", exact=True).first.fill(NAME)
    await page.locator(".x-fold-line", has_text="cloud-init").click()
    await expect(page.get_by_role("checkbox", name="Configure at first boot")).not_to_be_checked()
    await page.get_by_label("User", exact=True).fill("anna")
    await expect(page.get_by_role("checkbox", name="Configure at first boot")).to_be_checked()
    await page.get_by_label("SSH keys").fill(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJNm1Jdt9Jp8X9cZ2oQ0Ff3oQmCkJ0y3H1gqJm3pXb0T anna@example"
    )
    await expect(page.locator(".x-fold-summary", has_text="anna, 1 SSH key")).to_be_visible()
    await someone.fits()
    await page.locator(".x-quick").get_by_role("button", name="Create", exact=True).click()
    await expect(page.locator(".x-created-title")).to_have_text(f"{NAME} is created")
    link = page.get_by_role("link", name=f"Open {NAME}")
    path = str(await link.get_attribute("href"))
    await link.click()
    await expect(page.locator("h1")).to_have_text(NAME)
    await expect(page.locator(".x-head")).to_contain_text("Running")
    return path


async def _types_a_line(someone: Person, path: str) -> None:
    if not files.is_here():  # noVNC could not be fetched when this was built
        return
    await someone.goes(f"{path}/console")
    inside = someone.page.frame_locator(".x-console-tab")
    await expect(inside.locator("body")).to_have_attribute("data-connected", "yes")
    frame = someone.page.frame(url=lambda url: "/console/" in url and "/vm/" not in url)
    assert frame is not None
    before = await _drawn(frame, 1000)
    await inside.get_by_role("button", name="Type text").click()
    await inside.get_by_role("textbox", name="Type text").fill("anna\necho hello\n")
    await inside.get_by_role("button", name="Type", exact=True).click()
    await _drawn(frame, before + 300)


async def _drawn(frame: Frame, least: int) -> int:
    async def enough() -> bool:
        return int(await frame.evaluate(INK)) > least

    await until(enough, f"{least} bright pixels")
    return int(await frame.evaluate(INK))


async def _changes(someone: Person, path: str) -> None:
    """Halted, it is given memory where it stands, and a larger disk below its row."""
    page = someone.page
    await someone.goes(path)
    await someone.verb("Shut down").click()
    await page.locator(".x-dialog").get_by_role("button", name="Shut down", exact=True).click()
    await expect(page.locator(".x-head")).to_contain_text("Halted")
    await page.locator("dd.x-edit", has_text="GiB").first.click()
    editor = page.locator(".x-editor")
    await editor.get_by_label("Memory", exact=True).fill("0")
    await editor.get_by_role("button", name="Save").click()
    await expect(editor).to_contain_text("it must be more than 0 and at most 1 PiB")
    await editor.get_by_label("Memory", exact=True).fill("3")
    await editor.get_by_label("Memory", exact=True).press("Enter")
    await expect(page.locator("dd.x-edit", has_text="3 GiB")).to_be_visible()
    await someone.goes(f"{path}/disks")
    await page.locator(".x-device", has_text="root").get_by_role("button", name="Commands for").click()
    await page.get_by_role("menuitem", name="Grow").click()
    await page.locator(".x-editor").get_by_label("New size").fill("+1")
    await page.locator(".x-editor").get_by_role("button", name="Save").click()
    await expect(page.locator(".x-editor")).to_have_count(0)


async def _snapshots(someone: Person, path: str) -> None:
    page = someone.page
    await someone.goes(f"{path}/snapshots")
    await page.get_by_label("Snapshot name").fill("before {date}")
    await someone.sees("Will be named before 20")
    await page.get_by_label("Snapshot name").press("Enter")
    row = page.locator("[data-snapshot]").filter(has_text="before 20")
    await expect(row).to_have_count(1)
    await row.click()
    await expect(page.locator(".x-snap-compare")).to_contain_text("No setting, disk or NIC differs.")
    await row.get_by_role("checkbox").check()
    await someone.sees("1 selected")
    await someone.fits()


async def _exports(someone: Person, path: str, folder: Path) -> Path:
    page = someone.page
    await someone.goes(path)
    await _more(page, "Export")
    async with page.expect_download() as coming:
        await page.get_by_role("dialog").get_by_role("button", name="Export").click()
    download = await coming.value
    kept = folder / "kept.xva"
    await download.save_as(kept)
    assert kept.stat().st_size > 0
    return kept


async def _into_the_trash(someone: Person, path: str) -> None:
    page = someone.page
    await someone.goes(path)
    await _more(page, "Delete")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 snapshot")
    yes = dialog.get_by_role("button", name="Move to trash")
    await expect(yes).to_have_attribute("aria-disabled", "true")
    await dialog.get_by_label("to confirm").fill(NAME)
    await expect(yes).to_have_attribute("aria-disabled", "false")
    await yes.click()
    await expect(page.locator("main")).to_contain_text("It is in the trash")


async def _imports(someone: Person, kept: Path) -> None:
    """A copy, while the original is in the trash."""
    page = someone.page
    await someone.goes("/hosts")
    await page.locator("a[href*='/pool/']").first.click()
    await _more(page, "Import VM")
    dialog = page.get_by_role("dialog")
    await dialog.locator("input[type=file]").set_input_files(kept)
    await dialog.get_by_role("button", name="Import VM").click()
    await someone.sees("the VM is imported")
    await someone.goes("/vms")
    await expect(page.locator(".x-vms-name", has_text=NAME)).to_have_count(1)


async def _restores(someone: Person) -> None:
    page = someone.page
    await someone.goes("/vms?state=trash")
    await expect(page.locator(".x-trash-row", has_text=NAME)).to_be_visible()
    await page.get_by_role("button", name="Restore").click()
    await someone.sees("The trash is empty")
    await someone.goes("/vms")
    await expect(page.locator(".x-vms-name", has_text=NAME)).to_have_count(2)


async def _reads_its_history(someone: Person, path: str) -> None:
    await someone.goes(f"{path}/history")
    for text in ("before 20", "Block of start", "Snapshot", "Move to trash", "3 GiB", "ann"):
        await expect(someone.page.locator(".x-journal")).to_contain_text(text)


async def _more(page: Page, name: str) -> None:
    await page.locator("main").get_by_role("button", name="More commands").first.click()
    await page.get_by_role("menuitem").filter(has_text=re.compile(rf"^\s*{name}(?! as)")).last.click()
