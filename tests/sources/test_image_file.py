"""Referees: pixels written by numpy or OpenCV, EXIF turned by hand with numpy, headers forged byte by byte."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from lfr_kit.config import Limits
from lfr_kit.errors import ImageError
from lfr_kit.sources.image_file import read_image


def card(height=40, width=60):
    """A picture in which every corner has its own colour."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (200, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 200)
    pixels[height // 2 :, width // 2 :] = (210, 210, 40)
    return pixels


def encoded(image, kind="PNG", **settings):
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def png_header(width, height, rest=b""):
    """A PNG that states a size and holds next to nothing."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rest)) + chunk(b"IEND", b"")
    )


def reason_of(content, limits=None):
    with pytest.raises(ImageError) as caught:
        read_image(content, limits)
    return caught.value.reason


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_read_image_lossless_format_gives_the_written_pixels(kind):
    image = read_image(encoded(Image.fromarray(card()), kind))
    assert image.dtype == np.uint8
    assert np.array_equal(image, card())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_read_image_lossy_format_gives_nearly_the_written_pixels(kind):
    image = read_image(encoded(Image.fromarray(card()), kind, quality=95))
    assert np.abs(image.astype(int) - card()).mean() < 4


def test_read_image_path_and_text_give_the_same_as_bytes(tmp_path):
    path = tmp_path / "Jürgen Müller's photo.PNG"
    path.write_bytes(encoded(Image.fromarray(card())))
    assert np.array_equal(read_image(path), card())
    assert np.array_equal(read_image(str(path)), card())


def test_read_image_result_is_read_only():
    assert not read_image(encoded(Image.fromarray(card()))).flags.writeable


# What undoes each EXIF orientation, in numpy (Exif 2.32, tag 274).
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_read_image_exif_orientation_is_undone(kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    image = read_image(encoded(Image.fromarray(card()), kind, exif=exif))
    assert np.array_equal(image, UPRIGHT[orientation](card()))


def test_read_image_damaged_exif_is_ignored():
    content = encoded(Image.fromarray(card()), "JPEG", exif=b"Exif\x00\x00" + b"\xff" * 40)
    assert read_image(content).shape == (40, 60, 3)


def test_read_image_cmyk_has_the_ink_colours():
    ink = Image.new("CMYK", (20, 20), (0, 255, 255, 0))  # magenta and yellow make red
    red = read_image(encoded(ink, "JPEG", quality=95))[10, 10].astype(int)
    assert red[0] > 230
    assert red[1:].max() < 40


def test_read_image_16_bit_grey_spans_the_8_bit_scale():
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (16, 1))
    image = read_image(encoded(Image.fromarray(ramp)))
    assert np.abs(image[3, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert np.array_equal(image[..., 0], image[..., 2])


def test_read_image_16_bit_dark_grey_stays_dark():
    image = read_image(encoded(Image.fromarray(np.full((16, 16), 10 * 257, np.uint16))))
    assert image.max() == 10


def test_read_image_16_bit_colour_keeps_the_high_byte():
    import cv2

    content = cv2.imencode(".png", card()[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    assert np.array_equal(read_image(content), card())


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "L"), ("PNG", "1"), ("TIFF", "F"), ("PNG", "LA")])
def test_read_image_grey_modes_give_three_equal_channels(kind, mode):
    image = read_image(encoded(Image.new("L", (20, 20), 255).convert(mode), kind))
    assert image.shape == (20, 20, 3)
    assert (image == 255).all()


def test_read_image_palette_with_transparency_is_laid_over_white():
    palette = Image.fromarray(np.zeros((20, 20), np.uint8), "P")
    palette.putpalette([200, 0, 0] + [0] * 765)
    image = read_image(encoded(palette, "PNG", transparency=b"\x00" + b"\xff" * 255))
    assert (image == 255).all()


def test_read_image_half_transparent_is_mixed_with_white():
    image = read_image(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 128))))
    assert np.abs(image.astype(int) - 127).max() <= 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_read_image_animated_gives_the_first_frame(kind):
    first, second = Image.new("RGB", (20, 20), (255, 255, 255)), Image.new("RGB", (20, 20), (0, 0, 0))
    content = encoded(first, kind, save_all=True, append_images=[second], duration=100)
    assert read_image(content).min() > 250


def test_read_image_missing_file_says_not_found(tmp_path):
    assert reason_of(tmp_path / "nobody.jpg") == "not_found"


def test_read_image_folder_says_unreadable(tmp_path):
    assert reason_of(tmp_path) == "unreadable"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"not a picture at all, but text", "unreadable"),
        (b"\x00" * 1000, "unreadable"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 50, "unreadable"),
        (png_header(1, 1, b"\x00abc"), "too_small"),
        (png_header(0, 0), "unreadable"),
        (png_header(4, 500), "too_small"),
        (png_header(10_000, 10_000), "too_large"),
        (png_header(100_000, 100_000), "too_large"),
        (png_header(2**31 - 1, 2**31 - 1), "too_large"),
        (png_header(3000, 3000, b"\x00" * 100), "truncated"),
    ],
)
def test_read_image_bad_content_has_its_reason(content, reason):
    assert reason_of(content) == reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_read_image_cut_off_file_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    assert reason_of(content[: len(content) * 2 // 3]) in {"truncated", "unreadable"}


def test_read_image_too_large_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert reason_of(png_header(8000, 8000)) == "too_large"


def test_read_image_gif_frame_larger_than_its_header_is_refused():
    content = bytearray(encoded(Image.new("P", (9000, 8000)), "GIF"))
    content[6:10] = struct.pack("<HH", 10, 10)  # the header now says 10 x 10, the frame itself 9000 x 8000
    assert reason_of(bytes(content)) == "too_large"


def test_read_image_limits_are_settings():
    content = encoded(Image.fromarray(card(200, 200)))
    assert reason_of(content, Limits(image_megapixels=0.01)) == "too_large"
    assert reason_of(content, Limits(image_file_mb=len(content) / 1e6 - 1e-5)) == "too_large"
    assert read_image(content, Limits(image_megapixels=0.04)).shape == (200, 200, 3)


def test_read_image_file_over_the_limit_is_not_read_whole(tmp_path):
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(10**10)  # sparse: takes no room, but reading it would take 10 GB
    assert reason_of(path, Limits(image_file_mb=1)) == "too_large"


def test_read_image_message_says_what_to_do(tmp_path):
    with pytest.raises(ImageError, match=r"limits\.image_megapixels"):
        read_image(png_header(9000, 9000))


def test_read_image_any_damage_raises_nothing_but_image_error():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (40, 40, 3), np.uint8)
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        whole = np.frombuffer(encoded(Image.fromarray(noise), kind), np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            where = rng.integers(0, len(damaged), 6)
            damaged[where] = rng.integers(0, 256, 6)
            with suppress(ImageError):
                assert read_image(damaged.tobytes()).shape[2] == 3
