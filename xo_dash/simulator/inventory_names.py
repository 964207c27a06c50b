"""Which VMs, hosts, networks and storage people have, and what they call them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

GIB = 1 << 30
MIB = 1 << 20

# name | system | memory, GiB | vCPUs | disks, GiB | NICs: m(gmt) v(lan) s(torage) i(nternal) | load | state | tags | description
LAB = """
web-1          | debian12 | 8    | 4  | 40          | v  | web     |           | prod,web   | The shop's front end, behind proxy
test-a         | alpine   | 0.5  | 1  | 4           | m  | idle    | halted    | lab        |
db-01          | debian13 | 16   | 4  | 32,200,100  | vs | db      |           | prod,db    | PostgreSQL 17, the primary
test-b         | alpine   | 0.5  | 1  | 4           | mi | idle    | halted    | lab        |
ci-runner-1    | ubuntu   | 8    | 4  | 80          | m  | hot     |           | ci         | Builds everything
media          | debian12 | 4    | 2  | 32,500      | m  | media   | paused    | home       | Jellyfin
nas            | freebsd  | 12   | 4  | 32,500,500  | ms | files   |           | prod       | Shares for everyone
git            | debian12 | 8    | 2  | 40,120      | m  | light   |           | prod       | Forgejo
mail           | debian12 | 4    | 2  | 32,80       | v  | light   |           | prod       | Postfix and Dovecot
win11-dev      | win11    | 8    | 4  | 120         | m  | windows | suspended | dev        | Somebody's desk
k8s-cp-1       | ubuntu   | 4    | 2  | 60          | v  | k8s     |           | k8s        |
k8s-worker-1   | ubuntu   | 8    | 4  | 100         | v  | k8s     |           | k8s        |
win10-old      | win10    | 8    | 2  | 100         | m  | windows | halted    |            | Kept until the accounts are closed
k8s-worker-2   | ubuntu   | 8    | 4  | 100         | v  | k8s     |           | k8s        |
grafana        | debian13 | 2    | 2  | 20          | m  | light   |           | prod       | Dashboards
pihole         | debian12 | 1    | 1  | 8           | m  | idle    |           | prod,home  | DNS
vpn            | alpine   | 1    | 1  | 4           | mv | light   |           | prod       | WireGuard
home-assistant | haos     | 4    | 2  | 32          | m  | light   |           | home       |
wiki           | debian12 | 4    | 2  | 30          | v  | light   |           | prod       | BookStack
backup         | debian12 | 8    | 2  | 32,1000     | ms | backup  |           | prod       | Where the nightly copies go first
template-try   | debian13 | 2    | 2  | 20          | m  | idle    | halted    | lab        |
k8s-worker-3   | ubuntu   | 8    | 4  | 100         | v  | k8s     |           | k8s        |
registry       | debian13 | 4    | 2  | 20,200      | v  | light   |           | ci         | Container images
jenkins        | alma     | 8    | 4  | 60          | m  | ci      |           | ci         |
db-02          | debian13 | 16   | 4  | 32,200      | vs | db      |           | prod,db    | PostgreSQL 17, the replica
vault          | alma     | 4    | 2  | 20          | v  | idle    |           | prod       | Secrets
proxy          | alpine   | 2    | 2  | 8           | mv | web     |           | prod,web   | HAProxy
unifi          | debian12 | 2    | 2  | 20          | m  | light   |           | home       | Access points
db-clone       | debian13 | 16   | 4  | 32,200      | m  | db      | halted    | lab        | Of db-01, before the upgrade
nextcloud      | debian12 | 8    | 4  | 32,400      | v  | web     |           | prod       |
minio          | alma     | 8    | 4  | 20,300,300  | s  | files   |           | prod       | S3
ad-1           | win2022  | 6    | 2  | 80          | m  | windows |           | prod       | Domain controller
router-lab     | pfsense  | 1    | 1  | 8           | mi | light   |           | lab        | No tools in here
legacy-erp     | centos5  | 2    | 1  | 40          | m  | light   |           | legacy     | Paravirtual; nobody dares
pbx            | debian12 | 2    | 1  | 16          | v  | light   | halted    |            | Asterisk
web-2          | debian12 | 8    | 4  | 40          | v  | web     |           | prod,web   | The shop's front end, behind proxy
queue          | debian13 | 4    | 2  | 20          | v  | light   |           | prod       | RabbitMQ
k3s-exp        | alpine   | 4    | 2  | 20          | m  | idle    | halted    | lab,k8s    |
prometheus     | debian13 | 8    | 2  | 20,150      | m  | light   |           | prod       | Metrics, 90 days
forge          | alma     | 8    | 4  | 60          | m  | ci      | halted    | lab        |
"""

HOME = """
home-assistant | haos     | 4    | 2  | 32          | mv | light   |           | home       |
retro          | win7     | 4    | 2  | 60          | m  | windows | halted    |            | Old games
photos         | debian13 | 16   | 4  | 32,500      | m  | media   |           | home       | Immich
redis-1        | alpine   | 2    | 2  | 8           | m  | light   |           | lab        |
win10-dev      | win10    | 8    | 4  | 100         | m  | windows |           | dev        |
print          | debian12 | 1    | 1  | 8           | m  | idle    |           | home       | CUPS
cameras        | debian12 | 8    | 4  | 32,1000     | v  | media   |           | home,iot   | Frigate
redis-2        | alpine   | 2    | 2  | 8           | m  | light   |           | lab        |
ad-2           | win2022  | 4    | 2  | 60          | m  | windows |           | lab        |
win7           | win7     | 2    | 1  | 40          | m  | windows | halted    |            |
"""

# family | system | memory choices, GiB | vCPU choices | disks | NICs | load | tags
FAMILIES = """
web        | debian12 | 2,4,8      | 2,4    | 20,40          | v  | web     | prod,web
app        | ubuntu   | 4,8,8      | 2,4    | 40             | v  | web     | prod
db         | debian13 | 8,16,32    | 4,8    | 32,200         | vs | db      | prod,db
cache      | alpine   | 4,8        | 2      | 8              | v  | light   | prod
k8s-worker | ubuntu   | 8,16       | 4,8    | 100            | v  | k8s     | k8s
ci-runner  | ubuntu   | 4,8        | 4      | 80             | m  | ci      | ci
desk       | win10    | 4,8        | 2,4    | 80             | m  | windows | vdi
win        | win2022  | 4,8,16     | 2,4    | 80             | m  | windows | prod
mon        | debian13 | 2,4        | 2      | 20,100         | m  | light   | prod
test       | alpine   | 0.5,1,2    | 1      | 8              | m  | idle    | lab
dev        | debian13 | 2,4        | 2      | 40             | m  | idle    | dev
log        | alma     | 4,8        | 2      | 20,300         | ms | light   | prod
proxy      | alpine   | 1,2        | 1,2    | 4              | mv | web     | prod
"""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A VM to be made. `memory` in bytes, `disks` in GiB, `state` as XAPI writes power_state."""

    name: str
    system: str
    memory: int
    vcpus: int
    disks: tuple[int, ...]
    nics: str
    load: str
    state: str = "Running"
    tags: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """What a pool and its parts are called: `hosts` are taken in order, then numbered."""

    pool: str
    description: str
    hosts: tuple[str, ...]
    host_family: str
    vlan: tuple[str, int]
    srs: tuple[tuple[str, str], ...]  # (name, type)
    vms: str


SITES = (
    Site("lab-pool", "The rack in the basement", (), "xcp-lab", ("vlan 20", 20),
         (("nfs-vault", "nfs"), ("iso", "iso"), ("iscsi-fast", "lvmoiscsi"), ("nfs-backup", "nfs")), LAB),
    Site("home", "", ("attic", "cellar", "garage"), "shelf", ("iot", 30),
         (("nas-nfs", "nfs"), ("iso", "iso"), ("nas-archive", "nfs"), ("iscsi", "lvmoiscsi")), HOME),
)  # fmt: skip


def site(index: int) -> Site:
    if index < len(SITES):
        return SITES[index]
    name = f"site-{index + 1}"
    return Site(name, "", (), f"xcp-{index + 1}", ("servers", 100 + index), SITES[0].srs, "")


def host_names(of: Site, count: int) -> list[str]:
    named = list(of.hosts[:count])
    return named + [f"{of.host_family}-{n}" for n in range(len(named) + 1, count + 1)]


def sr_names(of: Site, count: int) -> list[tuple[str, str]]:
    """(name, type) of the shared storage."""
    more = [(f"nfs-{n}", "nfs") for n in range(len(of.srs) + 1, count + 1)]
    return [*of.srs, *more][:count]


def sketches(of: Site, count: int, dice: random.Random) -> list[Sketch]:
    """The pool's own VMs first, then as many of the common families as it takes."""
    named = [_sketch(line) for line in of.vms.strip().splitlines()][:count]
    return named + list(_families(count - len(named), dice))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _sketch(line: str) -> Sketch:
    name, system, memory, vcpus, disks, nics, load, state, tags, description = _cells(line)
    return Sketch(name, system, int(float(memory) * GIB), int(vcpus), tuple(map(int, disks.split(","))), nics, load,
                  state.capitalize() or "Running", tuple(filter(None, tags.split(","))), description)  # fmt: skip


def _families(count: int, dice: random.Random) -> Iterator[Sketch]:
    """Numbered from 11 on, so that they never are the named ones; about one of six does not run, the second of all certainly."""
    rows = [_cells(line) for line in FAMILIES.strip().splitlines()]
    for number in range(count):
        family, system, memory, vcpus, disks, nics, load, tags = rows[number % len(rows)]
        state = dice.choices(("Running", "Halted", "Suspended", "Paused"), (83, 14, 2, 1))[0]
        yield Sketch(
            f"{family}-{11 + number // len(rows)}", system, int(float(dice.choice(memory.split(","))) * GIB),
            int(dice.choice(vcpus.split(","))),
            tuple(map(int, disks.split(","))), nics, load, "Halted" if number == 1 else state, tuple(tags.split(",")),
        )  # fmt: skip
