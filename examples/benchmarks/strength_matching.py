"""The strength at which an augmentation is as far from the original as another: bisection, never extrapolation."""

from dataclasses import dataclass

import numpy as np

# Twice as strong from one to the next. What is not so far at the last is not going there by strength.
_LADDER = tuple(0.0625 * 2**step for step in range(9))  # to 16
_TOLERANCE = 0.005  # of the distance sought
_HALVINGS = 40

REACHED = "reached"


@dataclass(frozen=True)
class Match:
    """Where a distance is reached, or why it is not.

    Attributes
    ----------
    status : str
        "reached", or a sentence with the distance that stands in the way.
    eta : float
        Strength; NaN where the distance is not reached.
    """

    status: str
    eta: float = float("nan")


def measure_distance(X, X_new):
    """Return the root mean square difference over steps and channels, averaged over series."""
    return float(np.sqrt(((X_new - X) ** 2).mean(axis=(1, 2))).mean())


def match_distance(distance_at, target):
    """Find the strength at which `distance_at(eta)`, a continuous function, is `target`.

    It need not be monotone: of several such strengths the one below the first rung of a ladder of
    doublings that is farther than `target` is found.
    """
    nearest = distance_at(0.0)
    if nearest > target:
        return Match(f"unreachable: {nearest:.2f} at eta 0")
    low, farthest = 0.0, nearest
    for high in _LADDER:
        distance = distance_at(high)
        if distance >= target:
            return _bisect(distance_at, target, low, high)
        low, farthest = high, max(farthest, distance)
    return Match(f"unreachable: {farthest:.2f} at most, up to eta {_LADDER[-1]:g}")


def _bisect(distance_at, target, low, high):
    for _ in range(_HALVINGS):
        eta = (low + high) / 2
        distance = distance_at(eta)
        if abs(distance - target) <= _TOLERANCE * target:
            return Match(REACHED, eta)
        low, high = (eta, high) if distance < target else (low, eta)
    # A jump, which bisection closes in on without a value near the target.
    return Match(f"unreachable: jumps to {distance:.2f} at eta {eta:.3g}")
