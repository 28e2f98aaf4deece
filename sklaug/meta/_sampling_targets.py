"""How many rows each class, or each range of real targets, is to get; the words are imbalanced-learn's."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from sklaug._targets import name_counted
from sklaug._validation import check_number, name_of, suggest


@dataclass
class Groups:
    """Rows that belong together: those of a class, or of a range of real targets.

    Attributes
    ----------
    labels : list
        What each group is called, sorted: class labels, or numbers of ranges.
    codes : ndarray of int, shape (n_ts,)
        The place of each row's group in `labels`.
    counts : ndarray of int, shape (n_groups,)
        Rows of each.
    boundaries : ndarray or None
        Between the ranges; None where these are classes.
    """

    labels: list
    codes: np.ndarray
    counts: np.ndarray
    boundaries: np.ndarray | None = None

    def name(self, chosen, counted=True):
        """Word which groups are meant: "class 'b' (2 rows), class 'c' (1 row)", or without the counts."""
        kind = "class" if self.boundaries is None else "range"
        labels = [self.labels[code] for code in chosen]
        return name_counted(kind, labels, self.counts[chosen] if counted else None)


def group_rows(y, kind, ranges):
    """Put rows into groups, by class or by range.

    Parameters
    ----------
    y : ndarray of shape (n_ts,)
        Class labels or finite real targets.
    kind : {"class", "continuous"}
        Which of these.
    ranges : int or array-like
        Number of ranges of equal width, or the boundaries between them.

    Returns
    -------
    Groups
    """
    if kind == "class":
        labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        return Groups(labels.tolist(), codes, counts)
    y = y.astype(np.float64)
    boundaries = _place_boundaries(y, ranges)
    numbers = np.searchsorted(boundaries, y, side="right")
    labels, codes, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return Groups(labels.tolist(), codes, counts, boundaries)


def check_ranges(ranges):
    """Raise unless `ranges` is a number of ranges or increasing boundaries."""
    if np.ndim(ranges) == 0:
        return check_number("ranges", ranges, low=2, whole=True)
    boundaries = np.asarray(ranges)
    numbers = boundaries.dtype.kind in "iuf" and boundaries.ndim == 1 and len(boundaries)
    if not numbers or not np.isfinite(boundaries).all() or (np.diff(boundaries) <= 0).any():
        raise ValueError(
            f"ranges={ranges!r}, but it takes a number of ranges (int), or increasing boundaries between them: [10, 20] makes "
            "three ranges."
        )


def _place_boundaries(y, ranges):
    if np.ndim(ranges) == 0:
        return np.linspace(y.min(), y.max(), ranges + 1)[1:-1]
    return np.asarray(ranges, dtype=np.float64)


def count_new_rows(sampling_strategy, groups, y, estimator):
    """Tell how many rows each group is to get beside those it has.

    Parameters
    ----------
    sampling_strategy : str, dict, float or callable
        As in imbalanced-learn's over-samplers.
    groups : Groups
        What there is.
    y : ndarray of shape (n_ts,)
        Class labels or real targets.
    estimator : estimator
        Named in messages.

    Returns
    -------
    dict
        Number of new rows by label, for the groups that are aimed at, in the order of the labels.

    Raises
    ------
    ValueError, TypeError
        If there is one group only, or `sampling_strategy` does not go with the groups.
    """
    if len(groups.labels) < 2:
        what = "class" if groups.boundaries is None else "range of targets"
        raise ValueError(
            f"y has one {what} only, {groups.name([0])}, but {name_of(estimator)} needs rows of 2 or more, to make them "
            "equally many."
        )
    if isinstance(sampling_strategy, str):
        return _fill_up(_aim(sampling_strategy, groups), groups)
    if isinstance(sampling_strategy, dict):
        return _count_up_to(sampling_strategy, groups)
    if isinstance(sampling_strategy, Real) and not isinstance(sampling_strategy, bool):
        return _count_up_to_ratio(sampling_strategy, groups)
    if callable(sampling_strategy):
        # Of real targets it wants the ranges that `groups` has.
        wanted = sampling_strategy(
            y if groups.boundaries is None else np.array(groups.labels)[groups.codes]
        )
        if not isinstance(wanted, dict):
            raise TypeError(
                f"sampling_strategy returned {wanted!r}, but it must return a dict: {{class: rows after resampling}}."
            )
        return _count_up_to(wanted, groups)
    raise TypeError(
        f"sampling_strategy must be a str, a dict, a float or a callable, got {sampling_strategy!r}."
    )


def _aim(word, groups):
    """Return which groups a word aims at; of several that are largest or smallest it means the first."""
    largest, smallest = groups.counts.argmax(), groups.counts.argmin()
    codes = range(len(groups.labels))
    aims = {
        "auto": [code for code in codes if code != largest],
        "not majority": [code for code in codes if code != largest],
        "minority": [smallest],
        "not minority": [code for code in codes if code != smallest],
        "all": codes,
    }
    if word not in aims:
        why = " An over-sampler adds no rows to the largest class." if word == "majority" else ""
        hint = why or suggest(word, aims)
        raise ValueError(f"Unknown sampling_strategy {word!r}. Known: {', '.join(aims)}.{hint}")
    return aims[word]


def _fill_up(codes, groups):
    """Make groups as large as the largest."""
    most = groups.counts.max()
    return {groups.labels[code]: int(most - groups.counts[code]) for code in codes}


def _count_up_to(wanted, groups):
    """Make groups as large as a dict says."""
    present = dict(zip(groups.labels, groups.counts.tolist(), strict=True))
    unknown = [label for label in wanted if label not in present]
    if unknown:
        what = "classes" if groups.boundaries is None else "ranges"
        raise ValueError(
            f"sampling_strategy names {what} of which y has no row: {', '.join(map(repr, unknown))}. It has "
            f"{groups.name(range(len(present)))}."
        )
    for label, number in wanted.items():
        if isinstance(number, bool) or not isinstance(number, Integral):
            raise TypeError(
                f"sampling_strategy wants {number!r} rows of {label!r}, which is no whole number."
            )
        if number < present[label]:
            raise ValueError(
                f"sampling_strategy wants {number} rows of {label!r}, but there are {present[label]} already, and no row is "
                f"taken away. Name {present[label]} or more: how many there shall be after resampling."
            )
    return {label: int(wanted[label] - present[label]) for label in present if label in wanted}


def _count_up_to_ratio(ratio, groups):
    """Make the smaller of two groups such a share of the larger."""
    check_number("sampling_strategy", ratio, low=0, high=1, low_open=True)
    n_groups = len(groups.labels)
    if n_groups != 2:
        what = "classes" if groups.boundaries is None else "ranges"
        raise ValueError(
            f"sampling_strategy={ratio} is a ratio of two classes, but y has {n_groups} {what}. Pass a dict: "
            "{class: rows after resampling}."
        )
    larger = groups.counts.argmax()
    most, fewest = groups.counts[[larger, 1 - larger]]
    n_new = int(most * ratio - fewest)
    if n_new <= 0:
        raise ValueError(
            f"sampling_strategy={ratio} wants {most * ratio:g} rows of {groups.labels[1 - larger]!r} beside {most} of "
            f"{groups.labels[larger]!r}, but there are {fewest} already. Pass a ratio above {fewest / most:.3g}, or "
            "'auto', which adds none where classes are equally many."
        )
    return {groups.labels[1 - larger]: n_new}
