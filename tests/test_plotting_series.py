"""Displays of series: what is stored is what was computed, and what is drawn is what is stored."""

import functools
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.exceptions import NotFittedError
from sklearn.manifold import TSNE

import sklaug.plotting
from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series, make_target_series
from sklaug.generators._replay import ReplayGenerator
from sklaug.plotting import AugmentationDisplay, DistributionDisplay, EmbeddingDisplay

matplotlib.use("Agg")

X, y = make_labelled_series(n_samples=24, n_timepoints=20, random_state=0)
X2, y2 = make_labelled_series(n_samples=30, n_timepoints=20, random_state=1)
X_real_target, real_target = make_target_series(n_samples=20, n_timepoints=20, random_state=0)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@functools.cache
def fitted(target="class"):
    if target == "real":
        X_fit, y_fit = X_real_target, real_target
    else:
        X_fit, y_fit = X, {"class": y, None: None}[target]
    return LatentAugmenter(hidden_dim=4, max_epochs=2, random_state=0).fit(X_fit, y_fit)


def equal(one, other):
    return np.array_equal(one, other, equal_nan=True)


def rows_of(drawn, X):
    """Return where each drawn series stands in a set."""
    places = [[i for i, row in enumerate(X) if equal(row, series)] for series in drawn]
    assert all(len(found) == 1 for found in places)
    return np.array([found[0] for found in places])


# -------------------------------------------------------------------------------------------
# All displays
# -------------------------------------------------------------------------------------------


def test_public_displays_are_listed_and_there():
    assert sorted(dir(sklaug.plotting)) == sklaug.plotting.__all__
    for name in sklaug.plotting.__all__:
        assert getattr(sklaug.plotting, name).__name__ == name
    with pytest.raises(
        AttributeError, match=r"module 'sklaug.plotting' has no attribute 'Nonsense'"
    ):
        _ = sklaug.plotting.Nonsense


def test_importing_displays_loads_no_matplotlib():
    code = (
        "import sys, sklaug.plotting as p; [getattr(p, name) for name in p.__all__];"
        "print([name for name in ('matplotlib', 'torch', 'tslearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


DRAW = {
    "AugmentationDisplay": lambda d, ax: d.from_series(X, X2, ax=ax),
    "EmbeddingDisplay": lambda d, ax: d.from_series(X, X2, ax=ax),
    "DistributionDisplay": lambda d, ax: d.from_series(X, X2, ax=ax),
    "LossCurveDisplay": lambda d, ax: d.from_estimator(fitted(), parts="loss", ax=ax),
    "StrengthDisplay": lambda d, ax: d(
        etas={"a": np.array([0.1, 1])}, scores={"a": np.ones((2, 2))}
    ).plot(ax),
    "RobustnessDisplay": lambda d, ax: d(
        etas={"a": np.array([0.1, 1])},
        scores={"a": np.ones((2, 2))},
        distances={"a": np.array([[0.1, 0.1], [1, 1]])},
        reference=1.0,
    ).plot(ax),
    "LatentSpaceDisplay": lambda d, ax: d.from_estimator(fitted(), X, y, ax=ax),
    "TSTRDisplay": lambda d, ax: d.from_scores({"TRTR": [0.9], "TSTR": [0.8]}, ax=ax),
}
N_PANELS = {"AugmentationDisplay": 2, "DistributionDisplay": 3}


@pytest.fixture(params=sklaug.plotting.__all__)
def name(request):
    return request.param


def test_without_matplotlib_the_message_names_the_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=rf'{name}\.\w+ needs .* `pip install "sklaug\[plot\]"`'):
        DRAW[name](getattr(sklaug.plotting, name), None)


def test_given_axes_are_drawn_into_and_no_figure_is_made(name):
    n_panels = N_PANELS.get(name, 1)
    figure = matplotlib.figure.Figure()
    given = figure.subplots(1, n_panels)
    display = DRAW[name](getattr(sklaug.plotting, name), given)
    used = getattr(display, "axes_", np.array(getattr(display, "ax_", None), dtype=object))
    assert used.ravel().tolist() == np.ravel(given).tolist()
    assert display.figure_ is figure
    assert plt.get_fignums() == []


def test_plot_draws_again_into_a_new_figure_and_returns_the_display(name):
    display = DRAW[name](getattr(sklaug.plotting, name), None)
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first


def test_a_wrong_number_of_axes_is_refused(name):
    n_panels = N_PANELS.get(name, 1)
    with pytest.raises(
        ValueError,
        match=rf"{name} draws {n_panels} panel\(s\) in 1 row\(s\) and {n_panels} column\(s\), but ax holds 4 axes",
    ):
        DRAW[name](getattr(sklaug.plotting, name), plt.subplots(2, 2)[1])


def test_what_are_no_axes_is_refused(name):
    with pytest.raises(TypeError, match="ax must be matplotlib Axes, or an array of them, got str"):
        DRAW[name](getattr(sklaug.plotting, name), "here")


def test_settings_of_matplotlib_and_numpys_generator_stay(name):
    before, state = matplotlib.rcParams.copy(), np.random.get_state()[1].copy()
    DRAW[name](getattr(sklaug.plotting, name), None)
    assert matplotlib.rcParams == before
    assert_array_equal(np.random.get_state()[1], state)


def test_no_text_is_cut_off_or_smaller_than_8_points(name):
    display = DRAW[name](getattr(sklaug.plotting, name), None)
    display.figure_.canvas.draw()
    page = display.figure_.bbox.padded(1)
    for text in display.figure_.findobj(matplotlib.text.Text):
        if text.get_text() and text.get_visible() and text.axes is not None:
            assert text.get_fontsize() >= 8
    for axes in display.figure_.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= page.x0 and box.y0 >= page.y0 and box.x1 <= page.x1 and box.y1 <= page.y1


@pytest.mark.parametrize("legend_of", ["EmbeddingDisplay", "DistributionDisplay", "TSTRDisplay"])
def test_legends_stand_outside_the_data(legend_of):
    display = DRAW[legend_of](getattr(sklaug.plotting, legend_of), None)
    display.figure_.canvas.draw()
    legend = display.legend_.get_window_extent()
    for axes in display.figure_.axes:
        assert not legend.overlaps(axes.get_window_extent())


# -------------------------------------------------------------------------------------------
# AugmentationDisplay
# -------------------------------------------------------------------------------------------


def test_columns_hold_what_the_estimator_returns_for_the_real_series_beside():
    model = fitted()
    display = AugmentationDisplay.from_estimator(model, X, y, n_series=3, eta=0.7, random_state=5)
    assert list(display.series) == ["real", "reconstructed", "augmented (eta = 0.7)"]
    rows = rows_of(display.series["real"], X)
    assert_array_equal(display.series["reconstructed"], model.reconstruct(X, y)[rows])
    augmented = model.augment(X, y, eta=0.7, random_state=5)
    assert_array_equal(display.series["augmented (eta = 0.7)"], augmented[rows])
    for targets in display.targets.values():
        assert_array_equal(targets, y[rows])


def test_each_class_has_a_row_of_so_many_series():
    display = AugmentationDisplay.from_estimator(fitted(), X, y, n_series=3, random_state=0)
    assert_array_equal(display.classes, [0, 1, 2])
    assert display.axes_.shape == (3, 3)
    for label in (0, 1, 2):
        assert (display.targets["real"] == label).sum() == 3
    few = AugmentationDisplay.from_estimator(fitted(), X, y, n_series=100)
    assert len(few.series["real"]) == len(X)


def test_lines_show_the_stored_series_of_their_class():
    display = AugmentationDisplay.from_estimator(fitted(), X, y, n_series=2, random_state=0)
    for column, (title, series) in enumerate(display.series.items()):
        assert display.axes_[0, column].get_title() == title
        for row, label in enumerate(display.classes):
            lines = display.lines_[title][row]
            assert all(line.axes is display.axes_[row, column] for line in lines)
            assert_array_equal(
                [line.get_ydata() for line in lines], series[display.targets[title] == label]
            )
    for row, label in enumerate(display.classes):
        assert display.axes_[row, 0].get_ylabel() == f"class {label}\nvalue"


def test_versions_of_one_series_look_alike_and_others_do_not():
    display = AugmentationDisplay.from_estimator(fitted(), X, y, n_series=5, random_state=0)
    looks = [
        [(line.get_color(), line.get_linestyle()) for line in lines[0]]
        for lines in display.lines_.values()
    ]
    assert looks[0] == looks[1] == looks[2]
    assert len(set(looks[0])) == len(looks[0])


def test_panels_share_their_axes():
    display = AugmentationDisplay.from_series(X, 3 * X2)
    limits = {(panel.get_xlim(), panel.get_ylim()) for panel in display.axes_.flat}
    assert len(limits) == 1


def test_an_int_seed_chooses_the_same_series_and_another_others():
    first, again, other = (
        AugmentationDisplay.from_series(X, X2, random_state=seed).series["real"]
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_generator_that_cannot_augment_is_sampled_for_the_same_classes():
    replay = ReplayGenerator().fit(X, y)
    display = AugmentationDisplay.from_estimator(replay, X, y, n_series=2, random_state=0)
    assert list(display.series) == ["real", "sampled"]
    assert_array_equal(display.targets["sampled"], display.targets["real"])
    assert_array_equal(y[rows_of(display.series["sampled"], X)], display.targets["sampled"])
    made, _ = replay.sample(y=display.targets["real"], random_state=0)
    assert_array_equal(display.series["sampled"], made)
    assert not display.paired


def test_samples_without_targets_cannot_be_drawn_by_class():
    replay = ReplayGenerator().fit(X)
    assert AugmentationDisplay.from_estimator(replay, X).axes_.shape == (1, 2)
    with pytest.raises(ValueError, match="ReplayGenerator was fitted without y, so its samples ha"):
        AugmentationDisplay.from_estimator(replay, X, y)


def test_classes_of_an_augmenter_fitted_without_them_may_be_drawn():
    display = AugmentationDisplay.from_estimator(fitted(None), X, y, random_state=0)
    assert display.axes_.shape == (3, 3)


def test_real_targets_color_the_lines_and_series_are_spread_over_them():
    display = AugmentationDisplay.from_estimator(
        fitted("real"), X_real_target, real_target, n_series=4, random_state=0
    )
    assert display.classes is None and display.axes_.shape == (1, 3)
    ranks = np.searchsorted(np.sort(real_target), display.targets["real"])
    assert_array_equal(ranks // 5, [0, 1, 2, 3])
    colors = [line.get_color() for line in display.lines_["real"][0]]
    assert_allclose(colors, display.colorbar_.mappable.to_rgba(display.targets["real"]))
    assert display.colorbar_.ax.get_ylabel() == "target y"


def test_some_classes_may_be_named_in_an_order():
    display = AugmentationDisplay.from_series(X, X2, y_real=y, y_synthetic=y2, classes=[2, 0])
    assert_array_equal(display.classes, [2, 0])
    assert set(display.targets["real"]) == {0, 2}
    with pytest.raises(ValueError, match=r"classes=\[7\], but those there are \[0, 1, 2\]"):
        AugmentationDisplay.from_series(X, X2, y_real=y, y_synthetic=y2, classes=7)
    with pytest.raises(ValueError, match="classes is given, but there are no class labels"):
        AugmentationDisplay.from_series(X, X2, classes=[0])


def test_a_class_without_synthetic_series_says_none():
    display = AugmentationDisplay.from_series(
        X, X2[y2 == 0], y_real=y, y_synthetic=y2[y2 == 0], random_state=0
    )
    assert [t.get_text() for t in display.axes_[1, 1].texts] == ["none"]
    assert [len(lines) for lines in display.lines_["synthetic"]] == [5, 0, 0]


def test_unequal_lengths_gaps_and_lone_values_are_drawn_as_they_are():
    gaps = np.array([0.0, np.nan, 2, np.nan, np.nan, 5, 6])
    display = AugmentationDisplay.from_series([gaps, gaps[:3] + 1], pd.DataFrame(np.zeros((2, 4))))
    for line in display.lines_["real"][0]:
        values = line.get_ydata()
        assert len(values) == 7
        if values[0] == 0:
            assert equal(values, gaps)
            assert line.get_markevery() == [0, 2] and line.get_marker() == "."


def test_the_channel_that_is_drawn_is_named():
    X3 = np.stack([X, -X], axis=2)
    display = AugmentationDisplay.from_series(X3, X3, channel=1, random_state=0)
    assert display.axes_[0, 0].get_ylabel() == "value of channel 1"
    rows_of(display.series["real"], -X)
    with pytest.raises(ValueError, match=r"channel=2, but the series have 2 channel\(s\)"):
        AugmentationDisplay.from_series(X3, X3, channel=2)


@pytest.mark.parametrize("n_series", [0, 1.5, "all"])
def test_a_wrong_number_of_series_is_refused(n_series):
    with pytest.raises((TypeError, ValueError), match="n_series must be"):
        AugmentationDisplay.from_series(X, X2, n_series=n_series)


@pytest.mark.parametrize("display", [AugmentationDisplay, EmbeddingDisplay, DistributionDisplay])
def test_an_estimator_that_is_not_fitted_is_refused(display):
    with pytest.raises(NotFittedError):
        display.from_estimator(LatentAugmenter(), X, y)


@pytest.mark.parametrize("display", [AugmentationDisplay, EmbeddingDisplay])
def test_targets_of_one_set_alone_are_refused(display):
    with pytest.raises(ValueError, match=r"y_real is given, but y_synthetic is not. Pass both"):
        display.from_series(X, X2, y_real=y)
    with pytest.raises(ValueError, match=r"y_synthetic is given, but y_real is not. Pass both"):
        display.from_series(X, X2, y_synthetic=y2)
    with pytest.raises(ValueError, match="y_synthetic has 24 entries, but there are 30 series"):
        display.from_series(X, X2, y_real=y, y_synthetic=y)


@pytest.mark.parametrize("display", [AugmentationDisplay, EmbeddingDisplay])
def test_targets_are_called_what_the_caller_calls_them(display):
    with pytest.raises(ValueError, match="y_real has 30 entries, but there are 24 series"):
        display.from_series(X, X2, y_real=y2, y_synthetic=y2)
    with pytest.raises(
        ValueError, match=r"y_synthetic is missing \(NaN or None\) in 30 of 30 rows"
    ):
        display.from_series(X, X2, y_real=y, y_synthetic=np.full(30, np.nan))
    with pytest.raises(
        TypeError, match="y_real holds numbers and y_synthetic holds text, so no cl"
    ):
        display.from_series(X, X2, y_real=y, y_synthetic=y2.astype(str))


@pytest.mark.parametrize("display", [AugmentationDisplay, EmbeddingDisplay, DistributionDisplay])
def test_arguments_in_a_wrong_order_are_told_the_right_one(display):
    text = r"Got an object of type ndarray where an estimator belongs. The order is from_estimator\(estim"
    with pytest.raises(TypeError, match=text):
        display.from_estimator(X, fitted(), y)
    with pytest.raises(ValueError, match=r"X_synthetic has shape \(24,\), but .* belong in y\."):
        display.from_series(X, y)
    with pytest.raises(ValueError, match=r"X has shape \(24,\), but .* belong in y\."):
        display.from_estimator(fitted(), y)
    with pytest.raises(TypeError, match=r"X_synthetic is a tuple of two; sample returns \(X, y\)"):
        display.from_series(X, fitted().sample(5, random_state=0))


@pytest.mark.parametrize("display", [AugmentationDisplay, EmbeddingDisplay, DistributionDisplay])
def test_series_without_any_value_are_refused(display):
    empty = np.where(np.arange(24)[:, None] == 3, np.nan, X)
    with pytest.raises(
        ValueError, match=r"X_real holds no value at all in 1 of 24 series \(row 3\)"
    ):
        display.from_series(empty, X2)


def test_given_panels_of_a_class_get_the_same_limits():
    _, axes = plt.subplots(3, 2)
    display = AugmentationDisplay.from_series(
        X, 3 * X2[:, :10], y_real=y, y_synthetic=y2, random_state=0, ax=axes
    )
    for row in display.axes_:
        (x_limits,), (y_limits,) = ({limits(panel) for panel in row} for limits in (
            lambda panel: panel.get_xlim(), lambda panel: panel.get_ylim()))  # fmt: skip
        drawn = [line.get_ydata() for panel in row for line in panel.lines]
        assert x_limits[0] < 0 and x_limits[1] > 19
        assert y_limits[0] < min(map(np.min, drawn)) and y_limits[1] > max(map(np.max, drawn))


def test_known_channels_are_passed_to_the_sampler():
    X3 = np.stack([X, np.broadcast_to(np.arange(20.0), X.shape)], axis=2)
    model = LatentAugmenter(hidden_dim=4, max_epochs=1, condition_channels=1, random_state=0)
    display = EmbeddingDisplay.from_estimator(model.fit(X3, y), X3, y, random_state=0)
    assert display.points["synthetic"].shape == (24, 2)


# -------------------------------------------------------------------------------------------
# EmbeddingDisplay
# -------------------------------------------------------------------------------------------


def scaled(values):
    return (values - X.min()) / (X.max() - X.min())


def test_points_are_the_projection_on_the_real_sets_plane():
    display = EmbeddingDisplay.from_series(X, X2, X_held_out=X2[:7], random_state=0)
    pca = PCA(2).fit(scaled(X))
    assert_allclose(display.points["real"], pca.transform(scaled(X)), atol=1e-10)
    assert_allclose(display.points["synthetic"], pca.transform(scaled(X2)), atol=1e-10)
    assert_allclose(display.points["held out"], pca.transform(scaled(X2[:7])), atol=1e-10)
    assert_allclose(display.explained_variance_ratio, pca.explained_variance_ratio_)
    share = pca.explained_variance_ratio_[0]
    assert display.axes_[0].get_xlabel() == f"PC 1 ({share:.0%} of variance)"


def test_offsets_and_legend_show_what_is_stored():
    display = EmbeddingDisplay.from_series(X, X2, X_held_out=X2[:7], random_state=0)
    for name, points in display.points.items():
        (collection,) = display.scatters_[name]
        assert_array_equal(collection.get_offsets(), points)
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts == ["real", "synthetic", "held out"]


def test_each_class_has_a_panel_with_its_points():
    display = EmbeddingDisplay.from_series(X, X2, y_real=y, y_synthetic=y2, random_state=0)
    assert [panel.get_title() for panel in display.axes_] == ["class 0", "class 1", "class 2"]
    for name, targets in (("real", y), ("synthetic", y2)):
        for label, collection in enumerate(display.scatters_[name]):
            assert_array_equal(collection.get_offsets(), display.points[name][targets == label])


def test_classes_may_be_told_by_markers_in_one_panel():
    display = EmbeddingDisplay.from_series(
        X, X2, y_real=y, y_synthetic=y2, X_held_out=X, by="marker", random_state=0
    )
    assert len(display.axes_) == 1
    texts = [text.get_text() for text in display.legend_.get_texts()]
    expected = [f"class {label}, {name}" for label in range(3) for name in ("real", "synthetic")]
    assert texts == ["held out", *expected]
    for label, collection in enumerate(display.scatters_["synthetic"]):
        assert_array_equal(collection.get_offsets(), display.points["synthetic"][y2 == label])
    with pytest.raises(ValueError, match=r"Unknown by 'color'. Known: panel, marker"):
        display.plot(by="color")


@pytest.mark.parametrize("n_classes, shape", [(2, (1, 2)), (5, (2, 3)), (9, (3, 3))])
def test_many_classes_take_several_rows_of_panels(n_classes, shape):
    X_many, y_many = make_labelled_series(30, 20, n_classes=n_classes, random_state=0)
    display = EmbeddingDisplay.from_series(X_many, X_many, y_real=y_many, y_synthetic=y_many)
    assert len(display.axes_) == n_classes == len(display.figure_.axes)
    grid = display.axes_[0].get_subplotspec().get_gridspec()
    assert (grid.nrows, grid.ncols) == shape
    below = [panel for panel in display.axes_ if panel.get_xlabel()]
    assert below == list(display.axes_[-shape[1] :])


def test_real_targets_color_the_points_of_two_panels():
    made, target = fitted("real").sample(y=real_target)
    display = EmbeddingDisplay.from_series(
        X_real_target, made, y_real=real_target, y_synthetic=target, X_held_out=X_real_target
    )
    assert [panel.get_title() for panel in display.axes_] == ["real", "synthetic"]
    for name in ("real", "synthetic"):
        assert_array_equal(display.scatters_[name][0].get_array(), real_target)
    assert display.colorbar_.ax.get_ylabel() == "target y"
    assert display.classes is None


def test_whole_numbers_beside_fractions_are_real_targets():
    display = EmbeddingDisplay.from_series(X, X2, y_real=y, y_synthetic=y2 + 0.5)
    assert display.classes is None and len(display.axes_) == 2


def test_no_more_series_are_drawn_than_asked_for():
    display = EmbeddingDisplay.from_series(
        X, X2, y_real=y, y_synthetic=y2, max_series=10, random_state=0
    )
    assert {len(points) for points in display.points.values()} == {10}
    assert {len(targets) for targets in display.targets.values()} == {10}


def test_tsne_places_all_sets_together():
    display = EmbeddingDisplay.from_series(X, X2, method="tsne", random_state=0)
    assert display.points["real"].shape == (24, 2) and display.points["synthetic"].shape == (30, 2)
    assert display.axes_[0].get_ylabel() == "t-SNE 2"
    assert display.explained_variance_ratio is None
    again = EmbeddingDisplay.from_series(X, X2, method="tsne", random_state=0)
    assert_array_equal(display.points["real"], again.points["real"])


def test_a_transformer_is_fitted_to_the_real_set_and_itself_left_alone():
    svd = TruncatedSVD(3, algorithm="arpack", random_state=0)
    display = EmbeddingDisplay.from_series(X, X2, method=svd, scale=None)
    expected = TruncatedSVD(3, algorithm="arpack", random_state=0).fit(X).transform(X2)[:, :2]
    assert_allclose(display.points["synthetic"], expected)
    assert not hasattr(svd, "components_")
    assert display.axes_[0].get_xlabel() == "TruncatedSVD 1"


def test_a_method_that_cannot_transform_sees_all_together():
    tsne = TSNE(perplexity=5, random_state=0)
    display = EmbeddingDisplay.from_series(X, X2, method=tsne, scale=None)
    expected = TSNE(perplexity=5, random_state=0).fit_transform(np.concatenate([X, X2]))
    assert_array_equal(np.concatenate(list(display.points.values())), expected)


@pytest.mark.parametrize("method", ["umap", None, 3])
def test_an_unknown_method_is_refused(method):
    with pytest.raises(ValueError, match=r"Unknown method .* Known: pca, tsne"):
        EmbeddingDisplay.from_series(X, X2, method=method)


def test_a_method_of_one_column_is_refused():
    with pytest.raises(ValueError, match=r"method returned an array of shape \(54, 1\), but two"):
        EmbeddingDisplay.from_series(X, X2, method=PCA(1))


def test_gaps_are_interpolated_and_shorter_series_keep_their_last_value():
    rng = np.random.default_rng(0)
    whole = rng.normal(size=(6, 9))
    gappy = whole.copy()
    gappy[0, 3:5] = np.nan
    filled = whole.copy()
    filled[0, 2:6] = np.interp(range(2, 6), [2, 5], whole[0, [2, 5]])
    short = [row[:4] for row in whole]
    held = np.concatenate([whole[:, :4], np.repeat(whole[:, 3:4], 5, axis=1)], axis=1)
    display = EmbeddingDisplay.from_series(gappy, short, scale=None)
    pca = PCA(2).fit(filled)
    assert_allclose(display.points["real"], pca.transform(filled), atol=1e-10)
    assert_allclose(display.points["synthetic"], pca.transform(held), atol=1e-10)


def test_a_channel_that_a_series_lacks_stands_at_its_mean():
    values = np.random.default_rng(0).normal(size=(6, 5, 2)) + 3
    lacking = values.copy()
    lacking[2, :, 1] = np.nan
    filled = values.copy()
    filled[2, :, 1] = np.nanmean(lacking[..., 1])
    display = EmbeddingDisplay.from_series(lacking, values, scale=None)
    pca = PCA(2).fit(filled.reshape(6, -1))
    assert_allclose(display.points["real"], pca.transform(filled.reshape(6, -1)), atol=1e-10)


def test_what_spans_no_plane_is_refused():
    with pytest.raises(ValueError, match="The real series that are drawn are all the same"):
        EmbeddingDisplay.from_series(np.ones((5, 4)), X[:, :4])
    with pytest.raises(ValueError, match="The series have one value each, which makes no plane"):
        EmbeddingDisplay.from_series(X[:, :1], X2[:, :1])
    with pytest.raises(
        ValueError, match="X_real has 1 series, but EmbeddingDisplay needs at least 2"
    ):
        EmbeddingDisplay.from_series(X[:1], X2)


def test_an_estimator_samples_as_many_series_of_the_same_targets():
    model = fitted()
    display = EmbeddingDisplay.from_estimator(model, X, y, random_state=3)
    made, labels = model.sample(y=y, random_state=3)
    direct = EmbeddingDisplay.from_series(X, made, y_real=y, y_synthetic=labels, random_state=3)
    assert_array_equal(display.points["synthetic"], direct.points["synthetic"])
    assert_array_equal(display.targets["synthetic"], y)
    plain = EmbeddingDisplay.from_estimator(fitted(None), X, random_state=3)
    assert plain.targets is None and plain.points["synthetic"].shape == (24, 2)


# -------------------------------------------------------------------------------------------
# DistributionDisplay
# -------------------------------------------------------------------------------------------


def test_densities_integrate_to_one_and_equal_numpys():
    display = DistributionDisplay.from_series(X, X2, n_bins=12)
    low = max(min(X.min(), X2.min()), X.min() - 0.25 * np.ptp(X))
    high = min(max(X.max(), X2.max()), X.max() + 0.25 * np.ptp(X))
    assert_allclose(display.edges, np.linspace(low, high, 13))
    for name, values in (("real", X), ("synthetic", X2)):
        expected, _ = np.histogram(values, display.edges, density=True)
        assert_allclose(display.densities[name], expected)
        assert display.outside[name] == pytest.approx(0, abs=1e-12)


def test_wild_values_are_counted_and_do_not_squeeze_the_others():
    wild = X2.copy()
    wild[0, 0] = 1e6
    display = DistributionDisplay.from_series(X, wild)
    assert display.edges[-1] == pytest.approx(X.max() + 0.25 * np.ptp(X))
    assert display.outside["synthetic"] == pytest.approx(1 / X2.size)
    assert display.axes_[0].get_title() == "0.2% of synthetic values lie outside"
    inside = (display.densities["synthetic"] * np.diff(display.edges)).sum()
    assert inside == pytest.approx(1 - 1 / X2.size)


def test_autocorrelation_equals_that_computed_by_hand():
    display = DistributionDisplay.from_series(X, X2, X_held_out=X2[:9], n_lags=4)
    for name, values in (("real", X), ("synthetic", X2), ("held out", X2[:9])):
        z = (values - values.mean()) / values.std()
        expected = [np.mean(z[:, : 20 - lag] * z[:, lag:]) for lag in range(5)]
        assert_allclose(display.autocorrelations[name], expected)


def test_the_spectrum_peaks_at_the_frequency_of_a_sine():
    t = np.arange(40)
    waves = np.sin(2 * np.pi * 0.2 * t + np.linspace(0, 6, 10)[:, None])
    slow = np.sin(2 * np.pi * 0.05 * t + np.linspace(0, 6, 10)[:, None])
    display = DistributionDisplay.from_series(waves, slow)
    assert display.frequencies[np.argmax(display.spectra["real"])] == pytest.approx(0.2)
    assert display.frequencies[np.argmax(display.spectra["synthetic"])] == pytest.approx(0.05)


def test_lines_of_distributions_show_what_is_stored():
    display = DistributionDisplay.from_series(X, X2, X_held_out=X2[:9])
    for name in ("real", "synthetic", "held out"):
        stairs, correlation, spectrum = display.lines_[name]
        assert_array_equal(stairs.get_data().values, display.densities[name])
        assert_array_equal(stairs.get_data().edges, display.edges)
        assert_array_equal(correlation.get_ydata(), display.autocorrelations[name])
        assert_array_equal(correlation.get_xdata(), np.arange(11))
        assert_array_equal(spectrum.get_xdata(), display.frequencies)
        assert_array_equal(spectrum.get_ydata(), display.spectra[name])
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts == ["real", "synthetic", "held out"]


def test_one_channel_is_measured_and_named():
    X3, other = np.stack([X, 5 * X], axis=2), np.stack([X2, 5 * X2], axis=2)
    display = DistributionDisplay.from_series(X3, other, channel=1)
    alone = DistributionDisplay.from_series(5 * X, 5 * X2)
    assert_array_equal(display.densities["real"], alone.densities["real"])
    assert display.axes_[0].get_xlabel() == "value of channel 1"
    with pytest.raises(ValueError, match=r"channel=2, but the series have 2 channel\(s\)"):
        DistributionDisplay.from_series(X3, other, channel=2)


def test_missing_values_are_left_out_of_densities():
    gappy = X.copy()
    gappy[::2, 5:8] = np.nan
    display = DistributionDisplay.from_series(gappy, [row[:15] for row in X2])
    expected, _ = np.histogram(gappy[~np.isnan(gappy)], display.edges, density=True)
    assert_allclose(display.densities["real"], expected)
    assert np.isfinite(display.autocorrelations["real"]).all()


def test_constant_series_have_a_picture():
    display = DistributionDisplay.from_series(np.full((4, 6), 2.0), np.full((3, 6), 2.0))
    assert display.densities["real"].sum() > 0
    assert_array_equal(display.autocorrelations["real"], [1, 0, 0, 0])


@pytest.mark.parametrize("n_lags", [0, 20])
def test_lags_that_are_not_there_are_refused(n_lags):
    with pytest.raises(ValueError, match=f"n_lags must be at least 1 and at most 19, got {n_lags}"):
        DistributionDisplay.from_series(X, X2, n_lags=n_lags)


def test_series_of_one_step_have_no_distribution_over_time():
    with pytest.raises(ValueError, match="The series have one step each"):
        DistributionDisplay.from_series(X[:, :1], X2[:, :1])


def test_distributions_of_a_generator_are_those_of_its_samples():
    display = DistributionDisplay.from_estimator(fitted(), X, y, random_state=2)
    made, _ = fitted().sample(y=y, random_state=2)
    direct = DistributionDisplay.from_series(X, made)
    assert_array_equal(display.densities["synthetic"], direct.densities["synthetic"])


def test_targets_of_held_out_series_are_checked():
    sets = {"y_real": y, "y_synthetic": y2, "X_held_out": X2}
    with pytest.raises(ValueError, match="y_held_out has 24 entries, but there are 30 series"):
        EmbeddingDisplay.from_series(X, X2, **sets, y_held_out=y)
    with pytest.raises(TypeError, match="y_real holds numbers and y_held_out holds text"):
        EmbeddingDisplay.from_series(X, X2, **sets, y_held_out=y2.astype(str))
    with pytest.raises(ValueError, match=r"y_held_out goes with X_held_out, which is None\."):
        EmbeddingDisplay.from_series(X, X2, y_real=y, y_synthetic=y2, y_held_out=y2)
    with pytest.raises(ValueError, match=r"y_held_out goes with y_real, which is None\."):
        EmbeddingDisplay.from_series(X, X2, X_held_out=X2, y_held_out=y2)


def test_held_out_series_stand_in_the_panel_of_their_class_or_in_all_and_say_so():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 8)), np.arange(12) % 3
    sets = {"y_real": y, "y_synthetic": y, "X_held_out": X + 1}
    display = EmbeddingDisplay.from_series(X, X[::-1], **sets, y_held_out=y)
    assert [len(points.get_offsets()) for points in display.scatters_["held out"]] == [4] * 3
    display = EmbeddingDisplay.from_series(X, X[::-1], **sets)
    assert [len(points.get_offsets()) for points in display.scatters_["held out"]] == [12] * 3
    assert "held out (all classes)" in [text.get_text() for text in display.legend_.get_texts()]
