"""Transformations kept to some channels or to a range of steps."""

import functools
from numbers import Integral

import numpy as np

from sklaug.transforms._calling import (
    TRANSFORMS,
    call_transformation,
    declares,
    needs_time_axis,
    resolve_transformation,
    transformation_name,
)
from sklaug.transforms._time_axis import find_ends


def restrict(transformation, *, channels=None, time_range=None):
    """Keep a transformation to some channels, or to a range of steps, or both.

    The transformation sees the part alone, as if that were the whole series: a time warp keeps the
    two ends of the range where they are, a drift starts at the start of the range. All values
    outside stay as they are, to the bit.

    Parameters
    ----------
    transformation : str, callable, or list or tuple of these
        A name in `TRANSFORMS`, a function like those, or several to apply one after the other to
        the part. None of them may be restricted itself.
    channels : int, sequence of int, or None, default=None
        Channels to transform, counted from 0; None is all.
    time_range : tuple of two int, or None, default=None
        Steps to transform, from `start` to before `stop`, counted from 0; None is all. A series that
        ends within the range is transformed up to its end, one that ends before it stays as it is.

    Returns
    -------
    callable
        A transformation that can stand wherever a name can, also in the grid of a search. Two of
        the same content are equal.

    Raises
    ------
    ValueError
        If neither `channels` nor `time_range` is given, if a channel is negative or named twice, or
        if the range is empty or starts before 0. When called, if `Z` has no such channel or step.
    TypeError
        If `channels` or `time_range` holds anything but ints, or `transformation` is restricted
        already.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import restrict
    >>> first_channel = restrict("scaling", channels=0, time_range=(1, 3))
    >>> first_channel
    restrict('scaling', channels=(0,), time_range=(1, 3))
    >>> first_channel(np.ones((1, 4, 2)), eta=0.5, rng=np.random.default_rng(0)).round(2)
    array([[[1.  , 1.  ],
            [1.06, 1.  ],
            [1.06, 1.  ],
            [1.  , 1.  ]]])
    """
    functions = resolve_transformation(transformation)
    if any(isinstance(function, Restricted) for function in functions):
        raise TypeError(
            "restrict cannot hold another restrict. Give one restrict both channels and time_range, "
            "or put several side by side in a list."
        )
    if channels is None and time_range is None:
        raise ValueError("restrict needs channels, time_range or both; both are None.")
    return Restricted(
        functions,
        None if channels is None else _check_channels(channels),
        None if time_range is None else _check_time_range(time_range),
    )


class Restricted:
    """A chain of transformations kept to a part of each series; made by `restrict`, which checks.

    Parameters
    ----------
    functions : list of callable
        The transformations, in the order of application.
    channels : tuple of int or None
        Channels to transform; None is all.
    time_range : tuple of two int or None
        Steps to transform, half open; None is all.
    """

    def __init__(self, functions, channels, time_range):
        self.functions = functions
        self.channels = channels
        self.time_range = time_range

    @property
    def needs_time_axis(self):
        """Whether it means nothing on a single vector."""
        return self.time_range is not None or any(map(needs_time_axis, self.functions))

    @property
    def needs_partner(self):
        """Whether any of the transformations takes a partner."""
        return any(declares(function, "partner") for function in self.functions)

    @property
    def __name__(self):
        return str(self)

    def __call__(self, Z, *, eta, rng, mask=None, partner=None):
        """Return a copy of `Z` whose part is transformed; what the arguments are is said in the module."""
        part = locate(self.channels, self.time_range, *Z.shape[1:])
        beyond = None
        if mask is not None:
            mask, beyond = _cut_mask(np.broadcast_to(mask, Z.shape), part)
        if partner is not None:
            partner = np.ascontiguousarray(partner[part])
        before = moved = np.ascontiguousarray(Z[part])
        for function in self.functions:
            moved = call_transformation(
                function, moved, eta=eta, rng=rng, mask=mask, partner=partner
            )
        result = np.array(Z, order="C")
        result[part] = moved if beyond is None else np.where(beyond[..., None], before, moved)
        return result

    def _value(self):
        """Return what makes two of them equal."""
        # Two partials of the same content are not equal, and a copy of an estimator has a copy.
        functions = tuple(
            (f.func, f.args, f.keywords) if isinstance(f, functools.partial) else f
            for f in self.functions
        )
        return functions, self.channels, self.time_range

    def __eq__(self, other):
        if not isinstance(other, Restricted):
            return NotImplemented
        return self._value() == other._value()

    def __hash__(self):
        # By their names: a partial may hold what has no hash.
        return hash((str(self), self.channels, self.time_range))

    def __str__(self):
        words = [", ".join(map(transformation_name, self.functions))]
        if self.channels is not None:
            noun = "channel" if len(self.channels) == 1 else "channels"
            words.append(f"on {noun} {', '.join(map(str, self.channels))}")
        if self.time_range is not None:
            words.append("in steps {} to {}".format(*self.time_range))
        return " ".join(words)

    def __repr__(self):
        names = [_short_repr(function) for function in self.functions]
        arguments = [names[0] if len(names) == 1 else f"[{', '.join(names)}]"]
        if self.channels is not None:
            arguments.append(f"channels={self.channels}")
        if self.time_range is not None:
            arguments.append(f"time_range={self.time_range}")
        return f"restrict({', '.join(arguments)})"


def _cut_mask(mask, part):
    """Return the mask of a part, and which of its steps are beyond the end of their series (n_ts, steps)."""
    _, beyond = find_ends(mask, mask)
    beyond = beyond[:, part[1]]
    last = ~beyond
    last[:, :-1] &= beyond[:, 1:]
    # A series ends where all its channels do. If those of the part have a gap there, or one that
    # goes on beyond the range, the last step counts as observed, or the gap would pass for the end.
    return np.ascontiguousarray(mask[part]) | last[..., None], beyond


def stages(transformation):
    """Split a transformation into stages that each have one place: everywhere, or a part of the series.

    Parameters
    ----------
    transformation : str, callable, or list or tuple of these
        What `resolve_transformation` takes.

    Returns
    -------
    list of tuple (functions, channels, time_range)
        In the order of application. Functions that stand side by side without restriction make one
        stage, with None and None.

    Examples
    --------
    >>> from sklaug.transforms._restricting import restrict, stages
    >>> for functions, channels, time_range in stages(
    ...     [restrict("drift", channels=1), "trend", "jitter"]
    ... ):
    ...     print([function.__name__ for function in functions], channels, time_range)
    ['drift'] (1,) None
    ['trend', 'jitter'] None None
    """
    found = []
    for function in resolve_transformation(transformation):
        if isinstance(function, Restricted):
            found.append((list(function.functions), function.channels, function.time_range))
        elif found and found[-1][1:] == (None, None):
            found[-1][0].append(function)
        else:
            found.append(([function], None, None))
    return found


def locate(channels, time_range, sz, d):
    """Return the index of some channels and steps in an array, or say which it does not have.

    Parameters
    ----------
    channels : tuple of int or None
        Channels; None is all.
    time_range : tuple of two int or None
        Steps, half open; None is all.
    sz, d : int
        Steps and channels of the array (n_ts, sz, d).

    Returns
    -------
    tuple
        Of a slice of all rows, a slice of steps, and a slice or list of channels.

    Raises
    ------
    ValueError
        If the array has no such channel or step.

    Examples
    --------
    >>> from sklaug.transforms._restricting import locate
    >>> locate((0, 2), (10, 20), sz=30, d=3)
    (slice(None, None, None), slice(10, 20, None), [0, 2])
    """
    if channels is not None and max(channels) >= d:
        raise ValueError(
            f"restrict has channels={channels}, but the series have {d} channel(s), counted from 0."
        )
    if time_range is not None and time_range[1] > sz:
        raise ValueError(
            f"restrict has time_range={time_range}, but the series have {sz} steps: stop can be at most {sz}."
        )
    return (
        slice(None),
        slice(None) if time_range is None else slice(*time_range),
        slice(None) if channels is None else list(channels),
    )


def _check_channels(channels):
    given = [channels] if isinstance(channels, Integral) else _listed(channels)
    if given is None or not all(map(_is_int, given)):
        raise TypeError(f"channels must be an int or a sequence of ints, got {channels!r}.")
    if not given:
        raise ValueError("channels is empty. Name at least one, or pass None for all.")
    if min(given) < 0:
        raise ValueError(f"channels count from 0, got {min(given)} in channels={channels!r}.")
    twice = sorted({channel for channel in given if given.count(channel) > 1})
    if twice:
        raise ValueError(
            f"channels={channels!r} names {', '.join(map(str, twice))} more than once. Name each channel once."
        )
    return tuple(map(int, given))


def _check_time_range(time_range):
    given = _listed(time_range)
    if given is None or len(given) != 2 or not all(map(_is_int, given)):
        raise TypeError(f"time_range must be a pair of ints (start, stop), got {time_range!r}.")
    start, stop = map(int, given)
    if not 0 <= start < stop:
        raise ValueError(
            f"time_range=({start}, {stop}), but it is half open and must be 0 <= start < stop."
        )
    return start, stop


def _listed(values):
    """Return an ordered collection as a list; None if it is none."""
    if isinstance(values, (str, bytes, set, dict)) or not hasattr(values, "__iter__"):
        return None
    return list(values)


def _is_int(value):
    return isinstance(value, Integral) and not isinstance(value, bool)


def _short_repr(function):
    if isinstance(function, functools.partial):
        fixed = [repr(value) for value in function.args]
        fixed += [f"{name}={value!r}" for name, value in function.keywords.items()]
        return f"partial({', '.join([_short_repr(function.func), *fixed])})"
    name = transformation_name(function)
    return repr(name) if TRANSFORMS.get(name) is function else name
