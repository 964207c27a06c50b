"""Who may come in.

    install     install(): the one thing the program calls
    service     AuthService: the ways to sign in put together, and the accounts
    by_password, by_passkey, by_invitation, by_provider, by_directory, by_link, first_run   one way to come in each
    attempts    slowed down after failures, whichever way; session_keeper   begins and ends sessions
    passkeys, single_sign_on, directory   the protocols; external   accounts that a provider or a directory knows
    current     current_user() for pages and handlers, user_of() for plain routes
    crowd       how many may be connected at once; wire   what a connection may cost before it has said who it is
    guard       in front of everything, HTTP and websocket: origin, session, whose page it is
    problems    what is wrong with a request to the API
    kinds       which kinds of session a route is for; reload   the answer to the socket of a page that is not there
    socket_life a websocket ends with its session
    sockets     the same for each message of a page's socket; ends the pages of a session
    sessions    who is signed in
    routes      signing in and out, the first run; scripted   what the pages' scripts ask; answers   what both share
    forms       what the sign-in and first-run pages are given to show
    passwords   hashing; throttle   slower with every failure; first_run   the one-time code
    origins     same origin, safe ways back; cookies   the one; headers   what every response carries

NiceGUI takes a page's id for a key: whoever knows it may act in it. Here it is only a name. A page belongs to the session
that fetched it, its socket must come with that session's cookie, and every message needs that session still open.
"""
