"""Runs inside a peer's own Python, which has not LFR Kit: reads JSON lines, answers in JSON lines.

    {"operation": "describe", "arguments": {"chips": {"base64": ..., "shape": ..., "dtype": ...}}}
    {"value": [...], "wall_s": 0.1, "cpu_s": 0.2}

Every peer is used as its own documentation shows it.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TextIO

__all__ = ["main"]


class FaceRecognitionPeer:
    """face_recognition and the dlib under it."""

    def load(self, weights: str) -> str:
        """Dlib's network with the weights of a file."""
        dlib = import_module("dlib")
        self._network = dlib.face_recognition_model_v1(weights)
        return str(dlib.__version__)

    def describe(self, chips: Any) -> list[list[float]]:
        """Descriptors of (n, 150, 150, 3) chips, as one batch."""
        return [list(vector) for vector in self._network.compute_face_descriptor(list(chips))]

    def know(self, n_references: int) -> int:
        """Enrols that many random people, as a list, which is how compare_faces takes them."""
        np = import_module("numpy")
        vectors = np.random.default_rng(0).normal(size=(n_references, 128))
        self._known = list(vectors * 1.4 / np.linalg.norm(vectors, axis=1, keepdims=True))
        self._library = import_module("face_recognition")
        return len(self._known)

    def watch(self, frames: Any) -> int:
        """Its usual loop over (n, h, w, 3) frames: how many faces it compared."""
        seen = 0
        for frame in frames:
            places = self._library.face_locations(frame)
            for encoding in self._library.face_encodings(frame, places):
                self._library.compare_faces(self._known, encoding)
                seen += 1
        return seen


class FaceNetPeer:
    """facenet-pytorch, its network module alone: its package imports torchvision for the detector."""

    def load(self, weights: str) -> str:
        """InceptionResnetV1 with the weights of a file in the official form."""
        self._torch = import_module("torch")
        network = _module_alone("facenet_pytorch", "models/inception_resnet_v1.py")
        state = self._torch.load(weights, weights_only=True)
        self._network = network.InceptionResnetV1(pretrained=None)
        self._network.load_state_dict(
            {k: v for k, v in state.items() if not k.startswith("logits.")}, strict=False
        )
        self._network.eval()
        return str(self._torch.__version__)

    def describe(self, chips: Any) -> list[list[float]]:
        """Descriptors of (n, 160, 160, 3) chips, one call each."""
        vectors = []
        with self._torch.no_grad():
            for chip in chips:
                picture = self._torch.from_numpy((chip.astype("float32") - 127.5) / 128).permute(2, 0, 1)
                vectors.append(self._network(picture[None])[0].tolist())
        return vectors


class MediaPipePeer:
    """MediaPipe's Tasks API."""

    def load(self, weights: str, min_detection_score: float) -> str:
        """A face detector with the weights of a file."""
        self._mediapipe = import_module("mediapipe")
        tasks = import_module("mediapipe.tasks.python")
        vision = import_module("mediapipe.tasks.python.vision")
        options = vision.FaceDetectorOptions(
            base_options=tasks.BaseOptions(model_asset_path=weights),
            min_detection_confidence=min_detection_score,
        )
        self._detector = vision.FaceDetector.create_from_options(options)
        return str(self._mediapipe.__version__)

    def detect(self, pictures: list[Any]) -> list[list[list[float]]]:
        """Per picture its faces: x1, y1, x2, y2, score; one call per picture, as the API has it."""
        found = []
        for picture in pictures:
            image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=picture)
            found.append([_box(face) for face in self._detector.detect(image).detections])
        return found


def _box(face: Any) -> list[float]:
    box, score = face.bounding_box, face.categories[0].score
    return [box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height, score]


def _module_alone(package: str, path: str) -> Any:
    """One module file of an installed package, whose own imports within the package work."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    place = Path(spec.origin).parent
    for name, where in ((package, place), (f"{package}.models", place / "models")):
        shell = type(sys)(name)
        shell.__path__ = [str(where)]
        sys.modules[name] = shell
    name = f"{package}.{path.removesuffix('.py').replace('/', '.')}"
    file_spec = spec_from_file_location(name, place / path)
    assert file_spec is not None
    assert file_spec.loader is not None
    module = sys.modules[name] = module_from_spec(file_spec)
    file_spec.loader.exec_module(module)
    return module


_PEERS = {"face_recognition": FaceRecognitionPeer, "facenet_pytorch": FaceNetPeer, "mediapipe": MediaPipePeer}


def _unpacked(value: Any) -> Any:
    """Arrays from their bytes, also within lists."""
    if isinstance(value, dict) and "base64" in value:
        np = import_module("numpy")
        content = base64.b64decode(value["base64"])
        return np.frombuffer(content, value["dtype"]).reshape(value["shape"])
    return [_unpacked(item) for item in value] if isinstance(value, list) else value


def _answer(peer: Any, request: dict[str, Any]) -> dict[str, Any]:
    arguments = {name: _unpacked(value) for name, value in request["arguments"].items()}
    try:
        wall, cpu = perf_counter(), process_time()
        value = getattr(peer, request["operation"])(**arguments)
        return {"wall_s": perf_counter() - wall, "cpu_s": process_time() - cpu, "value": value}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main(name: str, requests: TextIO) -> None:
    """Answers until there are no more requests; whatever else the peer prints goes to standard error."""
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)
        peer = _PEERS[name]()
        for line in requests:
            replies.write(json.dumps(_answer(peer, json.loads(line))) + "\n")
            replies.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
