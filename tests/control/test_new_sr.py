"""A new SR: what a driver's answers mean, what is wrong with a request, what is sent, and that a failure leaves nothing half made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xmlrpc.client import dumps

import pytest

from data.objects import PBD, SM, SR, Host, HostMetrics, Pool, TaskStatus
from data.server import Server, ServerState
from data.stores.users import Role
from data.types import GIB
from tests.control.asked import calls_of, faults, steps_of
from tests.control.fake_pool import Desk, FakePool
from tests.control.ledger import Ledger
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import read_by
from xo_dash.control.plan import Call, Hidden, Question
from xo_dash.control.requests.decode import decode
from xo_dash.control.run import RunState
from xo_dash.control.sr.discovery import Discovery, discover, question
from xo_dash.control.sr.found import FoundSR, IscsiTarget, Lun, exports_in, luns_in, srs_in, targets_in
from xo_dash.control.sr.kinds import SRKind, offered
from xo_dash.control.sr.new_sr import NewSR
from xo_dash.control.sr.probe import ProbeAnswer
from xo_dash.control.sr.probe_faults import fault_of
from xo_dash.control.xe import xe_lines
from xo_dash.xapi.errors import BadReply, Timeout, XapiFailure

UUID = "5b0f3a52-0000-4000-8000-000000000001"
EXPORTS = """<?xml version="1.0" ?>
<nfs-exports>
	<Export>
		<Target>
			nas.lan
		</Target>
		<Path>
			/export/vms
		</Path>
		<Accesslist>
			*
		</Accesslist>
	</Export>
	<Export><Path>/export/iso</Path></Export>
	<Export><Path>no path</Path></Export>
</nfs-exports>
"""
IQNS = (
    "<iscsi-target-iqns><TGT><Index>0</Index><IPAddress>10.0.0.1</IPAddress><TargetIQN>iqn.x:a</TargetIQN></TGT>"
    "<TGT><IPAddress>10.0.1.1</IPAddress><TargetIQN>iqn.x:a</TargetIQN></TGT><TGT><TargetIQN>*</TargetIQN></TGT></iscsi-target-iqns>"
)
LUNS = (
    "<iscsi-target><LUN><vendor>LIO</vendor><serial>s</serial><LUNid>3</LUNid><size>2048</size><SCSIid>36a</SCSIid></LUN>"
    "<LUN><SCSIid>36b</SCSIid></LUN></iscsi-target>"
)
DEVICES = (
    "<Devlist><BlockDevice><path>/dev/sdq</path><SCSIid>36c</SCSIid><size>9</size><lun>1</lun></BlockDevice>"
    "<Adapter><host>host2</host></Adapter></Devlist>"
)
SRS = f"<SRlist>\n\t<SR>\n\t\t<UUID>\n\t\t\t{UUID}\n\t\t</UUID>\n\t</SR>\n</SRlist>"


def test_what_the_drivers_print_is_read() -> None:
    assert exports_in(EXPORTS) == ("/export/vms", "/export/iso")
    assert targets_in(IQNS) == (IscsiTarget("iqn.x:a", ("10.0.0.1", "10.0.1.1")),)
    assert luns_in(LUNS) == (Lun("36a", "3", 2048, "LIO", "s"), Lun("36b"))
    assert luns_in(DEVICES) == (Lun("36c", "1", 9, path="/dev/sdq"),)
    assert srs_in(SRS) == (FoundSR(UUID),)


@pytest.mark.parametrize(
    "text", ["", "no xml", "<a", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<SRlist/>" + " " * (1 << 20), "\x00<a/>"]
)
def test_what_is_no_answer_has_nothing_in_it(text: str) -> None:
    assert exports_in(text) == targets_in(text) == luns_in(text) == srs_in(text) == ()


class Lab:
    """A pool of two hosts, the first its master, without an SR; its drivers are those of `types`."""

    def __init__(self, fake: FakePool, types: str = "nfs lvmoiscsi lvm iso smb") -> None:
        self.fake = fake
        self.hosts = [Host(name_label=name, metrics=fake.put(HostMetrics(live=True))) for name in ("xcp-1", "xcp-2")]
        for host in self.hosts:
            fake.put(host)
        self.pool = Pool(name_label="lab", master=self.hosts[0].ref)
        fake.put(self.pool)
        for kind in types.split():
            fake.put(SM(type=kind))

    def sr(self, kind: str, config: dict[str, str], name: str = "vault", uuid: str = "") -> SR:
        """One that the pool has, there."""
        sr = SR(name_label=name, type=kind, shared=True, physical_size=GIB, uuid=uuid)
        self.fake.put(sr)
        self.fake.change(sr, PBDs=[self.fake.put(PBD(host=self.hosts[0].ref, SR=sr.ref, device_config=config))])
        return sr


@pytest.fixture
def lab(fake: FakePool) -> Lab:
    return Lab(fake)


NFS = {"kind": "nfs", "name": "vms", "server": "nas.lan", "path": "/export/vms"}
ISCSI = {"kind": "iscsi", "name": "san", "target": "10.0.0.1", "iqn": "iqn.x:a", "scsi_id": "36a", "user": "xen", "password": "hunter2"}
CONFIG = {"server": "nas.lan", "serverpath": "/export/vms"}


def test_a_pool_offers_what_it_has_drivers_for(lab: Lab) -> None:
    assert SRKind.ZFS not in offered(lab.fake.home) and SRKind.ISO_LOCAL in offered(lab.fake.home)
    assert SRKind.ZFS in offered(FakePool("bare").home), "a pool that tells of none may have all"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (NFS, []),
        (NFS | {"path": ""}, ["“Path” is missing"]),
        (NFS | {"path": "export"}, ["it must look like /export/vms"]),
        (NFS | {"server": "nas lan"}, ["it must look like nas.lan"]),
        (NFS | {"name": ""}, ["“Name” is missing"]),
        (ISCSI, []),
        (ISCSI | {"port": "70000"}, ["it must be at most 65535"]),
        (ISCSI | {"password": ""}, ["“Password” is missing"]),
        (ISCSI | {"iqn": "target"}, ["it must look like iqn.2005-10.org.example:target"]),
        ({"kind": "lvm", "name": "local", "device": "sdb"}, ["“Host” is missing", "it must look like /dev/sdb"]),
        ({"kind": "zfs", "name": "z", "folder": "/tank"}, ["the pool has no driver for it; choose another type", "“Host” is missing"]),
        ({"kind": "smb", "name": "s", "share": "nas"}, ["it must look like //nas/share"]),
        ({"kind": "floppy", "name": "s"},
         ["it must be one of these: nfs, smb, iscsi, hba, ext, lvm, xfs, zfs, iso_nfs, iso_smb, iso_local"]),
        ({"kind": "iso_smb", "name": "i", "share": r"\\nas\iso", "existing": UUID},
         ["an SR of this type has no UUID of its own; leave it out"]),
        (NFS | {"existing": "nonsense"}, ["it must look like 5b0f3a52-1c2d-4e5f-8a9b-0c1d2e3f4a5b"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(lab: Lab, values: dict[str, object], words: list[str]) -> None:
    assert faults("pool.new_sr", lab.pool, **values) == words


def test_a_name_or_a_lun_that_is_taken(lab: Lab) -> None:
    lab.sr("lvmoiscsi", {"SCSIid": "36a"}, "vms", UUID)
    assert faults("pool.new_sr", lab.pool, **NFS) == ["the pool has an SR of this name; choose another"]
    assert faults("pool.new_sr", lab.pool, **ISCSI) == ["vms of lab is on it; choose another"]
    assert faults("pool.new_sr", lab.pool, **ISCSI | {"existing": UUID}) == ["the pool has this SR already"]
    assert faults("pool.new_sr", lab.pool, **ISCSI | {"scsi_id": "36b", "erase": UUID}) == ["vms of lab is on it; choose another"]
    other = Lab(FakePool("other", lab.fake.mirror))
    assert faults("pool.new_sr", other.pool, **ISCSI) == ["vms of lab is on it; choose another"], "in whichever pool it is"
    with read_by(lambda subject: not isinstance(subject, Server) and subject.home is other.pool.home):
        (said,) = faults("pool.new_sr", other.pool, **ISCSI)
        assert said.count("an object that you cannot see") == 2 and "vms" not in said and "lab" not in said


def sent(lab: Lab, values: Mapping[str, object]) -> list[tuple[str, tuple[object, ...]]]:
    return calls_of("pool.new_sr", lab.pool, **values)


def test_an_export_becomes_an_sr(lab: Lab) -> None:
    assert sent(lab, NFS) == [("SR.create", (lab.hosts[0].ref, CONFIG, 0, "vms", "", "nfs", "user", True, {}))]
    assert [method for method, _ in sent(lab, NFS | {"make_default": True})] == ["SR.create", "pool.set_default_SR"]


def test_a_lun_is_looked_at_once_more_before_it_is_formatted(lab: Lab) -> None:
    look, create = steps_of("pool.new_sr", lab.pool, **ISCSI)
    assert isinstance(look, Question) and isinstance(create, Call) and look.parameters[1] == create.parameters[1]
    assert look.judge("<SRlist/>") is None
    assert str(look.judge(SRS)) == f"there is an SR on 36a already, {UUID}; attach that one, or choose another place"
    known = steps_of("pool.new_sr", lab.pool, **ISCSI | {"erase": UUID})[0]
    assert isinstance(known, Question) and known.judge(SRS) is None, "unless it is the one to erase"
    assert str(create.says) == "Formatting 36a, which erases it, and creating san"
    assert create.parameters[1] == {
        "target": "10.0.0.1", "port": "3260", "targetIQN": "iqn.x:a", "SCSIid": "36a", "chapuser": "xen", "chappassword": Hidden("hunter2"),
    }  # fmt: skip
    assert "hunter2" not in "".join(xe_lines([look, create], lab.fake.home))
    assert decode(NewSR, ISCSI).told()["password"] == "•••"
    assert [str(note) for note in action("pool.new_sr").notes(decode(NewSR, ISCSI), lab.pool)] == [
        "Everything on 36a is erased. It is checked once more right before."
    ]


def test_an_sr_that_was_found_is_attached_on_every_host(lab: Lab) -> None:
    lab.fake.change(lab.fake.home.one(HostMetrics, lab.hosts[1].metrics), live=False)  # type: ignore[arg-type]
    introduce, first, plug, second, scan = sent(lab, NFS | {"existing": UUID})
    assert introduce == ("SR.introduce", (UUID, "vms", "", "nfs", "user", True, {}))
    assert [step[0] for step in (first, plug, second, scan)] == ["PBD.create", "PBD.plug", "PBD.create", "SR.scan"]
    assert isinstance(first[1][0], dict) and first[1][0]["host"] == lab.hosts[0].ref and first[1][0]["device_config"] == CONFIG
    (note,) = action("pool.new_sr").notes(decode(NewSR, NFS | {"existing": UUID}), lab.pool)
    assert str(note).startswith("If another pool still uses it, both would write.")
    other = Lab(FakePool("other", lab.fake.mirror))
    there = lab.sr("nfs", CONFIG, uuid=UUID)
    assert faults("pool.new_sr", other.pool, **NFS, existing=UUID) == []
    for pbd in there.all_of(PBD, there.PBDs):
        lab.fake.change(pbd, currently_attached=True)
    assert faults("pool.new_sr", other.pool, **NFS, existing=UUID) == ["lab has this SR attached; detach it there first"]
    lab.fake.mirror.set_server(lab.fake.home.server, state=ServerState.UNREACHABLE)  # it may be gone for good
    assert faults("pool.new_sr", other.pool, **NFS, existing=UUID) == []
    (note,) = action("pool.new_sr").notes(decode(NewSR, NFS | {"existing": UUID}), other.pool)
    assert str(note).startswith("lab has this SR attached")


@pytest.mark.parametrize(
    ("values", "config"),
    [
        ({"kind": "smb", "share": "nas/vms", "user": "u", "password": "p"},
         {"server": r"\\nas\vms", "username": "u", "password": Hidden("p")}),
        ({"kind": "iso_nfs", "server": "nas", "path": "/iso", "version": "4"},
         {"location": "nas:/iso", "type": "nfs_iso", "nfsversion": "4"}),
        ({"kind": "iso_smb", "share": r"\\nas\iso", "user": "u", "password": "p", "smb_version": "3.0"},
         {"location": "//nas/iso", "type": "cifs", "username": "u", "cifspassword": Hidden("p"), "vers": "3.0"}),
        ({"kind": "iso_local", "folder": "/srv/iso"}, {"location": "/srv/iso", "legacy_mode": "true"}),
    ],
)  # fmt: skip
def test_each_kind_is_given_what_its_driver_wants(lab: Lab, values: dict[str, object], config: dict[str, object]) -> None:
    host = {"host": lab.hosts[1].uuid} if values["kind"] == "iso_local" else {}
    ((_method, parameters),) = sent(lab, {"name": "n", **values, **host})
    assert parameters[1] == config
    assert parameters[0] == (lab.hosts[1] if host else lab.hosts[0]).ref
    assert parameters[6:8] == ("user" if values["kind"] == "smb" else "iso", not host)


def said(values: Mapping[str, object], number: int, exports: tuple[str, ...] = ()) -> tuple[str, str]:
    fault = fault_of(decode(NewSR, values), ProbeAnswer(code=f"SR_BACKEND_FAILURE_{number}"), FakePool().home, exports)
    return fault.field, str(fault.reason)


def test_a_failure_is_said_at_the_field_that_it_is_about() -> None:
    assert said(NFS, 108) == ("server", "No response from nas.lan on port 2049; check the address and the network to it")
    assert said(NFS, 73, ("/a", "/b")) == ("path", "/export/vms does not exist; 2 others do")
    assert said(NFS | {"kind": "iso_nfs"}, 222, ("/a", "/b")) == ("path", "/export/vms does not exist; 2 others do")
    assert said(NFS, 140) == ("server", "nas.lan cannot be resolved; check the name, or enter an address")
    assert said(ISCSI, 68) == ("password", "The target refused this secret for the user xen; correct it, or leave both empty")
    assert said(ISCSI | {"user": "", "password": ""}, 68)[1].startswith("The target refused the login; enter the user")
    assert said(ISCSI, 141) == ("target", "No response from 10.0.0.1 on port 3260; check the address and the network to it")
    assert said({"kind": "lvm", "name": "l", "device": "/dev/sda"}, 105)[0] == "device"
    assert said({"kind": "lvm", "name": "l", "device": "/dev/sda"}, 16)[0] == "device"
    assert said({"kind": "iso_local", "name": "l", "folder": "/none"}, 222)[0] == "folder"


class Asked:
    """A host that answers from a table, by the fields that it was given."""

    def __init__(self, answers: Mapping[str, ProbeAnswer]) -> None:
        self.answers = answers
        self.questions: list[str] = []

    async def __call__(self, kind: str, config: Mapping[str, object]) -> ProbeAnswer:
        key = f"{kind} {' '.join(str(value) for name, value in config.items() if name in ('serverpath', 'targetIQN', 'SCSIid'))}".strip()
        self.questions.append(key)
        return self.answers.get(key, ProbeAnswer("<SRlist/>"))


def failing(number: int, text: str = "") -> ProbeAnswer:
    return ProbeAnswer(text, f"SR_BACKEND_FAILURE_{number}")


async def found(lab: Lab, values: Mapping[str, object], asked: Asked) -> list[Discovery]:
    return [one async for one in discover(decode(NewSR, values), lab.pool, asked)]


async def test_exports_come_first_and_then_what_is_there(lab: Lab) -> None:
    asked = Asked({"nfs": failing(101, EXPORTS), "nfs /export/vms": ProbeAnswer(SRS), "nfs /export/iso": failing(73)})
    steps = await found(lab, NFS | {"path": ""}, asked)
    assert steps[0].exports == ("/export/vms", "/export/iso") and not steps[0].srs
    assert steps[-1].srs == {"/export/vms": (FoundSR(UUID),)} and steps[-1].done and steps[-1].fault is None
    library = Asked(asked.answers)
    assert (await found(lab, NFS | {"kind": "iso_nfs"}, library))[-1].exports == steps[0].exports
    assert library.questions == ["nfs"], "a library is not looked into"


async def test_the_only_target_is_taken_and_luns_in_use_are_let_alone(lab: Lab) -> None:
    lab.sr("lvmoiscsi", {"SCSIid": "36b"})
    asked = Asked({"lvmoiscsi": failing(96, IQNS), "lvmoiscsi iqn.x:a": failing(107, LUNS), "lvmoiscsi iqn.x:a 36a": ProbeAnswer(SRS)})
    last = (await found(lab, ISCSI | {"iqn": "", "scsi_id": ""}, asked))[-1]
    assert [lun.scsi_id for lun in last.luns] == ["36a", "36b"] and last.srs == {"36a": (FoundSR(UUID),)}
    assert asked.questions == ["lvmoiscsi", "lvmoiscsi iqn.x:a", "lvmoiscsi iqn.x:a 36a"]
    refused = Asked({"lvmoiscsi": failing(96, IQNS), "lvmoiscsi iqn.x:a": failing(68)})
    last = (await found(lab, ISCSI, refused))[-1]
    assert last.fault is not None and last.fault.field == "password" and last.targets, "what was found before stays"


async def test_a_server_that_does_not_answer_ends_the_search(lab: Lab) -> None:
    (first, last) = await found(lab, NFS, Asked({"nfs": failing(108)}))
    assert first.fault == last.fault and last.done and last.fault is not None and last.fault.field == "server"
    last = (await found(lab, NFS, Asked({"nfs": ProbeAnswer(code="HOST_OFFLINE", arguments=("OpaqueRef:x",))})))[-1]
    assert last.fault is not None and str(last.fault.reason).startswith("the host is not responding")  # what no driver said


def test_what_is_chosen_of_what_was_found_asks_nothing_again() -> None:
    one, other = decode(NewSR, NFS), decode(NewSR, NFS | {"path": "/export/iso", "name": "other"})
    assert question(one) == question(other) is not None
    assert question(decode(NewSR, NFS | {"server": ""})) is None
    assert question(decode(NewSR, ISCSI)) == question(decode(NewSR, ISCSI | {"scsi_id": "36b"}))


async def test_a_driver_of_the_third_interface_is_asked_for_records(lab: Lab, tmp_path: Path) -> None:
    """What is complete and has an SR is one; a driver that knows neither call says so."""
    stat = {"uuid": ["u-1"], "name_label": "big & fast", "total_space": "4096"}
    found = [
        {"complete": True, "extra_info": {}, "sr": [stat]},
        {"complete": False, "configuration": {"disk": "sdb"}, "sr": []},
        "nonsense",
    ]
    fake, unsupported = lab.fake, ["SR_OPERATION_NOT_SUPPORTED"]
    fake.answers["Async.SR.probe"] = lambda *_arguments: fake.task("probe", status=TaskStatus.FAILURE, error_info=unsupported)
    text = dumps((found,)).removeprefix("<params>\n<param>\n").removesuffix("</param>\n</params>\n")
    fake.answers["Async.SR.probe_ext"] = lambda *_arguments: fake.task("ext", status=TaskStatus.SUCCESS, result=text)
    desk = Desk(tmp_path, fake)
    prober = desk.runner.prober
    answer = await prober.ask(desk.hire(Role.ADMIN), lab.hosts[0], "gfs2", {"provider": "x"})
    assert srs_in(answer.text) == (FoundSR("u-1", "big & fast", 4096),)
    fake.answers["Async.SR.probe_ext"] = fake.answers["Async.SR.probe"]
    answer = await prober.ask(desk.hire(Role.ADMIN), lab.hosts[0], "gfs2", {})
    assert (answer.code, answer.text) == ("SR_OPERATION_NOT_SUPPORTED", "")
    await desk.runner.stop()


async def test_a_search_that_is_stopped_is_cancelled_in_the_pool(lab: Lab, tmp_path: Path) -> None:
    desk = Desk(tmp_path, lab.fake)
    lab.fake.answers["Async.SR.probe"] = lambda *_arguments: lab.fake.task("Async.SR.probe")
    asking = asyncio.create_task(
        desk.runner.prober.ask(desk.hire(Role.ADMIN), lab.hosts[0], "nfs", {"server": "nas", "password": Hidden("x")})
    )
    await lab.fake.until(1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await lab.fake.until(2)
    assert asking.cancelled() and lab.fake.sent == ["Async.SR.probe", "task.cancel"]
    assert lab.fake.calls[0][1][1] == {"server": "nas", "password": "x"}
    await desk.runner.stop()


@pytest.mark.parametrize("answer", [Timeout("60 s"), BadReply("a web page"), XapiFailure("SR_BACKEND_FAILURE_141", ["", "no login"])])
async def test_nothing_is_formatted_that_nobody_could_look_at(lab: Lab, tmp_path: Path, answer: Exception) -> None:
    desk = Desk(tmp_path, lab.fake)
    lab.fake.answers["SR.probe"] = answer
    run = await desk.runner.run(desk.hire(Role.ADMIN), action("pool.new_sr"), [lab.pool], ISCSI)
    assert run.items[0].state is RunState.FAILED and "Async.SR.create" not in lab.fake.sent, run.items[0].reason
    await desk.runner.stop()


FAILING: list[dict[str, Any]] = [NFS, NFS | {"existing": UUID}, ISCSI]


@pytest.mark.parametrize("values", FAILING, ids=["create", "attach", "format"])
async def test_each_call_fails_once_and_nothing_is_half_made(tmp_path: Path, values: dict[str, Any]) -> None:
    count = sum(isinstance(step, Call) for step in steps_of("pool.new_sr", Lab(FakePool()).pool, **values))
    for fails in range(count):
        fake = FakePool()
        lab, desk, ledger = Lab(fake), Desk(tmp_path, fake), Ledger(fake, fails)
        calls = [step for step in steps_of("pool.new_sr", lab.pool, **values) if isinstance(step, Call)]
        fake.answers["SR.probe"] = "<SRlist/>"
        ledger.expect([call for call in calls if call.method != "SR.create"])  # whose undoing looks at the mirror
        for call in calls:
            fake.answers[f"Async.{call.method}" if call.asynchronous else call.method] = ledger.answer(call)
        run = await desk.runner.run(desk.hire(Role.ADMIN), action("pool.new_sr"), [lab.pool], values)
        await desk.runner.stop()
        (item,) = run.items
        assert item.state is RunState.FAILED and not item.left, f"call {fails}: {item.reason}"
        if not calls[fails].alone:
            assert ledger.changed == {} and not +ledger.made and not -ledger.made, f"call {fails} of {[call.method for call in calls]}"
        assert "hunter2" not in str(desk.audit())
