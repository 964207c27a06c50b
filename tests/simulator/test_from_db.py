"""Databases of real pools: they load, answer as a xapi does, and can be passed on without whose they are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.recorded import recorded_file
from tests.simulator import inside
from tests.simulator.checking import check, needs_the_check
from tests.simulator.client import Client, sign_in
from tests.simulator.commanded import Ended, commanded
from tests.simulator.elsewhere import DATABASES, needs
from xo_dash.simulator import from_db, model, registry
from xo_dash.simulator.classes import sexpr
from xo_dash.simulator.clock import Clock
from xo_dash.simulator.dispatch import Dispatcher
from xo_dash.simulator.from_db import dump as dumps
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.server import SimulatorOptions
from xo_dash.simulator.testing import SimulatedPool, Simulation
from xo_dash.simulator.types import Type

OWN = ("state.db", "pool_xmldbdump.xml")
REAL = [*(pytest.param(path, marks=needs(path), id=path.name) for path in DATABASES), *OWN]
NULL = "OpaqueRef:NULL"


def ref(number: int) -> str:
    return f"OpaqueRef:00000000-0000-0000-0000-{number:012d}"


POOL, MASTER, MEMBER, WEB, DISK, SR, DRIVE, NET = (ref(n) for n in range(1, 9))
SMALL = f"""<database><manifest><pair key="pool_token" value="secret-token"/><pair key="schema_minor_vsn" value="66"/></manifest>
<table name="pool"><row ref="{POOL}" name_label="Head office" master="{MASTER}" uuid="p" default_SR="{ref(99)}"/></table>
<table name="host">
<row ref="{MEMBER}" name__label="berta" hostname="berta" address="10.80.226.2" uuid="h2" enabled="false" boot_free_mem="4294967296"/>
<row ref="{MASTER}" name__label="anton" hostname="anton" address="10.80.226.1" uuid="h1"
 other_config="(('iscsi_iqn' 'iqn.2010-01.com.example:anton') ('owner' 'Ann Example') ('boot_time' '1280000000.'))"
 software_version="(('product_version' '6.1.0'))" no_such_column="x"/>
</table>
<table name="VM"><row ref="{WEB}" uuid="v1" name__label="web%_two spaces" name__description="line%none%%" power_state="Running"
 resident_on="{MASTER}" domid="7" memory__dynamic_max="1073741824" memory__dynamic_min="1073741824" memory__static_max="1073741824"
 VCPUs__max="2" VCPUs__at_startup="2" HVM__boot_policy="BIOS order" VBDs="('{DRIVE}' '{ref(98)}')" suspend_SR="{ref(97)}"
 allowed_operations="('start')" current_operations="(('{ref(96)}' 'start'))" last_boot_CPU_flags="()"
 snapshot_metadata="(('name__label' 'web%_two spaces') ('other_config' '((\\'pw\\' \\'hunter2\\'))'))"/></table>
<table name="VDI"><row ref="{DISK}" uuid="d1" SR="{SR}" name__label="system" virtual_size="1048576" type="system"/>
<row ref="{ref(20)}" uuid="d2" SR="{ref(95)}" name__label="of an SR that is gone"/></table>
<table name="SR"><row ref="{SR}" uuid="s1" name__label="filer" type="nfs" PBDs="()" VDIs="()"/></table>
<table name="PBD"><row ref="{ref(30)}" uuid="b1" host="{MASTER}" SR="{SR}" currently_attached="true"
 device_config="(('server' '10.80.226.9') ('serverpath' '/home/ann') ('password' 'hunter2'))"/></table>
<table name="VBD"><row ref="{DRIVE}" uuid="x1" VM="{WEB}" VDI="{DISK}" userdevice="0" type="Disk" mode="RW" currently_attached="true"/>
<row ref="{ref(21)}" uuid="x2" VM="{ref(94)}" VDI="{DISK}" userdevice="0"/>
<row ref="{ref(22)}" uuid="x3" VM="{WEB}" VDI="{ref(93)}" userdevice="3" type="CD" mode="RO" empty="false"/></table>
<table name="network"><row ref="{NET}" uuid="n1" name__label="office" bridge="xenbr0"/></table>
<table name="VIF"><row ref="{ref(40)}" uuid="f1" VM="{WEB}" network="{NET}" device="0" MAC="00:16:3e:12:34:56"/></table>
<table name="task"><row ref="{ref(96)}" uuid="t1" name__label="VM.start" status="pending"/></table>
<table name="secret"><row ref="{ref(50)}" uuid="c1" value="hunter2"/></table>
<table name="of a later xapi"><row ref="{ref(60)}" x="y"/></table>
</database>
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    path.write_text(SMALL)
    return path


def serving(path: Path) -> Simulation:
    simulation = Simulation(SimulatorOptions(databases=(path,), password="secret", speed=50.0))
    simulation.start()
    return simulation


@pytest.fixture
def pool(small: Path) -> Iterator[SimulatedPool]:
    simulation = serving(small)
    yield simulation.pool
    simulation.close()


def test_the_master_answers_and_members_name_it(pool: SimulatedPool, client: Client) -> None:
    master, member = pool.addresses
    assert client.call("host.get_address", MASTER) == master and client.call("host.get_address", MEMBER) == member
    answer = Client(f"http://{member}:{pool.inside.port}").raw("session.login_with_password", "root", "secret")
    assert (answer["error"]["message"], answer["error"]["data"]) == ("HOST_IS_SLAVE", [master])


def test_a_host_without_metrics_is_as_large_as_what_runs_on_it(tmp_path: Path) -> None:
    """Also with what Xen takes for itself and for each VM, which old databases do not have."""
    path = tmp_path / "tight.db"
    path.write_text(SMALL.replace('hostname="anton"', f'hostname="anton" boot_free_mem="{(1 << 30) + (341 << 20)}"'))
    simulation = serving(path)
    client = sign_in(simulation.pool)
    for host in (MASTER, MEMBER):
        record = client.call("host.get_record", host)
        vms = [client.call("VM.get_record", vm) for vm in record["resident_VMs"]]
        needed = sum(vm["memory_dynamic_max"] + vm["memory_overhead"] for vm in vms) + record["memory_overhead"]
        assert client.call("host_metrics.get_memory_total", record["metrics"]) >= needed > 0
        assert client.call("host.compute_free_memory", host) >= 0
    running = client.call("VM.get_record", WEB)
    told = client.call("VM_guest_metrics.get_record", running["guest_metrics"])
    assert told["live"] and told["PV_drivers_version"] == {}, "one without tools has guest metrics all the same"
    simulation.close()


def test_rows_are_complete_and_hang_together(client: Client) -> None:
    vm = client.call("VM.get_record", WEB)
    assert vm["name_label"] == "web  two spaces" and vm["name_description"] == "line\none%"
    assert vm["power_state"] == "Running" and vm["domid"] == 7 and vm["suspend_SR"] == NULL and vm["current_operations"] == {}
    assert vm["start_delay"] == 0 and vm["blocked_operations"] == {}  # nobody had these then
    assert set(vm["VBDs"]) == {DRIVE, ref(22)} and client.call("host.get_resident_VMs", MASTER)[:1] == [WEB]
    assert client.call("VBD.get_record", ref(22))["empty"] is True  # a CD that is gone leaves its drive
    assert client.call("SR.get_VDIs", SR) == [DISK] and client.call("VDI.get_all") == [DISK]
    assert client.call("pool.get_default_SR", POOL) == NULL and "task" not in {c for c, n in refs(client).items() if n > 1}


def refs(client: Client) -> dict[str, int]:
    counts: dict[str, int] = client.call("event.from", ["nothing"], "", 0.0)["valid_ref_counts"]
    return counts


def test_what_lives_lives(client: Client) -> None:
    vm = client.call("VM.get_record", WEB)
    assert "hard_shutdown" in vm["allowed_operations"] and "start" not in vm["allowed_operations"]
    assert client.call("VM_metrics.get_record", vm["metrics"])["current_domain_type"] == "hvm" and len(vm["consoles"]) == 2
    for host in (MASTER, MEMBER):
        record = client.call("host.get_record", host)
        metrics = client.call("host_metrics.get_record", record["metrics"])
        assert record["enabled"] and metrics["live"] and metrics["memory_total"] > 4 << 30
        assert client.call("VM.get_is_control_domain", record["control_domain"])
    assert client.call("host.get_iscsi_iqn", MASTER) == "iqn.2010-01.com.example:anton"
    assert client.call("host.get_software_version", MASTER) == {"product_version": "6.1.0"}
    client.call("VM.hard_shutdown", WEB)
    assert client.call("VM.get_power_state", WEB) == "Halted"
    assert not client.call("VBD.get_currently_attached", DRIVE)


def test_who_it_was_is_nowhere_in_an_anonymised_one(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "public.xml"
    assert commanded("--from-db", str(small), "--anonymise", str(out)) == Ended(0, "", "")
    text = out.read_text()
    told = ("Head office", "anton", "berta", "Ann", "web%", "10.80.226", "00:16:3e:12:34:56", "hunter2", "secret-token", "/home", "iqn.",
            "filer", "office")  # fmt: skip
    assert [word for word in told if word in text] == []
    before, after = from_db.read(small), from_db.read(out)
    assert after.rows("host")[MASTER]["hostname"] == after.rows("host")[MASTER]["name__label"] == "host-2"
    assert "host-2" not in str(after.rows("host")[MEMBER])
    nets = {row["address"].rsplit(".", 1)[0] for row in after.rows("host").values()}
    assert len(nets) == 1 and nets.pop() in after.rows("PBD")[ref(30)]["device_config"]  # who was in one network still is
    assert after.rows("VM")[WEB]["name__label"] in after.rows("VM")[WEB]["snapshot_metadata"]
    kept = ("uuid", "power_state", "domid", "memory__static_max", "VBDs")
    assert [after.rows("VM")[WEB][c] for c in kept] == [before.rows("VM")[WEB][c] for c in kept]
    assert from_db.anonymised(from_db.read(small)).tables == {c: t for c, t in after.tables.items() if c != "of a later xapi" or t}


def test_nothing_is_overwritten(small: Path) -> None:
    done = commanded("--from-db", str(small), "--anonymise", str(small))
    assert done.code == 1 and done.err.count("\n") == 1 and "exists already" in done.err
    assert small.read_text() == SMALL


@pytest.mark.parametrize(
    "text", ["", "x", "((((", "(('a'))", "('a' 'b')", "-1", "9" * 30, "nan", "20101399T99:00:00Z", "20100101T00:00:00Z", "%", "OpaqueRef:x"]
)
def test_values_of_another_type_are_the_default(text: str, tmp_path: Path) -> None:
    """Whatever stands in a column: it is served, and nobody stumbles over it."""
    path = tmp_path / "odd.xml"
    keep = ("ref", "uuid", "name", "key", "resident_on", "VM", "SR", "host", "network")
    path.write_text(re.sub(r'(\w+)="([^"]*)"', lambda m: m[0] if m[1] in keep else f'{m[1]}="{text}"', SMALL))
    dump = from_db.read(path)
    pool = Pool(Dispatcher(model.load(), registry.collect()), seed="odd", password="secret", clock=Clock(0.0, inside.NOON))
    from_db.build(pool, dump, ["127.0.0.1", "127.0.0.2"])
    assert pool.db.exists(WEB) and pool.master.address == "127.0.0.1"
    xml = pool.dispatcher.xml
    assert xml.value(Type("record", "VM"), pool.db.record("VM", WEB)) and orjson.dumps(pool.db.record("VM", WEB))
    assert from_db.anonymised(dump).rows("VM")


async def test_what_a_pool_holds_comes_back(tmp_path: Path) -> None:
    source = await inside.built(hosts=3, vms=40)
    tables = {cls: {ref: columns(cls, record) for ref, record in source.db.records(cls)} for cls in source.db.tables}
    path = tmp_path / "own.xml"
    from_db.write(from_db.Dump(path, {}, tables), path)
    pool = Pool(source.dispatcher, seed="other", password="secret", clock=Clock(0.0, inside.NOON))
    from_db.build(pool, from_db.read(path), list(source.hosts))
    changed = set()
    for cls in source.db.tables.keys() - {"task"}:
        ours, theirs = dict(pool.db.records(cls)), dict(source.db.records(cls))
        assert ours.keys() == theirs.keys()
        changed |= {f"{cls}.{name}" for ref, record in theirs.items() for name, held in record.items()
                    if comparable(ours[ref][name]) != comparable(held)}  # fmt: skip
    assert changed <= {"VM.memory_overhead"}  # templates did not have it


def columns(cls: str, record: dict[str, Any]) -> dict[str, str]:
    return {sexpr.column(cls, name): sexpr.as_text(held) for name, held in record.items()}


def comparable(held: Any) -> Any:
    return sorted(map(str, held)) if isinstance(held, list) else held


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(dumps.LARGEST + 1)


BAD: dict[str, tuple[Any, str]] = {
    "truncated": (SMALL[:1500], "ends too early"),
    "damaged": (SMALL.replace("<table name=\"VM\">", "<table name=>"), "is damaged"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "is no database of a xapi"),
    "a web page": ("<html><body/></html>", "begins with <html>"),
    "nothing": ("", "is no database of a xapi"),
    "without a pool": ("<database><manifest/></database>", "there is no pool in it"),
    "without hosts": (f'<database><table name="pool"><row ref="{POOL}"/></table></database>', "without hosts"),
    "a bomb": ('<!DOCTYPE database [<!ENTITY a "aaaa">]><database>&a;</database>', "declares a document type"),
    "deep": ("<database>" + "<table>" * 9, "too deep"),
    "with twins": (SMALL.replace(NET, DISK), "two rows are called"),
    "huge": (huge, "at most 512 MiB are read"),
    "not there": (None, "cannot be read: No such file or directory"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_none_is_said_in_a_sentence(case: str, tmp_path: Path) -> None:
    content, said = BAD[case]
    path = tmp_path / "file"
    if callable(content):
        content(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content)
    with pytest.raises(from_db.DumpError, match=re.escape(said)) as caught:
        from_db.read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_program_ends_with_that_sentence(tmp_path: Path) -> None:
    path = tmp_path / "half.xml"
    path.write_text(SMALL[:700])
    done = commanded("--from-db", str(path))
    assert done.code == 1 and done.out == "" and re.fullmatch(r"xo-dash simulate: .*half\.xml ends too early.*\n", done.err)


@pytest.mark.parametrize("words", [["--life"], ["--anonymise", "x"]])
def test_what_does_not_go_together(words: list[str], small: Path) -> None:
    given = [*words, *(["--from-db", str(small)] * (1 if "--life" in words else 2))]
    done = commanded(*given)
    assert done.code == 2 and words[0] in done.err


@pytest.fixture
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The database of a real pool: a file from elsewhere, or the one that was recorded."""
    return request.param if isinstance(request.param, Path) else recorded_file(request.param, tmp_path)


@needs_the_check
@pytest.mark.parametrize("real", REAL, indirect=True)
def test_real_ones_pass_for_a_xapi(real: Path) -> None:
    simulation = serving(real)
    try:
        check(simulation.pool.url, "root", "secret", "--mutate")  # it looks at everything before it changes anything
    finally:
        simulation.close()


ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


@pytest.mark.parametrize("real", REAL, indirect=True)
def test_real_ones_load_again_without_their_names(real: Path, tmp_path: Path) -> None:
    before = from_db.read(real)
    out = tmp_path / "public.xml"
    from_db.write(from_db.anonymised(before), out)
    text = dumps.unescape(out.read_text())
    private = {row.get("name__label", "") for cls in ("host", "SR", "network") for row in before.rows(cls).values()}
    private |= {row["name_label"] for row in before.rows("pool").values()}
    private |= {row["name__label"] for row in before.rows("VM").values() if "default_template" not in row["other_config"]}
    private |= {row["MAC"] for cls in ("VIF", "PIF") for row in before.rows(cls).values()}
    private |= {row["address"] for row in before.rows("host").values()}
    assert [name for name in private if len(name) > 2 and f'"{name}"' in text] == []
    assert {found for found in ADDRESS.findall(text) if found.startswith("10.80.")} == set()
    simulation = serving(out)
    try:
        client = sign_in(simulation.pool)
        assert len(client.call("VM.get_all")) >= len(before.rows("VM")) and client.call("pool.get_all_records")
    finally:
        simulation.close()
