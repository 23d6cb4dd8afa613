"""What checks are made with: two runs compared, inputs compared with what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from lfr_kit.errors import ConformanceError, LfrError

__all__ = ["Make", "alike", "close", "content", "made", "must_raise", "repeated", "require", "unchanged"]

Make = Callable[..., Any]
"""Makes the algorithm under test anew, with its settings and any others given."""

_RANDOM_FIELDS = {"alert_id"}
_TOLERANCE = 1e-4


def require(holds: bool, text: str) -> None:
    """ConformanceError with that text if it does not hold."""
    if not holds:
        raise ConformanceError(text)


@contextmanager
def must_raise(kind: type[LfrError], what: str) -> Iterator[None]:
    """Fails if what is done inside does not raise such an error."""
    try:
        yield
    except kind:
        return
    raise ConformanceError(f"{what} must raise {kind.__name__}")


@contextmanager
def unchanged(*given: Any) -> Iterator[None]:
    """Fails if an input is another one afterwards."""
    before = [content(value) for value in given]
    yield
    require([content(value) for value in given] == before, "an input was changed")


def content(value: Any) -> Any:
    """What a record holds, comparable with ==."""
    if isinstance(value, np.ndarray):
        return value.shape, str(value.dtype), value.tobytes()
    if is_dataclass(value):
        return tuple(content(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, list | tuple):
        return [content(item) for item in value]
    return value


def alike(first: Any, second: Any) -> bool:
    """Whether two outputs say the same, to the accuracy of a network's arithmetic."""
    if isinstance(first, np.ndarray):
        return first.shape == second.shape and bool(np.allclose(first, second, rtol=_TOLERANCE, atol=_TOLERANCE))
    if is_dataclass(first):
        names = [field.name for field in fields(first) if field.name not in _RANDOM_FIELDS]
        return type(first) is type(second) and all(
            alike(getattr(first, name), getattr(second, name)) for name in names
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(alike(a, b) for a, b in zip(first, second, strict=True))
    if isinstance(first, float):
        return bool(abs(first - second) <= _TOLERANCE * max(1.0, abs(first)))
    return bool(first == second)


def close(algorithm: Any) -> None:
    """Closes what can be closed."""
    if hasattr(algorithm, "close"):
        algorithm.close()


@contextmanager
def made(make: Make) -> Iterator[Any]:
    """A new algorithm, closed afterwards."""
    algorithm = make()
    try:
        yield algorithm
    finally:
        close(algorithm)


def repeated(make: Make, run: Callable[[Any], Any]) -> Any:
    """The output of `run`, after two new algorithms gave the same."""
    outputs = []
    for _ in range(2):
        with made(make) as algorithm:
            outputs.append(run(algorithm))
    require(alike(*outputs), "two instances gave different outputs for the same input")
    return outputs[0]
