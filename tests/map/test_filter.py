"""What the filter field and the address of the map understand."""

from typing import Any

from playwright.async_api import Browser

from tests.map.pure import call, modules

RUNNING, HALTED, PAUSED = 1, 0, 2
WARNING, CRITICAL = 2, 3


def vm(id_: int, name: str, **more: Any) -> dict[str, Any]:
    base = {"id": id_, "uuid": f"aaaa{id_}", "kind": "vm", "name": name, "pool": 1, "host": 2, "home": -1, "state": RUNNING, "task": -1}
    return {**base, "address": "", "srs": [4], "networks": [5], "mark": 0, "flags": 0, "tags": [], "os": "", "folder": ""} | more


THINGS = [
    {"id": 1, "uuid": "pool", "kind": "pool", "name": "lab-pool", "mark": 0, "state": "live"},
    {"id": 2, "uuid": "host2", "kind": "host", "name": "xcp-lab-1", "pool": 1, "flags": 7, "mark": 0},
    {"id": 3, "uuid": "host3", "kind": "host", "name": "xcp-lab-2", "pool": 1, "flags": 2, "mark": WARNING},
    {"id": 4, "uuid": "sr4", "kind": "sr", "name": "nfs-vault", "pool": 1, "host": -1, "mark": CRITICAL},
    {"id": 5, "uuid": "net5", "kind": "network", "name": "vlan 20", "pool": 1, "mark": 0},
    vm(10, "web-1", address="10.0.0.10", tags=["prod", "web tier"], os="debian 12"),
    vm(11, "web-2", host=-1, home=3, state=HALTED, tags=["prod"]),
    vm(12, "db-01", host=3, state=PAUSED, address="fe80::1", srs=[], mark=WARNING),
    vm(13, "old mail", networks=[], folder="attic"),
]
MATCHES = """(text, things) => {
  const found = filter.matches(text, new Map(things.map((thing) => [thing.id, thing])));
  return found && [...found].sort((a, b) => a - b);
}"""

CASES: list[tuple[str, list[int] | None]] = [
    ("", None),
    ("   ", None),
    ("tag:", None),  # it is being typed
    ("-", None),
    ("web", [10, 11]),
    ("WEB", [10, 11]),
    ("web tag:prod is:running", [10]),
    ("web -is:halted", [10]),
    ('"old mail"', [13]),
    ('"old ma', [13]),  # the second quote is being typed
    ('tag:"web tier"', [10]),
    ("-tag:prod is:vm", [12, 13]),
    ("10.0.0", [10]),
    ("fe80::1", [12]),
    ("ip:10.", [10]),
    ("aaaa13", [13]),
    ("uuid:aaaa1 is:vm", [10, 11, 12, 13]),
    ("os:debian", [10]),
    ("state:paused", [12]),
    ("state:halt", [11]),
    ("host:lab-2", [3, 11, 12]),
    ("host:lab-2 is:halted", [11]),
    ("pool:lab is:host", [2, 3]),
    ("sr:nfs", [4, 10, 11, 13]),
    ("net:vlan is:vm", [10, 11, 12]),
    ('network:"vlan 20" is:network', [5]),
    ("is:alarm", [3, 4, 12]),
    ("is:critical", [4]),
    ("is:master", [2]),
    ("is:maintenance", [3]),
    ("is:nonsense", []),
    ("folder:attic", [13]),
    ("nobody", []),
    ("constructor:x", []),
]


async def test_words_keys_quotes_and_minus(browser: Browser) -> None:
    async with modules(browser, "filter") as page:
        found = {text: await call(page, f"({MATCHES})", text, THINGS) for text, _wanted in CASES}
    assert found == dict(CASES)


TIMES = """
const timed = (run) => { const t = performance.now(); run(); return performance.now() - t; };
const bare = () => things.filter((thing) => [thing.name, ...thing.tags].join(" ").toLowerCase().includes("no such thing")).length;
const ten = () => { for (let i = 0; i < 10; i++) bare(); };
const turns = Array.from({ length: 9 }, () => [timed(look), timed(ten)]);
return [Math.min(...turns.map(([one]) => one)), Math.min(...turns.map(([, other]) => other))];
"""
"""What a look at all of them takes, and ten looks at all names and tags without any of our code.

They take turns and about equally long, so that a busy machine slows both.
"""


async def test_ten_thousand_are_looked_through_while_one_types(browser: Browser) -> None:
    things = [vm(i, f"app-{i}", tags=["prod"] if i % 3 else []) for i in range(10, 10_010)]
    async with modules(browser, "filter") as page:
        code = f"((text, things) => {{ const look = () => ({MATCHES})(text, things); {TIMES} }})"
        took, ten_bare = await call(page, code, "app tag:prod -is:halted", things)
    assert took < ten_bare, (took, ten_bare)


STATES = [
    {"fill": "memory", "size": "equal", "group": "tag", "view": "table", "filter": 'tag:prod -is:halted "old mail"', "only": True},
    {"selected": ["aaaa-1", "bbbb-2"], "lost": ["host-1"], "fitted": "aaaa-1"},
    {"zoom": 3.25, "x": 0.4125, "y": 0.75},
    {},
]


async def test_an_address_shows_the_same_again(browser: Browser) -> None:
    async with modules(browser, "url") as page:
        for state in STATES:
            whole = await call(page, "((state) => ({...url.START, ...state}))", state)
            query = await call(page, "url.write", whole, "?keep=1")
            assert "keep=1" in query
            assert await call(page, "url.read", query) == whole
        assert await call(page, "url.write", await page.evaluate("url.START"), "") == ""


MALFORMED = (
    "?fill=<b>&size=huge&group=constructor&view=__proto__",
    "?z=nan&x=0.5&y=0.5",
    "?z=3&x=7&y=0.5",
    "?z=&x=&y=",
    "?z=3",
    "?sel=%22%3E%3Cscript%3E,,&lose=../..&at=a%20b",
    "?only=yes&fill=&%%%",
)


async def test_what_is_malformed_is_left_out(browser: Browser) -> None:
    async with modules(browser, "url") as page:
        start = await page.evaluate("url.START")
        assert [query for query in MALFORMED if await call(page, "url.read", query) != start] == []


async def test_an_address_has_an_end(browser: Browser) -> None:
    many = [f"uuid-{i}" for i in range(500)]
    async with modules(browser, "url") as page:
        state = await call(page, "((state) => ({...url.START, ...state}))", {"selected": many})
        assert await call(page, "url.write", state, "") == ""
        found = await call(page, "url.read", "?q=" + "x" * 9999 + "&sel=" + ",".join(many))
        assert len(found["filter"]) == 300 and len(found["selected"]) == 60
