"""Networks that take pixels as they are: conversion and scaling become part of the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lfr_kit.errors import ModelFormatError

if TYPE_CHECKING:
    import openvino

__all__ = ["with_pixel_input"]


def with_pixel_input(path: Path, *, mean: float, scale: float) -> openvino.Model:
    """The network of a file, taking (b, h, w, 3) uint8 and seeing (pixel - mean) / scale.

    A quarter of the memory traffic of float input, and no pass over the pixels in Python.

    Raises
    ------
    ModelFormatError
        If OpenVINO cannot read the file.
    """
    import openvino
    from openvino.preprocess import PrePostProcessor

    try:
        model = openvino.Core().read_model(str(path))
    except RuntimeError as error:
        raise ModelFormatError(f"{path}: OpenVINO cannot read it ({str(error).splitlines()[0]})") from None
    processor = PrePostProcessor(model)
    layout = openvino.Layout("NHWC")
    processor.input().model().set_layout(layout)
    processor.input().tensor().set_element_type(openvino.Type.u8).set_layout(layout)
    processor.input().preprocess().convert_element_type(openvino.Type.f32).mean(mean).scale(scale)
    return processor.build()
