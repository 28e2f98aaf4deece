"""The page of common pitfalls: its code runs, and what it calls leaky scores higher for the wrong reason."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "common_pitfalls.md"
BY_LOT = [
    "Adding rows before the split",
    "Searching inside instead of around",
    "Searching behind an over-sampler",
    "Fitting the generator on test rows",
    "Choosing the strength on test rows",
    "Splitting overlapping windows at random",
]
# A package that a section needs beside sklaug's own.
OTHERS = "imblearn"
EQUAL_TO_REAL = ["Judging a generator by TR+S", "Taking the series themselves for synthetic ones"]


@pytest.fixture(scope="module")
def scores():
    """Run the page from top to bottom; returns what is left of the names of each section."""
    first, *sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names, found = {}, {}
    for section in [first, *sections]:
        title, _, text = section.partition("\n")
        names = {name: value for name, value in names.items() if name not in ("leaky", "correct")}
        if OTHERS in text and find_spec(OTHERS) is None:
            found[title] = None
            continue
        for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
            exec(block, names)
        found[title] = names
    del found["# Common pitfalls"]
    return found


def test_every_section_is_looked_at(scores):
    assert list(scores) == [*BY_LOT, *EQUAL_TO_REAL]


@pytest.mark.parametrize("title", BY_LOT)
def test_where_nothing_can_be_learned_only_the_leaky_score_is_above_chance(scores, title):
    if scores[title] is None:
        pytest.skip(f"needs {OTHERS}")
    leaky, correct = scores[title]["leaky"], scores[title]["correct"]
    # Of a few hundred guesses half are right, give or take a twentieth or two. The best of 40 scores
    # is no further off than luck goes; copies of the test rows give it all away.
    assert leaky > (0.55 if title.startswith("Choosing") else 0.8)
    assert abs(correct - 0.5) < 0.1
    assert leaky > correct + 0.1


@pytest.mark.parametrize("title", EQUAL_TO_REAL)
def test_what_is_as_good_as_real_rows_is_worth_nothing(scores, title):
    real, leaky, correct = (scores[title][name] for name in ("real", "leaky", "correct"))
    assert leaky == real > 0.8
    assert correct < 0.5  # of three classes, with a network that is not trained, or none at all
