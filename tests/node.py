"""Our browser modules in Node.js: for those that touch no document."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from tests.running import ROOT


def in_node(code: str, modules: dict[str, str], *arguments: object) -> Any:
    """What the expression `code`, a function, returns for `arguments`. `modules`: {name in the code: file below the repository}."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    imports = "".join(f"import * as {name} from {json.dumps((ROOT / path).as_uri())};\n" for name, path in modules.items())
    program = (
        f"{imports}import {{ readFileSync }} from 'node:fs';\n"
        f"process.stdout.write(JSON.stringify(({code})(...JSON.parse(readFileSync(0, 'utf8')))));"
    )
    run = subprocess.run(
        [node, "--input-type=module", "-e", program], input=json.dumps(arguments).encode(), capture_output=True, timeout=60, check=True
    )
    return json.loads(run.stdout)
