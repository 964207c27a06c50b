"""A VM's screen as text: the firmware, the kernel, a login, and what is typed; it starts anew with every domain."""

from __future__ import annotations

import asyncio
import textwrap
from dataclasses import dataclass

from ..classes import vm_guest
from ..pool import Pool
from ..types import NULL

FIRMWARE_SIZE, SYSTEM_SIZE = (80, 25), (100, 37)  # columns, rows: while the firmware has the screen, and afterwards
BOOTED = 8.0  # simulated seconds from the start to the login


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines of equal length; the first is the title, in inverse. `cursor` is (row, column), or None."""

    columns: int
    lines: tuple[str, ...]
    cursor: tuple[int, int] | None

    @property
    def rows(self) -> int:
        return len(self.lines)


class Terminal:
    def __init__(self, pool: Pool, vm: str) -> None:
        self._pool, self._vm = pool, vm
        self.domid: int = pool.db.get(vm, "domid")
        self._typed: list[str] = []
        self._line = ""
        self._user = ""
        self.watchers: set[asyncio.Event] = set()

    # what happened

    def key(self, text: str) -> None:
        """A character, "\\n" for Return, "\\b" for Backspace, "\\f" for Ctrl-Alt-Del or a clear screen."""
        if text == "\n":
            self._enter()
        elif text == "\b":
            self._line = self._line[:-1]
        elif text == "\f":
            self._typed, self._line, self._user = [], "", ""
        else:
            self._line += text
        for watcher in self.watchers:
            watcher.set()

    def _enter(self) -> None:
        line, self._line = self._line, ""
        self._typed.append(self._prompt() + line)
        if not self._user:
            self._user = line.strip()
            return
        command, _, rest = line.strip().partition(" ")
        match command:
            case "exit" | "logout":
                self._user, self._typed = "", []
            case "clear":
                self._typed = []
            case "echo":
                self._typed.append(rest)
            case "hostname" | "uname":
                self._typed.append(self.name)
            case "whoami":
                self._typed.append(self._user)
            case "":
                pass
            case _:
                self._typed.append(f"sh: {command}: command not found")

    # what is seen

    @property
    def name(self) -> str:
        return str(self._pool.db.get(self._vm, "name_label"))

    @property
    def age(self) -> float:
        """Simulated seconds since the domain was built."""
        metrics = self._pool.db.get(self._vm, "metrics")
        if metrics == NULL or not self._pool.db.exists(metrics):
            return BOOTED
        return self._pool.clock.now() - self._pool.seconds(self._pool.db.get(metrics, "start_time"))

    @property
    def booting(self) -> bool:
        return self.age < BOOTED

    def boot_text(self) -> list[tuple[float, str]]:
        """(seconds after the start, line)"""
        record = self._pool.db.record("VM", self._vm)
        system = dict(vm_guest.guest_of(self._pool, record).os)
        uefi = record["HVM_boot_params"].get("firmware") == "uefi"
        lines = [
            (0.0, "UEFI firmware, simulated" if uefi else "BIOS, simulated"),
            (0.0, f"UUID {record['uuid']}"),
            (0.3, f"{record['VCPUs_at_startup']} CPU, {record['memory_dynamic_max'] >> 20} MiB"),
        ]
        for vbd in record["VBDs"]:
            drive = self._pool.db.record("VBD", vbd)
            if self._pool.db.exists(drive["VDI"]):
                lines.append((0.6, f"{drive['device'] or 'drive'}: {self._pool.db.get(drive['VDI'], 'virtual_size') >> 20} MiB"))
        lines += [(1.0, "Booting from hard disk..."), (1.0, ""), (2.0, system.get("name", "An operating system"))]
        lines += [(2.5, f"kernel {system['uname']}")] if system.get("uname") else []
        for number, service in enumerate(("local file systems", "network", "time", "remote logins")):
            lines.append((3.5 + number, f"[  OK  ] Started {service}"))
        return lines

    def _prompt(self) -> str:
        if not self._user:
            return f"{self.name} login: "
        return f"{self._user}@{self.name}:~$ "

    def text(self) -> list[str]:
        age = self.age
        lines = [line for at, line in self.boot_text() if at <= age]
        if not self.booting:
            lines += ["", *self._typed, self._prompt() + self._line]
        return lines

    def picture(self) -> Picture:
        columns, rows = FIRMWARE_SIZE if self.age < 2.0 else SYSTEM_SIZE
        lines = [part for line in self.text() for part in (textwrap.wrap(line, columns, drop_whitespace=False) or [""])]
        shown = lines[-(rows - 1) :]
        cursor = (len(shown), min(columns - 1, len(shown[-1]))) if shown else None
        title = f" {self.name}"[:columns].ljust(columns)
        filled = [line.ljust(columns) for line in shown] + [" " * columns] * (rows - 1 - len(shown))
        return Picture(columns, (title, *filled), cursor)


def terminal(pool: Pool, vm: str) -> Terminal:
    """The one that everybody sees; a new domain gets a new one."""
    held: dict[str, Terminal] = pool.facts.setdefault("terminals", {})
    found = held.get(vm)
    if found is None or found.domid != pool.db.get(vm, "domid"):
        found = held[vm] = Terminal(pool, vm)
    for gone in [ref for ref in held if not pool.db.exists(ref)]:
        del held[gone]
    return found
