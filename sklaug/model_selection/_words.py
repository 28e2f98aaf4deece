"""The words of a comparison: its table as sections, rows and cells, and these as text, Markdown and HTML."""

import math
import textwrap
from dataclasses import dataclass, field
from html import escape

SCORES = ("TRTR", "TSTR", "TRTS", "TR+S")
COPIES = "copies"
LEGEND = (
    "* best of its row; what is no worse than a floor is as good as the best, and floors and rows that copy training series, "
    "or stay close to them, do not compete; ± standard deviation; - not defined"
)

_UNVARIED = (
    "How much a floor varies: one without ± is of the same series in every evaluation, as there are no more of them to draw "
    "from."
)
_SCORE_SECTION = "On held-out series"
_SECTIONS = {
    "train": "Against the training series",
    "held out": "Against the held-out series",
    "scores": _SCORE_SECTION,
    "": "Cost",
}
_BEST = {"lower": "low", "higher": "high", None: ""}
_LOST = "-"
_MARK = "*"


@dataclass(frozen=True)
class Column:
    """A generator, a floor or a baseline: its name, and its role in a word or none."""

    name: str
    role: str = ""


@dataclass(frozen=True)
class Cell:
    """A figure as it is printed, and whether it is the best of its row."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Row:
    """A metric: its name and title, what is best, and a cell for each column."""

    metric: str
    title: str
    best: str
    cells: list


@dataclass(frozen=True)
class Layout:
    """A table in words.

    Attributes
    ----------
    columns : list of Column
        Floors first.
    sections : dict of str to list of Row
        By the title of the section.
    flags : list of (str, str)
        Name of the row and a sentence.
    caveats : list of str
        Sentences.
    settings : dict of str to str
        What the comparison was made with.
    """

    columns: list
    sections: dict
    flags: list = field(default_factory=list)
    caveats: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)


# -------------------------------------------------------------------------------------------
# Frame to cells
# -------------------------------------------------------------------------------------------


def lay_out(frame, details):
    """Bring a table into sections, rows and cells.

    Parameters
    ----------
    frame : DataFrame
        Columns (metric, reference, statistic).
    details : Details
        What is known of it.

    Returns
    -------
    Layout
    """
    names = [name for name in details.floors if name in frame.index]
    names += [name for name in frame.index if name not in names]
    columns = [Column(one_line(name), _find_role(name, details)) for name in names]
    competes = [column.role not in ("floor", "copies") for column in columns]
    floors = [column.role == "floor" for column in columns]
    sections, unvaried = {}, False
    for metric, reference in _order_rows(frame, details):
        means, stds = (
            _take(frame, (metric, reference, statistic), names) for statistic in ("mean", "std")
        )
        better = details.better.get(metric)
        best = set()
        if metric not in details.unranked:
            floor = [mean for mean, is_floor in zip(means, floors, strict=True) if is_floor]
            chance = details.allowances.get(metric, 0.0)
            best = _find_best(means, better, competes, floor, chance)
        still = [
            is_floor and not math.isnan(std) and not varies(mean, std) and mean % 1 != 0
            for mean, std, is_floor in zip(means, stds, floors, strict=True)
        ]
        unvaried |= any(still)
        row = Row(
            metric=metric,
            title=one_line(details.titles.get(metric, metric)),
            best=_say_best(better),
            cells=[
                Cell(write_figure(mean, math.nan if alone else std), place in best)
                for place, (mean, std, alone) in enumerate(zip(means, stds, still, strict=True))
            ],
        )
        sections.setdefault(_find_section(metric, reference), []).append(row)
    return Layout(
        columns=columns,
        sections=sections,
        flags=[
            (one_line(name), one_line(flag))
            for name in names
            for flag in details.flags.get(name, ())
        ],
        caveats=[one_line(caveat) for caveat in details.caveats] + [_UNVARIED] * unvaried,
        settings={one_line(name): one_line(value) for name, value in details.settings.items()},
    )


def write_figure(mean, std=math.nan):
    """Write a mean and its standard deviation with three digits of the larger one, at most four decimals.

    Parameters
    ----------
    mean, std : float
        NaN for what is not there.

    Returns
    -------
    str

    Examples
    --------
    >>> (
    ...     write_figure(0.01234, 0.00456),
    ...     write_figure(14.43, 1.2),
    ...     write_figure(1234.5),
    ...     write_figure(3.0),
    ... )
    ('0.0123 ± 0.0046', '14.4 ± 1.2', '1,234', '3')
    """
    if math.isnan(mean):
        return _LOST
    # A whole number that is always the same, a count or a share of nothing, needs no spread.
    alone = math.isnan(std) or (std == 0 and mean % 1 == 0)
    figures = [mean] if alone else [mean, std]
    return " ± ".join(_write_alike(figures))


def varies(mean, std):
    """Tell whether a standard deviation is more than what rounding leaves of equal numbers; NaN is none."""
    return std > 1e-9 * abs(mean)


def one_line(words):
    """Return words as a string without line breaks: a name may be anything."""
    return " ".join(str(words).split())


def _write_alike(figures):
    size = max((abs(figure) for figure in figures if math.isfinite(figure)), default=0)
    if all(math.isinf(figure) or figure == round(figure) for figure in figures):
        decimals = 0
    elif size < 0.0005:
        return [f"{figure:.1e}" if figure else "0" for figure in figures]
    else:
        decimals = min(max(2 - math.floor(math.log10(size)), 0), 4)
    # Minus zero is no figure.
    return [f"{round(figure, decimals) + 0.0:,.{decimals}f}" for figure in figures]


def _take(frame, key, names):
    """Return a column as a list, in the order of the names; NaN where there is none."""
    return frame[key].loc[names].tolist() if key in frame.columns else [math.nan] * len(names)


def _find_role(name, details):
    if name in details.floors:
        return "floor"
    if name in details.copies:
        return COPIES
    return "baseline" if name in details.baselines else ""


def _order_rows(frame, details):
    """Return (metric, reference) of all rows: section by section, and in the order of the titles."""
    pairs = dict.fromkeys((metric, reference) for metric, reference, _ in frame.columns)
    titles = [*_SECTIONS.values()]

    def place(pair):
        section = _find_section(*pair)
        return (
            titles.index(section) if section in titles else len(titles),
            list(details.titles).index(pair[0])
            if pair[0] in details.titles
            else len(details.titles),
        )

    return sorted((pair for pair in pairs if (*pair, "mean") in frame.columns), key=place)


def _find_section(metric, reference):
    if metric in SCORES:
        return _SCORE_SECTION
    return _SECTIONS.get(reference, f"Against {one_line(reference)}")


def _say_best(better):
    return _BEST[better] if better in _BEST else format(better, "g")


def _find_best(means, better, competes, floors, chance):
    """Return the places of the best figures: those that print as the best one does, or are no worse than a floor.

    What `chance` allows is no worse. There are none where fewer than two rows compete, or all of them print alike.
    """
    if better is None:
        return set()
    errors = {
        place: _measure_error(mean, better)
        for place, mean in enumerate(means)
        if competes[place] and not math.isnan(mean)
    }
    if not errors:
        return set()
    winner = write_figure(means[min(errors, key=errors.get)])
    # Differences below real against real mean nothing.
    enough = min(
        (_measure_error(f, better) for f in floors if not math.isnan(f)), default=-math.inf
    )
    best = {
        place
        for place, error in errors.items()
        if error <= enough + chance or write_figure(means[place]) == winner
    }
    return best if len(best) < len(errors) else set()


def _measure_error(mean, better):
    if better == "lower":
        return mean
    return -mean if better == "higher" else abs(mean - better)


# -------------------------------------------------------------------------------------------
# Text
# -------------------------------------------------------------------------------------------

_GAP = "  "
_NARROWEST_TITLES = 24
_WIDEST_NAME = 18


def write_text(layout, width):
    """Write a layout as plain text, in as many blocks of columns as `width` asks for."""
    titles = [f"  {row.title}" for rows in layout.sections.values() for row in rows]
    first = min(max(map(len, [*titles, *layout.sections])), max(_NARROWEST_TITLES, width // 3))
    best = max(len(row.best) for rows in layout.sections.values() for row in rows)
    best = max(best, len("best"))
    widths = [_measure_column(layout, place) for place in range(len(layout.columns))]
    room = width - first - len(_GAP) - best
    blocks = [_write_block(layout, block, first, best, widths) for block in _break(widths, room)]
    return "\n\n".join([*blocks, *_write_notes(layout, width)])


def _measure_column(layout, place):
    cells = (len(row.cells[place].text) for rows in layout.sections.values() for row in rows)
    name = min(len(layout.columns[place].name), _WIDEST_NAME)
    return max(*cells, name, len(layout.columns[place].role)) + len(_MARK)


def _break(widths, room):
    """Return lists of columns, each of which fits into `room`, or is a single one."""
    blocks, used = [[]], 0
    for place, width in enumerate(widths):
        if blocks[-1] and used + len(_GAP) + width > room:
            blocks.append([])
            used = 0
        blocks[-1].append(place)
        used += len(_GAP) + width
    return blocks


def _write_block(layout, places, first, best, widths):
    heads = [_write_head(layout.columns[place], widths[place]) for place in places]
    depth = max(map(len, heads))
    heads = [[""] * (depth - len(head)) + head for head in heads]
    lines = [
        _join(
            "", "best" if level == depth - 1 else "", [head[level] for head in heads], first, best
        )
        for level in range(depth)
    ]
    lines.append("-" * max(map(len, lines)))
    for number, (title, rows) in enumerate(layout.sections.items()):
        lines += [""] * (number > 0) + [title]
        for row in rows:
            cells = [_write_cell(row.cells[place], widths[place]) for place in places]
            # A title breaks into lines; the figures stand beside its last one.
            *above, last = textwrap.wrap(row.title, first - 2, subsequent_indent="  ") or [""]
            lines += [f"  {line}" for line in above]
            lines.append(_join(f"  {last}", row.best, cells, first, best))
    return "\n".join(line.rstrip() for line in lines)


def _write_head(column, width):
    room = width - len(_MARK)
    lines = [*(textwrap.wrap(column.name, room) or [""]), column.role]
    return [line.rjust(room) + " " * len(_MARK) for line in lines]


def _write_cell(cell, width):
    room = width - len(_MARK)
    return cell.text.rjust(room) + (_MARK if cell.best else " " * len(_MARK))


def _join(title, best, cells, first, best_width):
    return _GAP.join([title.ljust(first), best.ljust(best_width), *cells])


def _write_notes(layout, width):
    """Return a paragraph each for the legend, the flags, the caveats and the settings."""
    yield _fill(LEGEND, width)
    if layout.flags:
        flags = [_fill(f"{name}: {flag}", width, "  ") for name, flag in layout.flags]
        yield "\n".join(["Flags", *flags])
    if layout.caveats:
        caveats = [_fill(caveat, width, "  ") for caveat in layout.caveats]
        yield "\n".join(["What this table cannot see", *caveats])
    if layout.settings:
        settings = [
            _fill(f"{name}: {value}", width, "  ") for name, value in layout.settings.items()
        ]
        yield "\n".join(["Settings", *settings])


def _fill(words, width, indent=""):
    return textwrap.fill(
        words,
        max(width, _NARROWEST_TITLES),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
    )


# -------------------------------------------------------------------------------------------
# Markdown
# -------------------------------------------------------------------------------------------


def write_markdown(layout):
    """Write a layout as Markdown: a table for each section, and lists below."""
    parts = []
    for title, rows in layout.sections.items():
        parts += [f"### {_guard(title)}", "\n".join(_write_pipes(layout.columns, rows))]
    parts.append(_guard(LEGEND))
    if layout.flags:
        flags = [f"- **{_guard(name)}**: {_guard(flag)}" for name, flag in layout.flags]
        parts += ["### Flags", "\n".join(flags)]
    if layout.caveats:
        caveats = [f"- {_guard(caveat)}" for caveat in layout.caveats]
        parts += ["### What this table cannot see", "\n".join(caveats)]
    if layout.settings:
        settings = [f"- {_guard(name)}: {_guard(value)}" for name, value in layout.settings.items()]
        parts += ["### Settings", "\n".join(settings)]
    return "\n\n".join(parts) + "\n"


def _write_pipes(columns, rows):
    names = [
        f"{_guard(column.name)} ({column.role})" if column.role else _guard(column.name)
        for column in columns
    ]
    yield _pipe(["metric", "best", *names])
    yield _pipe(["---", "---", *["---:"] * len(names)])
    for row in rows:
        cells = [f"**{cell.text}** \\{_MARK}" if cell.best else cell.text for cell in row.cells]
        yield _pipe([_guard(row.title), row.best, *cells])


def _pipe(cells):
    return f"| {' | '.join(cells)} |"


def _guard(words):
    """Put a backslash before whatever means something in Markdown."""
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>|#~" else sign for sign in words)


# -------------------------------------------------------------------------------------------
# HTML
# -------------------------------------------------------------------------------------------

# No color of text or ground: it must be legible in a light and in a dark notebook.
TABLE_STYLE = """
.sklaug-box { overflow-x: auto; max-width: 100%; }
.sklaug-box table { border-collapse: collapse; }
.sklaug-box caption { text-align: left; }
.sklaug-box th, .sklaug-box td { padding: 0.3em 0.8em; text-align: right; vertical-align: baseline; white-space: nowrap; }
.sklaug-box th[scope=row], .sklaug-box th[scope=rowgroup] { text-align: left; white-space: normal; min-width: 9em; }
.sklaug-box thead th { vertical-align: bottom; white-space: normal; }
.sklaug-box tbody th[scope=row] { font-weight: normal; }
.sklaug-box th[scope=rowgroup] { padding-top: 1em; }
.sklaug-box .sklaug-floor { background: rgba(128, 128, 128, 0.18); }
.sklaug-box .sklaug-spread { font-size: 0.85em; }
.sklaug-box .sklaug-role { display: block; font-weight: normal; font-style: italic; }
"""


def write_html(layout):
    """Write a layout as a fragment of HTML: the table and all that the text says below it."""
    parts = [f"<div><style>{TABLE_STYLE}</style>", write_html_table(layout)]
    parts += [f"<p>{escape(LEGEND)}</p>"]
    if layout.flags:
        parts += ["<p><strong>Flags</strong></p>", write_flags(layout)]
    if layout.caveats:
        parts += ["<p><strong>What this table cannot see</strong></p>", write_caveats(layout)]
    if layout.settings:
        settings = (escape(f"{name}: {value}") for name, value in layout.settings.items())
        parts += ["<p><strong>Settings</strong></p>", _write_list(settings)]
    return "\n".join([*parts, "</div>"])


def write_html_table(layout):
    """Write the table alone, in a box that scrolls by itself."""
    head = "".join(_write_html_head(column) for column in layout.columns)
    parts = [
        '<div class="sklaug-box" role="region" aria-label="Table of metrics" tabindex="0"><table>',
        f"<caption>{escape(_count(layout))}</caption>",
        f'<thead><tr><th scope="col">metric</th><th scope="col">best</th>{head}</tr></thead>',
    ]
    span = len(layout.columns) + 1
    for title, rows in layout.sections.items():
        parts.append(
            f'<tbody><tr><th scope="rowgroup">{escape(title)}</th><td colspan="{span}"></td></tr>'
        )
        parts += [_write_html_row(row, layout.columns) for row in rows]
        parts.append("</tbody>")
    return "\n".join([*parts, "</table></div>"])


def write_flags(layout):
    """Write the flags as a list; nothing if there are none."""
    return _write_list(
        f"<strong>{escape(name)}</strong>: {escape(flag)}" for name, flag in layout.flags
    )


def write_caveats(layout):
    """Write the caveats as a list; nothing if there are none."""
    return _write_list(escape(caveat) for caveat in layout.caveats)


def _write_list(entries):
    entries = "".join(f"<li>{entry}</li>" for entry in entries)
    return f"<ul>{entries}</ul>" if entries else ""


def _count(layout):
    floors = sum(column.role == "floor" for column in layout.columns)
    synthetic = len(layout.columns) - floors
    return f"{synthetic} synthetic {_plural('set', synthetic)} and {floors} {_plural('floor', floors)} (real against real)"


def _plural(word, number):
    return word if number == 1 else f"{word}s"


def _write_html_head(column):
    role = f'<span class="sklaug-role">{column.role}</span>' if column.role else ""
    return f'<th scope="col"{_shade(column)}>{escape(column.name)}{role}</th>'


def _write_html_row(row, columns):
    cells = []
    for cell, column in zip(row.cells, columns, strict=True):
        mean, sign, std = cell.text.partition(" ±")
        spread = f'<span class="sklaug-spread">{sign}{std}</span>' if sign else ""
        text = f"<strong>{mean}{spread} {_MARK}</strong>" if cell.best else mean + spread
        cells.append(f"<td{_shade(column)}>{text}</td>")
    return f'<tr><th scope="row">{escape(row.title)}</th><td>{row.best}</td>{"".join(cells)}</tr>'


def _shade(column):
    return ' class="sklaug-floor"' if column.role == "floor" else ""
