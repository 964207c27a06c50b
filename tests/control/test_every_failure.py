"""Every code of XAPI's with whatever hosts send along: one sentence, with nothing in it that only a program understands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from data.objects import PBD, PIF, SR, VBD, VDI, VIF, Host, Network, PowerState
from tests.control.fake_pool import FakePool
from xo_dash.control.failures import explain
from xo_dash.control.failures.families import known_codes
from xo_dash.control.failures.own import OWN
from xo_dash.control.words import UNDER_WAY, under_way
from xo_dash.i18n import N_, using

RECORDED: list[list[str]] = json.loads(Path(__file__).with_name("recorded_failures.json").read_bytes())
"""[code, argument ...] that a real xapi answered, with REF for its references."""
HOSTILE = "{0.__class__}%s<b>\r\n\x1b[31m OpaqueRef:"
GONE = "OpaqueRef:11111111-2222-3333-4444-555555555555"

Arguments = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True)
class Lab:
    """A pool with one object of each kind that failures are about."""

    fake: FakePool
    refs: dict[str, str]

    def documented(self, names: Sequence[str]) -> list[str]:
        """What a host sends by the book."""
        return [self.refs.get(name.lower(), "4294967296") for name in names]


@pytest.fixture
def lab(fake: FakePool) -> Lab:
    vm = fake.vm(state=PowerState.RUNNING)
    host, sr, vdi, network = Host(name_label="host-2"), SR(name_label="nfs"), VDI(name_label="web-1 root"), Network(name_label="lan")
    refs = {row.xapi_class.lower(): str(fake.put(row)) for row in (host, sr, vdi, network)} | {"vm": str(vm.ref)}
    for row in (
        VBD(VM=vm.ref, userdevice="3"),
        VIF(VM=vm.ref, device="0"),
        PIF(device="eth0", host=host.ref),
        PBD(host=host.ref, SR=sr.ref),
    ):
        refs[row.xapi_class.lower()] = str(fake.put(row))
    return Lab(fake, refs | {"snapshot": refs["vm"], "source": refs["host"], "destination": refs["host"]})


def variants(lab: Lab, names: Sequence[str]) -> Iterator[list[str]]:
    """The arguments of one code as they should be, and in every way that they may be wrong."""
    right = lab.documented(names)
    for count in range(len(right) + 1):
        yield right[:count]
    yield [*right, "more", lab.refs["vm"], "vdi_destroy"]
    length = max(len(right), 4)
    for value in (*lab.refs.values(), GONE, "OpaqueRef:NULL", "", " ", "words", "-1", "4294967296", "1.5e9", HOSTILE,
                  "vdi_destroy", "Async.VM.start", "VM.hard_shutdown", "{clean_shutdown; vdi_destroy}", f"VBD '{GONE}' of '{GONE}'",
                  "11111111-2222-3333-4444-555555555555"):  # fmt: skip
        yield [value] * length


def faults(sentence: str, arguments: Sequence[str]) -> list[str]:
    """What a person should not have to read in `sentence`."""
    raw = ["?", "OpaqueRef", "Async.", "vdi_destroy", "hard_shutdown", "clean_shutdown", "\n", "\r", "\x1b", "()", "“”", "  ", ": ;", ": ,"]
    found = [bad for bad in raw if bad in sentence]
    if not any("{" in argument for argument in arguments):
        found += [bad for bad in "{}" if bad in sentence]
    return found + (["nothing"] if len(sentence) < 6 else [])


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_code_with_any_arguments_is_one_sentence(lab: Lab, language: str) -> None:
    wrong: list[tuple[str, list[str], str]] = []
    with using(language):
        for code, names in known_codes().items():
            for arguments in variants(lab, names):
                sentence = str(explain(code, arguments, lab.fake.home))
                if faults(sentence, arguments):
                    wrong.append((code, arguments, sentence))
            if found := faults(str(explain(code, lab.documented(names), None)), ()):
                wrong.append((code, found, "in no pool"))
    assert wrong == [], f"{len(wrong)}, such as {wrong[:: max(1, len(wrong) // 12)]}"


@pytest.mark.parametrize("details", RECORDED, ids=[" ".join(details)[:60] for details in RECORDED])
def test_what_a_real_xapi_answered_is_one_sentence(lab: Lab, details: list[str]) -> None:
    code, *arguments = details
    for ref in (*lab.refs.values(), GONE):
        said = [argument.replace("REF", ref) for argument in arguments]
        assert faults(str(explain(code, said, lab.fake.home)), said) == []


def test_memory_that_a_host_does_not_count_is_said_without_amounts(lab: Lab) -> None:
    """Source: host.evacuate sends the VM, VM.start_on of an xapi without a hypervisor nothing."""
    bare = "there is not enough free memory for it; stop some VMs, or use another host"
    for arguments in ([lab.refs["vm"]], [lab.refs["vm"], lab.refs["host"]], [], ["much", "little"], ["1"]):
        assert str(explain("HOST_NOT_ENOUGH_FREE_MEMORY", arguments, lab.fake.home)) == bare


def test_an_object_of_another_kind_is_not_named(lab: Lab) -> None:
    sentence = str(explain("HOST_DISABLED", [lab.refs["vm"]], lab.fake.home))
    assert sentence == "the host is in maintenance mode; take it out of maintenance mode first, or use another host"


def test_a_sentence_with_fields_has_one_without() -> None:
    for code, own in OWN.items():
        assert ("{" in own.message) is bool(own.bare), code
        assert "{" not in own.bare, code


def test_every_operation_of_every_class_has_words() -> None:
    """Source: the simulator's copy of XAPI's data model."""
    model = json.loads(files("xo_dash.simulator").joinpath("model.json").read_bytes())
    enums = {
        name: values
        for kind, declared in model["classes"].items()
        for name, values in declared.get("enums", {}).items()
        if "operation" in name and kind != "event"
    }
    assert len(enums) > 10
    assert {value for values in enums.values() for value in values} <= UNDER_WAY.keys() | {"destroy"}
    assert str(under_way("of_a_newer_xapi")) == N_("another operation is running")
