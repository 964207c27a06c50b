"""docs/architecture.md says of each module and folder where it stands, and names none that is gone; a name stands for one thing."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatch
from graphlib import TopologicalSorter
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


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """{module: what is in it}, of all but the simulator."""
    files = (path for top in TOPS for path in (ROOT / top).rglob("*.py") if "simulator" not in path.parts)
    dotted = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}
    return {name.removesuffix(".__init__"): path.read_text(encoding="utf-8") for name, path in dotted.items()}


def test_a_class_name_stands_for_one_thing(texts: dict[str, str]) -> None:
    names = Counter(name for text in texts.values() for name in re.findall(r"^class ([A-Z]\w*)", text, re.MULTILINE))
    assert {name for name, count in names.items() if count > 1} == set()


def test_no_module_needs_one_that_needs_it(texts: dict[str, str]) -> None:
    """Whichever is read first would find the other half there; what a function imports, or the types alone, does not count."""

    def needs(text: str) -> set[str]:
        found = set(re.findall(r"^import ([\w.]+)", text, re.MULTILINE))
        for module, names in re.findall(r"^from ([\w.]+) import ([^\n(]+|\([^)]*\))", text, re.MULTILINE):
            whole = [f"{module}.{name}" for name in re.findall(r"\w+", names)]
            found |= {one if one in texts else module for one in whole}
        return found & texts.keys()

    TopologicalSorter({name: needs(text) for name, text in texts.items()}).prepare()  # raises CycleError, which names them
