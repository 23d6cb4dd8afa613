"""The human half of the frame's way, as rules: no database, no screen.

    Alert -> Adjudication -> Engagement -> Outcome -> DeploymentRecord

Closed lists (`vocabulary`), who may do what (`roles`), and one file per thing that is governed: the watchlist,
the authority, the adjudication of alerts, retention, the audit chain, the published record. Everything here is
a pure function or a frozen record; `lfr_kit.store` keeps them, `lfr_kit.operations` lets people act on them.
"""
