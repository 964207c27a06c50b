"""What people say to cloud-init: the text it becomes, and what is wrong with it, at its field."""

from typing import Any

import pytest
import yaml

from xo_dash.control.cloud_init.check import faults_of_text, hints_of_text
from xo_dash.control.cloud_init.config import CloudInit, GuestNic, faults, hostname_of, network_config, user_data

MADE = (GuestNic(""),)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeyKeyKey"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"user": "root; rm"}, "user"),
        ({"user": "Ann"}, "user"),
        ({"hostname": "-web"}, "hostname"),
        ({"hostname": "a b"}, "hostname"),
        ({"password": "a\nb"}, "password"),
        ({"ssh_keys": (KEY, "none")}, "ssh_keys"),
        ({"ssh_keys": (f"{KEY}\nrunning: x",)}, "ssh_keys"),
        ({"packages": ("nginx", "a b")}, "packages"),
        ({"address": "192.168.1.20"}, "address"),
        ({"address": "192.168.1.300/24"}, "address"),
        ({"address": "10.0.0.2/24", "gateway": "10.0.1.1"}, "gateway"),
        ({"gateway": "10.0.1.1"}, "gateway"),
        ({"address": "10.0.0.2/24", "gateway": "x"}, "gateway"),
        ({"dns": ("1.1.1.1", "dns")}, "dns"),
        ({"text": "hostname: x"}, "text"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(said: dict[str, Any], field: str) -> None:
    found = list(faults(CloudInit(**said), MADE))
    assert [fault.field for fault in found] == [field] and str(found[0].reason)


def test_a_static_address_of_several_nics_needs_one_that_can_be_told() -> None:
    config = CloudInit(address="10.0.0.2/24")
    assert [fault.field for fault in faults(config, ())] == ["address"] == [fault.field for fault in faults(config, MADE * 2)]
    assert not list(faults(config, (GuestNic("AA:BB:CC:DD:EE:01"), *MADE)))
    (card,) = yaml.safe_load(network_config(config, (GuestNic("AA:BB:CC:DD:EE:01"), *MADE)))["ethernets"].values()
    assert card["match"] == {"macaddress": "aa:bb:cc:dd:ee:01"}
    (card,) = yaml.safe_load(network_config(CloudInit(address="fd00::2/64", gateway="fd00::1"), MADE))["ethernets"].values()
    assert card == {"match": {"name": "e*"}, "addresses": ["fd00::2/64"], "gateway6": "fd00::1"}
    assert network_config(CloudInit(), MADE) == ""


@pytest.mark.parametrize(
    ("name", "host"),
    [("web-1", "web-1"), ("Größe 名 <b>", "groe-b"), ("名", "vm"), ("x" * 255, "x" * 63), ("--a--", "a")],
)
def test_a_hostname_is_made_of_any_name(name: str, host: str) -> None:
    assert hostname_of(CloudInit(), name) == host
    assert not list(faults(CloudInit(hostname=host), MADE))


HOSTILE = "\U0001f642 {a: *b} \u202e # <script> 'x' \"y\""


def test_what_is_said_stands_in_the_text_as_it_is() -> None:
    config = CloudInit(user="ann", ssh_keys=(f"{KEY} {HOSTILE}",), packages=("nginx", "yes"), update=True)
    text = user_data(config, HOSTILE)
    data = yaml.safe_load(text)
    assert text.startswith("#cloud-config\n") and not list(faults_of_text(text)) and not hints_of_text(text)
    assert data["users"][1]["ssh_authorized_keys"] == [f"{KEY} {HOSTILE}"] and data["packages"] == ["nginx", "yes"]
    assert data["users"][1]["name"] == "ann" and "passwd" not in data["users"][1]
    shown = user_data(CloudInit(password="hunter2"), "a", hidden=True)
    assert "hunter2" not in shown and "•••" in shown
    assert user_data(CloudInit(text="#!/bin/sh\ntrue"), "a") == "#!/bin/sh\ntrue\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("#cloud-config\nhostname: web-1\nruncmd: [[ls, -l]]\nca_certs:\n  trusted: []\n", ""),
        ("#cloud-config\n", ""),
        ("#!/bin/sh\n: [", ""),
        ("#include https://example.org", ""),
        ("#cloud-config\nruncmd: x", "“runcmd” must be a list"),
        ("#cloud-config\napt: 3", "“apt” must be a group of keys"),
        ("#cloud-config\npackage_update: maybe", "“package_update” must be true or false"),
        ("#cloud-config\nhostname: [a]", "“hostname” must be text"),
        ("#cloud-config\n- a", "it must be a map of keys, like “hostname: web-1”"),
        ("#cloud-config\na: [1,\nb: 2", None),
        ("#cloud-config\na: !!python/object:os.system x", "line 2 is not valid YAML: could not determine a constructor for the tag "
         "'tag:yaml.org,2002:python/object:os.system'"),
        ("#cloud-config\na: " + "[" * 60_000, None),
        ("#cloud-config\n? [a, {}]\n: b", None),
        ("#cloud-config\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" if n else "a0: &a0 [x]\n" for n in range(50)), ""),
        ("#cloud-config\nd: 2026-99-99", None),
    ],
)  # fmt: skip
def test_a_text_of_ones_own_is_checked(text: str, reason: str | None) -> None:
    found = [str(one) for one in faults_of_text(text)]
    assert found if reason is None else found == ([reason] if reason else [])


def test_an_unknown_key_is_a_hint() -> None:
    text = "#cloud-config\npackagess: [a]\nzzqx: 1\nhostname: a\n"
    assert not list(faults_of_text(text))
    assert [str(hint) for hint in hints_of_text(text)] == [
        "cloud-init has no key “packagess”; did you mean “packages”?", "cloud-init has no key “zzqx”",
    ]  # fmt: skip
