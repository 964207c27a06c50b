"""Ansible's community.general: xenserver_guest, xenserver_guest_info and xenserver_guest_powerstate, by ansible_guest.yml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import XenAPI
from steps import Target

PLAYBOOK = Path(__file__).with_suffix(".yml")


def a_host(target: Target) -> str:
    """The name of one, for a guest to call its home."""
    session = XenAPI.Session(target.url, ignore_ssl=True)
    session.login_with_password(target.user, target.password, "1.0", "clients")
    name: str = next(iter(session.xenapi.host.get_all_records().values()))["name_label"]
    session.xenapi.session.logout()
    return name


def play(target: Target) -> list[dict[str, Any]]:
    """The tasks of the playbook, as Ansible's json callback tells them: `{"task": {"name"}, "hosts": {"localhost": result}}`."""
    settings = {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_HOME": os.environ["CLIENT_FOLDER"],
        "POOL_HOST": a_host(target),
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), PLAYBOOK],
        env={**os.environ, **settings}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    try:
        told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        print(f"Ansible {version('ansible')}: FAILED to begin: {(done.stderr + done.stdout).strip()[-300:]}")
        sys.exit(1)
    return [task for each in told["plays"] for task in each["tasks"]]


def main() -> None:
    name = f"Ansible {version('ansible')}"
    passed: list[str] = []
    for task in play(Target.given()):
        step, result = task["task"]["name"], task["hosts"]["localhost"]
        if result.get("failed"):
            wrong = next((each for each in result.get("results", ()) if each.get("failed")), result)
            said = wrong.get("msg") or json.dumps(wrong.get("instance"))
            print(f"{name}: FAILED at {step}: {said} (passed: {', '.join(passed) or 'nothing'})")
            sys.exit(1)
        passed.append(step)
    print(f"{name}: {', '.join(passed)}")


if __name__ == "__main__":
    main()
