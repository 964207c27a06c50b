"""docs/simulator.md does what it says: each block runs as it stands, by itself, against pools of its own.

```python``` finds `session`, signed in as root to the pool of 3 hosts and 40 VMs at `url`, and `other`, signed in to one of
1 host and 6 VMs at `other_url`; both have `password`. ```sh``` has commands of `xo-dash simulate`, whose options must make sense,
and of `curl`, which must succeed. http://127.0.0.1:8800 and :8801 stand for those two pools, :8890 for the control API.
"""

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulator.checking import unclosed
from xo_dash.simulator import program
from xo_dash.simulator.testing import Simulation, simulated

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulator.md"
PRELUDE = """
import XenAPI
url, other_url, password = {url!r}, {other_url!r}, {password!r}
session, other = XenAPI.Session(url), XenAPI.Session(other_url)
session.login_with_password("root", password, "1.0", "docs")
other.login_with_password("root", password, "1.0", "docs")
"""


@dataclass(frozen=True)
class Block:
    """What stands between a fence and the next; `line` is that of its first."""

    language: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}"


def blocks(language: str) -> list[Block]:
    found: list[Block] = []
    text = DOCUMENT.read_text()
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        found.append(Block(match[1], text[: match.start(2)].count("\n") + 1, match[2]))
    return [block for block in found if block.language == language]


def commands(program_name: str) -> list[tuple[Block, str]]:
    """Every command of that program in the sh blocks; a line that ends in a backslash goes on."""
    found = []
    for block in blocks("sh"):
        lines = block.text.replace("\\\n", " ").splitlines()
        found += [(block, line) for line in lines if line.split()[: program_name.count(" ") + 1] == program_name.split()]
    return found


def here(text: str, simulation: Simulation) -> str:
    """`text` for the pools that run, whose ports are free ones."""
    first, second = simulation.pools
    text = text.replace("http://127.0.0.1:8800", first.url).replace("http://127.0.0.1:8801", second.url)
    return text.replace("http://127.0.0.1:8890", first.control)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_an_example_runs_as_it_stands(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated(hosts=(3, 1), vms=(40, 6), srs=(4, 4), seed="docs", speed=50) as simulation:
        first, second = simulation.pools
        prelude = PRELUDE.format(url=first.url, other_url=second.url, password=first.password)
        monkeypatch.chdir(tmp_path)
        with unclosed():
            exec(compile(prelude + here(block.text, simulation), f"{DOCUMENT.name}, {block}", "exec"), {"__name__": "example"})


@pytest.mark.parametrize(("block", "line"), commands("xo-dash simulate"), ids=str)
def test_a_command_has_options_that_make_sense(block: Block, line: str) -> None:
    words = program.parser()
    program.wanted(words, words.parse_args(shlex.split(line, comments=True)[2:]))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize(("block", "line"), commands("curl"), ids=str)
def test_a_request_is_answered(block: Block, line: str, tmp_path: Path) -> None:
    with simulated(hosts=(3, 1), vms=(40, 6), srs=(4, 4), seed="docs", speed=50) as simulation:
        command = here(line.replace("curl", "curl --fail --silent --show-error", 1), simulation)
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_option_is_in_the_table() -> None:
    options = {option for action in program.parser()._actions for option in action.option_strings if option.startswith("--")}
    assert options - {"--help"} - set(re.findall(r"`(--[\w-]+)", DOCUMENT.read_text())) == set()


def test_every_fence_says_what_it_is() -> None:
    assert blocks("") == [], "a block without a language is run by nobody"
