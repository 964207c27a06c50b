"""Joining a directory, and leaving it: a host at a time, or the whole pool."""

from __future__ import annotations

from .. import directory
from ..call import Call
from ..database import Record
from ..directory import Directory
from ..errors import XapiError
from ..registry import message

JOIN, LEAVE = 4.0, 2.0  # seconds on each host
ENABLE, DISABLE = "AUTH_ENABLE_FAILED", "AUTH_DISABLE_FAILED"


def master_first(call: Call) -> list[str]:
    master = call.pool.master.ref
    return [master, *(host for host in call.db.rows("host") if host != master)]


def checked(call: Call, host: str, config: Record, service: str) -> Directory:
    """The directory that this host may join: XapiError of the family AUTH_ENABLE_FAILED otherwise."""
    for name in ("user", "pass"):
        if name not in config:
            raise XapiError(ENABLE, f"enable requires {name}")
    user = config["user"]
    if "\\" in user:
        raise XapiError(ENABLE, f"SAM format for user detected in '{user}'. This is not supported, please retry using UPN format")
    name = config.get("netbios-name") or call.db.get(host, "hostname")
    if name.isdecimal():
        raise XapiError(ENABLE, f"hostname '{name}' cannot contain only digits.")
    if config.get("domain", service) != service:
        raise XapiError(ENABLE, "if present, config:domain must match service-name.")
    known = Directory(call.pool, service)
    if not known.exists:
        raise XapiError(f"{ENABLE}_DOMAIN_LOOKUP_FAILED", f"Failed to look up domain {service} workgroup")
    if config.get("ldaps") == "true":
        assert_trusted(call, f"{ENABLE}_NO_TRUSTED_CERTS")
    account = known.named(user)
    if account is None or not known.accepts(account, config["pass"]):
        raise XapiError(f"{ENABLE}_WRONG_CREDENTIALS", f"Failed to join domain {service}: bad username or authentication")
    if "domain admins" not in account.groups:
        raise XapiError(f"{ENABLE}_PERMISSION_DENIED", f"Failed to join domain {service}: insufficient rights")
    return known


def assert_trusted(call: Call, code: str) -> None:
    if not any(record["type"] == "ca" for _, record in call.db.records("Certificate")):
        raise XapiError(code, "No trusted certs to setup TLS connection to DC. Note: ldaps does not support non-CA certs")


@message("host.enable_external_auth")
async def enable(call: Call, host: str, config: Record, service: str, kind: str) -> str:
    record = call.db.record("host", host)
    if record["external_auth_type"]:
        raise XapiError("AUTH_ALREADY_ENABLED", record["external_auth_type"], record["external_auth_service_name"])
    if kind == "PAM":
        raise XapiError("NOT_IMPLEMENTED", "external authentication by PAM")
    if kind != "AD":
        raise XapiError("AUTH_UNKNOWN_TYPE", kind)
    known = checked(call, host, config, service)
    await call.work(JOIN)
    ldaps = config.get("ldaps") == "true"
    kept = directory.configuration(known, record["hostname"], config["user"], now=call.clock.now(), ldaps=ldaps)
    call.db.set(host, external_auth_type=kind, external_auth_service_name=service, external_auth_configuration=kept)
    report_difference(call, host)
    return ""


@message("host.disable_external_auth")
async def disable(call: Call, host: str, config: Record | None = None, force: bool = False) -> str:
    """No error without one. The host leaves even if the directory does not let its account go."""
    if not call.db.get(host, "external_auth_type"):
        return ""
    known = Directory(call.pool, call.db.get(host, "external_auth_service_name"))
    await call.work(LEAVE)
    call.db.set(host, external_auth_type="", external_auth_service_name="", external_auth_configuration={})
    report_difference(call, host)
    given = config or {}
    if "user" in given and "pass" in given:
        account = known.named(given["user"])
        if account is None or not known.accepts(account, given["pass"]):
            raise XapiError(DISABLE, f"Failed to clear the machine account for domain {known.domain}")
    return ""


@message("pool.enable_external_auth")
async def enable_pool(call: Call, pool: str, config: Record, service: str, kind: str) -> str:
    """All hosts or none."""
    hosts = master_first(call)
    for host in hosts:
        if call.db.get(host, "external_auth_type"):
            raise XapiError("POOL_AUTH_ALREADY_ENABLED", host)
    if len({call.db.get(host, "hostname") for host in hosts}) < len(hosts):
        raise XapiError("POOL_AUTH_ENABLE_FAILED_DUPLICATE_HOSTNAME", hosts[0], "At least two hosts in the pool have the same hostname")
    joined: list[str] = []
    for host in hosts:
        try:
            await call.run("host.enable_external_auth", host, config, service, kind)
        except XapiError as error:
            for done in joined:
                await call.run("host.disable_external_auth", done, {}, False)
            raise of_pool(error, host, ENABLE) from None
        joined.append(host)
    forget_strangers(call)
    return ""


@message("pool.disable_external_auth")
async def disable_pool(call: Call, pool: str, config: Record | None = None) -> str:
    """Every host leaves, whatever the others say; so does everyone who came by the directory."""
    failed: XapiError | None = None
    for host in master_first(call):
        try:
            await call.run("host.disable_external_auth", host, config or {}, False)
        except XapiError as error:
            name = call.db.get(host, "name_label")
            failed = failed or of_pool(XapiError(error.code, f"{name}: {' '.join(error.details[1:])}"), host, DISABLE)
    if failed:
        raise failed
    call.pool.sessions.revalidate()
    return ""


def of_pool(error: XapiError, host: str, family: str) -> XapiError:
    """A host's failure, as the pool reports it."""
    if error.code in ("AUTH_UNKNOWN_TYPE", "NOT_IMPLEMENTED", "TASK_CANCELLED"):
        return error
    told = error.details[1:]
    return XapiError(f"POOL_{error.code}" if error.code.startswith(family) else f"POOL_{family}", host, *told)


def forget_strangers(call: Call) -> None:
    """Subjects of another domain go."""
    known = directory.joined(call.pool)
    for subject, record in list(call.db.records("subject")):
        if known and known.identified(record["subject_identifier"]) is None:
            call.db.destroy(subject)


@message("pool.detect_nonhomogeneous_external_auth")
def detect(call: Call, pool: str) -> str:
    for host in master_first(call)[1:]:
        report_difference(call, host)
    return ""


def report_difference(call: Call, host: str) -> None:
    """An alert of a member that is in another directory than the master, or in none."""
    master = call.pool.master.ref
    fields = ("external_auth_type", "external_auth_service_name")
    mine, wanted = ([call.db.get(ref, name) for name in fields] for ref in (host, master))
    if host != master and mine != wanted:
        pairs = [(f"host_{name}", value) for name, value in zip(fields, mine, strict=True)]
        pairs += [(f"master_{name}", value) for name, value in zip(fields, wanted, strict=True)]
        body = ", ".join(f"{name}={value}" for name, value in pairs)
        call.message("EXTAUTH_IN_POOL_IS_NON_HOMOGENEOUS", 2, "Host", call.db.get(host, "uuid"), body)


@message("host.external_auth_set_ldaps")
def set_ldaps(call: Call, host: str, ldaps: bool, force: bool = False) -> str:
    record = call.db.record("host", host)
    if not record["external_auth_type"]:
        raise XapiError("AUTH_IS_DISABLED")
    config, wanted = record["external_auth_configuration"], str(ldaps).lower()
    if config.get("ldaps") == wanted and not force:
        raise XapiError("AUTH_SET_LDAPS_FAILED", host, f"ldaps is already {wanted}")
    if ldaps:
        assert_trusted(call, "AUTH_NO_TRUSTED_CERTS")
    call.db.set(host, external_auth_configuration={**config, "ldaps": wanted})
    return ""


@message("pool.external_auth_set_ldaps")
async def set_ldaps_everywhere(call: Call, pool: str, ldaps: bool, force: bool = False) -> str:
    for host in master_first(call):
        await call.run("host.external_auth_set_ldaps", host, ldaps, force)
    return ""


@message("pool.set_local_auth_max_threads", "pool.set_ext_auth_max_threads")
def set_threads(call: Call, pool: str, value: int) -> str:
    """Of the running xapi; the field is what it began with."""
    return ""


@message("pool.set_ext_auth_cache_enabled", "pool.set_ext_auth_cache_size", "pool.set_ext_auth_cache_expiry")
def set_cache(call: Call, pool: str, value: int) -> str:
    """Noted only: whoever signs in is looked up anew, and has the roles that he has now."""
    name = call.method.removeprefix("pool.set_")
    what = name.removeprefix("ext_auth_cache_")
    if (what == "size" and value < 0) or (what == "expiry" and value <= 0):
        raise XapiError("INVALID_VALUE", what, value)
    call.db.set(pool, **{name: value})
    return ""
