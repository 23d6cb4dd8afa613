"""Cameras that send anything: garbage, half pictures, headers and pictures without an end, nothing at all."""

import io
import os
import socket
import threading
import time
from contextlib import suppress
from functools import cache

import numpy as np
from PIL import Image

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n"


@cache
def jpeg(width=160, height=96, seed=0):
    """A picture of large random squares."""
    squares = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(squares.repeat(8, 0).repeat(8, 1)).save(encoded, "JPEG")
    return encoded.getvalue()


def part(picture, *, says_length=True):
    length = f"Content-Length: {len(picture)}\r\n".encode() if says_length else b""
    return b"--next\r\nContent-Type: image/jpeg\r\n" + length + b"\r\n" + picture + b"\r\n"


def without_end(line, block):
    while True:
        line.sendall(block)


def played(line, pictures, every_s=0.03):
    """Pictures over and over."""
    line.sendall(HEAD)
    while True:
        for picture in pictures:
            line.sendall(part(picture))
            time.sleep(every_s)


def random_bytes(line):
    without_end(line, os.urandom(1 << 16))


def random_parts(line):
    line.sendall(HEAD)
    without_end(line, os.urandom(1 << 16))


def half_pictures(line):
    whole = [jpeg(seed=seed) for seed in range(10)]
    played(line, [each[: len(each) // 2] if n % 2 else each for n, each in enumerate(whole)])


def header_without_end(line):
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    without_end(line, b"X-Filler: " + b"a" * 1000 + b"\r\n")


def picture_without_end(line):
    line.sendall(HEAD + part(jpeg()) * 3)
    line.sendall(b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: 2000000000\r\n\r\n\xff\xd8")
    without_end(line, bytes(1 << 16))


def html_page(line):
    line.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>" + b"<p>sign in</p>" * 100 + b"</html>"
    )


def redirected_to_a_file(line):
    line.sendall(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")


def silence(line):
    time.sleep(600)


def silence_after_pictures(line):
    line.sendall(HEAD + b"".join(part(jpeg(seed=seed)) for seed in range(5)))
    time.sleep(600)


def large_pictures(line):
    """Larger than any limit that a test sets."""
    played(line, [jpeg(1600, 1200)])


def pictures_of_4k(line):
    played(line, [jpeg(3840, 2160, seed) for seed in range(2)], every_s=0.1)


def one_a_second(line):
    played(line, [jpeg(seed=seed) for seed in range(10)], every_s=1.0)


def other_sizes(line):
    played(line, [jpeg(*size, seed=n) for n, size in enumerate([(160, 96)] * 10 + [(320, 240)] * 10)])


def coming_and_going(line):
    line.sendall(HEAD + b"".join(part(jpeg(seed=seed)) for seed in range(3)))


class HostileStream:
    """Answers each connection as it is told to; `n_connects` counts them."""

    def __init__(self, answer):
        jpeg(3840, 2160), jpeg(3840, 2160, 1), jpeg(1600, 1200)  # drawn before anybody waits for them
        self._answer = answer
        self.n_connects = 0
        self._lines = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}/cam"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                self.n_connects += 1
                self._lines.append(line)
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line):
        with suppress(OSError), line:
            line.recv(4096)
            self._answer(line)

    def close(self):
        for each in (self._listening, *self._lines):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
