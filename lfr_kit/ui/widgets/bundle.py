"""One script out of several: a widget's modules, put together without a build step.

A widget reaches the browser as one text. Its sources are ordinary ES modules that share code by importing each
other; here each becomes a function of its own, in the order in which they need each other, and the script that
comes out imports nothing. The sources keep to three forms, and what keeps to none is refused:

    import { one, another } from "./shared/other.js";
    export function name(...) / export class Name / export const name = ...
    export default { ... };                       (of the widget itself, at its end)
"""

from __future__ import annotations

import re
from pathlib import Path

from lfr_kit.errors import InputError

__all__ = ["bundled"]

_IMPORT = re.compile(r'^import \{(?P<names>[^}]*)\} from "(?P<path>\./[^"]+|\.\./[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?P<what>(?:async )?function\*?|class|const) (?P<name>\w+)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def bundled(entry: Path) -> str:
    """The script of a widget.

    Parameters
    ----------
    entry
        Its own module, which exports the widget as its default.

    Raises
    ------
    InputError
        If a module is missing, imports or exports in another form, or two need each other.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "words.js").write_text("export const greeting = 1;")
    >>> _ = (folder / "page.js").write_text("export default { render() {} };")
    >>> "import" in bundled(folder / "page.js")
    False
    """
    parts: dict[Path, str] = {}
    _add(entry.resolve(), parts, ())
    *shared, (_, own) = parts.items()
    return "\n".join(["const $modules = {};", *(text for _, text in shared), own])


def _add(path: Path, parts: dict[Path, str], needed_by: tuple[Path, ...]) -> None:
    """Adds a module after all that it needs."""
    if path in parts:
        return
    if path in needed_by:
        raise InputError(f"{path.name}: needs itself, by way of {', '.join(each.name for each in needed_by)}")
    try:
        source = path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    for found in _IMPORT.finditer(source):
        _add((path.parent / found["path"]).resolve(), parts, (*needed_by, path))
    parts[path] = _module(path, source, is_entry=not needed_by)


def _module(path: Path, source: str, *, is_entry: bool) -> str:
    names = [found["name"] for found in _EXPORT.finditer(source)]
    body = _IMPORT.sub(lambda found: _taken(path, found), source)
    body = _EXPORT.sub(lambda found: f"{found['what']} {found['name']}", body)
    without_default = _DEFAULT.sub("", body, count=1) if is_entry else body
    left = _LEFT_OVER.search(without_default)
    if left is not None:
        raise InputError(
            f"{path.name}: {left[0][:80]!r} is no form that can be put together; see lfr_kit.ui.widgets.bundle"
        )
    if is_entry:
        return body
    return f"$modules[{_key(path)}] = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();"


def _taken(path: Path, found: re.Match[str]) -> str:
    names = ", ".join(name.strip() for name in found["names"].split(",") if name.strip())
    other = (path.parent / found["path"]).resolve()
    return f"const {{ {names.replace(' as ', ': ')} }} = $modules[{_key(other)}];\n"


def _key(path: Path) -> str:
    return f'"{path.parent.name}/{path.name}"'
