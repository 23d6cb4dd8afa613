"""Weights: what they are, where they come from, and whether the file here is the one meant.

`cards` is the list; `model_path` is what algorithms ask; `fetch`, `import_file` and `verify` are what people do.
"""

from __future__ import annotations

from lfr_kit.models.by_hand import Imported, import_file
from lfr_kit.models.catalogue import card, cards, default_names
from lfr_kit.models.fetching import Fetched, fetch
from lfr_kit.models.folder import Verification, model_digest, model_path, verify
from lfr_kit.models.model_card import Address, InstalledFile, ModelCard, PackageFile, Progress

__all__ = [
    "Address",
    "Fetched",
    "Imported",
    "InstalledFile",
    "ModelCard",
    "PackageFile",
    "Progress",
    "Verification",
    "card",
    "cards",
    "default_names",
    "fetch",
    "import_file",
    "model_digest",
    "model_path",
    "verify",
]
