"""What `evaluate` found: figures, and a report in plain words."""

import textwrap
from itertools import zip_longest

import numpy as np

from sklaug.metrics._panel import MEASURES
from sklaug.model_selection._scores import SCORES
from sklaug.model_selection._verdict import VERDICTS, measure_error
from sklaug.model_selection._words import varies, write_figure


class Evaluation:
    """What `evaluate` found; prints in plain words.

    Parameters
    ----------
    table : DataFrame
        A row for each measure, with columns ``value``, ``value_std``, ``floor``, ``floor_std`` (the same for real
        against real) and ``verdict``.
    flags : list of str
        What is wrong beyond single measures, such as copies of training series: what follows "This set".
    summary : str
        What was compared, and what to mind.

    See Also
    --------
    evaluate : Make one, with an example.
    """

    def __init__(self, table, flags, summary):
        self.table = table
        self.flags = flags
        self.summary = summary

    def __str__(self):
        parts = [_fill(_count_verdicts(self.table))]
        if self.flags:
            parts.append("\n".join(["Beware:", *(_fill(_say(flag), "  ") for flag in self.flags)]))
        parts.append("\n".join(_fill(line) for line in self.summary.split("\n")))
        return "\n\n".join([*parts, *_write_verdicts(self.table)])

    __repr__ = __str__


# -------------------------------------------------------------------------------------------
# Words
# -------------------------------------------------------------------------------------------

_WIDTH = 110
_COLUMNS = ("looks at", "measure", "this set", "real series", "times as far")
# Most letters a line of each column but the first, which has the room that is left: longer cells go on below.
_WIDTHS = (30, 16, 16, 6)
_GAP = "  "


def _fill(words, indent=""):
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
    )


def _say(flag):
    return f"This set {flag}."


def _count_verdicts(table):
    """Say in a sentence how many measures are good and how many are not, and what is most off."""
    counts = table["verdict"].value_counts()
    said = [
        f"{counts[verdict]} {_conjugate(verdict, counts[verdict])}"
        for verdict in reversed(VERDICTS)
        if verdict in counts
    ]
    if len(said) == 1:
        sentence = f"All {said[0].replace(' ', ' measures ', 1)}"
    else:
        sentence = f"Of {len(table)} measures {', '.join(said[:-1])} and {said[-1]}"
    times = {name: _measure_times(name, row) for name, row in table.iterrows()}
    worst = max(times, key=times.get)
    if times[worst] > 0:
        sentence += f"; most off: {_title(worst)} ({_write_times(times[worst])} times as far as real series)"
    return f"{sentence}."


def _conjugate(verdict, number):
    if verdict == "cannot tell":
        return verdict
    return f"{'is' if number == 1 else 'are'} {verdict}"


def _write_verdicts(table):
    """Return a block of lines for each verdict: what it means, and a row for each measure, the first below a head."""
    rows = {
        verdict: [_write_row(name, row) for name, row in rows.iterrows()]
        for verdict, rows in table.groupby("verdict", sort=False)
    }
    columns = [*zip(_COLUMNS, *(row for of in rows.values() for row in of), strict=True)]
    if not any(columns[-1][1:]):  # nothing is off
        columns.pop()
    widths = [
        min(max(map(len, column)), most) for column, most in zip(columns[1:], _WIDTHS, strict=False)
    ]
    room = _WIDTH - sum(len(_GAP) + width for width in widths) - len(_GAP)
    widths.insert(0, min(max(map(len, columns[0])), room))
    blocks, head = [], [_COLUMNS]
    for verdict in filter(rows.get, VERDICTS):
        lines = _write_lines(head + rows[verdict], widths)
        blocks.append("\n".join([f"{verdict.capitalize()}: {VERDICTS[verdict]}", *lines]))
        head = []
    return blocks


def _write_lines(rows, widths):
    """Write rows in columns; what several look at stands beside the first of them."""
    above = None
    for about, *cells in rows:
        columns = [
            textwrap.wrap(cell, width) or [""]
            for cell, width in zip(["" if about == above else about, *cells], widths, strict=False)
        ]
        for line in zip_longest(*columns, fillvalue=""):
            padded = (part.ljust(width) for part, width in zip(line, widths, strict=True))
            yield f"{_GAP}{_GAP.join(padded)}".rstrip()
        above = about


def _write_row(name, row):
    about = MEASURES[name].about if name in MEASURES else "what a model learns from them"
    value, floor = (
        _write_number(row[column], row[f"{column}_std"]) for column in ("value", "floor")
    )
    times = _measure_times(name, row)
    return about, _title(name), value, floor, _write_times(times) if times else ""


def _title(name):
    return MEASURES[name].title if name in MEASURES else SCORES[name]


def _write_number(value, spread):
    return write_figure(value, spread if varies(value, spread) else np.nan)


def _measure_times(name, row):
    """Return how many times as far off as real series a set is, give or take; 0 where that means nothing."""
    if name not in MEASURES or MEASURES[name].of_training or row["verdict"] != "off":
        return 0.0
    error, least = (measure_error(name, row[column]) for column in ("value", "floor"))
    # By chance real series are as far off as their spread, though their mean may be next to none.
    least = np.fmax(least, row["floor_std"])
    return error / least if least > 0 else 0.0


def _write_times(times):
    return f"{times:,.{0 if times >= 10 else 1}f}"
