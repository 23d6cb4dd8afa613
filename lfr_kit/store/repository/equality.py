"""What officers perceived of alerted people: sealed, apart from the alerts, without a link to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from lfr_kit.governance.equality import Perceived, PerceivedAge, PerceivedEthnicity, PerceivedSex
from lfr_kit.governance.vocabulary import Truth
from lfr_kit.store.tables.deployments import equality_reports
from lfr_kit.store.vault import DataKey

__all__ = ["add", "reports"]


def add(
    connection: Connection, key: DataKey, report_id: str, deployment_id: str, truth: Truth, seen: Perceived
) -> None:
    """Adds one report; `key` is that of the ``store`` scope, since aggregates outlive the alerts."""
    values = {"ethnicity": str(seen.ethnicity), "sex": str(seen.sex), "age": str(seen.age)}
    connection.execute(
        insert(equality_reports).values(
            report_id=report_id,
            deployment_id=deployment_id,
            truth=str(truth),
            sealed_perceived=key.seal_json(values, f"equality_reports:{report_id}:perceived"),
        )
    )


def reports(connection: Connection, key: DataKey, deployment_ids: Sequence[str]) -> list[tuple[Truth, Perceived]]:
    """Every report of these deployments, in no order that tells anything."""
    rows = connection.execute(
        select(equality_reports)
        .where(equality_reports.c.deployment_id.in_(deployment_ids))
        .order_by(equality_reports.c.report_id)
    )
    found = []
    for row in rows:
        values = key.open_json(row.sealed_perceived, f"equality_reports:{row.report_id}:perceived")
        seen = Perceived(
            PerceivedEthnicity(values["ethnicity"]), PerceivedSex(values["sex"]), PerceivedAge(values["age"])
        )
        found.append((Truth(row.truth), seen))
    return found
