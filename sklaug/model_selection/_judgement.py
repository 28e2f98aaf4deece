"""Everything that is measured on one set of series, each figure kept by itself."""

import joblib

from sklaug._caching import hash_value
from sklaug.metrics._panel import group_measures, learn_real_forecast, measure, measure_copying


def judge(
    names,
    comparisons,
    copying,
    scored,
    *,
    encoder,
    scorer,
    seed,
    key,
    real_forecasts=None,
    memory=None,
):
    """Measure one set of series; a pure function.

    Parameters
    ----------
    names : list of str
        Measures.
    comparisons : dict of str to tuple (real, synthetic)
        Scaled series (n, sz, d) to compare, by the name of the reference.
    copying : tuple (train, synthetic, held_out) or None
        All training series, those that may be copies, and real ones that nobody was trained on (or None).
    scored : dict or None
        What `HeldOutScorer.score` takes.
    encoder, scorer : ContextEncoder and HeldOutScorer, or None
        What judges.
    seed : int
        Seed of what is random.
    key : dict
        Code and versions, which only a cache reads.
    real_forecasts : dict of str to RealForecast, or None
        What `learn_from_real` returned for the real series of comparisons and this seed, by the name of the reference.
    memory : joblib.Memory or None
        Where to keep what belongs together: a metric against a reference, the closeness to training series, the scores.

    Returns
    -------
    dict of dict of float
        Values by reference and name.
    """
    keeper = _Keeper(memory, {"seed": seed, **(key or {})})
    values = {}
    for reference, (real, synthetic) in comparisons.items():
        forecast = (real_forecasts or {}).get(reference)
        values[reference] = {}
        for group in group_measures(names):
            values[reference] |= keeper.call(
                _measure_group,
                {"group": group, "seed": seed},
                {"real": real, "synthetic": synthetic}
                | {"encoder": encoder if "context_fid" in group else None},
                # It follows from the real series.
                {"real_forecast": forecast},
            )
    if copying is not None:
        train, synthetic, held_out = copying
        near = {"train": train, "synthetic": synthetic, "held_out": held_out}
        found = keeper.call(_measure_copying, {"seed": seed}, near)
        values.setdefault("train", {}).update(found)
    if scorer is not None and scored is not None:
        found = keeper.call(_score, {}, {"scorer": scorer, "scored": scored})
        values.setdefault("held out", {}).update(found)
    return values


def learn_from_real(real, *, seed, key, memory=None):
    """Train what "predictive_score" needs of real series alone; returns a RealForecast for `judge`."""
    return _Keeper(memory, key).call(_learn_from_real, {"seed": seed}, {"real": real})


class _Keeper:
    """Calls functions through a cache that knows large arguments by a fingerprint, each computed once.

    A call with an argument that has none is made anew every time.
    """

    def __init__(self, memory, key):
        self.memory = joblib.Memory(None) if memory is None else memory
        self.key = key
        self.prints = {}

    def call(self, function, small, large, derived=None):
        """Call a function with small arguments, large ones, and some that follow from these."""
        derived = derived or {}
        known_as = {}
        if self.memory.location is not None:
            known_as = {name: self.identify(value) for name, value in large.items()}
        if not known_as or None in known_as.values():
            return function(**small, **large, **derived, of=None)
        cached = self.memory.cache(function, ignore=[*large, *derived])
        return cached(**small, **large, **derived, of=self.key | known_as)

    def identify(self, value):
        # By identity, as the caller holds all of them meanwhile.
        if id(value) not in self.prints:
            self.prints[id(value)] = hash_value(value)
        return self.prints[id(value)]


# What a cache keeps; `of` is for it alone.


def _measure_group(group, real, synthetic, encoder, real_forecast, seed, of):
    return measure(group, real, synthetic, encoder=encoder, real_forecast=real_forecast, seed=seed)


def _measure_copying(train, synthetic, held_out, seed, of):
    return measure_copying(train, synthetic, held_out, seed=seed)


def _score(scorer, scored, of):
    return scorer.score(**scored)


def _learn_from_real(real, seed, of):
    return learn_real_forecast(real, seed=seed)
