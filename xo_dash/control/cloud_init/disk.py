"""The disk that cloud-init reads at the first boot: the NoCloud files, and the same in OpenStack's folders for what knows only those.

Source: cloud-init's DataSourceNoCloud takes vfat with the label cidata, DataSourceConfigDrive any vfat with openstack/latest, which is
what cloudbase-init looks for.
"""

from __future__ import annotations

import json
from typing import Final
from uuid import uuid4

from xo_dash.control.cloud_init.config import CloudInit, GuestNic, hostname_of, network_config, user_data
from xo_dash.control.cloud_init.fat import fat_disk

SIZE: Final = 4 << 20
"""Bytes: the least that every storage driver makes, and more than any text may have."""
LABEL: Final = "cidata"


def config_disk(config: CloudInit, name: str, nics: tuple[GuestNic, ...]) -> bytes:
    """For a VM called `name`. It hashes the password: for a thread."""
    instance, host = str(uuid4()), hostname_of(config, name)  # another instance at each writing: what was done for another is done again
    text = user_data(config, name).encode()
    keys = {f"key-{number}": key for number, key in enumerate(config.ssh_keys)}
    about = {"uuid": instance, "hostname": host, "name": name} | ({"public_keys": keys} if keys else {})
    files = {
        "meta-data": json.dumps({"instance-id": instance, "local-hostname": host}, indent=1).encode() + b"\n",
        "user-data": text,
        "openstack/latest/meta_data.json": json.dumps(about, indent=1).encode() + b"\n",
        "openstack/latest/user_data": text,
    }
    network = network_config(config, nics)
    if network:
        files["network-config"] = network.encode()
    return fat_disk(files, LABEL, SIZE)
