"""Settings: each declared once, with name, default, unit and help.

They come, the later over the earlier, from the defaults here, a TOML file (``lfr.toml`` in the working
folder, or the file named by ``LFR_CONFIG``), and the environment: ``LFR_EMBEDDER__NAME=facenet``,
``LFR_LIMITS__IMAGE_MEGAPIXELS=80``, ``LFR_DETECTOR__SETTINGS='{"smallest_face_px": 24}'``.
Command-line options and keyword arguments stand over all of them.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from lfr_kit.errors import SettingError

__all__ = [
    "Limits",
    "LiveSettings",
    "Runtime",
    "Settings",
    "StageChoice",
    "StoreSettings",
    "TrialSettings",
    "settings",
]

_CONFIG_VARIABLE = "LFR_CONFIG"
_OTHER_VARIABLES = frozenset({_CONFIG_VARIABLE, "LFR_TESTDATA", "LFR_MASTER_KEY"})
"""Variables beginning with LFR_ that are no settings."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageChoice(_Section):
    """Which algorithm serves a stage, and its settings."""

    name: str = Field("", description="name in lfr_kit.registry; empty = the default of the stage")
    settings: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of the algorithm")


class Limits(_Section):
    """What is refused before it is decoded: a small file can unfold into gigabytes."""

    image_megapixels: float = Field(50.0, gt=0, description="largest picture, in megapixels")
    image_file_mb: float = Field(64.0, gt=0, description="largest picture file, in megabytes")
    frame_megapixels: float = Field(40.0, gt=0, description="largest video frame, in megapixels")


class Runtime(_Section):
    """Where networks run."""

    executor: Literal["auto", "openvino", "torch"] = Field(
        "auto",
        description="where embedders run; auto = torch where CUDA is present, else openvino, as all networks",
    )
    precision: Literal["auto", "f32", "bf16"] = Field(
        "auto", description="arithmetic of networks; auto = bf16 where the processor computes in it, else f32"
    )
    n_threads: int = Field(0, ge=0, description="threads per network under openvino; 0 = all cores")


class StoreSettings(_Section):
    """Where the governed store lies, and what opens it."""

    url: str = Field(
        default_factory=lambda: f"sqlite:///{platformdirs.user_data_path('lfr_kit') / 'store' / 'lfr.sqlite'}",
        description="the database: sqlite:///PATH or postgresql://USER@HOST/NAME",
    )
    key_source: Literal["file", "environment", "keyring"] = Field(
        "file", description="where the master key is kept; environment = the variable LFR_MASTER_KEY"
    )
    key_file: Path = Field(
        default_factory=lambda: platformdirs.user_config_path("lfr_kit") / "master.key",
        description="the master key's file, mode 0600; never beside the database",
    )
    session_file: Path = Field(
        default_factory=lambda: platformdirs.user_state_path("lfr_kit") / "session",
        description="who is signed in on this terminal, mode 0600",
    )
    spool_dir: Path = Field(
        default_factory=lambda: platformdirs.user_state_path("lfr_kit") / "spool",
        description="where alerts wait, sealed, while the database is away",
    )
    recording_dir: Path | None = Field(
        None,
        description="where footage is kept, sealed, if an authority lets any be recorded; none = beside the spool",
    )
    busy_timeout_s: float = Field(5.0, gt=0, description="how long to wait for a locked database")

    @property
    def recordings(self) -> Path:
        """Where footage is kept: `recording_dir`, or beside the spool."""
        return self.recording_dir or self.spool_dir.with_name("recordings")

    @field_validator("key_file", "session_file", "spool_dir", "recording_dir", mode="after")
    @classmethod
    def _at_home(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser()


class LiveSettings(_Section):
    """The runner beside the cameras, and who watches it."""

    bus_dir: Path = Field(
        default_factory=lambda: platformdirs.user_state_path("lfr_kit") / "bus",
        description="where the runner's local sockets lie, mode 0700",
    )
    metrics_port: int = Field(
        9463, ge=0, le=65535, description="Prometheus figures of the runner on 127.0.0.1; 0 = none"
    )
    presence_lost_after_s: float = Field(
        60.0,
        ge=2,
        le=600,
        description="seconds without a sign of life of any officer on the ground until nobody is looked at",
    )
    preview_width_px: int = Field(960, ge=160, le=3840, description="largest width of a camera's picture shown")
    preview_quality: int = Field(80, ge=30, le=95, description="JPEG quality of it")
    recording_fps: float = Field(
        5.0,
        ge=0.2,
        le=25,
        description="frames of a camera recorded per second at most, where recording is granted",
    )
    recording_width_px: int = Field(1280, ge=320, le=3840, description="largest width of what is recorded")
    recording_segment_s: float = Field(60.0, ge=5, le=600, description="seconds of footage in a segment")
    recording_free_mb: float = Field(
        1024.0, ge=0, description="recording stops while fewer megabytes are free on its disk: alerts come first"
    )

    @field_validator("bus_dir", mode="after")
    @classmethod
    def _at_home(cls, path: Path) -> Path:
        return path.expanduser()


class TrialSettings(_Section):
    """Trials with volunteers: their templates are biometric, so sealed, and kept until their retention date."""

    templates_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("lfr_kit") / "trial_templates",
        description="where sealed templates of trials are kept, mode 0700",
    )
    key_file: Path = Field(
        default_factory=lambda: platformdirs.user_config_path("lfr_kit") / "trials.key",
        description="the key that seals them, mode 0600, made when first needed; never beside them",
    )
    runs_dir: Path = Field(
        Path("runs"),
        description="where the evaluation dashboard looks for runs (lfr evaluate trial --out)",
    )

    @field_validator("templates_dir", "key_file", "runs_dir", mode="after")
    @classmethod
    def _at_home(cls, path: Path) -> Path:
        return path.expanduser()


class Settings(BaseSettings):
    """All settings of LFR Kit."""

    model_config = SettingsConfigDict(
        env_prefix="LFR_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    detector: StageChoice = Field(StageChoice(name="blazeface_tiled"), description="finds faces")
    tracker: StageChoice = Field(StageChoice(name="iou_kalman"), description="joins detections into tracks")
    selector: StageChoice = Field(StageChoice(name="best_quality"), description="chooses the shots to compare")
    gate: StageChoice = Field(StageChoice(name="face_mesh"), description="refuses shots that are not good enough")
    reference_gate: StageChoice = Field(
        StageChoice(name="face_mesh", settings={"profile": "reference"}),
        description="quality gate for photos to be enrolled",
    )
    embedder: StageChoice = Field(
        StageChoice(name="auto"),
        description="auto = facenet where its weights are present, else dlib_resnet; a name never falls back",
    )
    matcher: StageChoice = Field(StageChoice(name="exact"), description="searches the references")
    policy: StageChoice = Field(StageChoice(name="threshold_with_cooldown"), description="raises alerts")

    detect_every: int = Field(1, ge=1, description="look for faces in every nth frame")
    limits: Limits = Field(Limits(), description="what is refused before it is decoded")
    runtime: Runtime = Field(Runtime(), description="where networks run")
    store: StoreSettings = Field(
        default_factory=StoreSettings, description="where the governed store lies, and what opens it"
    )
    live: LiveSettings = Field(
        default_factory=LiveSettings, description="the runner beside the cameras, and who watches it"
    )
    trials: TrialSettings = Field(
        default_factory=TrialSettings, description="where sealed templates of trials are kept, and their key"
    )
    models_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("lfr_kit") / "models",
        description="where weights lie",
    )
    cache_dir: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("lfr_kit"),
        description="where converted and compiled networks lie, by digest; may be deleted at any time",
    )

    def choosing(self, **names: str | None) -> Settings:
        """A copy with other algorithms: ``settings().choosing(detector="yunet", embedder=None)``.

        A stage given None, or the name it has already, keeps its settings; another name starts from its defaults.

        Raises
        ------
        SettingError
            If there is no such stage.
        """
        update: dict[str, Any] = {}
        for stage, name in names.items():
            if not isinstance(getattr(self, stage, None), StageChoice):
                raise SettingError(f"no stage {stage!r} to choose an algorithm for")
            if name is not None and name != getattr(self, stage).name:
                update[stage] = StageChoice(name=name)
        return self.model_copy(update=update)

    def setting(self, stage: str, **values: Any) -> Settings:
        """A copy in which a stage's algorithm has these settings too; values that are None change nothing."""
        choice: StageChoice = getattr(self, stage)
        merged = {**choice.settings, **{key: value for key, value in values.items() if value is not None}}
        return self.model_copy(update={stage: StageChoice(name=choice.name, settings=merged)})

    @field_validator(
        "detector", "tracker", "selector", "gate", "reference_gate", "embedder", "matcher", "policy", mode="after"
    )
    @classmethod
    def _completed(cls, given: StageChoice, info: ValidationInfo) -> StageChoice:
        """Settings without a name, or with the default's, are settings of the default algorithm."""
        default: StageChoice = cls.model_fields[str(info.field_name)].default
        if given.name not in ("", default.name):
            return given
        return StageChoice(name=default.name, settings={**default.settings, **given.settings})

    @field_validator("models_dir", "cache_dir", mode="after")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        """``~`` is the home folder, as in a shell."""
        return folder.expanduser()

    @property
    def compiled_dir(self) -> Path:
        """Where compiled networks lie, under `cache_dir`."""
        return self.cache_dir / "compiled"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Keyword arguments over environment over the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=_settings_file())


def _settings_file() -> Path:
    named = os.environ.get(_CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise SettingError(f"LFR_CONFIG names {named}, which is not a file; correct it or unset it")
    return Path(named or "lfr.toml")


def _check_variables() -> None:
    """Refuses a misspelt LFR_ variable, which would be passed over in silence."""
    known = {f"LFR_{name.upper()}" for name in Settings.model_fields} | _OTHER_VARIABLES
    for variable in sorted(key for key in os.environ if key.upper().startswith("LFR_")):
        name = variable.upper().partition("__")[0]
        if name not in known:
            raise SettingError(
                f"{variable}: there is no such setting{_did_you_mean(name, known)}; correct it or unset it"
            )


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _in_words(error: ValidationError) -> str:
    """One line per wrong setting: its name and what is wrong with it."""
    lines = []
    for each in error.errors():
        *place, last = map(str, each["loc"])
        what = each["msg"]
        if each["type"] == "extra_forbidden":
            what = "there is no such setting" + (_did_you_mean(last, Settings.model_fields) if not place else "")
        lines.append(f"  {'.'.join([*place, last])}: {what}")
    return "\n".join(lines)


@cache
def settings() -> Settings:
    """The settings in force, read once per process (`settings.cache_clear()` reads them anew).

    Raises
    ------
    SettingError
        If a value is misspelt, out of range or of the wrong type; the message names it.
    """
    _check_variables()
    try:
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{_settings_file()}: not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{_settings_file()}: not valid TOML: save it as plain text in UTF-8") from None
    except OSError as error:
        raise SettingError(f"{_settings_file()}: cannot be read ({error.strerror}); mend or move it") from None
    except SettingsError as error:
        raise SettingError(
            f"environment: {error}; a whole table is given as JSON, one value with two underscores, "
            "e.g. LFR_DETECTOR__NAME=yunet"
        ) from None
    except ValidationError as error:
        raise SettingError(f"settings (lfr.toml or LFR_* environment) are wrong:\n{_in_words(error)}") from None
