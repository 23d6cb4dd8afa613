"""Why a shot is not good enough: every reason code with its sentence."""

from __future__ import annotations

__all__ = ["REASONS"]

REASONS = {
    "face_too_small": "The eyes are too few pixels apart to tell people by.",
    "too_blurred": "The face shows too few fine edges: motion, focus or a picture enlarged.",
    "turned_away": "The head is turned too far to the side, up, down or over.",
    "too_dark": "The face is in the dark.",
    "too_bright": "The face is blown out.",
    "no_face_mesh": "No face mesh fits: a face seen in something that is none, or one mostly hidden.",
    "cut_off": "Part of the face lies outside the picture.",
}
"""Code -> one sentence. Codes are stable: counts of them leave the machine, nothing else does."""
