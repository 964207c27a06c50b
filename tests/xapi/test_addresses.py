import pytest

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadAddress


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("xen1", "https://xen1"),
        (" xen1.example.com ", "https://xen1.example.com"),
        ("XEN1:8443", "https://xen1:8443"),
        ("10.0.0.7", "https://10.0.0.7"),
        ("http://10.0.0.7", "http://10.0.0.7"),
        ("http://10.0.0.7:8080/", "http://10.0.0.7:8080"),
        ("https://xen1:443", "https://xen1"),
        ("fe80::1", "https://[fe80::1]"),
        ("[fe80::1]:8443", "https://[fe80::1]:8443"),
        ("http://[fe80::1]", "http://[fe80::1]"),
        ("fe80::1%eth0", "https://[fe80::1%eth0]"),
    ],
)
def test_what_people_type_becomes_an_address(text: str, url: str) -> None:
    assert Address.parse(text).url == url


@pytest.mark.parametrize(
    ("text", "url"),
    [("xen1", "http://xen1"), ("10.0.0.7:8080", "http://10.0.0.7:8080"), ("fe80::1", "http://[fe80::1]"), ("https://xen1", "https://xen1")],
)
def test_without_a_scheme_plain_is_http(text: str, url: str) -> None:
    assert Address.parse(text, plain=True).url == url


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "xen1:port", "xen1:0", "xen1:70000", "ftp://xen1", "http://", "root@xen1", "http://u:p@xen1", "xen1/path",
     "xen1?x=1", "[::1", "-x", "..", "x" * 254, "xen1\nHost: evil", "http://xen1#x", "::::", "ü" * 3 + "\x00",
     "fe80::1%\r\nX: y", "fe80::1%" + "z" * 5000, "[fe80::1%a b]:80"],
)  # fmt: skip
def test_junk_is_one_sentence(text: str) -> None:
    with pytest.raises(BadAddress, match="is not an address"):
        Address.parse(text)


def test_another_host_of_the_pool_has_the_same_door() -> None:
    assert Address.parse("http://127.0.0.1:18000").sibling("127.0.0.2").url == "http://127.0.0.2:18000"
    assert Address.parse("https://xen1").sibling("fe80::2").url == "https://[fe80::2]"
    with pytest.raises(BadAddress):
        Address.parse("https://xen1").sibling("nonsense/../")


def test_loopback_is_known() -> None:
    assert all(Address.parse(text).is_loopback for text in ("127.0.0.2", "localhost", "::1"))
    assert not any(Address.parse(text).is_loopback for text in ("10.0.0.1", "localhost.example.com", "xen1"))
