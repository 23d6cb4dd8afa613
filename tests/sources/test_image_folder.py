"""Referee: pictures with numbers in their pixels and names that sort wrongly as text."""

from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from lfr_kit.errors import ImageError, SettingError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.sources.image_folder import ImageFolder
from tests.sources.conftest import number_of, numbered


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 10, 11, 100):
        Image.fromarray(numbered(number)).save(tmp_path / f"frame_{number}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".frame_3.png").write_bytes(b"hidden")
    (tmp_path / "inner").mkdir()
    return tmp_path


def test_image_folder_goes_in_natural_order(folder):
    source = ImageFolder(folder, fps=4)
    frames = list(source)
    assert [number_of(frame.image) for frame in frames] == [1, 2, 10, 11, 100]
    assert [frame.position_s for frame in frames] == [0, 0.25, 0.5, 0.75, 1.0]
    assert [frame.frame_index for frame in frames] == [0, 1, 2, 3, 4]
    assert source.n_frames == 5
    assert frames[0].camera_id == folder.name


def test_image_folder_started_at_dates_the_frames(folder):
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    frames = list(ImageFolder(folder, fps=0.5, started_at=moment, camera_id="door"))
    assert (frames[1].captured_at - moment).total_seconds() == 2
    assert frames[1].camera_id == "door"


def test_image_folder_broken_picture_is_left_out_and_counted(folder):
    (folder / "frame_5.png").write_bytes(b"broken")
    source = ImageFolder(folder)
    frames = list(source)
    assert [number_of(frame.image) for frame in frames] == [1, 2, 10, 11, 100]
    assert [frame.frame_index for frame in frames] == [0, 1, 3, 4, 5]
    assert source.n_broken == 1


def test_image_folder_broken_picture_raises_if_asked(folder):
    (folder / "frame_5.png").write_bytes(b"")
    frames = iter(ImageFolder(folder, skip_broken=False))
    assert number_of(next(frames).image) == 1
    next(frames)
    with pytest.raises(ImageError, match="frame_5"):
        next(frames)


def test_image_folder_sizes_may_differ(folder):
    Image.fromarray(np.zeros((30, 50, 3), np.uint8)).save(folder / "zz.png")
    assert [frame.size_wh for frame in ImageFolder(folder)][-2:] == [(160, 96), (50, 30)]


def test_image_folder_only_broken_pictures_raises_unreadable(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(SourceUnreadableError, match="no picture can be read"):
        list(ImageFolder(tmp_path))


def test_image_folder_one_picture_file_is_taken(folder):
    assert len(list(ImageFolder(folder / "frame_10.png"))) == 1


def test_image_folder_without_pictures_raises_unreadable(tmp_path):
    with pytest.raises(SourceUnreadableError, match="holds no picture"):
        ImageFolder(tmp_path)


def test_image_folder_missing_raises_not_found(tmp_path):
    with pytest.raises(SourceNotFoundError):
        ImageFolder(tmp_path / "nowhere")


@pytest.mark.parametrize("settings", [{"fps": 0}, {"started_at": datetime(2024, 1, 1)}])
def test_image_folder_wrong_setting_raises_setting_error(folder, settings):
    with pytest.raises(SettingError):
        ImageFolder(folder, **settings)
