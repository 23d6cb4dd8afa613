"""The record of a deployment: figures for the page, files to take away, certificates of what was deleted."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING, Any

from lfr_kit.documents import record_files
from lfr_kit.documents.internal import certificate as certificate_page
from lfr_kit.errors import OutputError
from lfr_kit.governance.published_record import published_row
from lfr_kit.governance.roles import Action, Actor, may, require
from lfr_kit.operations import certificates, records
from lfr_kit.store.repository import alerts as alert_rows
from lfr_kit.store.repository import records as rows
from lfr_kit.ui.server import figures
from lfr_kit.ui.server.base import ApiHandler

if TYPE_CHECKING:
    from lfr_kit.governance.published_record import DeploymentRecord
    from lfr_kit.ui.server.state import ServerState

__all__ = ["CertificateHandler", "RecordFileHandler", "RecordHandler"]

_TYPES = {"csv": "text/csv", "json": "application/json", "html": "text/html", "pdf": "application/pdf"}
_PDF_S = 60.0


class RecordHandler(ApiHandler):
    """The figures."""

    async def get(self, deployment_id: str) -> None:
        """As they stand."""
        self.reply(await self.work(_figures, self.state, self.actor, deployment_id))


class _FileHandler(ApiHandler):
    async def send(self, name: str, form: str, content: str) -> None:
        """A file to be kept; a PDF is made of its page."""
        sent = await _pdf(content) if form == "pdf" else content.encode()
        self.set_header("Content-Type", f"{_TYPES[form]}; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.{form}"')
        self.finish(sent)


class RecordFileHandler(_FileHandler):
    """The record as a file."""

    async def get(self, deployment_id: str, form: str) -> None:
        """CSV, JSON, HTML or PDF."""
        actor = self.actor
        found = await self.work(records.deployment_record, self.state.store, actor, deployment_id)
        await self.send(f"record-{deployment_id}", form, await self.work(_text, found, form))


class CertificateHandler(_FileHandler):
    """A certificate of deletion; it holds no personal data."""

    async def get(self, certificate_id: str, form: str) -> None:
        """HTML or PDF, after its signature was checked."""
        page = await self.work(_certificate, self.state, self.actor, certificate_id)
        await self.send(f"certificate-{certificate_id}", form, page)


def _text(record: DeploymentRecord, form: str) -> str:
    if form == "csv":
        return record_files.record_csv([record])
    return record_files.record_json(record) if form == "json" else record_files.record_page(record)


def _certificate(state: ServerState, actor: Actor, certificate_id: str) -> str:
    require(actor, Action.DEPLOYMENT_VIEW)
    return certificate_page(certificates.certificate(state.store, certificate_id))


def _figures(state: ServerState, actor: Actor, deployment_id: str) -> dict[str, Any]:
    store = state.store
    record = records.deployment_record(store, actor, deployment_id)
    with store.reading() as connection:
        events = rows.deployment_log(connection, deployment_id)
        histories = rows.alert_histories(connection, deployment_id)
        alerts = alert_rows.queue(connection, deployment_id)
    findings = [] if record.is_final else records.findings_on(record, store.clock())
    return {
        "row": published_row(record),
        "status": record_files.status_of(record),
        "is_final": record.is_final,
        "version": record.version,
        "computed_at": record.computed_at,
        "notes": list(record.notes),
        "findings": [finding.message for finding in findings],
        "rates": figures.rates(record),
        "faces_by_minute": figures.faces_by_minute(events),
        "alerts": figures.alerts_over_time(alerts, histories),
        "similarities": figures.similarities(alerts) if may(actor, Action.ALERT_VIEW) else None,
        "lit": list(figures.lit_spells(events)),
        "by_camera": figures.by_camera(events, alerts, record.lit_s),
        "face_px": _face_px(state, deployment_id),
        "certificates": certificates.certificate_ids(store, deployment_id),
        "now": store.clock(),
    }


def _face_px(state: ServerState, deployment_id: str) -> list[dict[str, Any]]:
    """Sizes of faces as the runner tells them: nothing is kept of single faces, so only while it runs."""
    feed = state.deployments.find(deployment_id)
    found: list[dict[str, Any]] = [] if feed is None else list(feed.status.get("face_px", []))
    return found


async def _pdf(page: str) -> bytes:
    command = (sys.executable, "-m", "lfr_kit.ui.server.pdf_worker")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        content, said = await asyncio.wait_for(process.communicate(page.encode()), _PDF_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise OutputError("the PDF took too long; take the HTML, which prints well") from None
    if process.returncode:
        raise OutputError(said.decode(errors="replace").strip()[-500:] or "the PDF could not be made")
    return content
