"""Where a request comes from, and where it may be sent to."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_A_WAY_BACK = ("/login", "/sign-out", "/first-run", "/invitation")


def is_foreign(headers: Mapping[str, str], tls: bool) -> bool:
    """Whether a page of another origin sent this. Browsers always say it, for sockets and for anything that changes something."""
    origin = headers.get("origin")
    if origin is not None:
        return not _is_ours(origin, headers.get("host", ""), "https" if tls else "http")
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    return False


def is_ours_but_for_tls(headers: Mapping[str, str], tls: bool) -> bool:
    """Whether it would be ours with (or without) TLS: as it looks behind a proxy that does not say which it is."""
    return _is_ours(headers.get("origin", ""), headers.get("host", ""), "http" if tls else "https")


def is_of_one_site(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that page and address are of one origin, which no page can feign: then Host is not what it was."""
    return headers.get("sec-fetch-site") == "same-origin"


def _is_ours(origin: str, host: str, scheme: str) -> bool:
    """An origin is a scheme, a host and a port: a page that came without TLS is not ours under TLS."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme == scheme and parts.netloc != "" and parts.netloc.lower() == host.lower()  # "null" has none


def is_anonymous(headers: Mapping[str, str]) -> bool:
    """Whether it does not say where it comes from: no browser, or one that hides it."""
    return "origin" not in headers and "sec-fetch-site" not in headers


def host_is_loopback(headers: Mapping[str, str]) -> bool:
    """Whether the browser was pointed at this machine by a name nobody else controls (DNS can point any other name here)."""
    try:
        name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name)


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def way_back(target: str) -> str:
    """`target` if it is a place on this site, else `/`: a link to the sign-in page must not lead elsewhere."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target or not target.isprintable():
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path.startswith(NOT_A_WAY_BACK):
        return "/"
    return target


def login_path(path: str, query: str) -> str:
    """The sign-in page that leads back to `path?query`."""
    target = way_back(f"{path}?{query}" if query else path)
    return "/login" if target == "/" else f"/login?next={quote(target, safe='/')}"
