"""Every address of ours, below the server's base URL."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join

from lfr_kit.ui.server import (
    alerts_api,
    deployments_api,
    evaluation_api,
    me,
    pages,
    pictures,
    presence_api,
    recordings_api,
    records_api,
    sockets,
    uploads_api,
    watchlists_api,
)

__all__ = ["index_route", "routes"]

_ID = r"([A-Za-z0-9][A-Za-z0-9._-]{0,119})"
_PAGES: tuple[tuple[str, Any], ...] = (
    (r"sign-in", pages.SignInPage),
    (r"sign-out", pages.SignOut),
    (r"password", pages.PasswordPage),
)
_API: tuple[tuple[str, Any], ...] = (
    (r"api/me", me.MeHandler),
    (r"api/vocabulary", me.VocabularyHandler),
    (r"api/deployments", deployments_api.DeploymentsHandler),
    (rf"api/deployments/{_ID}", deployments_api.DeploymentHandler),
    (rf"api/deployments/{_ID}/(open|pause|resume|close|abort)", deployments_api.StepHandler),
    (rf"api/deployments/{_ID}/alerts", alerts_api.AlertsHandler),
    (rf"api/deployments/{_ID}/presence", presence_api.PresenceHandler),
    (rf"api/deployments/{_ID}/presence/(check-in|heartbeat|check-out)", presence_api.PresenceStepHandler),
    (rf"api/deployments/{_ID}/record", records_api.RecordHandler),
    (rf"api/deployments/{_ID}/record\.(csv|json|html|pdf)", records_api.RecordFileHandler),
    (rf"api/deployments/{_ID}/recordings", recordings_api.RecordingsHandler),
    (rf"api/deployments/{_ID}/recordings/export", recordings_api.ExportHandler),
    (rf"api/recordings/{_ID}/play", recordings_api.PlayHandler),
    (rf"api/certificates/{_ID}\.(html|pdf)", records_api.CertificateHandler),
    (r"api/alerts/([A-Za-z0-9_-]{1,40})", alerts_api.AlertHandler),
    (r"api/alerts/([A-Za-z0-9_-]{1,40})/(" + "|".join(alerts_api.STEPS) + ")", alerts_api.AlertStepHandler),
    (r"api/evaluation", evaluation_api.EvaluationHandler),
    (r"api/evaluation/price", evaluation_api.EvaluationPriceHandler),
    (r"api/evaluation/plots/(errors|scores|list-size)", evaluation_api.EvaluationPlotHandler),
    (r"api/watchlists", watchlists_api.WatchlistsHandler),
    (rf"api/watchlists/{_ID}", watchlists_api.WatchlistHandler),
    (rf"api/watchlists/{_ID}/pairs", watchlists_api.PairsHandler),
    (
        rf"api/watchlists/{_ID}/(review|refuse|send-back|second|withdraw|recheck|freeze)",
        watchlists_api.WatchlistStepHandler,
    ),
    (rf"api/watchlists/{_ID}/uploads", uploads_api.UploadsHandler),
    (rf"api/uploads/{_ID}", uploads_api.UploadHandler),
    (rf"api/uploads/{_ID}/finish", uploads_api.FinishUploadHandler),
    (r"pictures/alerts/([A-Za-z0-9_-]{1,40})/(probe|reference|shot-[1-9][0-9]?)", pictures.AlertPictureHandler),
    (rf"pictures/entries/{_ID}/{_ID}", pictures.EntryPictureHandler),
    (rf"ws/frames/{_ID}/([^/]{{1,120}})", sockets.FramesSocket),
    (rf"ws/events/{_ID}", sockets.EventsSocket),
)


def routes(base_url: str) -> list[tuple[str, Any]]:
    """Pages, API, pictures and WebSockets."""
    return [(url_path_join(base_url, "lfr", path), handler) for path, handler in (*_PAGES, *_API)]


def index_route(base_url: str) -> tuple[str, Any]:
    """The list of dashboards, where the server is opened."""
    return base_url, pages.IndexPage
