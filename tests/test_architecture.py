"""docs/architecture.md says of each module and folder where it stands, and names none that is gone; a name stands for one thing."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.running import ROOT

CHAPTER = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").split("## Where things live")[1].split("\n## ")[0]
NAMED = set(re.findall(r"`(?:xo_dash/)?([a-z][\w/*]*?)/?(?:\.py)?`", CHAPTER))
"""Of modules and folders; a route begins with a slash."""
TOPS = ("data", "components", "pages", "xo_dash")
FOLDERS = ("data", "components", "xo_dash", "xo_dash/control")


def parts(folder: Path) -> set[str]:
    """Its modules and packages."""
    return {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {"__init__", "__main__"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_whatever_is_in_a_folder_is_on_the_page(folder: str) -> None:
    assert {one for one in parts(ROOT / folder) if not any(fnmatch(one, name) for name in NAMED)} == set()


def test_whatever_is_on_the_page_is_there() -> None:
    there = {path.stem for top in TOPS for path in (ROOT / top, *(ROOT / top).rglob("*"))}
    assert {name for name in NAMED if "*" not in name and name.rpartition("/")[2] not in there} == set()


def test_a_class_name_stands_for_one_thing() -> None:
    files = [path for top in TOPS for path in (ROOT / top).rglob("*.py") if "simulator" not in path.parts]
    names = Counter(name for path in files for name in re.findall(r"^class ([A-Z]\w*)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name for name, count in names.items() if count > 1} == set()
