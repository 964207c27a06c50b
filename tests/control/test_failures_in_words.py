"""XAPI's failures as sentences: all codes, whatever arguments they come with."""

import json
from pathlib import Path

import pytest

from data.objects import PIF, VBD, VDI, PowerState
from data.objects import Host as HostRow
from tests.control.fake_pool import FakePool
from xo_dash.control.failures import explain, explain_error, network_reason
from xo_dash.control.failures.families import UNKNOWN, family, known_codes
from xo_dash.control.failures.own import OWN, STORAGE
from xo_dash.i18n import using
from xo_dash.xapi.errors import BadCertificate, BadPassword, BadReply, Timeout, Unreachable, XapiFailure

SHARED = Path(__file__).parents[3] / "shared" / "reference" / "xapi-errors.json"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_code_gives_a_sentence_with_any_number_of_arguments(fake: FakePool, language: str) -> None:
    vm = fake.vm()
    with using(language):
        for code, names in known_codes().items():
            for count in range(len(names) + 3):
                sentence = str(explain(code, [vm.ref if number % 2 else "x{y}%s" for number in range(count)], fake.home))
                assert len(sentence) > 7 and vm.ref not in sentence, code
            assert code in OWN or family(code) != UNKNOWN, code


@pytest.mark.skipif(not SHARED.exists(), reason="needs XAPI's own list of its errors, which is not part of the repository")
def test_no_code_of_xapi_is_missing() -> None:
    codes: dict[str, list[str]] = json.loads(SHARED.read_text("utf-8"))
    ours = known_codes()
    assert {code: tuple(name.strip() for name in names) for code, names in codes.items()} == {code: ours[code] for code in codes}


def test_the_own_sentences_use_the_arguments_they_name() -> None:
    import string

    for code, sentence in OWN.items():
        fields = {name for _text, name, _spec, _conversion in string.Formatter().parse(sentence.message) if name}
        assert fields <= set(sentence.names.split()), code


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        ("VM_BAD_POWER_STATE", ["{vm}", "halted, suspended", "running"],
         "web-1 is running and must be halted or suspended for this"),
        ("HOST_NOT_ENOUGH_FREE_MEMORY", ["8589934592", "1073741824"],
         "8 GiB of memory needed, 1 GiB free; stop some VMs, or use another host"),
        ("SR_BACKEND_FAILURE_44", ["", "There is insufficient space", ""],
         "there is no space left on the SR; delete something or use another (There is insufficient space)"),
        ("SR_BACKEND_FAILURE_999", ["", "odd thing", "<xml/>"],
         "the SR's driver failed (error 999: odd thing); check the SR"),
        ("VDI_IN_USE", ["{vdi}", "destroy"], "the disk web-1 root is in use; detach it, or shut down what uses it"),
        ("VBD_IS_EMPTY", ["{vbd}"], "drive 3 of web-1 is empty"),
        ("HOST_DISABLED", ["{host}"], "host-2 is in maintenance mode; take it out of maintenance mode first, or use another host"),
        ("HOST_DISABLED", ["OpaqueRef:gone"], "the host is in maintenance mode; take it out of maintenance mode "
        "first, or use another host"),
        ("VM_HOST_INCOMPATIBLE_VERSION_MIGRATE", ["{host}", "{vm}"],
         "host-2 has an older version than the host of web-1; update it first"),
        ("VM_HOST_INCOMPATIBLE_VERSION_MIGRATE", ["{vm}", "{host}"],
         "host-2 has an older version than the host of web-1; update it first"),
        ("OTHER_OPERATION_IN_PROGRESS", ["VM", "{vm}", "clean_shutdown", "OpaqueRef:t"],
         "web-1 is busy: it is shutting down; wait for it, or cancel it on the Tasks page"),
        ("OPERATION_BLOCKED", ["{vm}", "a backup runs"], "this operation is blocked for web-1 (“a backup runs”); unblock it first"),
        ("PIF_ALREADY_BONDED", ["{pif}"],
         "there is a problem with a network; check the pool's networks and the NICs of its hosts: PIF already bonded (PIF: "
         "eth0 of host-2)"),
        ("VM_MIGRATE_FAILED", ["{vm uuid}", "{host uuid}", "{host uuid}", "power state changed"],
         "web-1 could not be migrated from host-2 to host-2: power state changed; it stays on its host"),
        ("FROM_A_NEWER_XAPI", ["1", "{vm}"], "the pool refused: from a newer XAPI (1, web-1)"),
        ("INTERNAL_ERROR", ["x" * 5000], None),
        ("FROM_A_NEWER_XAPI", ["x" * 200] * 30, None),
    ],
)  # fmt: skip
def test_what_people_meet_is_said_with_names(fake: FakePool, code: str, arguments: list[str], words: str | None) -> None:
    host = HostRow(name_label="host-2")
    fake.put(host)
    vm = fake.vm(state=PowerState.RUNNING)
    disk = VDI(name_label="web-1 root")
    fake.put(disk)
    named = {
        "{vm}": vm.ref, "{vm uuid}": vm.uuid, "{host}": host.ref, "{host uuid}": host.uuid, "{vdi}": disk.ref,
        "{vbd}": fake.put(VBD(VM=vm.ref, userdevice="3")), "{pif}": fake.put(PIF(device="eth0", host=host.ref)),
    }  # fmt: skip
    sentence = str(explain(code, [named.get(argument, argument) for argument in arguments], fake.home))
    assert len(sentence) < 1000
    assert words is None or sentence == words


def test_markup_in_a_host_s_text_stays_text_and_braces_are_not_fields() -> None:
    sentence = str(explain("INTERNAL_ERROR", ["<b>{0.__class__}</b>\r\n\x1b[31m"], None))
    assert "<b>{0.__class__}</b>" in sentence and "\n" not in sentence and "\x1b" not in sentence


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (XapiFailure("NO_HOSTS_AVAILABLE"), "NO_HOSTS_AVAILABLE"),
        (Timeout("30 s"), "Timeout"),
        (Unreachable("reset"), "Unreachable"),
        (BadCertificate("a", "b"), "BadCertificate"),
        (BadReply("html"), "BadReply"),
        (ValueError("odd"), "ValueError"),
    ],
)
def test_every_end_of_a_call_is_a_sentence(error: Exception, code: str) -> None:
    sentence, named = explain_error(error, None)
    assert named == code and len(str(sentence)) > 2


def test_a_password_that_is_refused_is_our_own_or_one_that_was_just_typed() -> None:
    code = "SESSION_AUTHENTICATION_FAILED"
    assert "edit the server" in str(explain_error(BadPassword(code), None)[0])
    assert "correct them" in str(explain(code, [], None))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Connection refused", "the port is closed (connection refused); check it"),
        ("the connection broke: Name or service not known", "the name cannot be resolved; check it, and DNS"),
        ("no answer within 2.5 s", "no response within 2.5 s"),
        ("something\nof a system's own", "something of a system's own"),
    ],
)
def test_why_there_is_no_connection_is_told_in_the_reader_s_words(said: str, words: str) -> None:
    assert str(network_reason(said)) == words
    assert words in str(explain_error(Unreachable(said), None)[0])


def test_a_certificate_between_hosts_is_no_internal_error() -> None:
    said = 'Stunnel.Stunnel_verify_error("0A000086:SSL routines::certificate verify failed")'
    assert "there is a problem with a certificate" in str(explain("INTERNAL_ERROR", [said], None))


def test_the_numbers_of_storage_drivers_are_sentences_alone() -> None:
    for number, fact in STORAGE.items():
        assert str(explain(f"SR_BACKEND_FAILURE_{number}", [], None)) == fact
        assert str(explain("SR_BACKEND_FAILURE", [str(number), "", ""], None)) == fact
