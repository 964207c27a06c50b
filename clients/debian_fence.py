"""Debian's fence_xenapi, the agent of Pacemaker's clusters: list, status, off, on, reboot."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from steps import Target, expect, take

ON, OFF = 0, 2  # exit codes of "status"; everything else is 0 when it went well


class Agent:
    """The agent as it came, with its library where the package was unpacked; always the first VM of its own list."""

    def __init__(self, folder: Path, target: Target, trusted: Path) -> None:
        self.folder = folder
        self.target = target
        self.trusted = trusted
        self.victim = ""

    def run(self, *arguments: str) -> tuple[int, str]:
        """Its exit code, and all it printed."""
        done = subprocess.run(
            [sys.executable, "-tt", str(self.folder / "usr/sbin/fence_xenapi"), *arguments,
             "--session-url", self.target.url, "--username", self.target.user, "--password", self.target.password],
            env={**os.environ, "PYTHONPATH": str(self.folder / "usr/share/fence"), "SSL_CERT_FILE": str(self.trusted)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def list(self) -> None:
        code, said = self.run("--action=list")
        names = dict(line.split(",", 1) for line in said.splitlines() if "," in line)
        expect(code == 0 and len(names) > 1, f"exit code {code}: {said}")
        self.victim = next(iter(names.values()))

    def acts(self, action: str, *, then: int) -> Callable[[], None]:
        def act() -> None:
            code, said = self.run(f"--action={action}", f"--plug={self.victim}")
            expect(code == 0 and "Success" in said, f"exit code {code}: {said}")
            self.sees(then)()

        return act

    def sees(self, state: int) -> Callable[[], None]:
        def look() -> None:
            code, said = self.run("--action=status", f"--plug={self.victim}")
            expect(code == state, f"exit code {code}: {said}")

        return look


def trust(target: Target, file: Path) -> None:
    """The agent has no option for a certificate that nobody signed."""
    url = urlsplit(target.url)
    if url.scheme == "https":
        file.write_text(ssl.get_server_certificate((str(url.hostname), url.port or 443)))


def main() -> None:
    folder = Path(os.environ["CLIENT_FOLDER"])
    version = next(folder.glob("fence-agents_*.deb")).name.split("_")[1]
    target = Target.given()
    with tempfile.TemporaryDirectory() as scratch:
        trusted = Path(scratch) / "trusted.pem"
        trust(target, trusted)
        agent = Agent(folder, target, trusted)
        take(
            f"fence_xenapi {version}",
            {
                "list": agent.list,
                "status": agent.sees(ON),
                "off": agent.acts("off", then=OFF),
                "on": agent.acts("on", then=ON),
                "reboot": agent.acts("reboot", then=ON),
            },
        )


if __name__ == "__main__":
    main()
