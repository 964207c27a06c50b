"""A user-data of one's own: whether it is YAML, whether its values are what cloud-init takes, and which keys it would not know.

Source: the modules of cloud-init 26.2, by their documentation; newer ones may know more, so an unknown key is a hint and no fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

import yaml

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

OTHER_KINDS: Final = (
    "#!",
    "#include",
    "#cloud-boothook",
    "#cloud-config-archive",
    "## template:",
    "#part-handler",
    "#ps1",
    "Content-Type:",
)
"""First words of user-data that is no YAML map; nothing of it is checked."""
HEADER: Final = "#cloud-config"
DEEPEST: Final = 50
"""Levels."""

_WORDS: Final = {
    "lists": """
        bootcmd cloud_config_modules cloud_final_modules cloud_init_modules fs_setup mounts packages runcmd ssh_authorized_keys
        ssh_genkeytypes ssh_import_id write_files
    """,
    "maps": """
        ansible apk_repos apt ca-certs ca_certs chef chpasswd datasource disk_setup drivers fan growpart keyboard landscape lxd
        mcollective ntp output phone_home power_state puppet random_seed reporting resolv_conf rh_subscription rsyslog
        salt_minion snap spacewalk ssh ssh_keys swap system_info ubuntu_advantage ubuntu_pro updates wireguard yum_repos zypper
    """,
    "switches": """
        allow_public_ssh_keys create_hostname_file disable_root manage_resolv_conf no_ssh_fingerprints
        package_reboot_if_required package_update package_upgrade prefer_fqdn_over_hostname preserve_hostname ssh_deletekeys
        ssh_quiet_keygen
    """,
    "texts": """
        authkey_hash disable_root_opts final_message fqdn hostname locale_configfile password timezone
    """,
    "others": """
        autoinstall byobu_by_default groups grub_dpkg locale manage_etc_hosts merge_how merge_type mount_default_fields network
        resize_rootfs ssh_fp_console_blacklist ssh_key_console_blacklist ssh_pwauth syslog_fix_perms unverified_modules user
        users vendor_data warnings
    """,
}
LISTS, MAPS, SWITCHES, TEXTS, OTHERS = (frozenset(words.split()) for words in _WORDS.values())
KNOWN: Final = LISTS | MAPS | SWITCHES | TEXTS | OTHERS


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]  # it is made by libyaml, without types
    pass


def faults_of_text(text: str) -> Iterator[LazyText]:
    """Why cloud-init would not take it."""
    if text.lstrip("\ufeff").startswith(OTHER_KINDS):
        return
    if not text.lstrip("\ufeff").startswith(HEADER):
        yield lazy(N_("the first line must be “{header}”, or one of the other kinds, such as #!/bin/sh"), header=HEADER)
        return
    data = _read(text)
    if isinstance(data, LazyText):
        yield data
    elif data is not None and not isinstance(data, dict):
        yield lazy(N_("it must be a map of keys, like “hostname: web-1”"))
    else:
        yield from _wrong_values(data or {})


def hints_of_text(text: str) -> list[LazyText]:
    """What may be a slip: keys that cloud-init does not know, with the nearest that it does."""
    if not text.startswith(HEADER):
        return []
    data = _read(text)
    if not isinstance(data, dict):
        return []
    return [_unknown(str(key)) for key in data if str(key) not in KNOWN][:5]


def _read(text: str) -> Any:
    """What the YAML says; a sentence if it is none. An alias is never written out."""
    try:
        if _is_too_deep(text):
            return lazy(N_("it is nested too deeply"))
        return yaml.load(text, _Loader)  # noqa: S506  # it is a safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return lazy(N_("line {n} is not valid YAML: {problem}"), n=mark.line + 1 if mark else 1, problem=error.problem or "?")
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError):
        return lazy(N_("it is not valid YAML"))


def _is_too_deep(text: str) -> bool:
    """Asked first: libyaml's binding goes down for each level, and does not come back from very many."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            return True
    return False


def _wrong_values(data: dict[Any, Any]) -> Iterator[LazyText]:
    for key, value in data.items():
        if key in LISTS and not isinstance(value, list):
            yield lazy(N_("“{key}” must be a list"), key=key)
        elif key in MAPS and not isinstance(value, (dict, bool, type(None))):
            yield lazy(N_("“{key}” must be a group of keys"), key=key)
        elif key in SWITCHES and not isinstance(value, (bool, type(None))):
            yield lazy(N_("“{key}” must be true or false"), key=key)
        elif key in TEXTS and not isinstance(value, (str, int, type(None))):
            yield lazy(N_("“{key}” must be text"), key=key)


def _unknown(key: str) -> LazyText:
    near = get_close_matches(key[:80], KNOWN, 1)
    if near:
        return lazy(N_("cloud-init has no key “{key}”; did you mean “{near}”?"), key=key[:80], near=near[0])
    return lazy(N_("cloud-init has no key “{key}”"), key=key[:80])
