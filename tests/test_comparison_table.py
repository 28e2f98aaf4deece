"""The table of a comparison: marks, digits and order in words, and the ways out of it."""

import copy
import io
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from sklaug.model_selection._table import ComparisonTable, Details
from sklaug.model_selection._words import write_figure

FLOOR, REPLAY, BASELINE = "real (held out)", "replay", "block bootstrap"
ODD = "<b>|odd_"


def make_series(n, seed):
    """Return waves of two channels in two classes."""
    rng = np.random.default_rng(seed)
    y = np.array(["calm", "<wild> & $"])[np.arange(n) % 2]
    phase = rng.normal(size=(n, 1, 1))
    time = np.linspace(0, 6, 12)[:, None] * [1, 2]
    return np.sin(time * (1 + np.arange(n)[:, None, None] % 2) + phase), y


def make_records(frame):
    return pd.DataFrame(
        [
            {
                "generator": name,
                "training": 0,
                "repeat": repeat,
                "metric": metric,
                "reference": reference,
                "value": frame.loc[name, (metric, reference, statistic)] + 0.01 * repeat,
            }
            for metric, reference, statistic in frame.columns
            for name in frame.index
            for repeat in range(2)
            if statistic == "mean"
        ]
    )


def make_table(**changes):
    """Return a table of five rows, of which the floor is not the first, as a comparison makes it."""
    nan = np.nan
    columns = {
        # metric, reference: means and standard deviations of REPLAY, FLOOR, BASELINE, "ours", ODD
        ("context_fid", "train"): (
            [0, 0.0031, 0.45, 0.01234, 14.43],
            [0, 0.0004, 0.02, 0.00456, 1.2],
        ),
        ("context_fid", "held out"): (
            [0.02, 0.01, 0.4, 0.03, 15],
            [0.001, 0.001, 0.01, 0.002, 1.5],
        ),
        ("discriminative_auc", "train"): ([0.5, 0.51, 0.9, 0.44, 0.43], [0.01] * 5),
        ("authenticity", "train"): ([0, 0.6, 0.8, 0.7, 1.0], [0, 0.02, 0.02, 0.02, 0]),
        ("correlational_score", "train"): ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        ("TSTR", "held out"): ([0.95, 0.95, 0.7, 0.9, 0.5], [0.01] * 5),
        ("TR+S", "held out"): ([0.95, nan, 0.94, 0.96, 0.93], [0.01, nan, 0.01, 0.01, 0.01]),
        ("fit_seconds", ""): ([0.00012, nan, 0.5, 31.4, 2.0], [0.00001, nan, 0.1, 2.2, 0.25]),
        ("n_parameters", ""): ([0, nan, nan, 123456, nan], [0, nan, nan, 0, nan]),
    }
    frame = pd.DataFrame(
        {
            (*pair, statistic): values
            for pair, both in columns.items()
            for statistic, values in zip(("mean", "std"), both, strict=True)
        },
        index=pd.Index([REPLAY, FLOOR, BASELINE, "ours", ODD], name="generator"),
    )
    frame.columns.names = ["metric", "reference", "statistic"]
    details = {
        "titles": {
            "discriminative_auc": "Discriminative AUC (features)",
            "context_fid": "Context-FID",
            "correlational_score": "Correlational score",
            "authenticity": "Authenticity",
            "TSTR": "TSTR: trained on synthetic, tested on real",
            "TR+S": "TR+S: trained on both, tested on real",
            "fit_seconds": "Seconds to fit",
            "n_parameters": "Parameters",
        },
        "better": {
            "context_fid": "lower",
            "discriminative_auc": 0.5,
            "correlational_score": "lower",
            "authenticity": 1.0,
            "TSTR": "higher",
            "TR+S": "higher",
            "fit_seconds": "lower",
            "n_parameters": "lower",
        },
        "floors": (FLOOR,),
        "baselines": (REPLAY, BASELINE),
        "flags": {REPLAY: ["copies training series: authenticity 0.00"], ODD: ["bad to train on"]},
        "caveats": ["TR+S cannot see a broken generator."],
        "settings": {"split": "at random", "seed": "0"},
        "records": make_records(frame),
        "X_train": make_series(20, 0)[0],
        "y_train": make_series(20, 0)[1],
        "X_held_out": make_series(10, 1)[0],
        "y_held_out": make_series(10, 1)[1],
        "series": {
            name: make_series(20, seed)
            for seed, name in enumerate((REPLAY, BASELINE, "ours", ODD), start=2)
        },
        "copies": (REPLAY,),
        "unranked": ("authenticity",),
    }
    return ComparisonTable(frame, details=Details(**details | changes))


def read_text(text, roles=("floor", "copies", "baseline")):
    """Return {section: {title: (best, cells)}} of a table that came in one block."""
    head, rule, *lines = text.partition("\n\n*")[0].split("\n")[1:]
    assert head.split() == ["best", *roles]
    assert set(rule) == {"-"}
    sections = {}
    for line in filter(None, lines):
        if not line.startswith(" "):
            rows = sections[line] = {}
        else:
            title, best, *cells = re.split(r"\s{2,}", line.strip())
            rows[title] = (best, cells)
    return sections


@pytest.fixture
def table():
    return make_table()


# -------------------------------------------------------------------------------------------
# Figures
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mean, std, words",
    [
        (0.0031, 0.0004, "0.0031 ± 0.0004"),
        (0.01234, 0.00456, "0.0123 ± 0.0046"),
        (0.97342, 0.012, "0.973 ± 0.012"),
        (14.43, 1.2, "14.4 ± 1.2"),
        (123456.7, 1234.5, "123,457 ± 1,234"),
        (0.0003, 0.012, "0.0003 ± 0.0120"),
        (-0.00001, 0.01, "0.0000 ± 0.0100"),
        (-0.25, 0.01, "-0.250 ± 0.010"),
        (0.00012, 0.00001, "1.2e-04 ± 1.0e-05"),
        (0.0001, 0.0, "1.0e-04 ± 0"),
        (0.5, np.nan, "0.500"),
        (0.0, 0.0, "0"),
        (1.0, 0.0, "1"),
        (1.0, 0.25, "1.00 ± 0.25"),
        (123456.0, 0.0, "123,456"),
        (np.nan, np.nan, "-"),
        (np.nan, 0.1, "-"),
        (np.inf, np.nan, "inf"),
        (np.inf, 0.5, "inf ± 0.500"),
    ],
)
def test_a_figure_has_the_digits_that_mean_something(mean, std, words):
    assert write_figure(mean, std) == words


# -------------------------------------------------------------------------------------------
# Text
# -------------------------------------------------------------------------------------------


def test_the_text_has_a_section_for_each_reference_and_a_metric_a_line(table):
    sections = read_text(table.to_text(200))
    assert {title: list(rows) for title, rows in sections.items()} == {
        "Against the training series": [
            "Discriminative AUC (features)",
            "Context-FID",
            "Correlational score",
            "Authenticity",
        ],
        "Against the held-out series": ["Context-FID"],
        "On held-out series": [
            "TSTR: trained on synthetic, tested on real",
            "TR+S: trained on both, tested on real",
        ],
        "Cost": ["Seconds to fit", "Parameters"],
    }


def test_floors_come_first_and_the_rest_in_the_order_of_the_table(table):
    names = table.to_text(200).split("\n")[0]
    assert re.split(r"\s{2,}", names.strip()) == [FLOOR, REPLAY, BASELINE, "ours", ODD]
    figures = read_text(table.to_text(200))["Against the held-out series"]["Context-FID"][1]
    assert [figure.split(" ± ")[0] for figure in figures] == [
        "0.0100",
        "0.0200",
        "0.400",
        "0.0300",
        "15.0",
    ]


def test_the_best_of_a_line_is_neither_a_floor_nor_a_copy(table):
    sections = read_text(table.to_text(200))
    marked = {
        (section, title): [number for number, cell in enumerate(cells) if cell.endswith("*")]
        for section, rows in sections.items()
        for title, (_, cells) in rows.items()
    }
    train = "Against the training series"
    assert marked == {
        # Distance from 0.5 counts: 0.44 is nearer than 0.9 and 0.43.
        (train, "Discriminative AUC (features)"): [3],
        (train, "Context-FID"): [3],
        # All are alike, so none is best.
        (train, "Correlational score"): [],
        # More of it is not better.
        (train, "Authenticity"): [],
        ("Against the held-out series", "Context-FID"): [3],
        ("On held-out series", "TSTR: trained on synthetic, tested on real"): [3],
        ("On held-out series", "TR+S: trained on both, tested on real"): [3],
        ("Cost", "Seconds to fit"): [2],
        # Only one row that competes has any.
        ("Cost", "Parameters"): [],
    }


def test_figures_that_print_alike_share_the_mark(table):
    table.loc[BASELINE, ("context_fid", "train", "mean")] = 0.0123401
    cells = read_text(table.to_text(200))["Against the training series"]["Context-FID"][1]
    assert [cell.endswith("*") for cell in cells] == [False, False, True, True, False]


def read_marks(table, section="Against the training series", title="Context-FID"):
    cells = read_text(table.to_text(200))[section][title][1]
    return [cell.endswith("*") for cell in cells]


def test_a_metric_that_is_not_ranked_has_no_mark():
    assert any(read_marks(make_table()))
    table = make_table(unranked=("context_fid",))
    assert not any(read_marks(table))
    assert not any(read_marks(table, "Against the held-out series"))


def test_a_figure_below_the_floor_shares_the_mark(table):
    means = table.loc[:, ("context_fid", "train", "mean")].copy()
    # The floor is 0.0031.
    means[["ours", BASELINE, ODD]] = [0.0012, 0.0029, 0.0033]
    table["context_fid", "train", "mean"] = means
    assert read_marks(table) == [False, False, True, True, False]
    table.loc[ODD, ("context_fid", "train", "mean")] = 0.0030
    # Where all would share it, there is none.
    assert not any(read_marks(table))


def test_what_chance_allows_beyond_the_floor_shares_the_mark():
    # Of Context-FID the floor is 0.0031, "ours" has 0.01234 and the baseline 0.45.
    table = make_table(allowances={"context_fid": 0.45})
    assert read_marks(table) == [False, False, True, True, False]
    table = make_table(allowances={"context_fid": 0.44, "authenticity": 9})
    assert read_marks(table) == [False, False, False, True, False]


def test_a_floor_of_the_same_series_every_time_has_no_spread_and_that_is_said(table):
    said = "How much a floor varies: one without ± is of the same series in every evaluation"
    assert said not in " ".join(table.to_text(100).split())
    # What rounding leaves of equal numbers is no spread either.
    for std in (0.0, 1e-17):
        table.loc[[FLOOR, BASELINE], ("TSTR", "held out", "std")] = std
        title = "TSTR: trained on synthetic, tested on real"
        cells = read_text(table.to_text(200))["On held-out series"][title][1]
        assert cells[:3] == ["0.950", "0.950 ± 0.010", "0.700 ± 0.000"]
        words = " ".join(table.to_text(100).split())
        assert said in words.partition("What this table cannot see")[2]
        assert said in table.to_markdown() and said in table._repr_html_()
    # With one evaluation nothing has a spread.
    for metric, reference, statistic in list(table.columns):
        if statistic == "std":
            table[metric, reference, statistic] = np.nan
    assert "±" not in table.to_text(200).partition("*")[0]
    assert said not in " ".join(table.to_text(100).split())


def test_a_metric_without_a_best_value_has_no_mark(table):
    del table.details_.better["TSTR"]
    rows = [line for line in table.to_text(200).split("\n") if "TSTR" in line]
    assert len(rows) == 1
    assert "0.900 ± 0.010" in rows[0] and "*" not in rows[0] and "high" not in rows[0]


def test_what_is_not_defined_is_a_dash(table):
    rows = read_text(table.to_text(200))["Cost"]
    assert rows["Seconds to fit"][1] == [
        "-",
        "1.2e-04 ± 1.0e-05",
        "0.500 ± 0.100*",
        "31.4 ± 2.2",
        "2.00 ± 0.25",
    ]
    assert rows["Parameters"][1] == ["-", "0", "-", "123,456", "-"]


def test_the_column_best_says_what_is_good(table):
    best = [best for rows in read_text(table.to_text(200)).values() for best, _ in rows.values()]
    assert best == ["0.5", "low", "low", "1", "low", "high", "high", "low", "low"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_table_that_is_too_wide_comes_in_blocks(table, width):
    text = table.to_text(width)
    # A single column beside its titles may need more than 40.
    assert max(map(len, text.split("\n"))) <= max(width, 54)
    blocks = re.split(r"\n\n(?= )", text.partition("\n\n*")[0])
    assert len(blocks) == {40: 5, 80: 3, 120: 2}[width]
    for block in blocks:
        assert block.count("Against the training series") == 1
        assert block.count("Seconds to fit") == 1
    assert text.count("14.4 ± 1.2") == 1


def test_a_long_name_breaks_into_lines_that_fit(table):
    name = "a generator with quite a long name, and averyveryveryverylongwordinit"
    table.index = [name if row == "ours" else row for row in table.index]
    head = table.to_text(200).partition("---")[0]
    assert max(map(len, table.to_text(120).split("\n"))) <= 120
    assert all(
        word in head for word in ("a generator with", "quite a long name,", "erylongwordinit")
    )


def test_the_width_of_the_terminal_is_the_default(table, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    assert str(table) == repr(table) == table.to_text(70)
    monkeypatch.setenv("COLUMNS", "150")
    assert str(table) == table.to_text(150) != table.to_text(70)


def test_flags_caveats_and_settings_stand_below(table):
    text = table.to_text(100)
    assert (
        f"Flags\n  {REPLAY}: copies training series: authenticity 0.00\n  {ODD}: bad to train on"
        in text
    )
    assert "What this table cannot see\n  TR+S cannot see a broken generator." in text
    assert text.endswith("Settings\n  split: at random\n  seed: 0")


def test_without_flags_and_caveats_nothing_is_said_of_them():
    text = make_table(flags={}, caveats=[], settings={}).to_text(200)
    assert "Flags" not in text and "cannot see" not in text and "Settings" not in text


def test_a_replay_that_is_no_copy_competes_whatever_its_flags_say():
    cells = read_text(make_table(copies=()).to_text(200), roles=("floor", "baseline", "baseline"))[
        "On held-out series"
    ]
    assert [
        cell.endswith("*") for cell in cells["TSTR: trained on synthetic, tested on real"][1]
    ] == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_a_line_break_in_a_name_breaks_no_line(table):
    table.index = ["our\nown" if row == "ours" else row for row in table.index]
    assert "our own" in table.to_text(200)
    assert "our own" in table.to_markdown()


# -------------------------------------------------------------------------------------------
# Markdown
# -------------------------------------------------------------------------------------------


def split_pipes(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_markdown_has_as_many_cells_in_every_line_of_a_table(table):
    lines = [line for line in table.to_markdown().split("\n") if line.startswith("|")]
    assert {len(split_pipes(line)) for line in lines} == {2 + 5}
    assert len(lines) == 4 * 2 + 9


def test_markdown_says_what_the_text_says(table):
    sections, current = {}, None
    for line in table.to_markdown().split("\n"):
        if line.startswith("### "):
            current = sections[line[4:]] = {}
        elif line.startswith("|") and not line.startswith(("| metric", "| ---")):
            title, best, *cells = split_pipes(line)
            current[title] = (best, [re.sub(r"\*\*(.*)\*\* \\\*", r"\1*", cell) for cell in cells])
    for name, rows in read_text(table.to_text(200)).items():
        assert sections[name] == rows
    assert "- **replay**: copies training series: authenticity 0.00" in table.to_markdown()
    assert "- seed: 0" in table.to_markdown()


def test_markdown_guards_what_means_something_in_it(table):
    head = next(line for line in table.to_markdown().split("\n") if line.startswith("| metric"))
    assert split_pipes(head)[-1] == r"\<b\>\|odd\_"
    assert split_pipes(head)[2:5] == [
        f"{FLOOR} (floor)",
        "replay (copies)",
        "block bootstrap (baseline)",
    ]


def test_markdown_goes_into_a_file_or_a_buffer(table, tmp_path):
    path, buffer = tmp_path / "table.md", io.StringIO()
    assert table.to_markdown(path) is None
    assert table.to_markdown(buffer) is None
    assert path.read_text(encoding="utf-8") == buffer.getvalue() == table.to_markdown()


@pytest.mark.parametrize("options", [{"index": False}, {"tablefmt": "grid", "floatfmt": ".2f"}])
def test_markdown_of_pandas_is_refused_with_the_way_to_it(table, options, tmp_path):
    given = ", ".join(f"{name}={value!r}" for name, value in options.items())
    message = (
        f"ComparisonTable.to_markdown takes only buf, as it lays the table out itself; got {given}. For pandas' own table call "
        f"pandas.DataFrame(table).to_markdown({given})."
    )
    with pytest.raises(TypeError, match=re.escape(message)):
        table.to_markdown(tmp_path / "table.md", **options)
    assert not (tmp_path / "table.md").exists()


# -------------------------------------------------------------------------------------------
# CSV
# -------------------------------------------------------------------------------------------


def test_csv_reads_back_as_the_same_numbers(table, tmp_path):
    table.to_csv(tmp_path / "table.csv")
    back = pd.read_csv(tmp_path / "table.csv", header=[0, 1, 2], index_col=0)
    assert_allclose(back.to_numpy(), table.to_numpy(), rtol=1e-15)
    assert list(back.index) == list(table.index)
    assert [(metric, statistic) for metric, _, statistic in back.columns] == [
        (metric, statistic) for metric, _, statistic in table.columns
    ]
    assert back.index.name == "generator"
    assert back.columns.names == ["metric", "reference", "statistic"]


# -------------------------------------------------------------------------------------------
# A DataFrame among others
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate",
    [
        lambda table: pickle.loads(pickle.dumps(table)),
        copy.copy,
        copy.deepcopy,
        ComparisonTable.copy,
        lambda table: table.copy(deep=False),
    ],
    ids=["pickle", "copy.copy", "copy.deepcopy", "copy", "shallow copy"],
)
def test_copies_keep_the_details(table, duplicate):
    other = duplicate(table)
    assert type(other) is ComparisonTable
    pd.testing.assert_frame_equal(other, table)
    assert other.details_.titles == table.details_.titles
    assert repr(other) == repr(table)


def test_a_copy_has_figures_of_its_own(table):
    other = table.copy()
    other.loc["ours", ("TSTR", "held out", "mean")] = 0.0
    assert table.loc["ours", ("TSTR", "held out", "mean")] == 0.9


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table[["context_fid"]],
        lambda table: table.loc[["ours"]],
        lambda table: table.iloc[:2],
        lambda table: table.xs("mean", axis=1, level="statistic"),
        lambda table: table.T,
        lambda table: table * 2,
        lambda table: table.sort_index(),
        lambda table: pd.concat([table, table]),
    ],
)
@pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")
def test_what_pandas_makes_of_it_is_a_plain_frame(table, change):
    changed, plain = change(table), change(pd.DataFrame(table))
    assert type(changed) is pd.DataFrame
    assert repr(changed) == repr(plain)


@pytest.mark.parametrize(
    "table",
    [
        ComparisonTable(),
        ComparisonTable({"a": [1.0, 2.0]}),
        ComparisonTable(pd.DataFrame(make_table())),
        ComparisonTable(pd.DataFrame(make_table()).iloc[:0], details=make_table().details_),
        ComparisonTable({"a": [1.0]}, details=make_table().details_),
    ],
    ids=["empty", "other columns", "no details", "no rows", "other columns with details"],
)
def test_without_words_it_prints_as_any_frame(table):
    plain = repr(pd.DataFrame(table))
    assert (
        table.to_text() == repr(table) == plain.replace("Empty DataFrame", "Empty ComparisonTable")
    )
    assert table._repr_html_() == pd.DataFrame(table)._repr_html_()


def test_without_words_markdown_is_that_of_pandas():
    pytest.importorskip("tabulate")
    plain = pd.DataFrame({"a": [1.0, 2.0]})
    assert ComparisonTable(plain).to_markdown() == plain.to_markdown()
    assert ComparisonTable(plain).to_markdown(index=False) == plain.to_markdown(index=False)


def test_rows_and_columns_may_be_missing(table):
    plain = pd.DataFrame(table).drop(index=[FLOOR, REPLAY])
    table = ComparisonTable(plain, details=table.details_)
    del table["context_fid", "train", "std"]
    del table["TSTR", "held out", "mean"]
    text = table.to_text(200)
    assert FLOOR not in text and REPLAY not in text
    assert "TSTR" not in text
    assert "0.0123*" in text


# -------------------------------------------------------------------------------------------
# HTML
# -------------------------------------------------------------------------------------------


def test_the_notebook_shows_what_the_text_says(table):
    html = table._repr_html_()
    plain = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>(.*?)</tr>', plain)
    cells = [re.findall(r"<td.*?>(.*?)</td>", row) for *_, row in rows]
    text = [
        (title, best, figures)
        for section in read_text(table.to_text(200)).values()
        for title, (best, figures) in section.items()
    ]
    assert [
        (title, best, [re.sub("<.*?>", "", cell).replace(" *", "*") for cell in row])
        for (title, best, _), row in zip(rows, cells, strict=True)
    ] == text
    assert [cell for row in cells for cell in row if cell.endswith("*</strong>")]
    assert "copies training series: authenticity 0.00" in plain
    assert "<li>split: at random</li><li>seed: 0</li>" in plain


def test_html_escapes_what_users_wrote(table):
    html = table._repr_html_()
    assert "&lt;b&gt;|odd_" in html
    assert "<b>" not in html
