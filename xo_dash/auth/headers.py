"""What every response carries."""

from collections.abc import Iterable

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # NiceGUI's pages are an inline script, Vue compiles templates
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "frame-src 'self'",  # a console, in the page of its VM
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # "no-referrer" would hide the origin of our own forms
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

TLS_HEADERS = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),  # a year, this name alone
)
"""Without TLS browsers ignore them, or complain."""

Headers = list[tuple[bytes, bytes]]


def secured(headers: Iterable[tuple[bytes, bytes]], tls: bool) -> Headers:
    """`headers` with those of ours that the response does not set itself; nothing but files stays in a cache unasked."""
    given = list(headers)
    names = {name.lower() for name, _value in given}
    ours = SECURITY_HEADERS + TLS_HEADERS if tls else SECURITY_HEADERS
    extra = [(name, value) for name, value in ours if name not in names]
    if b"cache-control" not in names and b"etag" not in names:
        extra.append((b"cache-control", b"no-store"))
    return given + extra
