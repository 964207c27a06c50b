"""What we replace of NiceGUI's own is in the files of one list, for one release of NiceGUI."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nicegui

from components.internals import KNOWN
from tests.running import ROOT

OURS = ("components", "pages", "xo_dash")
LIST = "components/internals.py"
LOOK = f"read NiceGUI's changes, then the files that {LIST} installs and what they replace, and change KNOWN there"

ANOTHER_RELEASE = """
import nicegui
from nicegui import Client, app, client, helpers
from nicegui.classes import Classes
from nicegui.element import Element
from nicegui.outbox import Outbox
from nicegui.sub_pages_router import SubPagesRouter
nicegui.__version__ = "3.19.0"
from components import internals
def parts():
    of_pages = Client.build_response, Client.remove_all_elements, SubPagesRouter._can_resolve_full_path
    of_data = client.json, app.config.vue_config_script
    return [Outbox.enqueue_update, Classes._handle_change, helpers.expects_arguments, Element._handle_delete, *of_pages, *of_data]
before = parts()
internals.install(app)
assert parts() == before
"""


def test_nicegui_is_the_release_that_we_know() -> None:
    assert nicegui.__version__.startswith(f"{KNOWN}."), f"NiceGUI is {nicegui.__version__}, known is {KNOWN}: {LOOK}"
    major, minor = map(int, KNOWN.split("."))
    wanted = f"nicegui>={KNOWN},<{major}.{minor + 1}"
    assert wanted in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"], f"not {wanted}: {LOOK}"


def test_in_another_release_nicegui_does_all_its_own_way() -> None:
    run = subprocess.run([sys.executable, "-c", ANOTHER_RELEASE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "NiceGUI 3.19.0 is not the 3.18" in run.stderr


def replaced(path: Path) -> Iterator[str]:
    """Attributes that a file sets on what it imports from NiceGUI."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nicegui"]
    theirs = {one.asname or one.name for node in imports for one in node.names} - {"app"}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in theirs:
                yield target.attr


def test_nothing_else_replaces_parts_of_nicegui() -> None:
    listed = {f"components/{name}.py" for name in ("building", "first_picture", "handlers", "release")}
    found = {(str(path.relative_to(ROOT)), name) for folder in OURS for path in (ROOT / folder).rglob("*.py") for name in replaced(path)}
    assert {path for path, _name in found} <= listed, f"put it into place in {LIST}"
    assert listed <= {path for path, _name in found}
    assert {name for _path, name in found if name not in ANOTHER_RELEASE} == set()  # each is looked at there
