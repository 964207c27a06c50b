"""The audit's chain: whole over rotations, restarts and two programs; any change of it is found."""

from pathlib import Path

import pytest

from data.stores.trace import OURSELVES, Deed
from tests.control.test_audit import entry, put_aside
from xo_dash.control.audit import Audit


async def write(folder: Path, *names: str, size: int = 1 << 20) -> None:
    audit = Audit(folder, size=size)
    for name in names:
        await audit.write(entry(name=name))
    audit.close()


def verify(folder: Path, anchor: str = "") -> tuple[int, str, int]:
    audit = Audit(folder)
    verdict = audit.verify(anchor)
    audit.close()
    return verdict.lines, verdict.broken_in, verdict.broken_at


async def test_a_chain_goes_through_files_and_restarts(tmp_path: Path) -> None:
    for start in range(0, 30, 10):
        await write(tmp_path, *map(str, range(start, start + 10)), size=1500)
    assert len(put_aside(tmp_path)) > 2
    assert verify(tmp_path) == (30, "", 0)


async def test_a_chain_whose_oldest_file_is_gone_is_whole_from_the_next_one(tmp_path: Path) -> None:
    await write(tmp_path, *map(str, range(20)), size=1500)
    oldest, second, *_others = put_aside(tmp_path)
    gone = len(oldest.read_bytes().splitlines())
    oldest.unlink()
    assert verify(tmp_path) == (20 - gone, "", 0)
    second.unlink()
    (tmp_path / "audit.0.jsonl").write_bytes(b'{"at":"2025"}\n')
    assert verify(tmp_path)[1], "a file of before the chain cannot stand in for one of it"


async def test_two_programs_write_one_chain(tmp_path: Path) -> None:
    first, second = Audit(tmp_path), Audit(tmp_path)
    for number in range(6):
        await (first, second)[number % 2].write(entry(name=str(number)))
    first.close()
    second.close()
    assert verify(tmp_path) == (6, "", 0)


class BusyAudit(Audit):
    """Its file is full just when somebody has looked which there are."""

    def files(self) -> list[Path]:
        found = super().files()
        if len(found) == 1:
            self.tell(OURSELVES, Deed(action="x", kind="x", name="x" * 200))
            self.tell(OURSELVES, Deed(action="x", kind="x", name="x"))
        return found


async def test_a_file_that_is_put_aside_meanwhile_is_no_gap(tmp_path: Path) -> None:
    await write(tmp_path, "a")
    audit = BusyAudit(tmp_path, size=500)
    verdict = audit.verify()
    audit.close()
    assert put_aside(tmp_path) and (verdict.lines, verdict.broken_in) == (3, "")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace(b'"a"', b'"x"'), *lines[1:]], 1),
        (lambda lines: [lines[0], lines[1].replace(b'"b"', b'"x"'), *lines[2:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 2),
        (lambda lines: [*lines[:3], lines[1], lines[3]], 4),
        (lambda lines: [*lines[:2], b'{"at":"now"}\n', *lines[2:]], 3),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
    ],
    ids=["first changed", "changed", "removed", "swapped", "repeated", "added without a link", "an empty line"],
)
async def test_what_was_changed_is_found(tmp_path: Path, change: object, line: int) -> None:
    await write(tmp_path, *"abcd")
    path = tmp_path / "audit.jsonl"
    assert callable(change)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    assert verify(tmp_path)[1:] == ("audit.jsonl", line)


async def test_an_anchor_shows_that_the_end_was_cut_off(tmp_path: Path) -> None:
    await write(tmp_path, *"abcd")
    audit = Audit(tmp_path)
    anchor = audit.verify().last
    assert audit.verify(anchor).anchored
    lines = audit.path.read_bytes().splitlines(keepends=True)
    audit.path.write_bytes(b"".join(lines[:-1]))
    assert audit.verify().anchored, "without an anchor nothing is missing"
    assert not audit.verify(anchor).anchored
    audit.close()


async def test_a_line_that_a_crash_cut_is_taken_back_and_one_of_an_earlier_version_stays(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"at":"2025"}\n{"at":"2026')
    await write(tmp_path, "a")
    audit = Audit(tmp_path)
    verdict = audit.verify()
    assert (verdict.earlier, verdict.lines, verdict.since, verdict.broken_in) == (1, 1, "2026-01-31T14:05:06.789Z", "")
    with path.open("ab") as file:
        file.write(path.read_bytes()[-100:-20])
    assert not audit.verify().broken_in, "a line that is being written is none yet"
    await audit.write(entry(name="b"))
    assert audit.verify().lines == 2
    audit.close()
