"""Kills processes that write alerts and decide on them, at random moments, and keeps what they acknowledged.

Run by `test_kill` as a program of its own: one thread, everything imported, so that children are made by a fork
and every kill costs milliseconds. A child says so on its pipe after each commit, never before.

    python killing.py SETTINGS.json DEPLOYMENT ROUNDS SEED     ->  JSON on standard output
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from alerted import OPERATOR, OTHER_OPERATOR, make_alert, shot

from lfr_kit.config import StoreSettings
from lfr_kit.errors import DecisionConflictError, StoreBusyError
from lfr_kit.governance.adjudication import DecisionReason, Verdict
from lfr_kit.operations.alerts import decide, queue, raise_alert, view
from lfr_kit.store.store import Store

LONGEST_LIFE_S = 0.2
AT_BIRTH_EVERY = 5
"""Every so many rounds the time runs from the fork, so that kills hit the opening of the store too; else it runs
from the moment at which both have written something."""
PATIENCE_S = 5
BREATH_S = 0.01
"""Between two alerts or decisions: who locks SQLite without a breath starves the other."""
VERDICTS = ((Verdict.VIABLE, DecisionReason.SAME_FEATURES), (Verdict.DISMISSED, DecisionReason.DIFFERENT_PERSON))


def raise_without_end(store: Store, deployment_id: str, entry_ids: list[str], say: Callable[..., None]) -> None:
    """One alert after another."""
    n = 0
    while True:
        n += 1
        alert = make_alert(entry_ids[n % len(entry_ids)], shot=shot(seed=n, size=200))
        with suppress(StoreBusyError):
            raise_alert(store, deployment_id, alert)
            say("raised", alert.alert_id)
        time.sleep(BREATH_S)


def decide_without_end(store: Store, deployment_id: str, entry_ids: list[str], say: Callable[..., None]) -> None:
    """One decision after another, on whatever waits."""
    n = 0
    while True:
        for waiting in queue(store, OPERATOR, deployment_id)[:20]:
            if waiting.state not in ("raised", "viewed"):
                continue
            n += 1
            who, (verdict, reason) = (OPERATOR, OTHER_OPERATOR)[n % 2], VERDICTS[n // 2 % 2]
            with suppress(StoreBusyError, DecisionConflictError):  # the dead one's last commit may land late
                view(store, who, waiting.alert_id)
                say("viewed", waiting.alert_id, who.user_id)
                decide(store, who, waiting.alert_id, verdict, reason, note="compared")
                say("decided", waiting.alert_id, str(verdict))
            time.sleep(BREATH_S)


def child(
    work: Callable[..., None], chosen: StoreSettings, deployment_id: str, entry_ids: list[str]
) -> tuple[int, int]:
    """Starts a process that works until it is killed; its id and the end of the pipe it speaks on."""
    hears, speaks = os.pipe()
    process = os.fork()
    if process:
        os.close(speaks)
        return process, hears

    def say(*words: str) -> None:
        os.write(speaks, (" ".join(words) + "\n").encode())

    os.close(hears)
    try:
        with Store.open(chosen) as store:
            work(store, deployment_id, entry_ids, say)
    except BaseException as fault:
        say("fault", f"{type(fault).__name__}: {fault}".replace("\n", " "))
    os._exit(1)


def heard(pipe: int) -> list[list[str]]:
    """What a dead child had said."""
    with os.fdopen(pipe) as lines:
        return [line.rstrip().split(" ", 2) for line in lines if line.endswith("\n")]


def kill_when_due(lives: list[tuple[float, int]]) -> None:
    """Kills each process when its time has come. What it says waits in its pipe: 64 KiB is a thousand lines."""
    begun = time.monotonic()
    for life_s, process in sorted(lives):
        wait = life_s - (time.monotonic() - begun)
        if wait > 0:
            time.sleep(wait)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def main(settings_file: str, deployment_id: str, n_rounds: str, seed: str) -> None:
    """Rounds of two processes, one that raises and one that decides, each killed at its own moment."""
    given = json.loads(Path(settings_file).read_text())
    chosen = StoreSettings.model_validate(given["store"])
    chance = random.Random(int(seed))
    said: list[list[str]] = []
    kills: list[dict[str, Any]] = []
    Store.open(chosen).close()  # whatever that imports, children need not
    for n in range(int(n_rounds)):
        started = [
            child(work, chosen, deployment_id, given["entry_ids"])
            for work in (raise_without_end, decide_without_end)
        ]
        if n % AT_BIRTH_EVERY:
            for _, pipe in started:
                select.select([pipe], [], [], PATIENCE_S)
        lives = [(chance.uniform(0, LONGEST_LIFE_S), process) for process, _ in started]
        kill_when_due(lives)
        for (life_s, _), (_, pipe) in zip(lives, started, strict=True):
            words = heard(pipe)
            said += words
            kills.append({"life_s": life_s, "n_said": len(words)})
    sys.stdout.write(json.dumps({"said": said, "kills": kills}))


if __name__ == "__main__":
    main(*sys.argv[1:])
