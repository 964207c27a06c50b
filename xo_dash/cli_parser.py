"""What may be said on the command line. Imports nothing of the program: --help and --version are instant."""

import argparse

from xo_dash import __version__
from xo_dash.i18n import _

ROLES = ("none", "viewer", "operator", "admin")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="xo-dash", description=_("One dashboard for XenServer and XCP-ng pools."), allow_abbrev=False)
    made.add_argument("--version", action="version", version=f"xo-dash {__version__}")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serve(commands)
    commands.add_parser("simulate", help=_("run simulated pools, as a program of its own (see: xo-dash simulate --help)"))
    _add_user(commands)
    _add_token(commands)
    _add_grants(commands)
    _add_quota(commands)
    _add_server(commands)
    _add_ldap(commands)
    _add_audit(commands)
    _add_config(commands)
    _add_do(commands)
    _add_rolling(commands)
    _add_looking(commands)
    return made


Commands = argparse._SubParsersAction  # argparse has no public name for what add_subparsers answers


def _places() -> argparse.ArgumentParser:
    """The flags that every command has."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data-dir", metavar="DIR", help=_("where users, servers and history are kept"))
    parser.add_argument("--config", metavar="FILE", help=_("a TOML file with settings"))
    return parser


def _add_serve(commands: "Commands[argparse.ArgumentParser]") -> None:
    serve = commands.add_parser("serve", help=_("run the dashboard"), parents=[_places()], allow_abbrev=False)
    serve.add_argument("--demo", action="store_const", const=True, help=_("show two simulated pools; sign in as demo, password demo"))
    serve.add_argument("--host", metavar="ADDRESS", help=_("address to listen on (127.0.0.1: this machine only)"))
    serve.add_argument("--port", metavar="PORT", help=_("port to listen on (8080)"))
    serve.add_argument(
        "--tls", choices=("auto", "on", "off"), help=_("https with a certificate of its own; auto: when others can reach it (auto)")
    )
    serve.add_argument("--tls-cert", metavar="FILE", help=_("certificate with its chain, PEM; turns on https"))
    serve.add_argument("--tls-key", metavar="FILE", help=_("key of the certificate, PEM"))
    serve.add_argument("--log-level", metavar="LEVEL", help=_("debug, info, warning or error (info)"))
    serve.add_argument("--language", metavar="LANGUAGE", help=_("en, ru, or auto: as the browser asks (auto)"))


def _add_do(commands: "Commands[argparse.ArgumentParser]") -> None:
    do = commands.add_parser(
        "do", help=_("run an action: xo-dash do vm.clone web-1 --name web-2"), parents=[_places()], allow_abbrev=False,
        description=_("Run an action of the dashboard. Without arguments, list the actions and their fields."),
    )  # fmt: skip
    do.add_argument("action", nargs="?", metavar="ACTION", help=_("vm.start, vm.snapshot, ..."))
    do.add_argument("objects", nargs="*", metavar="NAME", help=_("objects: names or UUIDs"))
    do.add_argument("--dry-run", action="store_true", help=_("show the xe commands without running them"))
    do.add_argument("--json", action="store_true", help=_("a line of JSON for each change"))
    _add_elsewhere(do)


def _add_rolling(commands: "Commands[argparse.ArgumentParser]") -> None:
    rolling = commands.add_parser("rolling", help=_("update or reboot the hosts of a pool, one after the other"), allow_abbrev=False)
    verbs = rolling.add_subparsers(dest="verb", required=True, metavar="VERB")
    wait = _("wait until the run ends or needs an answer")
    for verb, text in (("update", _("install updates and reboot")), ("reboot", _("reboot"))):
        one = verbs.add_parser(verb, help=text, parents=[_places()], allow_abbrev=False)
        one.add_argument("pool", metavar="POOL", help=_("a UUID or a name"))
        one.add_argument("--dry-run", action="store_true", help=_("show what has to be resolved, and which hosts, in which order"))
        one.add_argument("--leave-out", metavar="HOST", action="append", default=[], help=_("not this host; can be repeated"))
        one.add_argument("--vm", metavar="VM=HOW", action="append", default=[],
                         help=_("what happens to a VM that cannot migrate: suspend, shut_down or force_off; can be repeated"))  # fmt: skip
        one.add_argument("--network", metavar="NETWORK", default="", help=_("the network over which VMs migrate"))
        one.add_argument("--at-once", metavar="N", type=int, help=_("how many VMs migrate at the same time"))
        one.add_argument("--minutes", metavar="N", type=int, help=_("how long to wait for a host after its reboot"))
        one.add_argument("--at", metavar="TIME", default="", help=_("begin later: 12h, or a time like 2027-01-31T22:00 (at once)"))
        one.add_argument("--order", metavar="HOST", action="append", default=[],
                         help=_("the next host after the master, which is always first; can be repeated"))  # fmt: skip
        one.add_argument("--no-pause", action="store_true", help=_("do not pause after the first host"))
        one.add_argument("--leave-moved", action="store_true", help=_("do not bring VMs back"))
        one.add_argument("--wait", action="store_true", help=wait)
        _add_answer_options(one)
    status = verbs.add_parser("status", help=_("show a run; without one, list all"), parents=[_places()], allow_abbrev=False)
    status.add_argument("run", metavar="RUN", nargs="?", default="", help=_("its ID"))
    status.add_argument("--wait", action="store_true", help=wait)
    answer = verbs.add_parser("answer", help=_("answer a paused run, or stop a run"), parents=[_places()], allow_abbrev=False)
    answer.add_argument("run", metavar="RUN", help=_("its ID"))
    answer.add_argument("answer", choices=("go_on", "wait", "look", "again", "skip", "stop"))
    for one in (status, answer):
        _add_answer_options(one)


def _add_answer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_("as JSON"))
    _add_elsewhere(parser)


def _add_elsewhere(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", metavar="URL", default="", help=_("another dashboard (XO_DASH_URL; default: that of this machine)"))
    parser.add_argument("--token", metavar="TOKEN", default="", help=_("a token for it; better in XO_DASH_TOKEN, where nobody sees it"))


def _add_looking(commands: "Commands[argparse.ArgumentParser]") -> None:
    told = "pools, hosts, vms, srs, vdis, pbds, networks, pifs, snapshots, templates, tasks, messages, findings, runs"
    what = f"{told}, rolling, users, groups, roles, grants, quotas"
    ls = commands.add_parser("ls", help=_("list objects: xo-dash ls vms is:running tag:web"), parents=[_places()], allow_abbrev=False)
    ls.add_argument("collection", metavar="WHAT", help=what)
    ls.add_argument("filter", nargs="*", metavar="FILTER", help=_("words and key:value, combined with AND"))
    ls.add_argument("--fields", metavar="NAME,...", default="", help=_("the fields to show"))
    show = commands.add_parser("show", help=_("show one object: xo-dash show vms web-1"), parents=[_places()], allow_abbrev=False)
    show.add_argument("collection", metavar="WHAT", help=what)
    show.add_argument("object", metavar="NAME", help=_("a UUID or a name"))
    watch = commands.add_parser("watch", help=_("show changes as they happen"), parents=[_places()], allow_abbrev=False)
    watch.add_argument("collections", nargs="*", metavar="WHAT", help=told)
    why = commands.add_parser(
        "why", help=_("tell why a user can or cannot do something: xo-dash why dev vm.start web-1"), parents=[_places()], allow_abbrev=False
    )
    why.add_argument("user", metavar="USER")
    why.add_argument("action", metavar="ACTION", help=_("vm.start, vm.snapshot, ..."))
    why.add_argument("object", metavar="NAME", help=_("a UUID or a name"))
    for one in (ls, show, watch, why):
        one.add_argument("--json", action="store_true", help=_("a line of JSON for each"))
        _add_elsewhere(one)


def _add_user(commands: "Commands[argparse.ArgumentParser]") -> None:
    user = commands.add_parser("user", help=_("add and list users, change passwords"), allow_abbrev=False)
    verbs = user.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help=_("add a user; the password is prompted for or read from standard input"), parents=[_places()])
    add.add_argument("name")
    add.add_argument("--role", choices=ROLES, default="viewer", help=_("the user's role everywhere; none: only what grants give (viewer)"))
    passwd = verbs.add_parser(
        "passwd", help=_("set a user's password; it is prompted for or read from standard input"), parents=[_places()]
    )
    passwd.add_argument("name")
    invite = verbs.add_parser(
        "invite", help=_("add a user and print a link, by which they choose a password or a passkey; it works once"), parents=[_places()]
    )
    invite.add_argument("name")
    invite.add_argument("--role", choices=ROLES, default="viewer", help=_("the role everywhere; none: only what grants give (viewer)"))
    invite.add_argument("--group", dest="groups", action="append", default=[], metavar="GROUP", help=_("a group that they are in"))
    link = verbs.add_parser(
        "reset-password", help=_("print a link by which a user chooses a new password or a passkey; it works once"), parents=[_places()]
    )
    link.add_argument("name")
    for one in (invite, link):
        one.add_argument("--expires", metavar="WHEN", default="7d", help=_("until when the link is valid: 7d, 12h, or a date (7d)"))
    for verb, what in (
        ("disable", _("sign a user out, and let them in no more until they are enabled")), ("enable", _("let a disabled user in again")),
    ):  # fmt: skip
        verbs.add_parser(verb, help=what, parents=[_places()]).add_argument("name")
    reset = verbs.add_parser(
        "reset-two-step",
        help=_("let a user who lost their phone sign in with the password alone"),
        parents=[_places()],
    )
    reset.add_argument("name")
    verbs.add_parser("list", help=_("list the users"), parents=[_places()])


def _add_ldap(commands: "Commands[argparse.ArgumentParser]") -> None:
    ldap = commands.add_parser("ldap", help=_("try the directory that is set"), allow_abbrev=False)
    verbs = ldap.add_subparsers(dest="verb", required=True, metavar="VERB")
    test = verbs.add_parser("test", help=_("sign in there as a user, and show the groups and the role"), parents=[_places()])
    test.add_argument("name")


def _add_audit(commands: "Commands[argparse.ArgumentParser]") -> None:
    audit = commands.add_parser("audit", help=_("check the audit log"), allow_abbrev=False)
    verbs = audit.add_subparsers(dest="verb", required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help=_("check that no line was changed, added or removed"), parents=[_places()])
    verify.add_argument("--anchor", metavar="HASH", default="", help=_("the last hash of an earlier check: shows that nothing was cut off"))


def _add_config(commands: "Commands[argparse.ArgumentParser]") -> None:
    config = commands.add_parser("config", help=_("export, import and restore the configuration, change its key"), allow_abbrev=False)
    verbs = config.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, what in (
        ("export", _("write users, servers, settings and their secrets to a file, encrypted with a passphrase")),
        ("import", _("replace the configuration by such a file; xo-dash must not be running")),
    ):
        verbs.add_parser(verb, help=what, parents=[_places()]).add_argument("file", metavar="FILE")
    verbs.add_parser("copies", help=_("list the daily copies"), parents=[_places()])
    restore = verbs.add_parser("restore", help=_("replace it by a daily copy; xo-dash must not be running"), parents=[_places()])
    restore.add_argument("copy", metavar="DATE")
    verbs.add_parser("change-key", help=_("encrypt all secrets with a new key; xo-dash must not be running"), parents=[_places()])


def _add_token(commands: "Commands[argparse.ArgumentParser]") -> None:
    token = commands.add_parser("token", help=_("add, list and revoke the tokens of programs"), allow_abbrev=False)
    verbs = token.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help=_("add a token; it is printed once"), parents=[_places()])
    add.add_argument("user", metavar="USER", help=_("whom it acts for"))
    add.add_argument("--name", required=True, help=_("what it is for"))
    add.add_argument("--role", choices=ROLES[1:], default="", help=_("the most that it may do (what its user may)"))
    add.add_argument("--expires", metavar="TIME", default="", help=_("90d, 12h, or a date like 2027-01-31 (never)"))
    verbs.add_parser("list", help=_("list the tokens"), parents=[_places()])
    remove = verbs.add_parser("remove", help=_("revoke a token"), parents=[_places()])
    remove.add_argument("id", metavar="ID")


def _add_grants(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Groups of users, roles of one's own, and grants."""
    group = commands.add_parser("group", help=_("add, list and change groups of users"), allow_abbrev=False)
    verbs = group.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, text in (("add", _("add a group")), ("members", _("set the members of a group"))):
        one = verbs.add_parser(verb, help=text, parents=[_places()])
        one.add_argument("name")
        one.add_argument("--user", action="append", default=[], dest="users", metavar="USER", help=_("a user in it; may be repeated"))
        one.add_argument("--group", action="append", default=[], dest="groups", metavar="GROUP", help=_("a group in it; may be repeated"))
    verbs.add_parser("list", help=_("list the groups"), parents=[_places()])
    verbs.add_parser("remove", help=_("remove a group"), parents=[_places()]).add_argument("name")
    role = commands.add_parser("role", help=_("add, list and remove roles of your own"), allow_abbrev=False)
    verbs = role.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help=_("add a role, or change what it may"), parents=[_places()])
    add.add_argument("name")
    add.add_argument("verbs", nargs="+", metavar="ACTION", help=_("vm.start, vm.console, ...; see: xo-dash do"))
    verbs.add_parser("list", help=_("list your own roles"), parents=[_places()])
    verbs.add_parser("remove", help=_("remove a role"), parents=[_places()]).add_argument("name")
    grant = commands.add_parser("grant", help=_("say who may do what on which object"), allow_abbrev=False)
    verbs = grant.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help=_("give a user or a group a role on an object"), parents=[_places()])
    add.add_argument("--user", default="", metavar="USER", help=_("the user who gets it"))
    add.add_argument("--group", default="", metavar="GROUP", help=_("the group that gets it"))
    add.add_argument("--role", required=True, metavar="ROLE", help=_("viewer, operator, admin or a role of your own"))
    add.add_argument(
        "--on",
        required=True,
        metavar="OBJECT",
        help=_("vm:UUID, host:UUID, pool:UUID, sr:UUID, network:UUID, tag:TAG or “filter:name:web tag:dev”"),
    )
    add.add_argument("--deny", action="store_true", help=_("withhold the role there, even if another grant gives it"))
    add.add_argument("--expires", metavar="TIME", default="", help=_("90d, 12h, or a date like 2027-01-31 (never)"))
    verbs.add_parser("list", help=_("list the grants"), parents=[_places()])
    verbs.add_parser("remove", help=_("revoke a grant"), parents=[_places()]).add_argument("id", metavar="ID")


def _add_quota(commands: "Commands[argparse.ArgumentParser]") -> None:
    quota = commands.add_parser("quota", help=_("say how much a user or a group may have"), allow_abbrev=False)
    verbs = quota.add_subparsers(dest="verb", required=True, metavar="VERB")
    one = verbs.add_parser("set", help=_("set the quota of a user or a group, in place of the one it has"), parents=[_places()])
    one.add_argument("--user", default="", metavar="USER", help=_("whose it is"))
    one.add_argument("--group", default="", metavar="GROUP", help=_("whose it is, together"))
    one.add_argument("--vms", type=int, metavar="N", help=_("VMs"))
    one.add_argument("--vcpus", type=int, metavar="N", help=_("vCPUs of all VMs"))
    one.add_argument("--memory", metavar="SIZE", help=_("memory of all VMs, like 32GiB"))
    one.add_argument("--disk", metavar="SIZE", help=_("size of all disks, like 500GiB"))
    one.add_argument(
        "--sr", dest="srs", action="append", default=[], metavar="UUID", help=_("an SR that may be used; again for more (any)")
    )
    one.add_argument(
        "--network",
        dest="networks",
        action="append",
        default=[],
        metavar="UUID",
        help=_("a network that may be used; again for more (any)"),
    )
    one.add_argument("--running", action="store_true", help=_("count vCPUs and memory of running VMs only"))
    verbs.add_parser("list", help=_("list the quotas"), parents=[_places()])
    verbs.add_parser("remove", help=_("remove a quota"), parents=[_places()]).add_argument("id", metavar="ID")


def _add_server(commands: "Commands[argparse.ArgumentParser]") -> None:
    server = commands.add_parser("server", help=_("add and list the pools to connect to"), allow_abbrev=False)
    verbs = server.add_subparsers(dest="verb", required=True, metavar="VERB")
    add = verbs.add_parser("add", help=_("add a pool; the password is prompted for or read from standard input"), parents=[_places()])
    add.add_argument("address", help=_("any host of the pool: a name or an address, with :port if it is not the default"))
    add.add_argument("--user", default="root", help=_("the account on the pool (root)"))
    add.add_argument("--label", default="", help=_("its display name (default: its address)"))
    tls = add.add_mutually_exclusive_group()
    tls.add_argument("--fingerprint", metavar="SHA256", default="", help=_("trust only the certificate with this SHA-256 fingerprint"))
    tls.add_argument("--plain", action="store_true", help=_("plain HTTP: the password is sent unencrypted"))
    verbs.add_parser("list", help=_("list the servers"), parents=[_places()])
