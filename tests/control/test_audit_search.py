"""Looking something up in the audit: newest first, over files, without what is damaged."""

from pathlib import Path

import msgspec
import pytest

from tests.control.test_audit import ENTRY, entry
from xo_dash.control.audit import AuditEntry
from xo_dash.control.audit_search import Found, Query, search


def write(path: Path, *entries: AuditEntry) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in entries))
    return path


def names(found: Found) -> list[str]:
    return [one.name for one in found.entries]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    lines = [
        entry(
            at=f"2026-01-{day:02}T12:00:00.000Z",
            run=f"r{day}",
            event="change",
            name=f"vm-{day}",
            user="ann" if day % 2 else "Боб",
            result="done" if day % 3 else "refused",
        )
        for day in range(1, 21)
    ]
    return [write(tmp_path / "audit.1.jsonl", *lines[:10]), write(tmp_path / "audit.jsonl", *lines[10:])]


def test_the_newest_come_first_over_all_files(files: list[Path]) -> None:
    found = search(files, Query(), most=15)
    assert names(found) == [f"vm-{day}" for day in range(20, 5, -1)] and found.more
    assert not search(files, Query(), most=20).more


def test_all_words_have_to_fit_in_any_case(files: list[Path]) -> None:
    assert names(search(files, Query(words=("боб", "vm-1")))) == ["vm-18", "vm-16", "vm-14", "vm-12", "vm-10"]
    assert names(search(files, Query(results=frozenset({"refused"})), most=2)) == ["vm-18", "vm-15"]


def test_what_somebody_did_is_not_what_was_done_to_them(tmp_path: Path) -> None:
    told = entry(name="to ann", user_id="1", arguments={"user_id": "2"}), entry(name="by ann", user_id="2")
    assert names(search([write(tmp_path / "audit.jsonl", *told)], Query(user="2"))) == ["by ann"]


def test_a_time_bounds_what_is_read(files: list[Path]) -> None:
    noon = 1_767_960_000.0  # 9 January 2026, 12:00 UTC
    assert names(search(files, Query(begin=noon, end=noon + 86400))) == ["vm-10", "vm-9"]
    assert names(search(files, Query(begin=1e300))) == [] and len(names(search(files, Query(end=1e300)))) == 20


def test_a_command_that_ended_is_one_entry_and_one_that_did_not_its_begin(tmp_path: Path) -> None:
    path = write(
        tmp_path / "audit.jsonl",
        entry(run="a", name="ended"),
        entry(run="b", name="open"),
        entry(run="a", name="ended", event="end", result="done", seconds=1.5),
    )
    found = search([path], Query())
    assert [(one.name, one.event) for one in found.entries] == [("ended", "end"), ("open", "begin")]


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    whole = msgspec.json.encode(ENTRY)
    (tmp_path / "audit.jsonl").write_bytes(b"\n".join([b"", b"{", b"\xff" * 300_000, whole, b'{"at": 7}', whole[:50]]))
    found = search([tmp_path / "gone.jsonl", tmp_path / "audit.jsonl"], Query(words=("web-1",)))
    assert names(found) == ["web-1"]
