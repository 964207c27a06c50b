"""Reasons and histories name nothing that their reader does not see, and all to who does, and to the audit."""

from __future__ import annotations

from data.grants.grant import Grant, GrantKind
from data.identity import key_of
from data.journal_names import seen_line
from data.objects import Host
from data.scope import Scope, everything
from data.stores.journal import JournalLine
from tests import fakes
from xo_dash.control.failures import explain
from xo_dash.control.lazy_text import read_by


def test_a_failure_names_to_each_reader_what_they_see() -> None:
    lab = fakes.home_lab()
    web, other = fakes.find(lab, "web-1"), fakes.find(lab, "db-01")
    lab.grants.put([Grant(id="g", user_id="ann", role="viewer", kind=GrantKind.VM, key=key_of(web))])
    scope = Scope(lab, lab.grants.rights_of("ann", "none").sees)
    reasons = [
        explain("VDI_IN_USE", [other.ref, "destroy"], web.home),
        explain("INTERNAL_ERROR", [f"{other.ref} {{x}} {web.ref}"], web.home),
    ]
    for reason in reasons:
        with read_by(scope.sees):
            assert "db-01" not in str(reason), reason
        with read_by(everything):
            assert other.ref not in str(reason)
    with read_by(everything):
        assert "db-01" in str(reasons[1]) and "web-1" in str(reasons[1])
    with read_by(scope.sees):
        assert "cannot see" in str(reasons[1]) and "web-1" in str(reasons[1])


def test_a_history_names_what_is_seen_now() -> None:
    lab = fakes.home_lab()
    web = fakes.find(lab, "web-1")
    here = web.home.one(Host, web.resident_on)
    away = next(host for host in lab.every(Host) if host is not here)
    assert here is not None
    lab.grants.put([Grant(id="g", user_id="ann", role="viewer", kind=GrantKind.VM, key=key_of(web))])
    scope = Scope(lab, lab.grants.rights_of("ann", "none").sees)

    def told(key: str, before: str, after: str) -> tuple[str, str, str]:
        line = seen_line(JournalLine(0.0, "", web.uuid, "web-1", key, before, after), scope.mirror)
        return line.key, line.before, line.after

    assert told("resident_on", away.name_label, here.name_label) == ("resident_on", "…", here.name_label)
    assert told("nic/0", "secret · 00:16:3e:00:00:01", "") == ("nic/0", "… · 00:16:3e:00:00:01", "")
    assert told("disk_size/somebody's", "1", "2") == ("disk_size/…", "1", "2")
    assert told("disk", "web-1 root", "") == ("disk", "web-1 root", "") and told("VCPUs_max", "2", "4")[1:] == ("2", "4")
