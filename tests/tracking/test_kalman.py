"""The filter in closed form, against the matrix form of any textbook."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.tracking.kalman import Motion, Noise, concatenate, predict, start, update

NOISE = Noise()


class MatrixFilter:
    """x' = F x, P' = F P F^T + Q; K = P H^T / (H P H^T + r): one track, one measure, 2 x 2 matrices."""

    def __init__(self, value, unit, speed):
        self.x = np.array([value, 0.0])
        self.p = np.diag([(unit * NOISE.measured) ** 2, speed**2])

    def predict(self, t, unit):
        f = np.array([[1, t], [0, 1]])
        q = (unit * NOISE.acceleration) ** 2 * np.array([[t**3 / 3, t**2 / 2], [t**2 / 2, t]])
        self.x, self.p = f @ self.x, f @ self.p @ f.T + q

    def update(self, z, unit):
        h = np.array([[1.0, 0.0]])
        gain = self.p @ h.T / (h @ self.p @ h.T + (unit * NOISE.measured) ** 2)
        self.x = self.x + gain[:, 0] * (z - self.x[0])
        self.p = (np.eye(2) - gain @ h) @ self.p


def test_filter_equals_the_matrix_form():
    random = np.random.default_rng(0)
    sizes = np.log([[40.0, 50.0], [100.0, 90.0]])
    measured = np.hstack([random.uniform(0, 500, (2, 2)), sizes])
    motion = start(measured, NOISE)
    side = np.exp(sizes.mean(axis=1))
    referees = [
        MatrixFilter(measured[i, j], side[i] if j < 2 else 1.0, NOISE.speed * (side[i] if j < 2 else 0.25))
        for i in range(2)
        for j in range(4)
    ]
    for gap in (1, 3, 10, 1):
        side = np.exp(motion.value[:, 2:].mean(axis=1))
        motion = predict(motion, gap, NOISE)
        for k, referee in enumerate(referees):
            referee.predict(gap, side[k // 4] if k % 4 < 2 else 1.0)
        measured = motion.value + random.normal(0, [5, 5, 0.05, 0.05], (2, 4))
        side = np.exp(measured[:, 2:].mean(axis=1))
        motion = update(motion, measured, NOISE)
        for k, referee in enumerate(referees):
            referee.update(measured[k // 4, k % 4], side[k // 4] if k % 4 < 2 else 1.0)
    for k, referee in enumerate(referees):
        row, column = divmod(k, 4)
        found = [motion.value, motion.rate, motion.var_value, motion.covariance, motion.var_rate]
        expected = [*referee.x, referee.p[0, 0], referee.p[0, 1], referee.p[1, 1]]
        np.testing.assert_allclose([array[row, column] for array in found], expected, rtol=1e-9)


def test_filter_learns_the_speed_of_a_steady_walk():
    motion = start(np.array([[0.0, 0.0, np.log(40), np.log(40)]]), NOISE)
    for i in range(1, 40):
        motion = update(predict(motion, 1, NOISE), np.array([[4.0 * i, -2.0 * i, np.log(40), np.log(40)]]), NOISE)
    assert motion.rate[0, :2] == pytest.approx([4, -2], abs=0.1)
    later = predict(motion, 10, NOISE)
    assert later.value[0, :2] == pytest.approx([196, -98], abs=2)
    assert (later.var_value > motion.var_value).all()


def test_predict_of_two_steps_is_as_sure_as_one_step_twice_as_long():
    motion = start(np.array([[5.0, 5.0, 3.0, 3.0]]), NOISE)
    once, twice = predict(motion, 2, NOISE), predict(predict(motion, 1, NOISE), 1, NOISE)
    for name in ("value", "rate", "var_value", "covariance", "var_rate"):
        np.testing.assert_allclose(getattr(once, name), getattr(twice, name))


def test_concatenate_and_index_keep_rows_together():
    first, second = (start(np.full((n, 4), float(n)), NOISE) for n in (2, 3))
    joined = concatenate(first, second)
    assert isinstance(joined, Motion)
    assert joined.value[:, 0].tolist() == [2, 2, 3, 3, 3]
    assert joined[np.array([4, 0])].var_value[:, 2].tolist() == [joined.var_value[4, 2], joined.var_value[0, 2]]
