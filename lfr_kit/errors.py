"""Every error LFR Kit raises on purpose.

LfrError
├── InputError                    what was given cannot be used
│   ├── RecordError               arrays of a record disagree in shape, type or range
│   ├── SourceError               a video, folder, camera or stream
│   │   ├── SourceNotFoundError   no such file, folder or device
│   │   ├── SourceUnreadableError empty, truncated at the start, not a video, unknown codec
│   │   └── SourceLostError       a live stream stopped and did not come back in time
│   ├── ImageError                a picture: unreadable, empty, too large (has a reason code)
│   ├── EnrolmentError            a reference photo nobody can be enrolled from (has a reason code)
│   └── TableError                a CSV, pair list or manifest with wrong columns or values
├── ConfigurationError            what was asked for does not fit together
│   ├── UnknownAlgorithmError     no such name in a stage; lists the right ones
│   ├── DuplicateAlgorithmError   a name registered twice
│   ├── SettingError              a setting out of range, misspelt or of the wrong type
│   └── MissingDependencyError    an optional library is absent; names the line that installs it
├── ModelError                    weights
│   ├── UnknownModelError         no model card of that name; lists the right ones
│   ├── ModelMissingError         not on this machine; names the line that fetches it
│   ├── ModelDigestError          size or SHA-256 differs from the card: not the file it claims to be
│   ├── ModelFormatError          the file is intact but its tensors are not those of the network
│   └── ModelFetchError           every source of the card failed; says what each answered
├── MatchingError                 comparing templates
│   ├── SpaceMismatchError        templates of two embedding spaces
│   ├── ReferenceConflictError    a reference enrolled twice
│   ├── UnknownReferenceError     a withdrawal of a reference that is not there
│   ├── IndexRecallError          an approximate index that would miss people
│   └── IndexFileError            an index file absent, damaged or of another gallery
├── ConformanceError              an algorithm breaks the contract of its stage
└── OutputError                   results cannot be written: no room, no permission, name taken

Every message says what is wrong and what to do about it. `InputError` and its kin are also
`ValueError`, so that callers who know nothing of LFR Kit can catch them.
"""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "ConformanceError",
    "DuplicateAlgorithmError",
    "EnrolmentError",
    "ImageError",
    "IndexFileError",
    "IndexRecallError",
    "InputError",
    "LfrError",
    "MatchingError",
    "MissingDependencyError",
    "ModelDigestError",
    "ModelError",
    "ModelFetchError",
    "ModelFormatError",
    "ModelMissingError",
    "OutputError",
    "RecordError",
    "ReferenceConflictError",
    "SettingError",
    "SourceError",
    "SourceLostError",
    "SourceNotFoundError",
    "SourceUnreadableError",
    "SpaceMismatchError",
    "TableError",
    "UnknownAlgorithmError",
    "UnknownModelError",
    "UnknownReferenceError",
]


class LfrError(Exception):
    """Base of every error that LFR Kit raises on purpose."""


class InputError(LfrError, ValueError):
    """What was given cannot be used."""


class RecordError(InputError):
    """The arrays of a record disagree in shape, type or range."""


class SourceError(InputError):
    """A video, folder, camera or stream cannot be used."""


class SourceNotFoundError(SourceError):
    """No such file, folder or device."""


class SourceUnreadableError(SourceError):
    """Empty, truncated before the first frame, not a video, or an unknown codec."""


class SourceLostError(SourceError):
    """A live stream stopped and did not come back in time."""


class ImageError(InputError):
    """A picture cannot be used. `reason` is a stable code, e.g. ``"too_large"``."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class EnrolmentError(InputError):
    """Nobody can be enrolled from a reference photo. `reason` is a stable code, e.g. ``"no_face"``."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class TableError(InputError):
    """A CSV, pair list or manifest has the wrong columns or values."""


class ConfigurationError(LfrError, ValueError):
    """What was asked for does not fit together."""


class UnknownAlgorithmError(ConfigurationError):
    """No such algorithm in a stage; the message lists the right names."""


class DuplicateAlgorithmError(ConfigurationError):
    """An algorithm's name is taken already."""


class SettingError(ConfigurationError):
    """A setting is out of range, misspelt or of the wrong type."""


class MissingDependencyError(ConfigurationError):
    """An optional library is absent; the message names the line that installs it."""


class ModelError(LfrError):
    """Weights are absent, damaged or not what they claim to be."""


class UnknownModelError(ModelError):
    """No model card has that name; the message lists the right names."""


class ModelMissingError(ModelError):
    """The weights are not on this machine; the message names the line that fetches them."""


class ModelDigestError(ModelError):
    """Size or SHA-256 of a weights file differs from its card."""


class ModelFormatError(ModelError):
    """A weights file does not hold the tensors of its network."""


class ModelFetchError(ModelError):
    """Every source of a model card failed; the message says what each answered."""


class MatchingError(LfrError):
    """Templates cannot be compared, enrolled or withdrawn."""


class SpaceMismatchError(MatchingError):
    """Templates of two embedding spaces met."""


class ReferenceConflictError(MatchingError):
    """A reference id is enrolled already."""


class UnknownReferenceError(MatchingError):
    """A reference to be withdrawn is not enrolled."""


class IndexRecallError(MatchingError):
    """An approximate index finds too few of the references it holds."""


class IndexFileError(MatchingError):
    """An index file is absent, damaged or belongs to another gallery."""


class ConformanceError(LfrError, AssertionError):
    """An algorithm breaks the contract of its stage; the message names the check and what it found."""


class OutputError(LfrError):
    """Results cannot be written: no room, no permission, or the name is taken."""
