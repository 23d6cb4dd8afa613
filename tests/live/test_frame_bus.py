"""Real local sockets; referee for who may open the folder: the file system."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from lfr_kit.errors import InputError, RecordError, SettingError
from lfr_kit.live.frame_bus import STATUS, BusMessage, BusPublisher, BusSubscriber, frames_of, packed, unpacked

DEPLOYMENT = "D-0000000001"


def heard(publisher, subscriber, topic=STATUS, body=b"", **header):
    """Publishes until it is heard: a subscription takes a moment to arrive."""
    for _ in range(200):
        publisher.publish(topic, header, body)
        if message := subscriber.newest(0.02):
            return message
    raise AssertionError("nothing was heard within four seconds")


def test_message_packed_comes_out_as_it_went_in():
    message = BusMessage(frames_of("north 1"), {"boxes": [[0.1, 0.2]], "name": "ä"}, b"\xff\xd8\0\0")
    assert unpacked(packed(message)) == message


@pytest.mark.parametrize("raw", [b"", b"status", b"status\0", b"status\0\0\0\0\x05{", b"status\0\0\0\0\x02[}"])
def test_bytes_that_are_no_message_are_refused(raw):
    with pytest.raises(RecordError):
        unpacked(raw)


def test_subscriber_hears_its_topic_and_no_other(tmp_path):
    with (
        BusPublisher(tmp_path / "bus", DEPLOYMENT) as publisher,
        BusSubscriber(tmp_path / "bus", DEPLOYMENT, frames_of("north")) as north,
        BusSubscriber(tmp_path / "bus", DEPLOYMENT, frames_of("north-2")) as other,
    ):
        message = heard(publisher, north, frames_of("north"), b"jpeg", frame_index=3)
        assert (message.topic, message.header, message.body) == (frames_of("north"), {"frame_index": 3}, b"jpeg")
        assert other.newest(0.1) is None


def test_slow_subscriber_gets_the_newest_and_nothing_older(tmp_path):
    with (
        BusPublisher(tmp_path / "bus", DEPLOYMENT) as publisher,
        BusSubscriber(tmp_path / "bus", DEPLOYMENT, STATUS) as slow,
    ):
        heard(publisher, slow, n=-1)
        for n in range(100):
            publisher.publish(STATUS, {"n": n}, bytes(10_000))
            time.sleep(0.001)
        time.sleep(0.2)
        message = slow.newest(1.0)
        assert message is not None
        assert message.header == {"n": 99}
        assert slow.newest(0.1) is None


def test_subscriber_before_and_after_a_runner_that_restarts(tmp_path):
    with BusSubscriber(tmp_path / "bus", DEPLOYMENT, STATUS) as patient:
        assert patient.newest(0.05) is None
        for run in range(2):
            with BusPublisher(tmp_path / "bus", DEPLOYMENT) as publisher:
                assert heard(publisher, patient, run=run).header == {"run": run}


def test_runner_that_was_killed_leaves_nothing_in_the_way(tmp_path):
    program = (
        "import sys, os; from pathlib import Path; from lfr_kit.live.frame_bus import BusPublisher;"
        "BusPublisher(Path(sys.argv[1]), sys.argv[2]); os.kill(os.getpid(), 9)"
    )
    died = subprocess.run([sys.executable, "-c", program, str(tmp_path / "bus"), DEPLOYMENT], check=False)
    assert died.returncode == -9
    with (
        BusPublisher(tmp_path / "bus", DEPLOYMENT) as publisher,
        BusSubscriber(tmp_path / "bus", DEPLOYMENT, STATUS) as subscriber,
    ):
        assert heard(publisher, subscriber, n=1).header == {"n": 1}


def test_folder_of_the_sockets_is_its_owners_alone(tmp_path):
    with BusPublisher(tmp_path / "bus", DEPLOYMENT):
        assert (tmp_path / "bus").stat().st_mode & 0o777 == 0o700


def test_folder_that_others_may_open_is_refused(tmp_path):
    (tmp_path / "bus").mkdir(mode=0o755)
    (tmp_path / "bus").chmod(0o755)
    for end in (
        lambda: BusPublisher(tmp_path / "bus", DEPLOYMENT),
        lambda: BusSubscriber(tmp_path / "bus", DEPLOYMENT, STATUS),
    ):
        with pytest.raises(SettingError, match="chmod 700"):
            end()


def test_link_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "bus").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingError, match="others may open"):
        BusPublisher(tmp_path / "bus", DEPLOYMENT)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="needs root, to become another user")
def test_another_user_of_this_machine_neither_hears_nor_speaks():
    code = (
        "import socket, sys, os\n"
        "for act in (lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[1]),"
        " lambda: socket.socket(socket.AF_UNIX).bind(sys.argv[1] + '2'), lambda: os.unlink(sys.argv[1])):\n"
        "    try: act(); print('done')\n"
        "    except PermissionError: print('refused')\n"
    )
    parent = Path(tempfile.mkdtemp(prefix="lfr-bus-"))
    parent.chmod(0o755)
    try:
        with BusPublisher(parent / "bus", DEPLOYMENT):
            place = str(parent / "bus" / f"{DEPLOYMENT}.bus")
            line = socket.socket(socket.AF_UNIX)
            line.connect(place)  # whose it is, may
            line.close()
            other = subprocess.run(
                ["/usr/bin/python3", "-c", code, place],
                user="nobody", cwd="/", capture_output=True, text=True, check=True,
            )  # fmt: skip
        assert other.stdout.split() == ["refused"] * 3
    finally:
        shutil.rmtree(parent)


@pytest.mark.parametrize("name", ["../D-1", "", "D 1", "x" * 60])
def test_name_that_is_no_deployment_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="no id of a deployment"):
        BusSubscriber(tmp_path, name, STATUS)


def test_path_too_long_for_a_socket_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(SettingError, match="choose a shorter path"):
        BusSubscriber(tmp_path / ("x" * 120), DEPLOYMENT, STATUS)
