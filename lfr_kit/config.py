"""Settings: each declared once, with name, default, unit and help.

They come, the later over the earlier, from the defaults here, a TOML file (``lfr.toml`` in the working
folder, or the file named by ``LFR_CONFIG``), and the environment: ``LFR_EMBEDDER__NAME=facenet``,
``LFR_LIMITS__IMAGE_MEGAPIXELS=80``, ``LFR_DETECTOR__SETTINGS='{"smallest_face_px": 24}'``.
Command-line options and keyword arguments stand over all of them.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from lfr_kit.errors import SettingError

__all__ = ["Limits", "Runtime", "Settings", "StageChoice", "settings"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageChoice(_Section):
    """Which algorithm serves a stage, and its settings."""

    name: str = Field(description="name in lfr_kit.registry")
    settings: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of the algorithm")


class Limits(_Section):
    """What is refused before it is decoded: a small file can unfold into gigabytes."""

    image_megapixels: float = Field(50.0, gt=0, description="largest picture, in megapixels")
    image_file_mb: float = Field(64.0, gt=0, description="largest picture file, in megabytes")
    frame_megapixels: float = Field(40.0, gt=0, description="largest video frame, in megapixels")


class Runtime(_Section):
    """Where networks run."""

    executor: Literal["auto", "openvino", "torch"] = Field(
        "auto", description="auto = torch where CUDA is present, else openvino"
    )
    precision: Literal["auto", "f32", "bf16"] = Field(
        "auto", description="arithmetic of networks; auto = bf16 where the processor computes in it, else f32"
    )
    n_threads: int = Field(0, ge=0, description="threads per network; 0 = all cores")


class Settings(BaseSettings):
    """All settings of LFR Kit."""

    model_config = SettingsConfigDict(
        env_prefix="LFR_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
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
    models_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("lfr_kit") / "models",
        description="where weights lie",
    )
    cache_dir: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("lfr_kit"),
        description="where converted networks lie, by digest; may be deleted at any time",
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
    named = os.environ.get("LFR_CONFIG")
    if named and not Path(named).is_file():
        raise SettingError(f"LFR_CONFIG names {named}, which is not a file; correct it or unset it")
    return Path(named or "lfr.toml")


@cache
def settings() -> Settings:
    """The settings in force, read once per process (`settings.cache_clear()` reads them anew).

    Raises
    ------
    SettingError
        If a value is misspelt, out of range or of the wrong type; the message names it.
    """
    try:
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{_settings_file()}: not valid TOML: {error}") from None
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SettingError("settings (lfr.toml or LFR_* environment) are wrong:\n" + "\n".join(lines)) from None
