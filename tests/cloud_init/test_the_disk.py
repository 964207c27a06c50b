"""The disk that cloud-init reads at the first boot: by other people's programs, where they are installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from xo_dash.control.cloud_init.config import CloudInit, GuestNic
from xo_dash.control.cloud_init.disk import SIZE, config_disk
from xo_dash.control.cloud_init.fat import DiskFull, fat_disk

CONFIG = CloudInit(
    user="admin", password="hunter2", ssh_keys=("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeyKeyKey ops@lab",), packages=("nginx",),
    address="192.168.1.20/24", gateway="192.168.1.1", dns=("192.168.1.1",),
)  # fmt: skip
LONG = "a name that is longer than the thirteen letters of a part.txt"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("disk") / "cidata.img"
    path.write_bytes(config_disk(CONFIG, "web-1", (GuestNic("aa:bb:cc:dd:ee:01"),)))
    return path


def output(program: str, *arguments: str) -> str:
    found = shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return subprocess.run([found, *arguments], capture_output=True, check=True, text=True).stdout


def test_it_is_a_fat_called_cidata(disk: Path) -> None:
    assert disk.stat().st_size == SIZE
    told = output("blkid", "-p", "-o", "export", str(disk))
    assert "TYPE=vfat" in told and "LABEL=cidata" in told


def test_fsck_finds_nothing(disk: Path) -> None:
    _version, summary = output("fsck.vfat", "-n", str(disk)).splitlines()
    assert "files" in summary


def test_the_files_are_there_by_their_long_names(disk: Path) -> None:
    def read(path: str) -> str:
        return output("mtype", "-i", str(disk), f"::{path}")

    about = json.loads(read("meta-data"))
    assert about["local-hostname"] == "web-1" and len(about["instance-id"]) == 36
    assert read("openstack/latest/user_data") == read("user-data")
    data = yaml.safe_load(read("user-data"))
    assert data["users"][1]["passwd"].startswith("$6$rounds=") and "hunter2" not in read("user-data")
    assert json.loads(read("openstack/latest/meta_data.json"))["public_keys"] == {"key-0": CONFIG.ssh_keys[0]}
    assert yaml.safe_load(read("network-config"))["ethernets"]["nic0"] == {
        "match": {"macaddress": "aa:bb:cc:dd:ee:01"}, "addresses": ["192.168.1.20/24"], "gateway4": "192.168.1.1",
        "nameservers": {"addresses": ["192.168.1.1"]},
    }  # fmt: skip


READS = """
import json, subprocess, sys
from cloudinit import helpers, util
from cloudinit.sources import DataSourceNoCloud as nocloud

disk, folder = sys.argv[1:]
def read(name):
    return subprocess.run(["mtype", "-i", disk, f"::{name}"], capture_output=True, check=True).stdout.decode()
def mounted(*_device, **_more):  # a container may mount nothing
    return {"meta-data": json.loads(read("meta-data")), "vendor-data": ""} | {name: read(name) for name in ("user-data", "network-config")}
util.mount_cb = mounted
util.find_devs_with = lambda criteria=None, **_more: [disk] if criteria in ("LABEL=cidata", "TYPE=vfat") else []
paths = helpers.Paths({"run_dir": folder, "cloud_dir": folder})
source = nocloud.DataSourceNoCloud({"datasource": {"NoCloud": {}}}, None, paths)
there = source.get_data()
print(json.dumps([there, source.metadata["local-hostname"], source.get_userdata_raw(), source.network_config]))
"""


def test_cloud_inits_own_code_reads_it(disk: Path, tmp_path: Path) -> None:
    python = "/usr/bin/python3"
    if not Path("/usr/lib/python3/dist-packages/cloudinit").exists() or shutil.which("mtype") is None:
        pytest.skip("Debian's cloud-init or mtools is not installed")
    ran = subprocess.run([python, "-c", READS, str(disk), str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    there, hostname, text, network = json.loads(ran.stdout.splitlines()[-1])
    assert there is True and hostname == "web-1" and text.startswith("#cloud-config\n")
    assert network["version"] == 2 and "nic0" in network["ethernets"]


def test_what_does_not_fit_is_refused() -> None:
    assert len(fat_disk({LONG: b"x", "a/b/c": b"y" * 5000}, "LABEL", 1 << 20)) == 1 << 20
    with pytest.raises(DiskFull):
        fat_disk({"a": bytes(1 << 20)}, "LABEL", 1 << 20)
    with pytest.raises(DiskFull):
        fat_disk({f"file {number}": b"" for number in range(400)}, "LABEL", 1 << 20)
