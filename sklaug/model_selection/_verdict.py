"""From figures to words: what is good, what is off, what is a copy, what is missing."""

import numpy as np

from sklaug.metrics._distances import distinct_rows, flatten
from sklaug.metrics._inputs import draw_rows
from sklaug.metrics._panel import MEASURES

VERDICTS = {
    "off": "more than twice as far from real series as these are from each other",
    "slightly off": "up to twice as far, give or take what draws differ by",
    "cannot tell": "no further off than real series may be by chance or drift, which is too far to judge by",
    "good": "as near to real series as these are to each other, give or take what draws differ by",
}
# How far real series may be from real ones by chance: a share, and standard deviations between draws; and
# how many times these what is only slightly off may be.
_SHARE, _SPREADS = 1.1, 2.0
_SLIGHTLY, _MORE_SPREADS = 2.0, 1.5
_LOST_SCORE, _MUCH_LOST, _LEAST_LOST = 0.02, 0.1, 0.005
# How much of all that there is to lose makes a gross fault, which has to show before anything is good.
_GROSS = 0.5
_FEW_AUTHENTIC, _NEAR, _SOME_COPIES = 0.5, 0.5, 0.01
_HIDDEN_SHARE = 0.25
# Shares of series: a few draws with all series in reach have no spread, and yet the next one may miss a series.
_SHARES = ("precision", "recall", "coverage")
# Shares too, if of pairs of series, or beyond one half.
_BOUNDED = (*_SHARES, "discriminative_auc", "discriminative_score", "length_ks")
# What is far under real series: reach, distinct series, and a class; and how many of a class must be expected, so
# that it is seldom missing by chance.
_LITTLE_REACHED, _FEW_DISTINCT, _FEW_OF_CLASS, _FEWEST_EXPECTED = 0.5, 0.5, 0.2, 3
_MOST_NAMED = 5
# Share of rows that would have to be of another class.
_OTHER_SHARES = 0.1
_SAME_DIGITS = 6
# Fewer series on each side show only gross faults.
_FEW_SERIES = 50


def judge_value(name, value, floor, spread, n_compared=None):
    """Return which of `VERDICTS` holds for a value, beside that of real series.

    Not to differ from real series by more than chance is good only where chance does not reach as far as a gross fault:
    half of what lies between real series and useless ones, or half of a score. Else one cannot tell.

    Parameters
    ----------
    name : str
        A measure, or else a score, of which more is better.
    value, floor : float
        Of synthetic and of real series.
    spread : float
        Standard deviation of the difference between sets of real series. That of the set itself is no excuse: what is
        wild is off.
    n_compared : int or None
        Series on each side; None allows shares of them nothing.
    """
    if name not in MEASURES:
        lost, margin = floor - value, _SPREADS * spread
        if lost <= max(_LOST_SCORE * abs(floor), _LEAST_LOST, margin):
            hidden = lost + margin > max(_GROSS * abs(floor), _bear_loss(floor))
            return "cannot tell" if hidden else "good"
        return "slightly off" if lost <= _bear_loss(floor) else "off"
    if MEASURES[name].of_training:
        known = {name: value}
        found = _word_copying(known, {name: floor}) or [*_flag_leak(known)]
        return "off" if found else "good"
    error, least = measure_error(name, value), measure_error(name, floor)
    margin = max(_SPREADS * spread, allow_chance(name, n_compared))
    if error <= _SHARE * least + margin:
        # Where all draws are of the same series, nothing is known of chance.
        reach = margin if np.isinf(margin) else min(margin, _bound_chance(name, n_compared))
        return "cannot tell" if _is_gross(name, value, floor, reach) else "good"
    # Where real series have no error, all that there is to take twice is what draws differ by.
    if error > _SLIGHTLY * least and _is_gross(name, value, floor):
        return "off"  # however far chance reaches
    return "slightly off" if error <= _SLIGHTLY * least + _MORE_SPREADS * margin else "off"


def _is_gross(name, value, floor, margin=0.0):
    """Tell whether a value is half of the way from that of real series to the worst one, or may be, off by a `margin`."""
    best, worst = MEASURES[name].best, MEASURES[name].worst
    if worst is None:  # it has no end, and what is gross is known only beyond chance
        return np.isinf(margin)
    short, of_real = (max((x - best) / (worst - best), 0.0) for x in (value, floor))
    return short + margin / abs(worst - best) >= of_real + _GROSS * (1 - of_real)


def _bound_chance(name, n_compared):
    """Return how far a measure of `n_compared` series may be off by chance at most.

    The variance of a share, and that of an area under a curve [1]_, is a quarter over the number of series at most. So
    few repeats that vary much by luck do not make everything doubtful.

    References
    ----------
    .. [1] Birnbaum and Klose (1957), Annals of Mathematical Statistics 28, 933-945.
    """
    if not n_compared or name not in _BOUNDED:
        return np.inf
    return _SPREADS * np.sqrt(2) * 0.5 / np.sqrt(n_compared)


def _bear_loss(floor):
    """Return how much less than real rows a set may score and still be only slightly off."""
    # A score of next to nothing, such as an R² of 0, has no share to lose.
    return max(_MUCH_LOST * abs(floor), _LEAST_LOST)


def allow_chance(name, n_compared):
    """Return how far a share of `n_compared` series may be off by chance though draws have no spread; else 0."""
    return _SPREADS / n_compared if n_compared and name in _SHARES else 0.0


def doubt_verdict(verdict, beside_halves, floor_beside_halves):
    """Return what is left of a verdict where held-out series drifted.

    Beside a floor that drift has raised, so that it is not good itself beside halves of the training series, much
    passes. So what passes there counts only where it is good beside the halves too.

    Parameters
    ----------
    verdict : str
        Of a value beside the floor.
    beside_halves, floor_beside_halves : str
        Verdicts of the value and of the floor beside what halves differ by.
    """
    hidden = verdict != "off" and "good" not in (beside_halves, floor_beside_halves)
    return "cannot tell" if hidden else verdict


def measure_error(name, value):
    """Return how far a value is from the best one; beyond the best of a one-sided measure there is no error."""
    error = value - MEASURES[name].best
    return max(error, 0.0) if MEASURES[name].one_sided else abs(error)


def flag_set(values, real):
    """Return sentences on what is wrong with a set beyond single measures.

    Parameters
    ----------
    values, real : dict of str to float
        Measures and scores of the set, and of real series in its place; what was not measured is absent or
        NaN. The score of real series stands under "TSTR".
    """
    return [
        *_flag_copying(values, real),
        *_flag_leak(values),
        *_flag_part(values, real),
        *_flag_hidden(values, real),
    ]


def flag_rows(means, real, floors):
    """Return the sentences on each row of a table that deserves any.

    Parameters
    ----------
    means : DataFrame
        Rows by columns (metric, reference).
    real : str
        The row of held-out real series.
    floors : tuple of str
        Rows of real series.
    """
    found = {row: flag_set(_known_of(means, row), _known_of(means, real)) for row in means.index}
    return {row: said for row, said in found.items() if said and row not in floors}


def find_copies(means, real, floors):
    """Return the rows of a table, but for `floors`, that copy training series or stay close to them."""
    of_real = _known_of(means, real)
    return tuple(
        row
        for row in means.index
        if row not in floors and _word_copying(_known_of(means, row), of_real)
    )


def _known_of(means, row):
    """Return the measures and scores of a row: of copying beside training series, all others beside held-out ones."""
    of_training = [name for name, about in MEASURES.items() if about.of_training]
    return {
        name: value
        for (name, reference), value in means.loc[row].items()
        if reference == ("train" if name in of_training else "held out")
    }


def _flag_copying(values, real):
    found = _word_copying(values, real)
    if found:
        verb = "copies" if values.get("duplicate_share", 0) > _SOME_COPIES else "stays close to"
        yield f"{verb} training series: {'; '.join(found)}"


def _word_copying(values, real):
    """Return what tells of copies, as a list of phrases."""
    found = []
    authentic, of_real = values.get("authenticity", np.nan), real.get("authenticity", np.nan)
    if authentic < _FEW_AUTHENTIC * np.nanmin([of_real, 1.0]):
        beside = "" if np.isnan(of_real) else f", that of other real series {of_real:.2f}"
        found.append(f"authenticity {authentic:.2f}{beside}")
    ratio = values.get("nearest_neighbor_ratio", np.nan)
    if ratio < _NEAR * np.nanmin([real.get("nearest_neighbor_ratio", 1.0), 1.0]):
        found.append(f"{ratio:.2f} times as far from the training series as from held-out ones")
    copies = values.get("duplicate_share", np.nan)
    if copies > _SOME_COPIES + np.nan_to_num(real.get("duplicate_share", 0.0)):
        found.append(f"{copies:.0%} exact copies")
    return found


def _flag_leak(values):
    """Yield a sentence on a set that equals the held-out series, so that these tell nothing of it."""
    if np.isinf(values.get("nearest_neighbor_ratio", np.nan)):
        yield "copies held-out series: most of its series equal one of them, so they were not held out"


def _flag_part(values, real):
    """Yield a sentence on a set that lies where real series do, but only in a part of there."""
    if values.get("precision", np.nan) < _LITTLE_REACHED * real.get("precision", np.nan):
        return  # it lies elsewhere
    found = [
        f"{name} {values[name]:.2f}, real {real[name]:.2f}"
        for name in ("recall", "coverage")
        if values.get(name, np.nan) < _LITTLE_REACHED * real.get(name, np.nan)
    ]
    if found:
        yield f"shows only a part of what real series do: {'; '.join(found)}"


def _flag_hidden(values, real):
    """Yield a sentence on a set that is bad to train on, and whether that passes beside real rows."""
    score, beside = values.get("TSTR", np.nan), values.get("TR+S", np.nan)
    whole = real.get("TSTR", np.nan)
    lost = whole - score
    if lost > _bear_loss(whole):
        hidden = whole - beside < _HIDDEN_SHARE * lost
        yield (
            f"is bad to train on: TSTR {score:.2f}, real {whole:.2f}"
            + (f"; TR+S ({beside:.2f}) cannot see that" if hidden else "")
        )


# -------------------------------------------------------------------------------------------
# What measures do not say
# -------------------------------------------------------------------------------------------


def describe_collapse(values, real_values):
    """Say that a set repeats itself, far more than real series do; else return "".

    Parameters
    ----------
    values, real_values : ndarray of shape (n, sz, d)
        Synthetic and real series, scaled; equal to six digits counts as the same.

    Returns
    -------
    str

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.model_selection._verdict import describe_collapse
    >>> real = np.random.default_rng(0).random((200, 24, 1))
    >>> describe_collapse(np.repeat(real[:3], 100, axis=0), real)
    'repeats itself: only 3 distinct series among 300, real 200 among 200'
    """
    n = min(len(values), len(real_values))
    # As many of both: among more series more repeat by chance, where values are few.
    made, real = (
        _count_distinct(rows[draw_rows(len(rows), n, 0, "distinct rows")])
        for rows in (values, real_values)
    )
    if made >= _FEW_DISTINCT * real:
        return ""
    return (
        f"repeats itself: only {_count_distinct(values):,} distinct series among {len(values):,}, "
        f"real {_count_distinct(real_values):,} among {len(real_values):,}"
    )


def _count_distinct(values):
    return len(distinct_rows(flatten(values).round(_SAME_DIGITS)))


def describe_classes(y, y_real):
    """Say which classes are missing from a set, or nearly so; else return "".

    A class counts as nearly missing below a fifth of its share among real series. A class of which fewer than three
    series are to be expected may be missing by chance, and is not named.

    Parameters
    ----------
    y, y_real : ndarray of shape (n,)
        Class labels of synthetic and of real series.

    Returns
    -------
    str

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.model_selection._verdict import describe_classes
    >>> describe_classes(np.repeat(["a", "b"], [60, 1]), np.repeat(["a", "b", "c"], 20))
    "lacks classes: 1.6% of class 'b', real 33%; none of class 'c', real 33%"
    """
    found = []
    for label, n_real in zip(*np.unique(y_real, return_counts=True), strict=True):
        share, expected = np.mean(y == label), n_real / len(y_real)
        if expected * len(y) >= _FEWEST_EXPECTED and share < _FEW_OF_CLASS * expected:
            some = f"{100 * share:.2g}%" if share else "none"
            found.append(f"{some} of class {np.asarray(label).item()!r}, real {expected:.0%}")
    if len(found) > _MOST_NAMED:
        found[_MOST_NAMED:] = [f"and {len(found) - _MOST_NAMED} more"]
    return f"lacks classes: {'; '.join(found)}" if found else ""


def describe_shares(y, y_real):
    """Say that the shares of classes are far from those of real series, further than by chance; else return "".

    Parameters
    ----------
    y, y_real : ndarray of shape (n,)
        Class labels of synthetic and of real series.

    Returns
    -------
    str

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.model_selection._verdict import describe_shares
    >>> describe_shares(np.repeat([0, 1], [90, 95]), np.repeat([0, 1], [100, 110]))
    ''
    """
    shares, of_real = (
        [np.mean(labels == label) for label in np.unique(y_real)] for labels in (y, y_real)
    )
    # By chance shares of n rows in k classes differ by less than half the root of k / n, on average.
    chance = np.sqrt(len(shares) / min(len(y), len(y_real))) / 2
    if np.abs(np.subtract(shares, of_real)).sum() / 2 <= _OTHER_SHARES + chance:
        return ""
    return (
        "Class shares differ from those of the real series, and so does what follows. To judge a generator, draw with the "
        "real shares: generator.sample(n)."
    )


def describe_few(n_compared, same=False):
    """Say what so few series on each side cannot show; "" where there are enough.

    Parameters
    ----------
    n_compared : int
        Series on each side of a comparison.
    same : bool
        Whether several draws of real series were all of the same.

    Returns
    -------
    str

    Examples
    --------
    >>> from sklaug.model_selection._verdict import describe_few
    >>> describe_few(11), describe_few(50)
    ('With 11 series on each side only gross faults show.', '')
    """
    if n_compared >= _FEW_SERIES:
        return ""
    if same:
        return (
            f"With {n_compared} series on each side every draw takes the same real ones, so that nothing tells faults from "
            "chance."
        )
    return f"With {n_compared} series on each side only gross faults show."
