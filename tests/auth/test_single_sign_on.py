"""Signing in by a provider: who comes is who the provider says, with the role of their groups; anything else is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from data.stores.directory import DataDirectory
from data.stores.users import Role, User, UserStore
from tests.auth.conftest import Build
from tests.auth.provider import CLIENT, ISSUER, IdentityProvider
from tests.auth.services import service_of
from tests.auth.two_step import two_step_of
from xo_dash.auth.passwords import Passwords
from xo_dash.auth.refused import Refused, TooLate
from xo_dash.auth.single_sign_on import SingleSignOn
from xo_dash.config_sign_in import Provider

pytestmark = pytest.mark.usefixtures("programs_loop")
BACK = "https://dash.test/login/sso/back"
ROLES = {"admins": "admin", "ops": "operator"}
ADDRESS = "192.0.2.7"


class Desk:
    def __init__(self, folder: Path, roles: dict[str, str] = ROLES) -> None:
        directory = DataDirectory(folder)
        self.provider = IdentityProvider()
        self.users = UserStore(directory)
        self.sso = SingleSignOn(Provider(ISSUER, CLIENT, "shared" * 6, "Home ID", "groups", roles), self.provider.transport)
        passwords, two_step = Passwords(memory=1024), two_step_of(directory, required=lambda: True)
        self.auth = service_of(directory, self.users, passwords=passwords, two_step=two_step, sso=self.sso)

    async def comes(self, **claims: Any) -> User:
        away = await self.sso.begin(BACK, "/deep/x")
        query = self.provider.signs_in(away.url, **{"preferred_username": "ann", "groups": ["ops"], **claims})
        _token, session, target = await self.auth.by_provider.enter(query, away.binding, ADDRESS)
        assert target == "/deep/x"
        return session.user()


@pytest.fixture
def desk(data_dir: Path) -> Desk:
    return Desk(data_dir)


async def test_the_first_time_makes_an_account_and_the_role_is_that_of_now(desk: Desk) -> None:
    ann = await desk.comes()
    assert (ann.name, ann.role, ann.password_hash) == ("ann", Role.OPERATOR, "")
    again = await desk.comes(preferred_username="anna", groups=["ops", "admins"])
    assert (again.id, again.name, again.role) == (ann.id, "ann", Role.ADMIN)
    assert (await desk.comes(subject="43", preferred_username="bob")).id != ann.id
    with pytest.raises(Refused, match="The name or the password is wrong"):
        await desk.auth.by_password.sign_in("ann", "", ADDRESS)


async def test_groups_may_be_told_apart_from_the_token(desk: Desk) -> None:
    desk.provider.userinfo = {"sub": "42", "groups": ["admins"]}
    assert (await desk.comes(groups=None)).role is Role.ADMIN
    desk.provider.userinfo = {"sub": "somebody else", "groups": ["admins"]}
    with pytest.raises(Refused, match="None of your groups"):
        await desk.comes(groups=None)


async def test_who_is_in_no_group_is_refused_unless_everybody_may(desk: Desk, tmp_path: Path) -> None:
    for groups in ([], ["others"], "admins", [["admins"], 7]):
        with pytest.raises(Refused, match="None of your groups at Home ID may sign in here"):
            await desk.comes(groups=groups)
    assert (await Desk(tmp_path / "open", {"*": "viewer"}).comes(groups=[])).role is Role.VIEWER


async def test_who_is_in_no_group_any_more_is_out_everywhere(desk: Desk) -> None:
    ann = await desk.comes(groups=["admins"])
    _token, elsewhere = desk.auth.sessions.start(ann, ADDRESS)
    with pytest.raises(Refused, match="None of your groups"):
        await desk.comes(groups=[])
    assert not elsewhere.is_open and desk.users.need(ann.id).role is Role.NONE
    assert (await desk.comes()).role is Role.OPERATOR


async def test_a_provider_that_cannot_tell_the_groups_now_shuts_nobody_out(desk: Desk) -> None:
    ann = await desk.comes(groups=["admins"])
    desk.provider.userinfo_status = 503
    with pytest.raises(Refused, match="could not be used"):
        await desk.comes(groups=None)
    assert desk.users.need(ann.id).role is Role.ADMIN


async def test_an_account_of_another_provider_is_out(desk: Desk) -> None:
    for issuer, opens in ((ISSUER, True), (f"{ISSUER}/", True), (f"{ISSUER}-of-others", False), ("https://id.test/realms/homer", False)):
        user = desk.users.add_now(issuer[:60], "", Role.VIEWER, external=f"{issuer} 42")
        _token, session = desk.auth.sessions.start(user, ADDRESS)
        assert session.is_open is opens, issuer


async def test_a_local_user_of_that_name_is_not_taken_over(desk: Desk) -> None:
    desk.users.add_now("Ann", "a hash", Role.ADMIN)
    with pytest.raises(Refused, match="The user ann already exists"):
        await desk.comes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    desk.provider.wrong = wrong
    with pytest.raises(Refused, match="The answer of Home ID could not be used"):
        await desk.comes()
    assert desk.users.all() == ()


async def test_a_token_that_somebody_else_signed_is_refused(desk: Desk) -> None:
    desk.provider.signing = RSAKey.generate_key(2048)
    with pytest.raises(Refused, match="could not be used"):
        await desk.comes()
    desk.provider.signing, desk.provider.algorithm = OctKey.import_key("shared" * 6), "HS256"
    with pytest.raises(Refused, match="could not be used"):
        await desk.comes()


async def test_who_comes_back_must_be_who_left_and_only_once(desk: Desk) -> None:
    away = await desk.sso.begin(BACK, "/")
    query = desk.provider.signs_in(away.url, preferred_username="ann", groups=["ops"])
    for binding in ("", "another"):
        other = await desk.sso.begin(BACK, "/")
        with pytest.raises(TooLate):
            await desk.auth.by_provider.enter(desk.provider.signs_in(other.url), binding, ADDRESS)
    await desk.auth.by_provider.enter(query, away.binding, ADDRESS)
    for again in (query, "", "state=x&code=y", f"state={'x' * 10_000}"):
        with pytest.raises(TooLate):
            await desk.auth.by_provider.enter(again, away.binding, ADDRESS)


async def test_a_provider_that_is_away_or_says_no_is_told(desk: Desk) -> None:
    desk.provider.away = True
    with pytest.raises(Refused, match="Home ID is not responding"):
        await desk.sso.begin(BACK, "/")
    desk.provider.away = False
    away = await desk.sso.begin(BACK, "/")
    state = desk.provider.signs_in(away.url).rpartition("state=")[2]
    with pytest.raises(Refused, match="Home ID did not let you in"):
        await desk.auth.by_provider.enter(f"error=access_denied&state={state}", away.binding, ADDRESS)


async def test_without_the_provider_its_users_are_out(desk: Desk, data_dir: Path) -> None:
    ann = await desk.comes()
    _token, session = desk.auth.sessions.start(ann, ADDRESS)
    assert session.is_open
    desk.auth.by_provider.sso = None
    assert not session.is_open
    with pytest.raises(Refused, match="not set up"):
        await desk.auth.by_provider.enter("", "", ADDRESS)


async def test_the_way_to_the_provider_and_back(build: Build) -> None:
    house = build("sso")
    async with house.browser() as ann:
        assert 'href="login/sso?next=/deep/x"' in (await ann.http.get("/login?next=/deep/x")).text
        away = await ann.http.get("/login/sso?next=/deep/x")
        assert away.status_code == 303 and away.headers["location"].startswith("https://id.test/authorize?")
        query = (await ann.http.get("/healthz/identity", params={"url": away.headers["location"]})).json()["query"]
        async with house.browser() as burglar:  # who was given the address, but not the cookie
            refused = await burglar.http.get(f"/login/sso/back?{query}")
            assert refused.status_code == 401 and "was started in another browser" in refused.text
        again = await ann.http.get(f"/login/sso/back?{query}")
        assert again.status_code == 401, "it was spent by whoever tried"
        away = await ann.http.get("/login/sso?next=/deep/x")
        query = (await ann.http.get("/healthz/identity", params={"url": away.headers["location"]})).json()["query"]
        back = await ann.http.get(f"/login/sso/back?{query}")
        assert (back.status_code, back.headers["location"]) == (303, "/deep/x")
        assert "x of eve" in (await ann.http.get("/deep/x")).text
