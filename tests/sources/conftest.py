"""Footage made on the spot: every frame carries its own number, readable after any lossy codec."""

from fractions import Fraction

import av
import numpy as np
import pytest

N_BITS = 8


def numbered(number, width=160, height=96, brightness=255):
    """A picture whose top row of blocks is `number` in binary, over a red left and a blue right half."""
    image = np.zeros((height, width, 3), np.uint8)
    image[height // 2 :, : width // 2] = (200, 20, 20)
    image[height // 2 :, width // 2 :] = (20, 20, 200)
    for bit in range(N_BITS):
        if number >> bit & 1:
            image[: height // 2, bit * width // N_BITS : (bit + 1) * width // N_BITS] = brightness
    return image


def number_of(image):
    """The number that `numbered` wrote."""
    height, width, _ = image.shape
    row = image[height // 8 : height * 3 // 8].mean((0, 2))
    return sum(int(row[round((bit + 0.5) * width / N_BITS)] > 127) << bit for bit in range(N_BITS))


def encode(
    path, numbers=range(20), *, fps=25, codec="libx264", size=(160, 96), metadata=None, times_s=None, **more
):
    """Writes a video; `times_s` gives every frame its own time. Returns the path."""
    container_options = more.pop("container_options", {})
    with av.open(str(path), "w", container_options=container_options) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = more.pop("pix_fmt", "yuv420p")
        if times_s:
            stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {key: str(value) for key, value in more.items()}
        for i, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size), format="rgb24")
            frame.pts = round(1000 * times_s[i]) if times_s else i
            frame.time_base = Fraction(1, 1000) if times_s else Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def video(tmp_path):
    """20 numbered frames at 25 per second, a key frame every fifth."""
    return encode(tmp_path / "clip.mp4", g=5)


@pytest.fixture
def footage(testdata):
    """Folder of real footage."""
    return testdata / "video"
