"""Signing in, the first run and signing out: plain routes, as only they can set a cookie."""

from nicegui import App
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from xo_dash.auth.answers import NO_STORE, address_of, fields_of, language_of, let_in, refused_json, retry_after, status_of, wants_json
from xo_dash.auth.by_invitation import PATH as INVITATION
from xo_dash.auth.cookies import drop_binding, drop_token, read_binding, set_binding
from xo_dash.auth.csrf import way_back
from xo_dash.auth.current import person_of, scope_session
from xo_dash.auth.forms import CodeForm, FirstRunForm, RecoveryCodes, SignInForm, Views
from xo_dash.auth.guard import OF_A_KIOSK
from xo_dash.auth.kinds import EVERYBODY, SessionKind, open_to
from xo_dash.auth.refused import Refused, TooLate
from xo_dash.auth.scripted import ScriptedPages
from xo_dash.auth.service import AuthService
from xo_dash.auth.two_step import CodeNeeded
from xo_dash.i18n import _, using


def add_routes(app: App, auth: AuthService, views: Views) -> None:
    pages = DoorPages(auth, views)
    for path, get, post in (("/login", pages.show_sign_in, pages.sign_in), ("/first-run", pages.show_first_run, pages.first_run)):
        app.add_route(path, get, methods=["GET"], include_in_schema=False)
        app.add_route(path, post, methods=["POST"], include_in_schema=False)
    app.add_route("/login/sso", pages.leave_for_provider, methods=["GET"], include_in_schema=False)
    app.add_route("/login/sso/back", pages.come_back_from_provider, methods=["GET"], name="sso-back", include_in_schema=False)
    app.add_route("/kiosk", pages.show_kiosk, methods=["GET"], include_in_schema=False)
    app.add_route("/kiosk", pages.enter_kiosk, methods=["POST"], include_in_schema=False)
    scripted = ScriptedPages(auth, views)
    app.add_route("/login/passkey", scripted.passkey, methods=["POST"], include_in_schema=False)
    app.add_route(INVITATION, scripted.show_invitation, methods=["GET"], include_in_schema=False)
    app.add_route(INVITATION, scripted.use_invitation, methods=["POST"], include_in_schema=False)
    app.add_route("/sign-out", pages.sign_out, methods=["POST"], include_in_schema=False)


class DoorPages:
    """The routes. A form is answered with a page or a redirect, JSON with JSON."""

    def __init__(self, auth: AuthService, views: Views) -> None:
        self._door = auth
        self._views = views

    @open_to(EVERYBODY)
    async def show_sign_in(self, request: Request) -> Response:
        target = way_back(request.query_params.get("next", "/"))
        if self._door.first_run.is_on():
            return RedirectResponse("/first-run", 303)
        if person_of(request.scope):
            return RedirectResponse(target, 303)
        return self._sign_in_page(request, self._sign_in_form(next=target))

    @open_to(EVERYBODY)
    async def sign_in(self, request: Request) -> Response:
        with using(language_of(request)):
            fields = await fields_of(request)
            target = way_back(fields.get("next", "/"))
            if ticket := fields.get("ticket", ""):
                return await self._finish_sign_in(request, ticket, fields.get("code", ""), target)
            name = fields.get("name", "")[:200]
            try:
                token, session = await self._door.by_password.sign_in(name, fields.get("password", ""), address_of(request))
            except CodeNeeded as needed:
                if wants_json(request):
                    return JSONResponse({"needs": "code", "ticket": needed.ticket}, 401)
                return self._code_page(request, CodeForm(ticket=needed.ticket, next=target, enrolment=needed.enrolment))
            except Refused as refusal:
                if wants_json(request):
                    return refused_json(refusal)
                form = self._sign_in_form(name=name, next=target, error=str(refusal))
                return self._sign_in_page(request, form, refusal)
        return let_in(self._door, request, token, session, target)

    @open_to(EVERYBODY)
    async def leave_for_provider(self, request: Request) -> Response:
        """Off to the provider, which sends them back."""
        with using(language_of(request)):
            target = way_back(request.query_params.get("next", "/"))
            if self._door.by_provider.sso is None:
                return RedirectResponse("/login", 303)
            try:
                departure = await self._door.by_provider.sso.begin(str(request.url_for("sso-back")), target)
            except Refused as refusal:
                return self._sign_in_page(request, self._sign_in_form(next=target, error=str(refusal)), refusal)
            response = RedirectResponse(departure.url, 303, NO_STORE)
            set_binding(response, request.scope, request.headers, departure.binding)
            return response

    @open_to(EVERYBODY)
    async def come_back_from_provider(self, request: Request) -> Response:
        with using(language_of(request)):
            binding = read_binding(request.scope, request.headers)
            response: Response
            try:
                token, session, target = await self._door.by_provider.enter(request.url.query, binding, address_of(request))
            except Refused as refusal:
                if person_of(request.scope):  # the way back was loaded again
                    response = RedirectResponse("/", 303)
                else:
                    response = self._sign_in_page(request, self._sign_in_form(error=str(refusal)), refusal)
            else:
                response = let_in(self._door, request, token, session, target)
            drop_binding(response, request.scope, request.headers)
            return response

    async def _finish_sign_in(self, request: Request, ticket: str, code: str, target: str) -> Response:
        try:
            token, session, recovery = await self._door.by_password.finish(ticket, code, address_of(request))
        except TooLate as refusal:
            if wants_json(request):
                return refused_json(refusal)
            return self._sign_in_page(request, self._sign_in_form(next=target, error=str(refusal)), refusal)
        except Refused as refusal:
            if wants_json(request):
                return refused_json(refusal)
            form = CodeForm(ticket=ticket, next=target, error=str(refusal), enrolment=self._door.by_password.enrolment_of(ticket))
            return self._code_page(request, form, refusal)
        if not recovery:
            return let_in(self._door, request, token, session, target)
        if wants_json(request):
            shown: Response = JSONResponse({"next": target, "recovery_codes": recovery})
        else:
            shown = self._page(self._views.recovery_codes(RecoveryCodes(codes=recovery, next=target)), None)
        return let_in(self._door, request, token, session, target, shown)

    @open_to(EVERYBODY)
    async def show_first_run(self, request: Request) -> Response:
        if not self._door.first_run.is_on():
            return RedirectResponse("/login", 303)
        return self._first_run_page(request, FirstRunForm(code=request.query_params.get("code", "")[:40]))

    @open_to(EVERYBODY)
    async def first_run(self, request: Request) -> Response:
        with using(language_of(request)):
            fields = await fields_of(request)
            name, code = fields.get("name", "")[:200], fields.get("code", "")[:40]
            try:
                if fields.get("password", "") != fields.get("again", ""):
                    raise Refused(_("The passwords do not match."))
                token, session = await self._door.first_run.make_administrator(code, name, fields.get("password", ""), address_of(request))
            except Refused as refusal:
                if wants_json(request):
                    return refused_json(refusal)
                return self._first_run_page(request, FirstRunForm(code=code, name=name, error=str(refusal)), refusal)
        return let_in(self._door, request, token, session, "/")

    @open_to(EVERYBODY)
    async def show_kiosk(self, request: Request) -> Response:
        """A page whose script sends what is behind the # of its address, which no log and no other site ever sees."""
        with using(language_of(request)):
            headers = {**NO_STORE, "content-security-policy": self._views.kiosk_content_security_policy, "referrer-policy": "no-referrer"}
            return HTMLResponse(self._views.kiosk(), 200, headers)

    @open_to(EVERYBODY)
    async def enter_kiosk(self, request: Request) -> Response:
        with using(language_of(request)):
            fields = await fields_of(request)
            before = scope_session(request.scope)
            if before is not None and before.kind is SessionKind.PERSON:
                return JSONResponse({"next": OF_A_KIOSK})  # somebody who is signed in may look anyway, and stays who he is
            try:
                token, session = await self._door.by_link.enter(fields.get("secret", ""), address_of(request))
            except Refused as refusal:
                return refused_json(refusal)
        return let_in(self._door, request, token, session, OF_A_KIOSK)

    @open_to(EVERYBODY)
    async def sign_out(self, request: Request) -> Response:
        if session := scope_session(request.scope):
            self._door.end(session)
            await self._door.save()  # before it is said: after a power cut it is still so
        response: Response = JSONResponse({"next": "/login"}) if wants_json(request) else RedirectResponse("/login", 303)
        drop_token(response, request.scope, request.headers)
        return response

    def _sign_in_form(self, *, name: str = "", next: str = "/", error: str = "") -> SignInForm:  # the field's name
        sso = self._door.by_provider.sso.provider.name if self._door.by_provider.sso else ""
        passkeys = self._door.passkeys
        origin = passkeys.site.origin if passkeys.site and passkeys.offered() else ""
        return SignInForm(name=name, next=next, error=error, demo=self._door.demo_is_open(), sso=sso, passkeys=origin)

    def _sign_in_page(self, request: Request, form: SignInForm, refusal: Refused | None = None) -> Response:
        with using(language_of(request)):
            return self._page(self._views.sign_in(form), refusal, self._views.sign_in_content_security_policy)

    def _code_page(self, request: Request, form: CodeForm, refusal: Refused | None = None) -> Response:
        with using(language_of(request)):
            return self._page(self._views.code(form), refusal)

    def _first_run_page(self, request: Request, form: FirstRunForm, refusal: Refused | None = None) -> Response:
        with using(language_of(request)):
            return self._page(self._views.first_run(form), refusal)

    def _page(self, html: str, refusal: Refused | None, policy: str = "") -> Response:
        headers = {**NO_STORE, "content-security-policy": policy or self._views.content_security_policy, "vary": "accept-language, cookie"}
        return HTMLResponse(html, status_of(refusal), {**headers, **retry_after(refusal)})
