"""`lfr deployment`: from a plan to its record; every step by somebody who may, with a reason that is kept."""

from __future__ import annotations

import typer

from lfr_kit.cli import (
    deployment_blue,
    deployment_cameras,
    deployment_decisions,
    deployment_documents,
    deployment_plan,
    deployment_presence,
    deployment_run,
    deployment_views,
)

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Deployments: plan, request, grant, check, open, run, end, and what is published."
)

app.command("template")(deployment_plan.template)
app.command("calibrations")(deployment_plan.calibrations)
app.command("draft")(deployment_plan.draft)
app.command("amend")(deployment_plan.amend)
app.command("list")(deployment_views.list_)
app.command("show")(deployment_views.show)
app.command("request")(deployment_decisions.request)
app.command("grant")(deployment_decisions.grant)
app.command("refuse")(deployment_decisions.refuse)
app.command("ratify")(deployment_decisions.ratify)
app.command("checklist")(deployment_views.checklist)
app.command("check")(deployment_views.check)
app.command("cameras")(deployment_cameras.cameras)
app.command("check-in")(deployment_presence.check_in)
app.command("check-out")(deployment_presence.check_out)
app.command("blue-list")(deployment_blue.blue_list)
app.command("blue-check")(deployment_blue.blue_check)
app.command("open")(deployment_decisions.open_)
app.command("run")(deployment_run.run)
app.command("pause")(deployment_decisions.pause)
app.command("resume")(deployment_decisions.resume)
app.command("extend")(deployment_decisions.extend)
app.command("threshold")(deployment_decisions.threshold)
app.command("close")(deployment_decisions.close)
app.command("abort")(deployment_decisions.abort)
deployment_documents.register(app)
