"""A constant-velocity Kalman filter for many tracks at once. Pure functions.

Each track has four measures (centre x, centre y, log width, log height). Noise of the four is
independent, so the filter is four filters of two states (value, rate) per track, in closed form on
(n, 4) arrays: no matrix is inverted, and ten tracks cost as much as one.

Noise of the centre is a share of the face's size, as in Wojke et al., "Simple online and realtime
tracking with a deep association metric", ICIP 2017; time is counted in frames of the source, so
frames that nobody looked at only make the prediction less certain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Motion", "Noise", "concatenate", "predict", "replaced", "start", "update"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """How much a face moves and how well a detector places it, as shares of the face's size.

    Attributes
    ----------
    measured
        Standard deviation of a detector's centre and of its log size.
    speed
        Standard deviation of a new track's speed, per frame.
    acceleration
        Standard deviation of the change of speed, per frame and root frame.
    """

    measured: float = 0.06
    speed: float = 0.10
    acceleration: float = 0.012


@dataclass(frozen=True, eq=False)
class Motion:
    """State of n tracks.

    Attributes
    ----------
    state
        (n, 5, 4) float64: for each of the four measures its value, its rate (change per frame), and the
        three numbers of their 2 x 2 covariance.
    """

    state: Doubles

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Motion:
        return Motion(self.state[rows])

    @property
    def value(self) -> Doubles:
        """(n, 4) centre x, centre y in px, log width, log height."""
        return self.state[:, 0]

    @property
    def rate(self) -> Doubles:
        """(n, 4) their change per frame."""
        return self.state[:, 1]

    @property
    def var_value(self) -> Doubles:
        """(n, 4) variance of the value."""
        return self.state[:, 2]

    @property
    def covariance(self) -> Doubles:
        """(n, 4) covariance of value and rate."""
        return self.state[:, 3]

    @property
    def var_rate(self) -> Doubles:
        """(n, 4) variance of the rate."""
        return self.state[:, 4]


def concatenate(first: Motion, second: Motion) -> Motion:
    """The tracks of both, in order."""
    return Motion(np.concatenate([first.state, second.state]))


def replaced(motion: Motion, rows: NDArray[np.intp], by: Motion) -> Motion:
    """The tracks with those in `rows` replaced."""
    state = motion.state.copy()
    state[rows] = by.state
    return Motion(state)


def _stacked(*columns: Doubles) -> Motion:
    return Motion(np.stack(columns, axis=1))


def _unit(value: Doubles) -> Doubles:
    """(n, 4) what a share of the face's size is in each measure's own unit: px, px, 1, 1."""
    side = np.exp((value[:, 2:3] + value[:, 3:]) / 2)
    unit = np.ones_like(value)
    unit[:, :2] = side
    return unit


def start(measured: Doubles, noise: Noise) -> Motion:
    """New tracks at (n, 4) measured values, at rest, with unknown speed."""
    unit = _unit(measured)
    # Sizes change much more slowly than places.
    speed = unit * noise.speed * np.array([1, 1, 0.25, 0.25])
    return _stacked(
        measured,
        np.zeros_like(measured),
        (unit * noise.measured) ** 2,
        np.zeros_like(measured),
        speed**2,
    )


def predict(motion: Motion, n_frames: int, noise: Noise) -> Motion:
    """The tracks `n_frames` later, if nothing is measured.

    Process noise is a white acceleration: q² (t³/3, t²/2, t).
    """
    t = float(n_frames)
    q = (_unit(motion.value) * noise.acceleration) ** 2
    return _stacked(
        motion.value + t * motion.rate,
        motion.rate,
        motion.var_value + 2 * t * motion.covariance + t * t * motion.var_rate + q * t**3 / 3,
        motion.covariance + t * motion.var_rate + q * t * t / 2,
        motion.var_rate + q * t,
    )


def update(motion: Motion, measured: Doubles, noise: Noise) -> Motion:
    """The tracks after each was measured once: (n, 4) values in the tracks' order."""
    spread = motion.var_value + (_unit(measured) * noise.measured) ** 2
    gain, rate_gain = motion.var_value / spread, motion.covariance / spread
    surprise = measured - motion.value
    return _stacked(
        motion.value + gain * surprise,
        motion.rate + rate_gain * surprise,
        motion.var_value * (1 - gain),
        motion.covariance * (1 - gain),
        motion.var_rate - rate_gain * motion.covariance,
    )
