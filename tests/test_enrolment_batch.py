"""Many pictures at once: the same as one by one, in order, and never many held. Referee: one picture at a time."""

from __future__ import annotations

import io
from dataclasses import replace
from threading import Lock

import numpy as np
import pytest
from painted_photos import painted_enroller, photo
from PIL import Image

from lfr_kit.detection.scripted import ScriptedDetector
from lfr_kit.embedding.scripted import ScriptedEmbedder
from lfr_kit.enrolment import best_shot_of
from lfr_kit.enrolment_batch import MOST_PX, BatchEnroller, PictureFile
from lfr_kit.errors import EnrolmentError, ModelMissingError
from lfr_kit.quality.open_gate import OpenGate
from lfr_kit.sources.image_file import read_image


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def painted(seeds, **options):
    return [PictureFile(seed, png(photo(seed, **options))) for seed in seeds]


def test_enrol_gives_what_one_by_one_gives_in_order():
    pictures = painted(range(40))
    found = list(painted_enroller().enrol(pictures))
    assert [one.key for one in found] == list(range(40))
    for picture, one in zip(pictures, found, strict=True):
        shot = best_shot_of(read_image(picture.content), ScriptedDetector(), OpenGate())
        (template,) = ScriptedEmbedder().embed([shot])
        np.testing.assert_array_equal(one.vector, template.vector)
        assert (one.reason, one.message, one.quality) == ("", "", shot.quality)


def test_enrol_reasons_are_those_of_one_by_one_and_the_rest_go_on():
    broken = png(photo(5))[:300]
    pictures = [
        PictureFile("none", png(photo(1, n_faces=0))),
        PictureFile("five", png(photo(2, n_faces=5))),
        PictureFile("good", png(photo(3))),
        PictureFile("empty", b""),
        PictureFile("text", b"no picture"),
        PictureFile("cut", broken),
    ]
    found = {one.key: one for one in painted_enroller().enrol(pictures)}
    assert {key: one.reason for key, one in found.items()} == {
        "none": "no_face",
        "five": "several_faces",
        "good": "",
        "empty": "empty",
        "text": "unreadable",
        "cut": "truncated",
    }
    for key in ("none", "five"):
        with pytest.raises(EnrolmentError) as refusal:
            best_shot_of(photo(1, n_faces=0 if key == "none" else 5), ScriptedDetector(), OpenGate())
        assert found[key].message == str(refusal.value)
    assert all(one.vector is None and one.jpeg == b"" for key, one in found.items() if key != "good")


def test_enrol_face_refused_by_the_gate_has_no_template_and_its_measures():
    class Refuse:
        def examine(self, shots):
            return [replace(shot, reasons=("too_blurred",)) for shot in shots]

    (found,) = painted_enroller(gate=Refuse()).enrol(painted([1]))
    assert (found.reason, found.vector, found.jpeg) == ("too_blurred", None, b"")
    assert found.report.rejected_for == ("too_blurred",)
    assert found.report.measures["SingleFacePresent"] == 100


def test_enrol_nothing_gives_nothing_and_loads_nothing():
    assert list(BatchEnroller(None, None, None).enrol([])) == []


def test_enrol_keeps_the_face_and_not_its_surroundings():
    image = np.full((600, 900, 3), 90, np.uint8)
    image[200:440, 300:540] = photo(1)
    image[:, :60] = (255, 255, 0)
    (found,) = painted_enroller().enrol([PictureFile(1, png(image))])
    kept = np.asarray(Image.open(io.BytesIO(found.jpeg)).convert("RGB"))
    assert kept.shape[1] < 500
    assert not ((kept[:, :, 0] > 230) & (kept[:, :, 1] > 230)).any()


def test_enrol_keeps_no_notes_of_the_camera():
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 51.5 N"
    Image.fromarray(photo(1)).save(file, "JPEG", exif=exif, quality=95)
    (found,) = painted_enroller().enrol([PictureFile(1, file.getvalue())])
    assert found.jpeg
    assert b"taken at home" not in found.jpeg
    assert b"Exif" not in found.jpeg


def test_enrol_huge_face_is_brought_to_a_bounded_size():
    (found,) = painted_enroller().enrol([PictureFile(1, png(photo(1, side=2400)))])
    assert max(Image.open(io.BytesIO(found.jpeg)).size) == MOST_PX
    assert found.report.measures["InterEyeDistance"] == 100


def test_enrol_face_cropped_too_tightly_is_found_with_a_border():
    class Roomy(ScriptedDetector):
        def detect(self, frames):
            found = super().detect(frames)
            whole = [min(frame.size_wh) < 300 for frame in frames]
            return [one[:0] if tight else one for one, tight in zip(found, whole, strict=True)]

    image = photo(3)
    (found,) = painted_enroller(detector=Roomy()).enrol([PictureFile(1, png(image))])
    (template,) = ScriptedEmbedder().embed([best_shot_of(image, Roomy(), OpenGate())])
    np.testing.assert_array_equal(found.vector, template.vector)


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_enrol_asks_for_pictures_only_as_it_gets_on(n_threads):
    asked = []

    def endless():
        for seed in range(10_000):
            asked.append(seed)
            yield PictureFile(seed, png(photo(seed % 7)))

    found = painted_enroller(n_threads=n_threads).enrol(endless())
    assert next(found).key == 0
    assert len(asked) <= 16 * (n_threads + 1)
    found.close()
    assert len(asked) <= 16 * (n_threads + 1)


def test_enrol_large_pictures_are_not_held_decoded_together():
    held, most, lock = [0], [0], Lock()

    class Counting(ScriptedDetector):
        def detect(self, frames):
            with lock:
                held[0] += sum(frame.image.size for frame in frames)
                most[0] = max(most[0], held[0])
            try:
                return super().detect(frames)
            finally:
                with lock:
                    held[0] -= sum(frame.image.size for frame in frames)

    large = png(np.zeros((2500, 2500, 3), np.uint8))
    list(painted_enroller(detector=Counting(), n_threads=1).enrol([PictureFile(n, large) for n in range(6)]))
    assert most[0] <= 2 * 2500 * 2500 * 3


def test_enrol_fault_of_the_program_is_not_swallowed():
    class Faulty(ScriptedDetector):
        def detect(self, frames):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(painted_enroller(detector=Faulty()).enrol(painted(range(100))))


def test_from_settings_crops_choose_the_template_and_real_faces_agree(portrait):
    try:
        few, many = (BatchEnroller.from_settings(crops=crops) for crops in ("single", "jitter"))
    except ModelMissingError as error:
        pytest.skip(str(error))
    pictures = [PictureFile(n, png(np.roll(portrait, n, axis=1))) for n in range(3)]
    found = list(many.enrol(pictures))
    for picture, one in zip(pictures, found, strict=True):
        shot = best_shot_of(read_image(picture.content), many.detector, many.gate)
        (template,) = many.embedder.embed([shot])
        assert float(one.vector @ template.vector) > 0.9999
        assert one.report.verdict == "accept"
    (quick,) = few.enrol(pictures[:1])
    assert 0.9 < float(quick.vector @ found[0].vector) < 0.99999
