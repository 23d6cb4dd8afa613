"""Documentation is tested like code: snippets run, commands exist, and what exists is documented."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lfr_kit import registry
from lfr_kit.cli.reference import commands, reference
from lfr_kit.config import Limits, LiveSettings, Runtime, Settings, StoreSettings, TrialSettings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*.md")])


def blocks(path: Path, *languages: str) -> list[str]:
    pattern = rf"^```(?:{'|'.join(languages)})\n(.*?)^```"
    return re.findall(pattern, path.read_text(), re.MULTILINE | re.DOTALL)


def command_lines() -> list[tuple[str, str]]:
    """(page, command) of every `lfr …` in a shell block, continued lines joined."""
    found = []
    for page in PAGES:
        for block in blocks(page, "sh", "console", "bash"):
            for line in block.replace("\\\n", " ").splitlines():
                line = line.removeprefix("$ ").split("#")[0].strip()
                if line.startswith("lfr "):
                    found.append((page.name, line))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_snippets_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "snippet"}
    try:
        for snippet in blocks(page, "python"):
            exec(compile(snippet, page.name, "exec"), names)
    finally:
        registry.unregister_all()


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_commands_in_the_docs_exist_with_their_options(page, line):
    words = shlex.split(line)[1:]
    known = dict(commands())
    name = next((n for n in (" ".join(words[:2]), words[0]) if n in known), None)
    if name is None and words[0].startswith("-"):
        return
    assert name, f"{page}: no command in {line!r}"
    options = {option for parameter in known[name].params for option in parameter.opts + parameter.secondary_opts}
    for word in words:
        if word.startswith("-") and not re.fullmatch(r"-?\d.*", word):
            assert word.split("=")[0] in options | {"--help"}, f"{page}: {name} has no {word}"


def test_commands_page_is_what_the_commands_say():
    page = (ROOT / "docs" / "commands.md").read_text()
    assert page == reference(), "run: python -m lfr_kit.cli.reference > docs/commands.md"
    for name, command in commands():
        assert f"## `lfr {name}`" in page
        assert "--json" in [option for parameter in command.params for option in parameter.opts], (
            f"{name} lacks --json"
        )


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "settings.md").read_text()
    sections = (
        (Settings, ""),
        (Limits, "limits."),
        (Runtime, "runtime."),
        (StoreSettings, "store."),
        (LiveSettings, "live."),
        (TrialSettings, "trials."),
    )
    for section, prefix in sections:
        for name in section.model_fields:
            assert f"`{prefix}{name}`" in text, f"docs/settings.md lacks {prefix}{name}"


def test_every_algorithm_is_documented():
    text = (ROOT / "docs" / "architecture.md").read_text()
    for stage in registry.STAGES:
        for name in registry.available(stage):
            assert name in text, f"docs/architecture.md lacks {stage} {name}"


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
