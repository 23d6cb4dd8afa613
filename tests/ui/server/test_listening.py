"""At the door: so many connections and no more, and handles enough for them."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from lfr_kit.ui.server.listening import BoundedServer


class _Hello(RequestHandler):
    def get(self) -> None:
        self.finish("hello")


async def crowded() -> tuple[list[bytes], bytes]:
    """What each of five half sentences hears, of which three may stay; and a whole one once they are gone."""
    server = BoundedServer(Application([("/", _Hello)]))
    server.most_connections = 3
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    place = sockets[0].getsockname()
    lines = []
    for _ in range(5):
        lines.append(await asyncio.open_connection(*place))
        lines[-1][1].write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        await asyncio.sleep(0.05)
    heard = []
    for reader, _ in lines:
        try:
            heard.append(await asyncio.wait_for(reader.read(), 0.3))
        except TimeoutError:
            heard.append(b"waits")
        except ConnectionError:
            heard.append(b"")
    for _, writer in lines:
        writer.close()
    await asyncio.sleep(0.1)
    reader, writer = await asyncio.open_connection(*place)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    server.stop()
    return heard, answer


def test_more_connections_than_it_takes_are_closed_and_there_is_room_again_once_others_are_gone():
    heard, answer = asyncio.run(crowded())
    assert heard == [b"waits"] * 3 + [b""] * 2
    assert answer.endswith(b"hello")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
@pytest.mark.parametrize(("soft", "hard", "had"), [(128, 512, 512), (128, 128, 128)])
def test_as_many_handles_as_the_process_may_have_are_taken(soft, hard, had):
    code = (
        f"import resource as r; r.setrlimit(r.RLIMIT_NOFILE, ({soft}, {hard}));"
        "from lfr_kit.ui.server.listening import handles_to_have;"
        "print(handles_to_have(), r.getrlimit(r.RLIMIT_NOFILE)[0])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(had)] * 2
