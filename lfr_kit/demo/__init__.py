"""A small deployment on generated footage, lived through from the draft of its authority to proven deletion."""

from lfr_kit.demo.cast import ABSENT, PHOTO_OF, SOUGHT, Sighting, Verdict, lay_out_references, verdict

__all__ = ["ABSENT", "PHOTO_OF", "SOUGHT", "Sighting", "Verdict", "lay_out_references", "verdict"]
