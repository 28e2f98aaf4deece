"""RobustnessDisplay: the score of a fitted model against strength or distance."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier

from sklaug import DirectAugmenter
from sklaug.datasets import make_labelled_series
from sklaug.model_selection import robustness_curve
from sklaug.plotting import RobustnessDisplay
from sklaug.plotting._style import styles

matplotlib.use("Agg")

X, y = make_labelled_series(n_samples=80, n_timepoints=20, random_state=0)
X, X_test, y, y_test = X[:40], X[40:], y[:40], y[40:]
MODEL = KNeighborsClassifier().fit(X, y)
AUGMENTERS = {name: DirectAugmenter(name).fit(X) for name in ("jitter", "time_warp")}
ETAS = (0, 0.5, 3)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def curves_of(augmenter=AUGMENTERS, **options):
    return robustness_curve(MODEL, augmenter, X_test, y_test, ETAS, random_state=0, **options)


def display_of(**options):
    return RobustnessDisplay.from_estimator(
        MODEL, AUGMENTERS, X_test, y_test, etas=ETAS, random_state=0, **options
    )


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def test_lines_are_the_mean_scores_by_strength():
    display, curves = display_of(), curves_of()
    assert list(display.lines_) == ["jitter", "time_warp"]
    for name, line in display.lines_.items():
        assert_array_equal(line.get_xdata(), ETAS)
        assert_allclose(line.get_ydata(), curves[name].mean)
        assert_array_equal(display.scores[name], curves[name].scores)
    assert display.ax_.get_xlabel() == "strength eta"
    assert display.ax_.get_ylabel() == "score"
    assert texts(display.legend_) == ["jitter", "time_warp", "unchanged series"]


def test_lines_over_distance_have_the_same_heights():
    curves = curves_of()
    display = RobustnessDisplay.from_curves(curves, x="distance")
    for name, line in display.lines_.items():
        assert_array_equal(line.get_xdata(), curves[name].distance)
        assert_allclose(line.get_ydata(), curves[name].mean)
    assert display.ax_.get_xlabel() == ("distance from the unchanged series (standard deviations)")


def test_the_band_goes_from_the_lowest_to_the_highest_repeat_and_so_never_beyond_what_is_possible():
    scores = np.array([[0.1, 0.3, 0.2], [0.5, 0.5, 0.5], [0.2, 1.0, 1.0]])
    etas = np.array([0, 1, 2.0])
    display = RobustnessDisplay(
        etas={"a": etas}, scores={"a": scores}, distances={"a": scores}, reference=0.6
    ).plot()
    heights = display.bands_["a"].get_paths()[0].vertices
    for place, row in enumerate(scores):
        assert set(heights[heights[:, 0] == place, 1]) == {row.min(), row.max()}


def test_the_reference_is_a_horizontal_line():
    display = display_of()
    assert_array_equal(display.reference_line_.get_ydata(), [MODEL.score(X_test, y_test)] * 2)
    assert display.reference_line_.get_label() == "unchanged series"


def test_lines_differ_by_colour_marker_and_style():
    looks = styles(2)
    for line, look in zip(display_of().lines_.values(), looks, strict=True):
        assert to_hex(line.get_color()) == look["color"].lower()
        assert line.get_marker() == look["marker"]
        assert line.get_linestyle() == look["linestyle"]


def test_one_augmenter_goes_by_its_class():
    display = RobustnessDisplay.from_estimator(
        MODEL, AUGMENTERS["jitter"], X_test, y_test, n_repeats=2, random_state=0
    )
    assert list(display.lines_) == ["DirectAugmenter"]
    assert_array_equal(display.etas["DirectAugmenter"], [0, 0.1, 0.25, 0.5, 1, 2])
    assert display.scores["DirectAugmenter"].shape == (6, 2)


def test_one_curve_needs_no_name():
    curve = curves_of(AUGMENTERS["jitter"])
    display = RobustnessDisplay.from_curves(curve)
    assert texts(display.legend_) == ["changed series", "unchanged series"]
    assert_allclose(display.lines_["changed series"].get_ydata(), curve.mean)


def test_the_axis_of_scores_says_which():
    assert display_of(scoring="neg_log_loss").ax_.get_ylabel() == "neg log loss"
    assert display_of(score_name="hits").ax_.get_ylabel() == "hits"


def test_it_is_drawn_again_into_given_axes():
    display = display_of()
    _, axes = plt.subplots(1, 2)
    assert display.plot(axes[0]) is display
    assert display.ax_ is axes[0]
    assert display.plot(axes[1], x="distance").ax_ is axes[1]
    assert len(axes[0].get_lines()) == len(axes[1].get_lines()) == 3
    assert RobustnessDisplay.from_curves(curves_of(), ax=axes[1]).ax_ is axes[1]


def test_a_single_strength_is_a_point():
    display = RobustnessDisplay.from_estimator(
        MODEL, AUGMENTERS, X_test, y_test, etas=[1], random_state=0
    )
    assert display.lines_["jitter"].get_xdata().tolist() == [1]


def test_curves_of_different_models_do_not_share_axes():
    one, other = curves_of(AUGMENTERS["jitter"]), curves_of(AUGMENTERS["jitter"])
    other["reference"] = 0.125
    with pytest.raises(ValueError, match=r"different references .*'b': 0.125.*own, by ax"):
        RobustnessDisplay.from_curves({"a": one, "b": other})


@pytest.mark.parametrize(
    "curves, message",
    [
        ({}, "curves must be what robustness_curve returns, or a dict of such by name, got {}"),
        (3, "curves must be what robustness_curve returns, or a dict of such by name, got 3"),
        ({"a": 3}, "The curve of 'a' lacks etas, scores, distances, reference, score_name"),
        ({"a": {"scores": 1, "etas": 2}}, "The curve of 'a' lacks distances, reference, score_n"),
    ],
)
def test_what_is_no_curve_is_refused(curves, message):
    with pytest.raises(TypeError, match=message):
        RobustnessDisplay.from_curves(curves)


def test_an_axis_that_does_not_exist_is_refused_before_anything_is_scored():
    with pytest.raises(ValueError, match=r"Unknown x 'time'\. Known: eta, distance"):
        RobustnessDisplay.from_estimator(MODEL, DirectAugmenter(), X_test, y_test, x="time")
    with pytest.raises(ValueError, match=r"Unknown x 'time'\. Known: eta, distance"):
        display_of().plot(x="time")


def test_what_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError, match="This DirectAugmenter is not fitted"):
        RobustnessDisplay.from_estimator(MODEL, DirectAugmenter(), X_test, y_test)
