"""A trial whose passes are spans of real clips: one person on the list walks on, one who is not passes by."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.trial_scene import SOON
from lfr_kit.errors import TableError
from lfr_kit.evaluation.trial import trial_scores
from lfr_kit.evaluation.trial_passes import trial_stages
from lfr_kit.evaluation.trial_run import prepare

N_FILLER = 12
SINGER = "hamilton/lin-manuel-miranda.png"


def manifest_of(folder, testdata, singer_until="3.0"):
    people = sorted((testdata / "lfw_dev" / "images").iterdir())[:N_FILLER]
    folder.mkdir()
    lines = [
        'trial_id = "clips"',
        'data = "a stage clip and a man who leaves and comes back"',
        'consent = "terms of the clips"',
        f"retained_until = {SOON}",
        f'images = "{testdata}"',
        'people = "people.csv"',
        'pictures = "pictures.csv"',
    ]
    (folder / "trial.toml").write_text("\n".join(lines))
    rows = ["singer,cohort,,", "man,crowd,,", *(f"{each.name},filler,," for each in people)]
    (folder / "people.csv").write_text("\n".join(["person,part,consent,retained_until", *rows]) + "\n")
    rows = [
        f"singer,reference,,{SINGER},,,,",
        f"singer,pass,on-stage,hamilton/short_hamilton_clip.mp4,stage,,0.0,{singer_until}",
        "man,pass,comes-in,video/single_face_reentry.mp4,door,,0.0,4.0",
        *(f"{each.name},reference,,{sorted(each.iterdir())[0].relative_to(testdata)},,,," for each in people),
    ]
    (folder / "pictures.csv").write_text(
        "\n".join(["person,use,pass_id,file,camera,day,start_s,end_s", *rows]) + "\n"
    )
    return folder / "trial.toml"


@pytest.mark.real_footage
def test_span_of_a_clip_is_a_pass_of_the_person_in_it(testdata, tmp_path):
    prepared = prepare(manifest_of(tmp_path / "trial", testdata), trial_stages(embedder="dlib_resnet"), None)
    scores = trial_scores(prepared.manifest, prepared.templates, "rivals")
    assert scores.is_acquired.tolist() == [True, True]
    assert scores.is_mated.tolist() == [True, False]
    found = scores.search(np.arange(len(scores.listed)))
    assert found.above[0] == 0, "nobody is more like the singer than his own photograph"
    assert found.mates[0] > 0.94 > found.strangers.max()


@pytest.mark.real_footage
def test_span_in_which_nobody_can_be_is_refused_before_anything_is_made(testdata, tmp_path):
    with pytest.raises(TableError, match="row 3"):
        prepare(manifest_of(tmp_path / "trial", testdata, "-1"), trial_stages(embedder="dlib_resnet"), None)
