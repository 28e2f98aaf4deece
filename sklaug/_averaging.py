"""Averages of a network's weights over the steps of its training."""

from contextlib import contextmanager

_MAX_KEPT = 0.998


class WeightAverage:
    """Average of the trained weights over steps; all else of a network stays as it is now.

    Parameters
    ----------
    weights : FlatWeights
        What to average.
    kind : {"exponential", "mean", "last"}
        An average that looks back over a lengthening window, at first a few steps; the mean over all
        steps; or the weights of the last step.
    """

    def __init__(self, weights, kind):
        self.weights, self.values = weights, weights.values.clone()
        self.weigh_newest = _WEIGHTS[kind]
        self.n_averaged = 0

    def update(self):
        """Take the weights in as they are now."""
        self.values.lerp_(self.weights.values, self.weigh_newest(self.n_averaged))
        self.n_averaged += 1

    @contextmanager
    def in_place(self):
        """Give the network the average for a block, and then its own weights back."""
        own = self.weights.values.clone()
        self.weights.load(self.values)
        try:
            yield
        finally:
            self.weights.load(own)


def _weigh_late(n_averaged):
    return 1 - min(_MAX_KEPT, (1 + n_averaged) / (10 + n_averaged)) if n_averaged else 1.0


def _weigh_all(n_averaged):
    return 1 / (1 + n_averaged)


def _weigh_last(n_averaged):
    return 1.0


_WEIGHTS = {"exponential": _weigh_late, "mean": _weigh_all, "last": _weigh_last}
