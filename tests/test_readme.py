"""What the README shows runs."""

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_example_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # it makes a cache
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    code, adding, balancing, more, judged, table = blocks
    assert len(code.strip().splitlines()) <= 15
    names = {}
    exec(code, names)
    assert names["X_new"].shape == (200, 60)
    tstr, trtr = (float(line.split()[-1]) for line in capsys.readouterr().out.splitlines())
    assert tstr > trtr - 0.15
    assert len(list(tmp_path.rglob("output.pkl"))) == 4  # three folds and the refit
    exec(adding, names)
    assert names["search"].best_params_.keys() == {"n_copies", "augmenter__eta"}
    check_figures(adding, [float(capsys.readouterr().out.split()[-1])])
    assert names["search"].best_params_["n_copies"] == 3
    if find_spec("imblearn"):
        exec(balancing, names)
        counts, *scores = capsys.readouterr().out.splitlines()
        assert f"`{counts}`" in README.read_text()
        check_figures(balancing, list(map(float, scores)))
    exec(more, names)
    assert names["X_more"].shape == (360, 60)
    assert names["y_rare"].tolist() == [2] * 40
    capsys.readouterr()
    exec(judged, names)
    said = capsys.readouterr().out
    assert "real (held out)" in said and "replay: copies training series" in said
    assert (tmp_path / "comparison.html").exists()
    exec(table, names)
    sales, new_sales = names["sales"], names["new_sales"]
    assert new_sales.index.equals(sales.index)
    assert new_sales.dtypes.equals(sales.dtypes)
    assert new_sales.drop(columns="y").equals(sales.drop(columns="y"))
    assert (new_sales["y"] >= 0).all() and not new_sales["y"].equals(sales["y"])
    made = names["made"][..., 0]
    assert (made == np.round(made)).all()
    assert len(names["future_sales"]) == 50 * 24


def check_figures(block, scores):
    """Compare scores with those that the comment of a block tells."""
    told = re.findall(r"#.*", block)[-1]
    np.testing.assert_allclose(scores, list(map(float, re.findall(r"\d\.\d+", told))), atol=0.05)


@pytest.mark.parametrize("target", ["encoders", "decoders", "transforms"])
def test_the_readme_names_every_choice(target):
    from sklaug.networks.decoders import DECODERS
    from sklaug.networks.encoders import ENCODERS
    from sklaug.transforms import TRANSFORMS

    known = {"encoders": ENCODERS, "decoders": DECODERS, "transforms": TRANSFORMS}[target]
    text = README.read_text()
    assert [name for name in known if f'`"{name}"`' not in text] == []


@pytest.mark.parametrize("home", ["metrics", "plotting", "model_selection"])
def test_the_readme_names_what_is_public(home):
    text = README.read_text()
    returned = {"ComparisonTable", "Evaluation"}
    public = set(importlib.import_module(f"sklaug.{home}").__all__) - returned
    assert {name for name in public if not re.search(rf"\b{name}\b", text)} == set()


def test_every_file_that_the_readme_points_to_exists():
    text = README.read_text()
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text) + re.findall(r"`(examples/[\w/.]+)`", text)
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []


def test_examples_of_a_users_own_parts_stay_short():
    lines = (README.parent / "examples" / "own_encoder.py").read_text().splitlines()
    assert len(lines) < 80
