"""Whatever stands in an address, one clear sentence answers; what leaves as a table starts no formula."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests.foreign.eyes import eyes_on
from tests.node import in_node
from tests.sync.house import House

ODD = (
    "%00", "x" * 3000, "%D0%B6%F0%9F%90%88", "%E2%80%AE", "..%2F..%2Fetc%2Fpasswd", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%25s%7B0%7D",
    "None",
    "OpaqueRef:NULL", "-1", "%FF%FE", "a%0D%0ASet-Cookie:%20x=1",
)  # fmt: skip
KINDS = {"vm": "VM not found", "host": "Host not found", "pool": "Pool not found", "sr": "SR not found",
         "network": "Network not found"}  # fmt: skip


async def test_an_odd_uuid_is_one_sentence(home: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with eyes_on(home, folder, monkeypatch) as eyes:
        for kind, sentence in KINDS.items():
            for odd in ODD:
                response = await eyes.user.http_client.get(f"/{kind}/{odd}", headers={"Accept": "text/html"})
                assert response.status_code in (200, 404) and "x=1" not in str(response.headers), (kind, odd, response.status_code)
                assert sentence in response.text or "There is nothing at this address" in response.text, (kind, odd)
        for page in ("/new-sr", "/new-vm"):
            response = await eyes.user.http_client.get(f"{page}?pool=gone", headers={"Accept": "text/html"})
            assert response.status_code == 404 and KINDS["pool"] in response.text, "no other pool's form instead"


def test_a_table_starts_no_formula() -> None:
    names = [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        "-cmd|' /C calc'!A0",
        'a"b',
        "a,b",
        "a\nb",
        "plain",
        "＝1+1",
        "\n=1",
        "a;=1+1",
        "a\n@x",
        "=1\r\n-1+2",
    ]
    code = "(rows) => file.csv(rows, [{title: '=t', key: 'k'}, {title: 'u', key: 'k'}], {plain: (row) => row})"
    text = in_node(code, {"file": "components/vms/modules/csv.js"}, names)
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))
    assert rows[0] == ["'=t", "u"] and [re.sub(r"(^|[;\r\n])'", r"\1", row[0]) for row in rows[1:]] == names
    for part in (part for row in rows[1:] for part in re.split(r"[;\r\n]", row[0]) if part):
        assert part[0] not in "=+@\t＝" and (part[0] != "-" or part == "-1"), part
