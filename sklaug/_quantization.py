"""Weights as 8-bit integers with a scale for each row, and back: a quarter of the bytes."""

import numpy as np

_LARGEST = 127
# Of what is smaller the bytes do not matter, but the values do: the layer that makes the codes, the one that makes a single
# channel, embeddings of classes.
_FEWEST = 256


def quantize_weights(weights, names):
    """Round matrices to the nearest of 255 multiples of a scale, symmetric about 0.

    Parameters
    ----------
    weights : dict of ndarray
        What a network consists of.
    names : iterable of str
        Which of them may be rounded. Vectors, matrices of fewer than 256 values, and what is not float32
        or rounded already, stay as they are all the same.

    Returns
    -------
    dict of ndarray
        Of what is rounded, int8 of the same shape under its name, and under that name followed by
        ".scale" a float32 for each entry along the first axis; all else as it was.
    """
    names, rounded = set(names), {}
    for name, values in weights.items():
        if name in names and _is_worth_it(values):
            rounded[name], rounded[_scale_name(name)] = _round(values)
        else:
            rounded[name] = values
    return rounded


def restore_weights(weights):
    """Undo `quantize_weights` but for the rounding; weights that are not rounded come back as they are."""
    scales = {_scale_name(name): name for name in weights if _is_rounded(weights, name)}
    restored = {name: values for name, values in weights.items() if name not in scales}
    for scale_name, name in scales.items():
        restored[name] = weights[name] * _along_first(weights[scale_name], weights[name].ndim)
    return restored


def _is_worth_it(values):
    return values.dtype == np.float32 and values.ndim > 1 and values.size >= _FEWEST


def _round(values):
    scale = np.abs(values).max(axis=tuple(range(1, values.ndim))) / np.float32(_LARGEST)
    # A row of zeros has no scale and needs none.
    divisor = _along_first(np.where(scale > 0, scale, np.float32(1)), values.ndim)
    # The scale of numbers that float32 can barely hold is coarse, and may be too small.
    levels = np.clip(np.rint(values / divisor), -_LARGEST, _LARGEST)
    return levels.astype(np.int8), scale


def _along_first(scale, ndim):
    return scale.reshape(-1, *[1] * (ndim - 1))


def _scale_name(name):
    # No name of a network's own: what is a tensor holds nothing that could have one.
    return f"{name}.scale"


def _is_rounded(weights, name):
    return weights[name].dtype == np.int8 and _scale_name(name) in weights
