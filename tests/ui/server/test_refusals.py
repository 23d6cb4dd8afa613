"""What the server turns away: whoever is not signed in, at every address; other origins; forged requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
import tornado.web
from served import TOGETHER, Browser

from lfr_kit.governance.roles import PERMISSIONS, Action, roles_that_may
from lfr_kit.ui.server.app import LfrDashboards, Place
from lfr_kit.ui.server.guarded import _Guarded
from lfr_kit.ui.server.security import HEADERS
from lfr_kit.ui.server.state import ServerState

KERNEL = str(uuid4())
WHY = "because the test says so"


def groups_of(pattern: str) -> Iterator[tuple[int, int]]:
    """Where the outermost groups of a regular expression stand."""
    depth = start = 0
    for place, sign in enumerate(pattern):
        if sign == "(":
            start = place if depth == 0 else start
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                yield start, place + 1


def example_of(pattern: str) -> str:
    """An address that a route's pattern fits."""
    made, last = "", 0
    for start, end in groups_of(pattern):
        inside = pattern[start + 1 : end - 1]
        if "kernel_id" in inside:
            value = KERNEL
        elif re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", inside):
            value = inside.split("|")[0]
        else:
            value = "x1"
        made += pattern[last:start] + value
        last = end
    return (made + pattern[last:]).replace("\\", "").removesuffix("$")


@pytest.fixture(scope="module")
def all_routes(served, tmp_path_factory):
    """Every route of the server, from its own router."""
    import os
    import signal

    before, path = signal.getsignal(signal.SIGTERM), os.environ.get("JUPYTER_PATH")
    app = LfrDashboards.at(
        Place(), tmp_path_factory.mktemp("notebooks"), ServerState(served.store, served.bus_dir)
    )
    app.connection_dir = str(tmp_path_factory.mktemp("connections"))
    app.app = tornado.web.Application(**app.init_settings())
    signal.signal(signal.SIGTERM, before)
    os.environ.pop("JUPYTER_PATH") if path is None else os.environ.update(JUPYTER_PATH=path)
    return [(route[0], route[1]) for route in app.init_handlers()]


def anonymous(served) -> Browser:
    """Nobody, who has an XSRF token nevertheless."""
    browser = served.browser()
    browser.get("lfr/sign-in")
    assert browser.xsrf
    return browser


def test_every_route_refuses_whoever_is_not_signed_in(served, all_routes):
    browser = anonymous(served)
    assert len(all_routes) > 35
    answered = {}
    for pattern, _ in all_routes:
        path = example_of(pattern)
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"):
            headers = {"X-XSRFToken": browser.xsrf, "Origin": browser.origin}
            answer = browser.client.request(method, path, headers=headers)
            answered[method, path] = answer.status_code, answer.headers.get("location", "")
    let_in = {
        key: answer
        for key, answer in answered.items()
        if answer[0] not in (401, 403, 404, 405) and not answer[1].startswith("/lfr/sign-in")
    }
    assert let_in.keys() == {("GET", "/lfr/sign-in"), ("POST", "/lfr/sign-in")} - {("POST", "/lfr/sign-in")}


def test_every_route_of_voilas_is_behind_the_sign_in(all_routes):
    theirs = [handler for path, handler in all_routes if "/voila/" in path or "/api/kernels" in path]
    assert len(theirs) >= 7
    assert all(issubclass(handler, _Guarded) for handler in theirs)


def test_an_address_that_is_not_there_says_so_only_to_whoever_is_signed_in(served):
    assert served.browser().get("no/such/place").status_code == 401
    assert served.browser("operator").get("no/such/place").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/alerts.ipynb",
        "voila/files/a.png",
        "voila/tree",
        "voila/api/contents/",
        "voila/render/../../../etc/passwd",
        "voila/render/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "voila/render/..%2Fsecret.ipynb",
        "voila/render/other.ipynb",
        "voila/static/../../../../../etc/passwd",
        "voila/static/%2e%2e/%2e%2e/%2e%2e/setup.py",
        "voila/templates/lfr/static/%2e%2e/%2e%2e/%2e%2e/__init__.py",
        "voila/labextensions/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "lfr/pictures/entries/..%2F..%2Fa/b",
        "lfr/pictures/alerts/..%2Fx/probe",
        "login",
        "api/kernels",
        "api/sessions",
        "api/contents",
        "api/terminals",
    ],
)
def test_files_folders_and_what_lies_beside_are_not_served(served, path):
    assert served.browser("silver").get(path).status_code in (403, 404)


def test_no_kernel_can_be_started_or_made_to_run_code_by_its_api(served):
    browser = served.browser("silver")
    assert browser.post("api/kernels", {"name": "python3"}).status_code == 404
    assert browser.post(f"api/kernels/{KERNEL}/restart").status_code == 404


@pytest.mark.parametrize(
    "path", ["lfr/api/me", "lfr/sign-in", "", "voila/static/voila.js", "no/such", "lfr/api/x"]
)
@pytest.mark.parametrize("who", [None, "operator"])
def test_every_answer_carries_the_headers(served, path, who):
    answer = served.browser(who).get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    if not path.startswith("voila"):
        assert answer.headers["cache-control"] == "no-store"


def test_the_policy_names_no_other_machine_and_allows_no_script_in_a_page():
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert not re.search(r"https?:|//|\*", HEADERS["Content-Security-Policy"])


def test_what_changes_something_needs_the_token_of_the_page(served):
    browser, alert = served.browser("operator"), served.alert()
    browser.get(f"lfr/api/alerts/{alert}")
    decision = {"verdict": "viable", "reason": "same_features"}
    path = f"lfr/api/alerts/{alert}/decide"
    assert browser.client.post(path, json=decision).status_code == 403
    assert browser.client.post(path, json=decision, headers={"X-XSRFToken": "2|a|b|1"}).status_code == 403
    assert browser.client.post("lfr/sign-out").status_code == 403
    assert browser.post(path, decision).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_another_origin_get_and_do_nothing(served, headers):
    browser = served.browser("operator")
    assert browser.get("lfr/api/me", headers=headers).status_code == 403
    assert browser.post("lfr/sign-out", headers=headers).status_code == 403
    assert browser.get("lfr/api/me").status_code == 200


def test_another_host_name_is_not_answered(served):
    assert served.browser("operator").get("lfr/api/me", headers={"Host": "elsewhere.example"}).status_code == 403


@pytest.mark.parametrize("path", ["lfr/api/me?token=abc", "?token=abc", "voila/static/voila.js?token=abc"])
def test_no_token_opens_anything(served, path):
    assert served.browser("operator").get(path).status_code == 403
    assert served.browser().get(path).status_code == 403
    assert served.browser().get(path.partition("?")[0], headers={"Authorization": "token abc"}).status_code == 403


def test_a_form_of_another_kind_is_no_json(served):
    browser = served.browser("operator")
    headers = {"X-XSRFToken": browser.xsrf, "Content-Type": "text/plain"}
    path = f"lfr/api/deployments/{served.deployment_id}/pause"
    answer = browser.client.post(path, content='{"reason": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (400, "InputError")
    for content in ("[]", "nonsense", "[" * 100_000):
        answer = browser.client.post(
            path, content=content, headers={**headers, "Content-Type": "application/json"}
        )
        assert answer.status_code == 400


ACTIONS = [
    ("lfr/api/deployments/{D}/open", {"reason": WHY}, Action.DEPLOYMENT_OPEN),
    ("lfr/api/deployments/{D}/pause", {"reason": WHY}, Action.DEPLOYMENT_PAUSE),
    ("lfr/api/deployments/{D}/resume", {"reason": WHY}, Action.DEPLOYMENT_RESUME),
    ("lfr/api/deployments/{D}/close", {"reason": WHY}, Action.DEPLOYMENT_CLOSE),
    ("lfr/api/deployments/{D}/abort", {"reason": WHY}, Action.DEPLOYMENT_ABORT),
    ("lfr/api/alerts/{A}/decide", {"verdict": "viable", "reason": "same_features"}, Action.ALERT_ADJUDICATE),
    ("lfr/api/alerts/{A}/engage", {"status_rechecked": True}, Action.ALERT_ENGAGE),
    ("lfr/api/alerts/{A}/decline", {"reason": "person_gone"}, Action.ALERT_ENGAGE),
    ("lfr/api/alerts/{A}/outcome", {"truth": "true_unconfirmed"}, Action.ALERT_OUTCOME),
    ("lfr/api/alerts/{A}/review", {"truth": "true_unconfirmed", "reason": WHY}, Action.ALERT_REVIEW),
    ("lfr/api/alerts/{A}/acknowledge", {}, Action.ALERT_ACKNOWLEDGE),
    ("lfr/api/alerts/{A}/hand-over", {"to": ""}, Action.ALERT_ACKNOWLEDGE),
    ("lfr/api/recordings/{V}/play", {"reason": WHY}, Action.RECORDING_PLAY),
    (
        "lfr/api/deployments/{D}/recordings/export",
        {"segments": ["V-1"], "recipient": WHY, "reason": WHY},
        Action.RECORDING_EXPORT,
    ),
    ("lfr/api/watchlists", {"deployment_id": "{D}", "reason": WHY}, Action.WATCHLIST_CREATE),
    (
        "lfr/api/watchlists/{W}/review",
        {"entries": {"x": 1}, "necessity": WHY, "proportionality": WHY},
        Action.WATCHLIST_REVIEW,
    ),
    ("lfr/api/watchlists/{W}/send-back", {"entries": {"x": 1}, "reason": WHY}, Action.WATCHLIST_SECOND_APPROVE),
    ("lfr/api/watchlists/{W}/second", {"entries": {"x": 1}, "reason": WHY}, Action.WATCHLIST_SECOND_APPROVE),
    ("lfr/api/watchlists/{W}/withdraw", {"entries": ["x"], "reason": WHY}, Action.WATCHLIST_WITHDRAW),
    ("lfr/api/watchlists/{W}/recheck", {"entries": ["x"], "source": WHY}, Action.WATCHLIST_REVIEW),
    ("lfr/api/watchlists/{W}/freeze", {"reason": WHY}, Action.WATCHLIST_FREEZE),
    ("lfr/api/watchlists/{W}/pairs", {"reason": WHY}, Action.WATCHLIST_VIEW),
    ("lfr/api/watchlists/{W}/uploads", {"name": "a.jpg", "size": 10}, Action.WATCHLIST_IMPORT),
]
ALSO_BY = {"lfr/api/watchlists/{W}/send-back": (Action.WATCHLIST_REVIEW,)}
LOOKS = [
    ("lfr/api/deployments", Action.DEPLOYMENT_VIEW),
    ("lfr/api/deployments/{D}", Action.DEPLOYMENT_VIEW),
    ("lfr/api/deployments/{D}/record", Action.DEPLOYMENT_VIEW),
    ("lfr/api/deployments/{D}/record.csv", Action.DEPLOYMENT_VIEW),
    ("lfr/api/deployments/{D}/alerts", Action.ALERT_VIEW),
    ("lfr/api/deployments/{D}/recordings", Action.DEPLOYMENT_VIEW),
    ("lfr/api/alerts/{A}", Action.ALERT_VIEW),
    ("lfr/api/watchlists", Action.WATCHLIST_VIEW),
    ("lfr/api/watchlists/{W}", Action.WATCHLIST_VIEW),
    ("lfr/api/watchlists/{W}/pairs", Action.WATCHLIST_VIEW),
    ("voila/render/alerts.ipynb", Action.ALERT_VIEW),
    ("voila/render/watchlist.ipynb", Action.WATCHLIST_VIEW),
]


def filled(served, text: str, alert: str) -> str:
    values = {"{D}": served.deployment_id, "{A}": alert, "{W}": served.opened.watchlist_id, "{V}": "V-1"}
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def not_allowed(*actions: Action) -> list[str]:
    """Users whose roles allow none of them."""
    allowed = frozenset().union(*(PERMISSIONS[action] for action in actions))
    return [name for name, roles in TOGETHER.items() if not allowed & set(roles)]


@pytest.fixture(scope="module")
def everybody(served):
    return {name: served.browser(name) for name in TOGETHER}


@pytest.mark.parametrize(
    ("path", "body", "action"), ACTIONS, ids=lambda one: one if isinstance(one, str) else None
)
def test_every_action_is_refused_to_every_role_that_may_not(served, everybody, path, body, action):
    alert = served.alert()
    sent = {
        name: filled(served, value, alert) if isinstance(value, str) else value for name, value in body.items()
    }
    for name in not_allowed(action, *ALSO_BY.get(path, ())):
        answer = everybody[name].post(filled(served, path, alert), sent)
        error = answer.json()["error"]
        assert (answer.status_code, error["kind"]) == (403, "PermissionRefusedError"), name
        assert error["message"].startswith(f"{name} may not "), error
        assert not [code for code in Action if code in error["message"]], "said in words, not in codes"
        assert roles_that_may(action) in error["message"]


@pytest.mark.parametrize(("path", "action"), LOOKS, ids=lambda one: one if isinstance(one, str) else None)
def test_every_look_is_refused_to_every_role_that_may_not(served, everybody, path, action):
    alert = served.alert()
    for name in not_allowed(action):
        answer = everybody[name].get(filled(served, path, alert), headers={"X-LFR-Reason": WHY})
        assert answer.status_code == 403, name


def test_every_route_of_the_api_that_changes_something_stands_in_the_table_of_actions(all_routes):
    changing = {
        example_of(path).strip("/") for path, handler in all_routes if "/lfr/api/" in path and changes(handler)
    }
    tried = {filled_example(path) for path, _, _ in ACTIONS}
    own = {"lfr/api/uploads/x1", "lfr/api/uploads/x1/finish"}
    of_presence = {path for path in changing if "/presence/" in path}
    steps = {re.sub(r"/[a-z-]+$", "", path) for path in tried}
    assert {path for path in changing - own - of_presence if re.sub(r"/[a-z-]+$", "", path) not in steps} == set()


def changes(handler: type) -> bool:
    return any(name in vars(handler) for name in ("post", "put", "delete", "patch"))


def filled_example(path: str) -> str:
    return re.sub(r"\{[A-Z]\}", "x1", path)
