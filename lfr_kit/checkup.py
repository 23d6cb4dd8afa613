"""What is installed, which models and cameras are there, and the line that mends what is missing.

It imports none of the large libraries, so it answers quickly and also where one of them is broken.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from lfr_kit.errors import ModelError, ModelMissingError, SettingError

__all__ = ["Finding", "cameras", "disk", "examine", "models", "opencv", "packages", "processor", "settings_files"]

_CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
_ROOM_TO_SPARE_BYTES = 500_000_000
_OPENCV = re.compile(r"opencv-(contrib-)?python(-headless)?(-rolling)?")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    topic
        ``"packages"``, ``"models"``, ``"cameras"``, ``"processor"``, ``"disk"`` or ``"settings"``.
    name, detail
        What it is, and what was found.
    state
        ``"ok"``, ``"note"`` (worth knowing), ``"missing"`` or ``"wrong"``.
    mend
        The line that mends it; empty where nothing is to be done.
    is_required
        Whether LFR Kit cannot do its main job while this is missing or wrong.
    """

    topic: str
    name: str
    state: str
    detail: str
    mend: str = ""
    is_required: bool = False

    @property
    def is_wanting(self) -> bool:
        """Whether this alone makes the doctor end with status 1."""
        return self.is_required and self.state in ("missing", "wrong")


def examine() -> Iterator[Finding]:
    """Everything the doctor looks at, in order."""
    yield from packages()
    yield from opencv([each.name or "" for each in metadata.distributions()])
    yield from settings_files()
    try:
        yield from models()
        yield from disk()
    except SettingError:
        pass  # said by settings_files()
    yield from cameras()
    yield from processor()


def packages() -> Iterator[Finding]:
    """Python, LFR Kit and what it depends on, against the versions it asks for."""
    yield Finding(
        topic="packages", name="python", state="ok", detail=f"{platform.python_version()} {sys.executable}"
    )
    try:
        wanted = metadata.requires("lfr_kit") or []
        yield Finding(topic="packages", name="lfr_kit", state="ok", detail=metadata.version("lfr_kit"))
    except metadata.PackageNotFoundError:
        wanted = []
        yield Finding(
            topic="packages", name="lfr_kit", state="note", detail="run from its source", mend="pip install -e ."
        )
    for line in wanted:
        if "extra ==" not in line:
            yield _package(line)


def _package(line: str) -> Finding:
    """Whether a requirement such as ``"numpy>=2"`` is met."""
    requirement = line.partition(";")[0].strip()
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    name = found[0] if found else requirement
    mend = f"{sys.executable} -m pip install '{requirement}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return _required("packages", name, "missing", f"not installed, needs {requirement}", mend)
    if not _meets(requirement, version):
        return _required("packages", name, "wrong", f"{version} is installed, needs {requirement}", mend)
    return _required("packages", name, "ok", version)


def _meets(requirement: str, version: str) -> bool:
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return True  # said as a missing package, by those that bring it
    return Requirement(requirement).specifier.contains(version, prereleases=True)


def opencv(installed: list[str]) -> Iterator[Finding]:
    """Whether exactly one of the installed distributions brings cv2: two overwrite each other's files."""
    bring_it = sorted({name for name in installed if _OPENCV.fullmatch(name.replace("_", "-").lower())})
    pip = f"{sys.executable} -m pip"
    if len(bring_it) == 1:
        yield _required("packages", "cv2", "ok", f"from {bring_it[0]} {metadata.version(bring_it[0])} only")
    elif not bring_it:
        yield _required(
            "packages", "cv2", "missing", "no distribution brings it", f"{pip} install --force-reinstall mediapipe"
        )
    else:
        mend = (
            f"{pip} uninstall -y {' '.join(bring_it)} && {pip} install --force-reinstall --no-deps "
            "opencv-contrib-python"
        )
        yield _required("packages", "cv2", "wrong", f"{len(bring_it)} bring it: {', '.join(bring_it)}", mend)


def models() -> Iterator[Finding]:
    """Files of the model cards; those that the settings in force need are required."""
    from lfr_kit.config import settings
    from lfr_kit.models import cards, model_path

    chosen = {settings().embedder.name, settings().detector.name}
    for each in cards():
        is_chosen = each.name in chosen or ("facenet" in chosen and each.name == "facenet_vggface2")
        is_required = is_chosen or (each.is_default and each.task != "portrait")
        mend = f"lfr models fetch {each.name}"
        try:
            path = str(model_path(each.name))
            yield Finding(topic="models", name=each.name, state="ok", detail=path, is_required=is_required)
        except ModelMissingError:
            state = "missing" if each.is_default or is_chosen else "note"
            detail = "not on this machine" + ("; needed by: lfr demo" if each.task == "portrait" else "")
            yield Finding(
                topic="models", name=each.name, state=state, detail=detail, mend=mend, is_required=is_required
            )
        except ModelError as error:
            yield Finding(
                topic="models",
                name=each.name,
                state="wrong",
                detail=str(error),
                mend=mend,
                is_required=is_required,
            )


def cameras(devices: Path = Path("/dev"), kernel: Path = Path("/sys/class/video4linux")) -> Iterator[Finding]:
    """Video devices of this machine (Linux), and whether this user may open them."""
    found = sorted(devices.glob("video[0-9]*"), key=lambda path: int(path.name.removeprefix("video")))
    if not found:
        detail = "none found; files, streams and the generated walk-through work without one"
        yield Finding(topic="cameras", name="cameras", state="note", detail=detail)
    for device in found:
        label = kernel / device.name / "name"
        detail = label.read_text(errors="replace").strip() if label.is_file() else str(device)
        name = f"camera:{device.name.removeprefix('video')}"
        if os.access(device, os.R_OK | os.W_OK):
            yield Finding(topic="cameras", name=name, state="ok", detail=detail)
        else:
            mend = "sudo usermod -aG video $USER   (then log in again)"
            yield Finding(
                topic="cameras", name=name, state="wrong", detail=f"{detail}: no right to open", mend=mend
            )


def processor(information: Path = Path("/proc/cpuinfo")) -> Iterator[Finding]:
    """Processor, the arithmetic networks will run in, memory, and a graphics card where there is one."""
    text = information.read_text(errors="replace") if information.is_file() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = set(text.split())
    features = " ".join(each for each in _CPU_FEATURES if each in flags) or "no vector extensions known of"
    detail = f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {features}"
    yield Finding(topic="processor", name="processor", state="ok", detail=detail)
    try:
        from lfr_kit.runtime import host_precision

        yield Finding(topic="processor", name="precision", state="ok", detail=f"auto = {host_precision()}")
    except ImportError as error:
        yield Finding(topic="processor", name="precision", state="note", detail=f"not known: {error}")
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
        yield Finding(topic="processor", name="memory", state="ok", detail=f"{memory:.1f} GB")
    if Path("/dev/nvidia0").exists():
        yield Finding(topic="processor", name="graphics", state="ok", detail="NVIDIA device present")


def disk() -> Iterator[Finding]:
    """Room and the right to write where models and converted networks go."""
    from lfr_kit.config import settings
    from lfr_kit.models import cards

    folder = settings().models_dir
    needed = sum(each.size_bytes for each in cards() if each.is_default and not (folder / each.file_name).exists())
    yield _room("models folder", folder, needed, "LFR_MODELS_DIR")
    yield _room("cache folder", settings().cache_dir, 0, "LFR_CACHE_DIR")


def _room(name: str, folder: Path, needed: int, variable: str) -> Finding:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / 1e9:.1f} GB free"
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        mend = f"export {variable}=/a/folder/you/may/write/to"
        return Finding(topic="disk", name=name, state="wrong", detail=f"{folder}: no right to write", mend=mend)
    if free < needed + _ROOM_TO_SPARE_BYTES:
        mend = f"free some, or: export {variable}=/a/folder/with/room"
        return Finding(topic="disk", name=name, state="wrong", detail=detail, mend=mend, is_required=needed > free)
    return Finding(topic="disk", name=name, state="ok", detail=detail)


def settings_files() -> Iterator[Finding]:
    """Where settings come from and whether they can be read."""
    from lfr_kit.config import settings

    file = Path(os.environ.get("LFR_CONFIG", "lfr.toml"))
    variables = sorted(name for name in os.environ if name.startswith("LFR_"))
    try:
        settings()
    except SettingError as error:
        yield _required(
            "settings", "settings", "wrong", str(error), f"correct {file} or unset the LFR_ variable named"
        )
        return
    origin = [str(file.absolute())] if file.is_file() else []
    detail = ", ".join([*origin, *variables]) or "defaults only (no lfr.toml, no LFR_ variable)"
    yield Finding(topic="settings", name="settings", state="ok", detail=detail)


def _required(topic: str, name: str, state: str, detail: str, mend: str = "") -> Finding:
    return Finding(topic=topic, name=name, state=state, detail=detail, mend=mend, is_required=True)
