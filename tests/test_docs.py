"""What the documentation refers to is there: pages and their headings, files, commands with their options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT
from xo_dash.cli_parser import parser
from xo_dash.control.actions import action

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("bench", "clients", "components", "data", "packaging", "pages", "tests", "xo_dash")
SHELL = re.compile(r"^```\n(.*?)^```", re.M | re.S)
OURS = re.compile(r"^(?:sudo -u xo-dash /opt/xo-dash/bin/|docker exec -it xo-dash )?(xo-dash .*)$", re.M)


def anchors(page: Path) -> set[str]:
    """As GitHub names headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def commands() -> Iterator[str]:
    for page in PAGES:
        for block in SHELL.findall(page.read_text(encoding="utf-8")):
            yield from (found for found in OURS.findall(block.replace("\\\n", " ")) if "ACTION" not in found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _hash, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if ":" not in path:
            assert target.exists() and (not anchor or anchor in anchors(target)), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_of_the_program_are_there(page: Path) -> None:
    for path in re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w/.-]+)`", page.read_text(encoding="utf-8")):
        assert any((ROOT / name).exists() for name in (path, f"{path}.py")), path


def test_commands_are_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    ours = parser()
    for command in dict.fromkeys(commands()):
        words = shlex.split(command, comments=True)[1:]
        try:
            ours.parse_known_args(words)
        except SystemExit as end:
            assert not end.code, f"{command}: {capsys.readouterr().err}"
        if words[0] == "do" and len(words) > 1:
            assert action(words[1]), command
