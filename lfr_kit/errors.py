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
├── GovernanceError               a safeguard refuses
│   ├── PermissionRefusedError    the person's roles do not allow it
│   ├── RoleConflictError         roles that one person may not hold together
│   ├── SignInError               wrong name or password, locked, expired, nobody signed in
│   ├── JustificationError        no reason was given where one is required
│   ├── StateError                no such step from the state a thing is in
│   ├── DecisionConflictError     somebody else decided first; says who, when and what
│   ├── AuthorityError            an authority lacks grounds, or does not cover this (has all refusals)
│   ├── WatchlistError            a watchlist or an entry is not as it must be for this
│   ├── RetentionError            a deletion cannot be done or proven, or a hold forbids it
│   ├── RecordRefusedError        a deployment record does not add up or is not ready (has all findings)
│   ├── AuditChainError           the audit chain is broken (has all findings)
│   └── ClockError                the clock stands before what was already recorded
├── StoreError                    the database
│   ├── StoreMissingError         there is none at that place; names the line that makes one
│   ├── StoreSchemaError          made by a newer release, or not a store of LFR Kit
│   ├── StoreBusyError            locked or unreachable for too long; nothing was written
│   ├── StoreFullError            no room on the disk; nothing was written
│   └── NotInStoreError           no such watchlist, entry, deployment, alert, user, ...
├── VaultError                    keys and encryption
│   ├── KeyMissingError           no master key where the settings say it is
│   ├── WrongKeyError             the master key is not that of this store
│   ├── KeyDestroyedError         what was sealed with it is gone for good
│   └── TamperedError             sealed bytes or a signed document were changed
├── ConformanceError              an algorithm breaks the contract of its stage
└── OutputError                   results cannot be written: no room, no permission, name taken

Every message says what is wrong and what to do about it. `InputError` and its kin are also
`ValueError`, so that callers who know nothing of LFR Kit can catch them.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AuditChainError",
    "AuthorityError",
    "ClockError",
    "ConfigurationError",
    "ConformanceError",
    "DecisionConflictError",
    "DuplicateAlgorithmError",
    "EnrolmentError",
    "GovernanceError",
    "ImageError",
    "IndexFileError",
    "IndexRecallError",
    "InputError",
    "JustificationError",
    "KeyDestroyedError",
    "KeyMissingError",
    "LfrError",
    "MatchingError",
    "MissingDependencyError",
    "ModelDigestError",
    "ModelError",
    "ModelFetchError",
    "ModelFormatError",
    "ModelMissingError",
    "NotInStoreError",
    "OutputError",
    "PermissionRefusedError",
    "RecordError",
    "RecordRefusedError",
    "ReferenceConflictError",
    "RetentionError",
    "RoleConflictError",
    "SettingError",
    "SignInError",
    "SourceError",
    "SourceLostError",
    "SourceNotFoundError",
    "SourceUnreadableError",
    "SpaceMismatchError",
    "StateError",
    "StoreBusyError",
    "StoreError",
    "StoreFullError",
    "StoreMissingError",
    "StoreSchemaError",
    "TableError",
    "TamperedError",
    "UnknownAlgorithmError",
    "UnknownModelError",
    "UnknownReferenceError",
    "VaultError",
    "WatchlistError",
    "WrongKeyError",
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


class GovernanceError(LfrError):
    """A safeguard refuses."""


class PermissionRefusedError(GovernanceError):
    """The person's roles do not allow it."""


class RoleConflictError(GovernanceError):
    """Roles that one person may not hold together."""


class SignInError(GovernanceError):
    """Wrong name or password, locked, expired, nobody signed in."""


class JustificationError(GovernanceError):
    """No reason was given where one is required."""


class StateError(GovernanceError):
    """No such step from the state a thing is in."""


class DecisionConflictError(GovernanceError):
    """Somebody else decided first; says who, when and what."""


class AuthorityError(GovernanceError):
    """An authority lacks grounds, or does not cover this (has all refusals).

    Attributes
    ----------
    findings
        Each thing that is wrong, in a sentence.
    """

    def __init__(self, message: str, findings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class WatchlistError(GovernanceError):
    """A watchlist or an entry is not as it must be for this."""


class RetentionError(GovernanceError):
    """A deletion cannot be done or proven, or a hold forbids it."""


class RecordRefusedError(GovernanceError):
    """A deployment record does not add up or is not ready (has all findings).

    Attributes
    ----------
    findings
        Each thing that is wrong, in a sentence.
    """

    def __init__(self, message: str, findings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class AuditChainError(GovernanceError):
    """The audit chain is broken (has all findings).

    Attributes
    ----------
    findings
        Each thing that is wrong, in a sentence.
    """

    def __init__(self, message: str, findings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class ClockError(GovernanceError):
    """The clock stands before what was already recorded."""


class StoreError(LfrError):
    """The database."""


class StoreMissingError(StoreError):
    """There is none at that place; names the line that makes one."""


class StoreSchemaError(StoreError):
    """Made by a newer release, or not a store of LFR Kit."""


class StoreBusyError(StoreError):
    """Locked or unreachable for too long; nothing was written."""


class StoreFullError(StoreError):
    """No room on the disk; nothing was written."""


class NotInStoreError(StoreError):
    """No such watchlist, entry, deployment, alert, user, ...."""


class VaultError(LfrError):
    """Keys and encryption."""


class KeyMissingError(VaultError):
    """No master key where the settings say it is."""


class WrongKeyError(VaultError):
    """The master key is not that of this store."""


class KeyDestroyedError(VaultError):
    """What was sealed with it is gone for good."""


class TamperedError(VaultError):
    """Sealed bytes or a signed document were changed."""
