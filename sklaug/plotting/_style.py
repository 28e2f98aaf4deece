"""How displays look: colours, line styles, markers, axes, legends. matplotlib's own settings stay as they are."""

import numpy as np

# The palette of Okabe and Ito, which colour-blind readers tell apart, without its yellow: that is too
# faint for lines on white.
BLACK, BLUE, VERMILION, GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY, GREY = "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F"

# Colours alone do not survive a black-and-white printer: a marker or a line style goes with each. Their
# numbers have no common divisor with that of the colours, so that pairs repeat late.
_COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_LINES = ("-", "--", ":", "-.", (0, (6, 1.5)), (0, (3, 1, 1, 1, 1, 1)))

# What is real, synthetic or held out looks the same in every display.
SIDES = ("real", "synthetic", "held out")
SIDE_LINES = {
    "real": {"color": BLACK, "linestyle": "-", "linewidth": 1.8},
    "synthetic": {"color": BLUE, "linestyle": "--", "linewidth": 1.8},
    "held out": {"color": GREY, "linestyle": "-", "linewidth": 0.9},
}
SIDE_MARKERS = {
    "real": {"marker": "o", "s": 22, "facecolors": "none", "edgecolors": BLACK, "linewidths": 0.9},
    "synthetic": {"marker": "x", "s": 22, "color": BLUE, "linewidths": 1.2},
    "held out": {"marker": ".", "s": 22, "color": "#A6A6A6", "linewidths": 0},
}
# Order from back to front.
SIDE_LAYERS = {"held out": 1, "real": 2, "synthetic": 3}


def check_matplotlib(caller):
    """Raise ImportError unless matplotlib is there."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib. Install it with `pip install "sklaug[plot]"`.'
        ) from error


def styles(n):
    """Return a dict of color, marker and linestyle for each of n lines or groups of points."""
    cycles = {"color": _COLORS, "marker": _MARKERS, "linestyle": _LINES}
    return [{name: cycle[i % len(cycle)] for name, cycle in cycles.items()} for i in range(n)]


def value_colors():
    """Return a colour map for real-valued targets: lightness rises evenly, and nothing is as light as paper."""
    import matplotlib

    return matplotlib.colors.ListedColormap(
        matplotlib.colormaps["viridis"](np.linspace(0, 0.85, 256)), name="sklaug_values"
    )


def take_axes(ax, shape, caller, *, figsize, **sharing):
    """Return axes in an array of `shape`: those that are given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes, or None
        Given ones are taken in their order, row by row.
    shape : tuple of int
        Rows and columns of panels.
    caller : str
        Name of the display, for messages.
    figsize : tuple of float
        Width and height of a new figure, in inches.
    **sharing
        Passed to `matplotlib.pyplot.subplots`.

    Raises
    ------
    TypeError, ValueError
        For what are no axes, or not as many as there are panels.
    """
    n_rows, n_columns = shape
    if ax is None:
        import matplotlib.pyplot as plt

        _, axes = plt.subplots(
            n_rows, n_columns, figsize=figsize, squeeze=False, layout="constrained", **sharing
        )
        return axes
    from matplotlib.axes import Axes

    axes = np.asarray(ax, dtype=object).ravel()
    for entry in axes:
        if not isinstance(entry, Axes):
            raise TypeError(
                f"ax must be matplotlib Axes, or an array of them, got {type(entry).__name__}."
            )
    if axes.size != n_rows * n_columns:
        raise ValueError(
            f"{caller} draws {n_rows * n_columns} panel(s) in {n_rows} row(s) and {n_columns} column(s), but ax holds "
            f"{axes.size} axes. Pass those of plt.subplots({n_rows}, {n_columns}), or leave ax out."
        )
    return axes.reshape(shape)


def share_limits(axes):
    """Give the panels of each row the same limits, so that what is drawn in them can be compared."""
    for row in axes:
        for name in ("x", "y"):
            limits = [getattr(panel, f"get_{name}lim")() for panel in row]
            for panel in row:
                getattr(panel, f"set_{name}lim")(np.min(limits), np.max(limits))


def add_legend(ax, handles, *, title=None, above=False):
    """Put a legend on the right of axes, or above them, where it hides nothing."""
    place = {"loc": "upper left", "bbox_to_anchor": (1.02, 1)}
    if above:
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": len(handles)}
    return ax.legend(
        handles=handles,
        title=title,
        borderaxespad=0.2,
        handletextpad=0.5,
        frameon=False,
        alignment="left",
        **place,
    )
