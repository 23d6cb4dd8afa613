import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lfr_kit.errors import InputError
from lfr_kit.ui.widgets.bundle import bundled

NODE = shutil.which("node")


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "page.js"


def evaluated(script: str) -> object:
    if NODE is None:
        pytest.skip("node is not here; it runs what was put together")
    run = f"{script.replace('export default', 'const made =', 1)}\nconsole.log(JSON.stringify(made));"
    done = subprocess.run([NODE, "--input-type=module", "-e", run], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_bundled_modules_that_share_one_load_it_once(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        counter="let n = 0;\nexport function next() {\n  n += 1;\n  return n;\n}\n",
        left='import { next } from "./counter.js";\nexport const left = next();\n',
        page='import { left } from "./left.js";\nimport { next as again } from "./counter.js";\n\n'
        "export default { left, right: again() };\n",
    )
    script = bundled(page)
    assert script.count("let n = 0;") == 1
    assert evaluated(script) == {"left": 1, "right": 2}


def test_bundled_private_names_of_two_modules_do_not_meet(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        one='const name = "one";\nexport function one() {\n  return name;\n}\n',
        other='const name = "other";\nexport function other() {\n  return name;\n}\n',
        page='import { one } from "./one.js";\nimport { other } from "./other.js";\n'
        "export default [one(), other()];\n",
    )
    assert evaluated(bundled(page)) == ["one", "other"]


def test_bundled_import_over_several_lines_is_taken(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        words="export const a = 1;\nexport const b = 2;\n",
        page='import {\n  a,\n  b,\n} from "./words.js";\nexport default [a, b];\n',
    )
    assert evaluated(bundled(page)) == [1, 2]


@pytest.mark.parametrize(
    "line",
    [
        'import everything from "./words.js";',
        'import { a } from "https://elsewhere.example/a.js";',
        'import "./words.js";',
        "export { a };",
        "export let a = 1;",
    ],
)
def test_bundled_form_that_cannot_be_put_together_is_refused(tmp_path: Path, line: str) -> None:
    page = write(tmp_path, words="export const a = 1;\n", page=f"{line}\nexport default {{}};\n")
    with pytest.raises(InputError, match="form"):
        bundled(page)


def test_bundled_default_of_a_shared_module_is_refused(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        words="export const a = 1;\nexport default 2;\n",
        page='import { a } from "./words.js";\nexport default { a };\n',
    )
    with pytest.raises(InputError, match="words"):
        bundled(page)


def test_bundled_modules_that_need_each_other_are_refused(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        one='import { other } from "./other.js";\nexport const one = 1;\n',
        other='import { one } from "./one.js";\nexport const other = 1;\n',
        page='import { one } from "./one.js";\nexport default { one };\n',
    )
    with pytest.raises(InputError, match="needs itself"):
        bundled(page)


def test_bundled_missing_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        bundled(write(tmp_path, page='import { a } from "./nowhere.js";\nexport default { a };\n'))
