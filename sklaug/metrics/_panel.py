"""The panel: which metrics a table holds, what each is for, and all of them in one call.

Every metric declares the faults that it must detect; a test adds those faults to real series and looks.
A metric that declares nothing of a fault may be blind to it.
"""

from dataclasses import dataclass

import numpy as np

from sklaug._random import derive_seed
from sklaug._series import measure_lengths
from sklaug._validation import suggest
from sklaug.metrics._dependence import (
    autocorrelation_difference,
    correlational_score,
    spectral_difference,
)
from sklaug.metrics._inputs import order_told
from sklaug.metrics._marginals import (
    length_ks,
    marginal_difference,
    moment_differences,
    wasserstein_distance,
)
from sklaug.metrics._neighbors import (
    authenticity,
    duplicate_share,
    nearest_neighbor_ratio,
    prdc,
)
from sklaug.metrics._vectors import maximum_mean_discrepancy, sliced_wasserstein_distance

# What may be wrong with synthetic series.
FAULTS = {
    "small jitter": "independent noise of 5 % of each channel's standard deviation on every value",
    "jitter": "the same with 20 %",
    "level": "every value too high by a fifth of its channel's standard deviation",
    "tails": "large values too large, small ones too small: standardised values to the power of 1.5",
    "channels": "channels that belong to different series",
    "time": "steps in random order",
    "collapse": "all series near a few of the real ones",
    "replay": "copies of training series",
}


@dataclass(frozen=True)
class Measure:
    """A column of the panel.

    Attributes
    ----------
    title : str
        For tables and pages.
    best : float
        Value of perfect series; the error of a value is its distance from there.
    about : str
        What of the series it looks at, to be said after "off in".
    detects : tuple of str
        Faults, of `FAULTS`, that it must detect.
    blind_to : str
        What it cannot see, in a sentence.
    of_training : bool
        Whether it looks at closeness to the training series themselves, so that a held-out reference
        means nothing to it, and small values rather than large errors are a fault.
    one_sided : bool
        Whether values below `best` are chance, and no error.
    worst : float or None
        Value of series that have nothing of the real ones; None where there is no worst one.
    """

    title: str
    best: float
    about: str
    detects: tuple
    blind_to: str
    of_training: bool = False
    one_sided: bool = False
    worst: float | None = None


MEASURES = {
    "context_fid": Measure(
        "Context-FID", 0, "the look of whole series", ("jitter", "time", "collapse"),
        "It cannot tell copies from new series.",
    ),
    "discriminative_score": Measure(
        "Discriminative score (GRU)", 0, "what a small network tells apart", ("channels", "collapse"),
        "Its network has two or three units: what those do not learn in 2,000 steps passes.", worst=0.5,
    ),
    "discriminative_auc": Measure(
        "Discriminative AUC (features)", 0.5, "what a strong classifier tells apart",
        ("small jitter", "jitter", "channels", "time", "collapse"),
        "It is near 1 for differences that no user would mind.", one_sided=True, worst=1,
    ),
    "predictive_score": Measure(
        "Predictive score, ratio to real", 1, "how one step follows from those before", ("time",),
        # Errors know no end; twice those of a forecaster that learned from real series is as good as nothing learned.
        "Smooth series may score as well as real ones.", worst=2,
    ),
    "correlational_score": Measure(
        "Correlational score", 0, "how channels go together", ("channels",),
        "It is 0 for a single channel, and looks at no two steps together.",
    ),
    "wasserstein_distance": Measure(
        "Wasserstein distance of values, upper quartile", 0, "the distribution of values", ("level", "tails"),
        "It ignores time altogether.",
    ),
    "sliced_wasserstein_distance": Measure(
        "Sliced Wasserstein distance", 0, "the distribution of whole series", ("level", "channels"),
        "Independent noise, and the order of steps that hardly differ, average out of its projections.",
    ),
    "maximum_mean_discrepancy": Measure(
        "Maximum mean discrepancy", 0, "the distribution of whole series",
        ("level", "channels", "collapse"),
        "Differences much smaller than the distance between series escape it.", one_sided=True,
    ),
    "autocorrelation_difference": Measure(
        "Autocorrelation difference", 0, "how steps go together over time", ("time",),
        "It looks at second moments only.",
    ),
    "spectral_difference": Measure(
        "Log-spectrum difference", 0, "how strong slow and fast movements are",
        ("jitter", "time"),
        "It looks at second moments only, and at each channel by itself.",
    ),
    "marginal_difference": Measure(
        "Marginal difference by step", 0, "the distribution of values at each step", ("level", "tails"),
        "It does not see how steps go together.",
    ),
    "skewness_difference": Measure(
        "Skewness difference", 0, "how lopsided values are", ("tails",), "It ignores time altogether.",
    ),
    "kurtosis_difference": Measure(
        "Kurtosis difference", 0, "how heavy the tails of values are", ("tails",), "It ignores time altogether.",
    ),
    "precision": Measure(
        "Precision", 1, "the share of series within reach of real ones", ("jitter", "channels", "time"),
        "Copies of a single real series have precision 1.", worst=0,
    ),
    "recall": Measure(
        "Recall", 1, "the share of real series within reach of synthetic ones", ("collapse",),
        "Outliers with large neighbourhoods raise it.", worst=0,
    ),
    "density": Measure(
        "Density", 1, "how densely synthetic series lie among real ones", ("jitter", "channels", "time"),
        "It may be above 1 where series crowd together.", worst=0,
    ),
    "coverage": Measure(
        "Coverage", 1, "the share of real series with a synthetic one near",
        ("jitter", "channels", "time", "collapse"),
        "It cannot tell copies from new series.", worst=0,
    ),
    "length_ks": Measure(
        "Kolmogorov-Smirnov statistic of lengths", 0, "how long series are", (), "It looks at lengths alone.",
        worst=1,
    ),
    "authenticity": Measure(
        "Authenticity", 1, "series that are no copies", ("replay",),
        "Noise is authentic too.", of_training=True,
    ),
    "nearest_neighbor_ratio": Measure(
        "Distance to training / to held-out series", 1, "distance kept from the training series", ("replay",),
        "Noise keeps its distance too.", of_training=True,
    ),
    "duplicate_share": Measure(
        "Copies of training series", 0, "series that are no copies to six digits", ("replay",),
        "A copy with a little noise is none.", of_training=True,
    ),
}  # fmt: skip

# Those that train networks, and so take nearly all the time.
NETWORKS = ("context_fid", "discriminative_score", "predictive_score")
# Functions that return several measures.
_MADE_BY = {
    "prdc": ("precision", "recall", "density", "coverage"),
    "moment_differences": ("skewness_difference", "kurtosis_difference"),
}
_NEIGHBORS = 5
_SAME = 1e-6


def choose_measures(metrics):
    """Return the names of the measures that are asked for: of `MEASURES`, "all", "fast", or a list of such."""
    wanted = [metrics] if isinstance(metrics, str) else metrics
    if not isinstance(wanted, list | tuple):
        raise TypeError(f"metrics must be 'all', 'fast' or a list of names, got {metrics!r}.")
    groups = {"all": set(MEASURES), "fast": set(MEASURES) - set(NETWORKS)}
    unknown = [name for name in wanted if name not in groups and name not in MEASURES]
    if unknown or not wanted:
        named = f"names {', '.join(map(repr, unknown))}" if unknown else "is empty"
        hints = "".join(_hint(name, [*groups, *MEASURES]) for name in unknown)
        raise ValueError(f"metrics {named}.{hints} Known: 'all', 'fast', {', '.join(MEASURES)}.")
    # A table that does not look for copies is won by them.
    always = {name for name, about in MEASURES.items() if about.of_training}
    chosen = always.union(*(groups.get(name, {name}) for name in wanted))
    return [name for name in MEASURES if name in chosen]


def _hint(name, known):
    """Say what may be meant by a name that is not known, if anything is like it."""
    columns = _MADE_BY.get(name)
    if columns:
        return f" {name} makes several columns: {', '.join(map(repr, columns))}."
    return suggest(name, known)


def keep_applicable(names, series):
    """Return the names of measures that can differ for series (n, sz, d) like these; NaN is where one has ended."""
    kept = list(names)
    if series.shape[2] == 1 and "correlational_score" in kept:
        kept.remove("correlational_score")
    if "length_ks" in kept:
        lengths = measure_lengths(~np.isnan(series))
        if (lengths == lengths[0]).all():
            kept.remove("length_ks")
    asked, left = (
        [name for name in some if not MEASURES[name].of_training] for some in (names, kept)
    )
    if asked and not left:
        raise ValueError(
            f"metrics names {', '.join(asked)}, of which none has anything to compare here: correlational_score needs two "
            "channels, length_ks series of unequal lengths."
        )
    return kept


def group_measures(names):
    """Return names of measures that compare two sets, as lists of those that are computed together."""
    groups = ([name for name in group if name in names] for group in _GROUPS)
    return [group for group in groups if group]


def learn_real_forecast(real, *, seed=0, n_threads=1):
    """Train what "predictive_score" needs of real series alone, once for all sets that are compared with them."""
    from sklaug.metrics._predictive import learn_real_forecast as learn

    return learn(real, n_threads=n_threads, seed=derive_seed(seed, "predictive_score"))


@order_told()
def measure(names, real, synthetic, *, encoder=None, real_forecast=None, seed=0, n_threads=1):
    """Compute measures that compare two sets of series.

    Parameters
    ----------
    names : list of str
        Of `MEASURES`; those of training are passed over, see `measure_copying`.
    real, synthetic : ndarray of shape (n, sz, d) or list of ndarray
        Series, scaled.
    encoder : ContextEncoder or None
        Fitted, for "context_fid".
    real_forecast : RealForecast or None
        What `learn_real_forecast` returned for these real series and this seed, for "predictive_score".
    seed : int
        Seed of whatever is random.
    n_threads : int
        Torch threads.

    Returns
    -------
    dict of float
        One value a name.
    """
    values = {}
    for given, compute in _GROUPS.items():
        wanted = [name for name in given if name in names]
        if wanted:
            options = {
                "encoder": encoder,
                "real_forecast": real_forecast,
                "seed": derive_seed(seed, given[0]),
                "n_threads": n_threads,
            }
            values |= compute(real, synthetic, **options)
    return {name: float(values[name]) for name in names if name in values}


@order_told()
def measure_copying(train, synthetic, held_out, *, seed=0):
    """Compute the measures of how close series are to the training series, as `measure` does.

    `held_out` are real series that were not trained on; without them (None) there is no ratio.
    """
    values = {"authenticity": authenticity(train, synthetic, scale=None)}
    if held_out is not None:
        values["nearest_neighbor_ratio"] = nearest_neighbor_ratio(
            train, synthetic, held_out, scale=None, random_state=derive_seed(seed, "neighbours")
        )
    # Not to the bit: float32 rounds.
    values["duplicate_share"] = duplicate_share(train, synthetic, tol=_SAME)
    return values


def _context_fid(real, synthetic, *, encoder, seed, **_):
    from sklaug.metrics._context import context_fid

    return {
        "context_fid": context_fid(real, synthetic, encoder=encoder, scale=None, random_state=seed)
    }


def _discriminative_score(real, synthetic, *, seed, n_threads, **_):
    from sklaug.metrics._discriminative import discriminative_score

    return {
        "discriminative_score": discriminative_score(
            real, synthetic, scale=None, n_threads=n_threads, random_state=seed
        )
    }


def _discriminative_auc(real, synthetic, *, seed, **_):
    from sklaug.metrics._discriminative import discriminative_score

    auc = discriminative_score(
        real, synthetic, classifier="features", metric="auc", scale=None, random_state=seed
    )
    return {"discriminative_auc": auc}


def _predictive_score(real, synthetic, *, real_forecast, seed, n_threads, **_):
    from sklaug.metrics._predictive import compare_forecasts

    return {
        "predictive_score": compare_forecasts(
            real, synthetic, real_forecast, n_threads=n_threads, seed=seed
        )
    }


def _moments(real, synthetic, **_):
    moments = moment_differences(real, synthetic)
    return {f"{name}_difference": moments[name] for name in ("skewness", "kurtosis")}


_GROUPS = {
    ("context_fid",): _context_fid,
    ("discriminative_score",): _discriminative_score,
    ("discriminative_auc",): _discriminative_auc,
    ("predictive_score",): _predictive_score,
    ("correlational_score",): lambda real, synthetic, **_: {
        "correlational_score": correlational_score(real, synthetic)
    },
    ("wasserstein_distance",): lambda real, synthetic, **_: {
        "wasserstein_distance": wasserstein_distance(real, synthetic)["upper_quartile"]
    },
    ("sliced_wasserstein_distance",): lambda real, synthetic, *, seed, **_: {
        "sliced_wasserstein_distance": sliced_wasserstein_distance(
            real, synthetic, scale=None, random_state=seed
        )
    },
    ("maximum_mean_discrepancy",): lambda real, synthetic, *, seed, **_: {
        "maximum_mean_discrepancy": maximum_mean_discrepancy(
            real, synthetic, scale=None, random_state=seed
        )
    },
    ("autocorrelation_difference",): lambda real, synthetic, **_: {
        "autocorrelation_difference": autocorrelation_difference(real, synthetic)
    },
    ("spectral_difference",): lambda real, synthetic, **_: {
        "spectral_difference": spectral_difference(real, synthetic)
    },
    ("marginal_difference",): lambda real, synthetic, **_: {
        "marginal_difference": marginal_difference(real, synthetic, scale=None)
    },
    ("skewness_difference", "kurtosis_difference"): _moments,
    ("precision", "recall", "density", "coverage"): lambda real, synthetic, **_: prdc(
        real, synthetic, k=_NEIGHBORS, scale=None
    ),
    ("length_ks",): lambda real, synthetic, **_: {
        "length_ks": length_ks(real, synthetic)["statistic"]
    },
}
