"""Starting and stopping the server: where it listens, what it loads, what it survives."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from alerted import logged
from served import PASSWORD

from lfr_kit.errors import InputError
from lfr_kit.governance.roles import Role
from lfr_kit.ui.server.offered import DASHBOARDS, dashboards_folder, offered_to
from lfr_kit.ui.server.pages import within
from lfr_kit.ui.server.security import is_loopback
from lfr_kit.ui.server.serving import Wanted

HEAVY = {"torch", "openvino", "mediapipe", "cv2", "av", "matplotlib", "pandas", "weasyprint", "annoy"}


@pytest.mark.parametrize("ip", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_another_address_than_this_machines_needs_tls_in_front(ip):
    with pytest.raises(InputError, match="behind-tls-proxy"):
        Wanted(ip=ip)
    assert Wanted(ip=ip, is_behind_proxy=True).ip == ip


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machines_own_addresses_need_none(ip):
    assert is_loopback(ip)
    assert Wanted(ip=ip).ip == ip


def test_the_command_refuses_another_address_before_it_looks_at_anything(cli):
    assert "--behind-tls-proxy" in str(cli.refused(None, "dashboard", "--ip", "0.0.0.0"))
    assert "base-url" in str(cli.refused(None, "dashboard", "--base-url", "dashboards"))


def test_a_base_url_ends_with_a_slash_and_is_a_plain_path():
    assert Wanted(base_url="/lfr").base_url == "/lfr/"
    for url in ("lfr", "/a/../b", "//elsewhere", "/a b/", "/{x}/"):
        with pytest.raises(InputError, match="base-url"):
            Wanted(base_url=url)


@pytest.mark.parametrize(
    "target", ["https://x.example/", "//x.example", "/other/", "/lfr/\\x", "/lfr/\n", "", "javascript:1"]
)
def test_signing_in_leads_below_the_base_url_only(target):
    assert within("/lfr/", target) == "/lfr/"
    assert within("/lfr/", "/lfr/voila/render/live.ipynb") == "/lfr/voila/render/live.ipynb"


def test_each_dashboard_opens_to_some_role_and_none_that_shows_people_to_an_administrator():
    from governed import person

    for dashboard in DASHBOARDS:
        assert any(dashboard.is_for(person(role)) for role in Role)
    assert [each.file for each in offered_to(person(Role.ADMINISTRATOR))] == ["evaluation.ipynb"]
    assert [each.file for each in offered_to(person(Role.ENGAGEMENT_OFFICER))] == [
        "live.ipynb", "alerts.ipynb", "officer.ipynb", "summary.ipynb",
    ]  # fmt: skip


def test_a_folder_that_is_not_there_is_said(tmp_path):
    assert dashboards_folder(tmp_path) == tmp_path
    with pytest.raises(InputError, match="--folder"):
        dashboards_folder(tmp_path / "nowhere")


def test_the_server_loads_no_network_and_no_camera():
    code = (
        "import sys; import lfr_kit.ui.server.app, lfr_kit.ui.server.serving;"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_the_running_server_has_loaded_none_after_all_it_was_asked(served):
    alert_id, operator = served.alert(), served.browser("operator")
    operator.get(f"lfr/api/alerts/{alert_id}")
    operator.post(f"lfr/api/alerts/{alert_id}/decide", {"verdict": "viable", "reason": "same_features"})
    operator.get(f"lfr/api/alerts/{alert_id}")
    served.browser("silver").get(f"lfr/api/deployments/{served.deployment_id}")
    served.browser("silver").get(f"lfr/api/deployments/{served.deployment_id}/record")
    mapped = Path(f"/proc/{served.process.pid}/maps").read_text()
    for library in ("libtorch", "openvino", "mediapipe", "opencv", "libav"):
        assert library not in mapped


def test_the_log_of_the_server_names_nobody_who_is_sought(served):
    alert_id, operator = served.alert(0), served.browser("operator")
    operator.get(f"lfr/api/alerts/{alert_id}")
    operator.get(f"lfr/api/watchlists/{served.opened.watchlist_id}?text=Sought+Person")
    operator.post(f"lfr/api/alerts/{alert_id}/decide", {"verdict": "Sought Person", "reason": "x"})
    operator.sign_in("Sought Person", "a password typed as a name")
    text = served.log.read_text()
    assert "/lfr/api/alerts/" in text
    for word in ("Sought", "PNC/", "approach with care", PASSWORD, "lfr_session", "Traceback"):
        assert word not in text


def test_a_session_outlives_a_restart_and_a_kill(place):
    place.start("--base-url", "/on/this/path")
    browser, kept = place.browser("operator"), place.address
    assert kept.endswith("/on/this/path/")
    assert browser.get("lfr/api/me").status_code == 200
    assert browser.get("").status_code == 200
    assert browser.client.get(httpx.URL(kept).copy_with(path="/")).status_code == 401
    cookies = browser.client.cookies
    place.stop(signal.SIGKILL)
    port = str(httpx.URL(kept).port)
    place.start("--base-url", "/on/this/path", "--port", port)
    again = place.browser()
    again.client.cookies.update(cookies)
    assert again.get("lfr/api/me").json()["user_id"] == "operator"


def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_only(place):
    place.start("--behind-tls-proxy")
    browser = place.browser()
    browser.client.headers.update({"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"})
    answer = browser.sign_in("operator")
    assert "; Secure" in answer.headers["set-cookie"]


def test_a_port_that_is_taken_and_a_store_without_users_are_said(place, founded, tmp_path):
    place.start()
    port = str(httpx.URL(place.address).port)
    command = [sys.executable, "-m", "lfr_kit.cli.main", "dashboard", "--port", port]
    taken = subprocess.run(command, capture_output=True, text=True, env=place.environment(), timeout=120)
    assert (taken.returncode, "choose another with --port" in taken.stderr) == (1, True)
    bare = founded(None)
    empty = place.environment() | {
        "LFR_STORE__URL": f"sqlite:///{bare / 'store' / 'lfr.sqlite'}",
        "LFR_STORE__KEY_FILE": str(bare / "keys" / "master.key"),
    }
    nobody = subprocess.run(command, capture_output=True, text=True, env=empty, timeout=120)
    assert (nobody.returncode, "lfr users add" in nobody.stderr) == (1, True)
    assert "Traceback" not in taken.stderr + nobody.stderr


def test_the_handlers_load_as_an_extension_of_jupyter_server(place, monkeypatch):
    from tornado.web import Application

    from lfr_kit.config import settings
    from lfr_kit.ui.server import _jupyter_server_extension_points, extension

    assert _jupyter_server_extension_points() == [{"module": "lfr_kit.ui.server.extension"}]
    for name, value in place.environment().items():
        if name.startswith("LFR_"):
            monkeypatch.setenv(name, value)
    settings.cache_clear()

    class Server:
        web_app = Application(base_url="/user/ada/")

    extension._load_jupyter_server_extension(Server)
    import asyncio

    asyncio.run(extension._unload_jupyter_server_extension(Server))
    settings.cache_clear()
    patterns = [rule.matcher.regex.pattern for rule in Server.web_app.default_router.rules[0].target.rules]
    assert any(pattern.startswith("/user/ada/lfr/api/me") for pattern in patterns)


def test_signing_in_here_is_logged_as_at_the_terminal(served):
    before = len(logged(served.store, "session.sign_in"))
    served.browser("gold")
    assert len(logged(served.store, "session.sign_in")) == before + 1


def code_of(line) -> int:
    """Why a WebSocket was closed, once it is."""
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            line.recv(timeout=30)
    except ConnectionClosed as closed:
        return closed.rcvd.code


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to_with_pages_open(place, how):
    from test_frames import events, frames

    place.start()
    browser = place.browser("operator")
    with frames(place, browser) as line, events(place, browser) as told:
        told.recv(timeout=30)
        line.send("next")
        place.stop(how)
        assert [code_of(each) for each in (line, told)] == [1001, 1001], "the session goes on: the page comes back"
    assert place.process.returncode == 0
    assert not place.log.read_text().strip()


def test_while_the_store_is_locked_an_action_is_refused_views_stay_and_nothing_is_half_done(place):
    import sqlite3

    from served import publish_frame
    from test_frames import again_and_again, events, frames, taken

    from lfr_kit.live.frame_bus import BusPublisher

    place.start(LFR_STORE__BUSY_TIMEOUT_S="0.3")
    alert_id, browser = place.alert(), place.browser("operator")
    browser.get(f"lfr/api/alerts/{alert_id}")
    decision = {"verdict": "viable", "reason": "same_features"}
    path = f"lfr/api/alerts/{alert_id}/decide"
    with (
        BusPublisher(place.bus_dir, place.deployment_id) as bus,
        again_and_again(lambda: publish_frame(bus, 1), 0.05),
        frames(place, browser) as line,
        events(place, browser) as told,
    ):
        locking = sqlite3.connect(place.chosen.url.removeprefix("sqlite:///"), isolation_level=None)
        locking.execute("BEGIN EXCLUSIVE")
        answer = browser.post(path, decision)
        assert (answer.status_code, answer.json()["error"]["kind"]) == (503, "StoreBusyError")
        line.send("next")
        assert taken(line.recv(timeout=30))
        assert told.recv(timeout=30)
        locking.execute("ROLLBACK")
        locking.close()
        assert browser.post(path, decision).json()["state"] == "viable"
