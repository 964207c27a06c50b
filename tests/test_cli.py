"""What a person types, and what comes of it."""

import asyncio
import io
import json
import re
import resource
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from data.stores import copies
from data.stores.directory import DataDirectory
from data.stores.invitations import InvitationStore
from data.stores.second_factors import SecondFactorStore
from data.stores.servers import ServerStore, TlsMode
from data.stores.users import Role, UserStore
from data.stores.vault import Vault
from tests.waiting import until
from xo_dash import __version__, i18n
from xo_dash.auth.passwords import Passwords
from xo_dash.cli import main, shadowed
from xo_dash.cli_files import Files
from xo_dash.cli_table import print_table
from xo_dash.cli_terminal import harmless
from xo_dash.config import Settings
from xo_dash.local_socket import within

ROOT = Path(__file__).parent.parent
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on `data_dir`; answers its status, its output and its complaints."""
    monkeypatch.setenv("XO_DASH_DATA_DIR", str(data_dir))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*argv: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        status = main(argv)
        return status, *capsys.readouterr()

    return command


def test_version_and_help_are_instant_and_import_nothing_heavy() -> None:
    code = "import sys; from xo_dash.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "simulate" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"nicegui", "babel", "asyncio", "XenAPI", "tinydb", "xo_dash.config"}


def test_the_server_does_not_load_the_http_client_of_a_library_that_it_only_serves_with() -> None:
    code = "import sys, xo_dash, engineio; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "engineio.async_server" in done.stdout and "aiohttp.client" not in done.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"xo-dash {__version__}\n"


def test_a_wrong_setting_is_one_line_and_status_2(run: Run) -> None:
    assert run("serve", "--port", "http") == (2, "", "xo-dash: --port: 'http' is not a port (1 to 65535)\n")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["serve", "--dem"], ["user"], ["user", "add"], ["server", "add", "a", "--role", "x"]])
def test_a_wrong_command_line_is_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_user_is_added_listed_and_gets_a_new_password(run: Run, data_dir: Path) -> None:
    assert run("user", "list") == (0, "there are no users yet; xo-dash serve asks for the first one\n", "")
    assert run("user", "add", "anna", "--role", "admin", typed="correct horse\n") == (0, "anna can sign in now, with the role admin\n", "")
    status, out, _err = run("user", "list")
    assert (status, out.split("\n")[1].split()[:3]) == (0, ["anna", "admin", "active"])
    assert run("user", "passwd", "ANNA", typed="battery staple\n")[0] == 0

    directory = DataDirectory(data_dir)
    user = UserStore(directory).by_name("anna")
    directory.close()
    assert user is not None
    assert user.role is Role.ADMIN
    assert Passwords().verify_now("battery staple", user.password_hash)[0]
    assert not Passwords().verify_now("correct horse", user.password_hash)[0]


def test_a_user_is_invited_disabled_and_enabled(run: Run, data_dir: Path) -> None:
    run("user", "add", "anna", "--role", "admin", typed="correct horse\n")
    status, link, _err = run("user", "invite", "bob", "--role", "operator", "--expires", "12h")
    assert status == 0 and link.startswith("http://127.0.0.1:8080/invitation#")
    assert run("user", "list")[1].splitlines()[2].split()[:3] == ["bob", "operator", "invited"]
    status, other, _err = run("user", "reset-password", "bob")
    directory = DataDirectory(data_dir)
    known = InvitationStore(directory)
    assert known.of(link.strip().partition("#")[2]) is None and known.of(other.strip().partition("#")[2])
    directory.close()
    assert run("user", "disable", "bob")[0] == 0 and "disabled" in run("user", "list")[1]
    assert run("user", "disable", "anna")[0] == 1, "the last administrator"
    assert run("user", "enable", "bob")[0] == 0 and "disabled" not in run("user", "list")[1]


@pytest.mark.parametrize(
    ("argv", "typed", "said"),
    [
        (["user", "add", "bob"], "short\n", "at least 8 characters"),
        (["user", "add", "bob"], "", "at least 8 characters"),
        (["user", "add", "  "], "long enough\n", "a name has 1 to 64 visible characters"),
        (["user", "add", "bob"], "password1\n", "easy to guess"),
        (["user", "invite", "bob", "--group", "ops"], "", "there is no group named ops"),
        (["user", "invite", "bob", "--expires", "1y"], "", "at most 90 days"),
        (["user", "reset-password", "nobody"], "", "there is no user named nobody"),
        (["ldap", "test", "bob"], "x\n", "set ldap_url"),
        (["user", "passwd", "nobody"], "long enough\n", "there is no user named nobody"),
        (["server", "add", "xcp 1"], "secret\n", "is not an address"),
        (["server", "add", "xcp-1:99999"], "secret\n", "is not an address"),
        (["server", "add", "xcp-1"], "", "a pool needs a password"),
        (["server", "add", "http://10.0.0.1"], "secret\n", "add --plain to allow it"),
        (["server", "add", "https://10.0.0.1", "--plain"], "secret\n", "leave out --plain"),
        (["server", "add", "xcp-1", "--fingerprint", "AB:CD"], "secret\n", "64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(run: Run, argv: list[str], typed: str, said: str) -> None:
    status, out, err = run(*argv, typed=typed)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert said in err


def test_servers_are_added_with_their_trust_and_the_password_is_not_readable(run: Run, data_dir: Path) -> None:
    assert run("server", "add", "xcp-1", "--label", "lab", typed="very secret\n")[0] == 0
    assert run("server", "add", "http://127.0.0.1:8081", typed="very secret\n")[0] == 0
    assert run("server", "add", "xcp-2", "--plain", typed="very secret\n")[0] == 0
    assert run("server", "add", "xcp-3", "--fingerprint", "AB:" * 31 + "AB", "--user", "ops", typed="very secret\n")[0] == 0
    assert run("server", "list")[1].splitlines()[1].split() == ["lab", "xcp-1", "root", "authority", "–", "yes"]

    directory = DataDirectory(data_dir)
    store = ServerStore(directory, Vault(directory))
    directory.close()
    assert [one.tls for one in store.all()] == [TlsMode.CA, TlsMode.PLAIN, TlsMode.PLAIN, TlsMode.PINNED]
    assert store.password(store.all()[0].id) == "very secret"
    assert not any(b"very secret" in file.read_bytes() for file in data_dir.iterdir())


def test_a_damaged_store_is_one_sentence(run: Run, data_dir: Path) -> None:
    run("user", "add", "anna", typed="correct horse\n")
    (data_dir / "users.json").write_text("{")
    status, _out, err = run("user", "list")
    assert (status, err.count("\n")) == (1, 1)
    assert "users.json" in err and "from a backup" in err
    assert (data_dir / "users.json").read_text() == "{"


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_or_damaged_store_comes_back_from_a_copy_as_it_says(run: Run, data_dir: Path, lost: bool) -> None:
    run("user", "add", "anna", typed="correct horse\n")
    directory = DataDirectory(data_dir)
    copies.keep(directory, "2026-01-01")
    copies.keep(directory, "2026-01-02")
    directory.close()
    (data_dir / "copies" / "2026-01-02" / "users.json").write_text("{")
    (data_dir / "users.json").unlink() if lost else (data_dir / "users.json").write_text("{")
    for command in (("user", "add", "mallory", "--role", "admin"), ("user", "list")):
        status, _out, err = run(*command, typed="correct horse\n")
        assert status == 1 and "users.json" in err, command
    told = re.search(r"xo-dash (config restore \S+ --data-dir \S+);", err)
    assert told, err
    assert run(*told[1].split())[0] == 0
    assert "anna" in run("user", "list")[1]


def test_a_name_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with harmless():
        print_table(["name"], [["web\x1b]0;x\x07\x9b31m"]], "")
        sys.stderr.write("кот\t1\n")
    assert capsys.readouterr() == ("name\nweb\\x1b]0;x\\x07\\x9b31m\n", "кот\t1\n")


def test_the_terminals_language_is_spoken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    assert "не порт" in run("serve", "--port", "0")[2]


def test_our_packages_are_siblings() -> None:
    assert shadowed() == ""


@pytest.mark.parametrize("hidden", ["pages.py", "data/__init__.py"])
def test_a_file_that_hides_one_of_our_packages_is_named(tmp_path: Path, hidden: str) -> None:
    file = tmp_path / hidden
    file.parent.mkdir(exist_ok=True)
    file.touch()
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; from xo_dash.cli import main; sys.exit(main(['user', 'list']))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"xo-dash: {file.resolve()} shadows the package")


def test_a_servers_pages_do_not_inherit_the_terminals_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = types.ModuleType("xo_dash.app")  # stands for the server, which has its own tests

    def serve(settings: Settings) -> int:
        i18n.set_locator(lambda: "en")
        assert asyncio.run(_language()) == "en"
        return 0

    module.serve = serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xo_dash.app", module)
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    assert main(["serve", "--data-dir", str(tmp_path)]) == 0


async def _language() -> str:
    return i18n.locale()


def test_what_the_command_line_changes_is_in_the_audit(run: Run, data_dir: Path) -> None:
    assert run("user", "add", "ann", "--role", "admin", typed="a long enough password\n")[0] == 0
    assert run("user", "passwd", "ann", typed="quite another password\n")[0] == 0
    assert run("server", "add", "192.0.2.1", "--label", "lab", typed="hunter2\n")[0] == 0
    assert run("server", "add", "192.0.2.1", typed="hunter2\n")[0] == 1
    text = (data_dir / "audit.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["action"], line["name"], line["result"]) for line in lines] == [
        ("user.add", "ann", "done"),
        ("user.password", "ann", "done"),
        ("server.add", "lab", "done"),
        ("server.add", "192.0.2.1", "refused"),
    ]
    assert all(line["address"] == "command line" and line["user"] for line in lines)
    assert "hunter2" not in text and "another password" not in text


def test_the_audit_log_is_verified_and_a_changed_line_is_named(run: Run, data_dir: Path) -> None:
    run("user", "add", "ann", "--role", "admin", typed="correct horse battery\n")
    status, said, _complaint = run("audit", "verify")
    anchor = said.split()[-1]
    assert status == 0 and "1 lines are unchanged" in said
    assert run("audit", "verify", "--anchor", anchor)[0] == 0
    assert "does not contain this hash" in run("audit", "verify", "--anchor", "0" * 63 + "1")[2]
    path = data_dir / "audit.jsonl"
    path.write_text(path.read_text().replace("ann", "bob"))
    status, _said, complaint = run("audit", "verify")
    assert (status, complaint) == (
        1,
        "xo-dash: the audit log is broken at line 1 of audit.jsonl; the 0 lines before it are unchanged\n",
    )


def test_who_lost_their_phone_is_let_in_by_the_password_alone(run: Run, data_dir: Path) -> None:
    run("user", "add", "ann", "--role", "admin", typed="correct horse battery\n")
    directory = DataDirectory(data_dir)
    factors, ann = SecondFactorStore(directory, Vault(directory)), UserStore(directory).by_name("ann")
    assert ann
    factors.set_now(ann.id, "ann", "A" * 32, 0, ["spare"])
    assert run("user", "reset-two-step", "Ann")[:2] == (0, "ann can sign in with the password alone, and set up two-step sign-in again\n")
    assert factors.refresh() and factors.all() == ()
    assert run("user", "reset-two-step", "eve")[0] == 1


def test_a_token_is_printed_once_and_kept_as_a_hash(run: Run, data_dir: Path) -> None:
    run("user", "add", "ann", "--role", "none", typed="a long password\n")
    status, out, _err = run("token", "add", "ann", "--name", "backup", "--role", "viewer", "--expires", "90d")
    token = out.strip()
    assert status == 0 and token.startswith("xod_")
    assert token.split("_", 2)[2] not in "".join(path.read_text() for path in data_dir.glob("*.json*"))
    assert run("token", "list")[1].splitlines()[1].split()[1:4] == ["ann", "backup", "viewer"]
    assert run("token", "add", "ann", "--name", "backup")[0] == 1, "the name is taken"
    assert run("token", "add", "bob", "--name", "x")[0] == 1
    assert run("token", "add", "ann", "--name", "x", "--expires", "soon")[0] == 1
    assert run("token", "remove", token.split("_")[1])[0] == 0
    assert run("token", "list")[1] == "there are no tokens; add one with: xo-dash token add USER --name NAME\n"


def test_groups_roles_and_grants(run: Run, data_dir: Path) -> None:
    run("user", "add", "ann", "--role", "none", typed="a long password\n")
    assert run("group", "add", "ops", "--user", "ann")[0] == 0
    assert run("group", "members", "ops", "--group", "ops")[0] == 1, "it would be in itself"
    assert run("group", "list")[1].splitlines()[1].split() == ["ops", "ann", "–"]
    assert run("role", "add", "Power", "vm.start", "vm.console")[0] == 0
    assert run("role", "add", "Odd", "vm.fly")[0] == 1
    status, out, _err = run("grant", "add", "--group", "ops", "--role", "power", "--on", "vm:0a", "--expires", "1y")
    assert status == 0
    assert run("grant", "list")[1].splitlines()[1].split()[:5] == [out.strip(), "ops", "allows", "Power", "vm:0a"]
    for wrong in (("--user", "ann", "--role", "king", "--on", "vm:0a"), ("--role", "viewer", "--on", "vm:0a"),
                  ("--user", "ann", "--role", "viewer", "--on", "car:0a")):  # fmt: skip
        assert run("grant", "add", *wrong)[0] == 1
    assert run("grant", "remove", out.strip())[0] == run("role", "remove", "power")[0] == run("group", "remove", "ops")[0] == 0


def test_the_configuration_goes_into_a_file_and_back_and_gets_another_key(run: Run, data_dir: Path, tmp_path: Path) -> None:
    run("user", "add", "ann", "--role", "admin", typed="correct horse battery\n")
    file = str(tmp_path / "lab.xodash")
    assert run("config", "export", file, typed="short\n")[0] == 1
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as on a full disk
    try:
        assert "cannot be written" in run("config", "export", file, typed="a long passphrase\n")[2]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not Path(file).exists(), "what is there could be taken for an export"
    assert run("config", "export", file, typed="a long passphrase\n")[0] == 0
    assert "File exists" in run("config", "export", file, typed="a long passphrase\n")[2]
    run("user", "add", "eve", typed="correct horse battery\n")
    assert run("config", "import", file, typed="a wrong passphrase\n")[2] == "xo-dash: the passphrase is wrong, or the file is damaged\n"
    status, said, _complaint = run("config", "import", file, typed="a long passphrase\n")
    assert status == 0 and "eve" not in run("user", "list")[1].split()
    copy = said.split()[-1]
    assert copy in run("config", "copies")[1] and run("config", "restore", copy)[0] == 0 and "eve" in run("user", "list")[1]
    before = (data_dir / "secret.key").read_bytes() if (data_dir / "secret.key").exists() else b""
    assert run("config", "change-key")[0] == 0 and (data_dir / "secret.key").read_bytes() != before
    with DataDirectory(data_dir).serving():
        assert "is in use by another xo-dash" in run("config", "change-key")[2]
    assert {json.loads(line)["action"] for line in (data_dir / "audit.jsonl").read_text().splitlines()} >= {
        "config.export",
        "config.import",
        "config.restore",
        "config.change-key",
    }


@pytest.mark.parametrize(("done", "kept"), [(True, True), (False, False), (None, False)])
async def test_a_file_stays_only_when_the_command_says_that_it_is_whole(tmp_path: Path, done: bool | None, kept: bool) -> None:
    async def hand_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"all there is")
        writer.close()

    file = tmp_path / "web.xva"
    files = Files(tmp_path, {}, file)
    with within(tmp_path) as name:
        server = await asyncio.start_unix_server(hand_over, name)
    async with server:
        files.begin({"fetch": "ticket", "name": "web.xva"})
        if done is None:  # the dashboard is gone before it says what became of it
            await until(file.exists)
        else:
            await files.settle(done=done)
    files.discard()
    assert file.exists() is kept  # on a disk of the test
