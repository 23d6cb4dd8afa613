"""An RTSP server of GStreamer's that plays a moving ball: run by the system's own Python, which has its bindings.

/usr/bin/python3 rtsp_server.py PORT        PORT 0 = any; prints the port once it listens
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 -- only once their versions are said

PICTURES = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1,format=I420"


def main(port: str) -> None:
    """Serves ``/cam`` until it is killed."""
    Gst.init(None)
    server, factory = GstRtspServer.RTSPServer(), GstRtspServer.RTSPMediaFactory()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory.set_shared(True)
    factory.set_launch(f"( {PICTURES} ! jpegenc ! rtpjpegpay name=pay0 pt=26 )")
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(sys.argv[1])
