"""A real stream over HTTP on this machine, with numbers in its pixels, that can stop and return."""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

from tests.sources.conftest import numbered


class StreamServer:
    """Serves a numbered picture every 20 ms as MJPEG; `stop` breaks all connections and `start` is back."""

    def __init__(self):
        self.pictures = [self._jpeg(number) for number in range(256)]
        self.began = time.monotonic()
        self.port = 0
        self.start()

    @staticmethod
    def _jpeg(number):
        buffer = io.BytesIO()
        Image.fromarray(numbered(number)).save(buffer, "JPEG", quality=90)
        return buffer.getvalue()

    def start(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.serve(self)

            def log_message(self, *_):
                pass

        self.is_on = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, request):
        if request.path != "/cam":
            request.send_error(404)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        request.end_headers()
        try:
            while self.is_on:
                picture = self.pictures[self.now()]
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                request.wfile.write(head.encode() + picture + b"\r\n")
                time.sleep(0.02)
        except OSError:
            pass

    def now(self):
        return int((time.monotonic() - self.began) * 50) % 256

    def stop(self):
        self.is_on = False
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self):
        return f"http://user:secret@127.0.0.1:{self.port}/cam"
