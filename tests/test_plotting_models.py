"""Displays of models and scores: losses, strengths, codes and TSTR."""

import functools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

import sklaug.metrics
from sklaug import LatentAugmenter
from sklaug._random import derive_seed
from sklaug.datasets import make_labelled_series, make_target_series
from sklaug.model_selection import tstr_score
from sklaug.plotting import LatentSpaceDisplay, LossCurveDisplay, StrengthDisplay, TSTRDisplay

matplotlib.use("Agg")

X, y = make_labelled_series(n_samples=24, n_timepoints=20, random_state=0)
X_target, target = make_target_series(n_samples=20, n_timepoints=20, random_state=0)
SMALL = LatentAugmenter(hidden_dim=4, max_epochs=3, random_state=0)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@functools.cache
def fitted(kind="class", early_stopping=False):
    model = clone(SMALL).set_params(early_stopping=early_stopping)
    if kind == "real":
        return model.fit(X_target, target)
    return model.fit(X, y if kind == "class" else None)


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


# -------------------------------------------------------------------------------------------
# LossCurveDisplay
# -------------------------------------------------------------------------------------------


def test_curves_are_the_history_and_are_drawn_from_epoch_1():
    model = fitted()
    display = LossCurveDisplay.from_estimator(model)
    assert list(display.curves["LatentAugmenter"]) == list(model.history_)
    for part, values in model.history_.items():
        line = display.lines_["LatentAugmenter", part]
        assert_array_equal(line.get_ydata(), values)
        assert_array_equal(line.get_xdata(), [1, 2, 3])
    assert [panel.get_title() for panel in display.axes_] == list(model.history_)
    assert {panel.get_xlabel() for panel in display.axes_} == {"epoch"}


def test_held_out_losses_share_the_panel_of_their_part_and_carry_the_mark():
    model = fitted(early_stopping=True)
    display = LossCurveDisplay.from_estimator(model, parts="loss")
    held_out = display.lines_["LatentAugmenter", "validation_loss"]
    assert held_out.axes is display.lines_["LatentAugmenter", "loss"].axes
    assert_array_equal(held_out.get_ydata(), model.validation_loss_curve_)
    mark = display.best_["LatentAugmenter", "loss"]
    best = model.best_epoch_
    assert mark.get_xdata() == [best]
    assert mark.get_ydata() == [model.validation_loss_curve_[best - 1]]
    assert texts(display.legend_) == [
        "LatentAugmenter",
        "LatentAugmenter, held out",
        "LatentAugmenter, epoch kept",
    ]


def test_several_estimators_are_told_by_name_and_look():
    models = {"one": fitted(), "two": fitted("none"), "mlp": mlp()}
    display = LossCurveDisplay.from_estimator(models, parts=["loss"])
    assert list(display.curves) == ["one", "two", "mlp"]
    assert display.best_epochs == {"one": 3, "two": 3}
    lines = [display.lines_[name, "loss"] for name in models]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 3
    assert texts(display.legend_) == ["one", "one, epoch kept", "two", "two, epoch kept", "mlp"]


@functools.cache
def mlp():
    return MLPClassifier(4, max_iter=400, tol=1e-2, random_state=0).fit(X, y)


def test_a_loss_curve_without_history_is_enough():
    display = LossCurveDisplay.from_estimator(mlp())
    assert_array_equal(display.curves["MLPClassifier"]["loss"], mlp().loss_curve_)


def test_a_loss_that_falls_tenfold_is_drawn_on_a_logarithmic_axis():
    curves = {"a": {"loss": np.array([1.0, 0.05]), "kl": np.array([1.0, 0.5, 0])}}
    display = LossCurveDisplay(curves=curves).plot()
    assert [panel.get_yscale() for panel in display.axes_] == ["log", "linear"]
    negative = {"a": {"loss": np.array([1.0, -50])}}
    assert LossCurveDisplay(curves=negative).plot().axes_[0].get_yscale() == "linear"


def test_epochs_that_lack_a_part_leave_a_gap():
    curves = {"a": {"loss": np.array([np.nan, 1.0, 2.0])}}
    display = LossCurveDisplay(curves=curves, best_epochs={"a": 2}).plot()
    assert_array_equal(display.lines_["a", "loss"].get_ydata(), [np.nan, 1, 2])


def test_a_single_epoch_is_a_point():
    display = LossCurveDisplay(curves={"a": {"loss": np.array([1.0])}}).plot()
    assert display.lines_["a", "loss"].get_marker() == "."


def test_an_estimator_without_losses_is_refused():
    with pytest.raises(ValueError, match=r"LinearRegression \('line'\) has neither history_ nor"):
        LossCurveDisplay.from_estimator({"line": LinearRegression().fit(X, y)})
    with pytest.raises(NotFittedError):
        LossCurveDisplay.from_estimator(LatentAugmenter())


@pytest.mark.parametrize("parts", ["entropy", ["loss", "entropy"], []])
def test_unknown_parts_are_refused(parts):
    with pytest.raises(ValueError, match=r"Unknown parts .* The loss has: .*kl, loss, reconstr"):
        LossCurveDisplay.from_estimator(fitted(), parts=parts)


# -------------------------------------------------------------------------------------------
# StrengthDisplay
# -------------------------------------------------------------------------------------------


@functools.cache
def search(scoring=None):
    pipeline = Pipeline([("aug", SMALL), ("clf", KNeighborsClassifier(1))])
    grid = {"aug__eta": [1.0, 0.1, 0.5], "aug__transformation": ["jitter", "drift"]}
    refit = "accuracy" if isinstance(scoring, tuple) else True
    scoring = list(scoring) if isinstance(scoring, tuple) else scoring
    return GridSearchCV(pipeline, grid, cv=2, scoring=scoring, refit=refit).fit(X, y)


def test_lines_of_a_search_are_its_scores_by_ascending_strength():
    display = StrengthDisplay.from_search(search())
    results = search().cv_results_
    assert list(display.scores) == ["transformation=jitter", "transformation=drift"]
    for name, transformation in zip(display.scores, ("jitter", "drift"), strict=True):
        assert_array_equal(display.etas[name], [0.1, 0.5, 1])
        for eta, scores in zip(display.etas[name], display.scores[name], strict=True):
            place = results["params"].index(
                {"aug__eta": eta, "aug__transformation": transformation}
            )
            assert_array_equal(
                scores, [results["split0_test_score"][place], results["split1_test_score"][place]]
            )
            assert scores.mean() == pytest.approx(results["mean_test_score"][place])
        line = display.lines_[name]
        assert_array_equal(line.get_xdata(), display.etas[name])
        assert_allclose(line.get_ydata(), display.scores[name].mean(axis=1))
    assert display.ax_.get_ylabel() == "score (mean of 2 folds)"
    assert display.ax_.get_xlabel() == "strength eta"


def test_the_band_is_one_standard_deviation_to_both_sides():
    scores = np.array([[0.1, 0.3], [0.5, 0.5], [0.2, 0.8]])
    display = StrengthDisplay(etas={"a": np.array([0, 1, 2.0])}, scores={"a": scores}).plot()
    heights = display.bands_["a"].get_paths()[0].vertices
    low, high = scores.mean(1) - scores.std(1), scores.mean(1) + scores.std(1)
    for eta, ends in enumerate(zip(low, high, strict=True)):
        assert {round(v, 9) for v in heights[heights[:, 0] == eta, 1]} == {
            round(v, 9) for v in ends
        }
    assert display.legend_ is None


def test_the_floor_is_a_horizontal_line_with_its_name():
    display = StrengthDisplay.from_search(search(), floor=0.8)
    line = display.floor_lines_["trained on real series"]
    assert_array_equal(line.get_ydata(), [0.8, 0.8])
    assert texts(display.legend_)[-1] == "trained on real series"


@pytest.mark.parametrize(
    "etas, scale", [([0.1, 0.25, 0.5, 1, 2], "log"), ([1, 2, 3], "linear"), ([0, 0.1, 2], "linear")]
)
def test_strengths_far_apart_are_drawn_on_a_logarithmic_axis(etas, scale):
    etas = np.array(etas, dtype=float)
    display = StrengthDisplay(etas={"a": etas}, scores={"a": np.ones((len(etas), 1))}).plot()
    assert display.ax_.get_xscale() == scale
    if scale == "log":
        labels = [label.get_text() for label in display.ax_.get_xticklabels()]
        assert labels == [f"{eta:g}" for eta in etas]


def test_one_of_several_scorers_is_chosen():
    several = search(("accuracy", "balanced_accuracy"))
    display = StrengthDisplay.from_search(several, scorer="balanced_accuracy")
    assert display.ax_.get_ylabel() == "balanced accuracy (mean of 2 folds)"
    with pytest.raises(ValueError, match=r"has no scorer 'score'. Known: accuracy, balanced_accur"):
        StrengthDisplay.from_search(several)


def test_a_search_without_that_strength_is_refused():
    with pytest.raises(ValueError, match=r"no parameter 'eta'. It varied: aug__eta, aug__transf"):
        StrengthDisplay.from_search(search(), eta="eta")
    with pytest.raises(NotFittedError):
        StrengthDisplay.from_search(GridSearchCV(SMALL, {"eta": [1]}))


class FailsAbove(LogisticRegression):
    """Refuses a C of 10 and more."""

    def fit(self, X, y):
        if self.C >= 10:
            raise ValueError("too large")
        return super().fit(X, y)


def test_candidates_that_failed_are_left_out_with_a_warning():
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        failing = GridSearchCV(FailsAbove(), {"C": [0.1, 1, 10]}, cv=2).fit(X, y)
    with pytest.warns(UserWarning, match="1 of 3 candidates have NaN among their scores"):
        display = StrengthDisplay.from_search(failing, eta="C")
    assert_array_equal(display.etas["score"], [0.1, 1])


def test_grids_without_the_strength_have_no_line():
    pipeline = Pipeline([("aug", SMALL), ("clf", KNeighborsClassifier(1))])
    grids = [{"aug__eta": [0.1, 1.0]}, {"aug": ["passthrough"], "clf__n_neighbors": [1, 2]}]
    display = StrengthDisplay.from_search(GridSearchCV(pipeline, grids, cv=2).fit(X, y))
    (etas,) = display.etas.values()
    assert_array_equal(etas, [0.1, 1])


def distance(X_real, X_synthetic):
    return float(np.abs(X_real - X_synthetic).mean())


def test_a_metric_is_computed_for_each_strength_and_repeat():
    display = StrengthDisplay.from_estimator(
        fitted(), X, y, etas=[1, 0.1], metric=distance, n_repeats=2, random_state=3
    )
    assert_array_equal(display.etas["distance"], [0.1, 1])
    for repeat in range(2):
        seed = derive_seed(3, f"repeat {repeat}")
        for place, eta in enumerate((0.1, 1)):
            made = fitted().augment(X, y, eta=eta, random_state=seed)
            assert display.scores["distance"][place, repeat] == distance(X, made)
    assert display.ax_.get_ylabel() == "distance"
    assert fitted().eta == 0.25


def test_held_out_series_give_the_floor():
    display = StrengthDisplay.from_estimator(
        fitted(), X, y, metric=distance, X_held_out=X + 0.5, n_repeats=1, random_state=0
    )
    assert display.floor == pytest.approx(0.5)
    assert "held-out real series" in display.floor_lines_
    with pytest.raises(ValueError, match="Pass floor or X_held_out, not both"):
        StrengthDisplay.from_estimator(fitted(), X, y, floor=1, X_held_out=X)


def test_a_dict_of_numbers_makes_a_line_and_a_floor_each():
    def both(X_real, X_synthetic, random_state):
        assert 0 <= random_state < 2**32
        return {"mean": distance(X_real, X_synthetic), "max": np.abs(X_real - X_synthetic).max()}

    display = StrengthDisplay.from_estimator(
        fitted(), X, y, etas=[0.1, 1], metric=both, X_held_out=X + 0.5, random_state=0
    )
    assert list(display.scores) == ["mean", "max"]
    assert display.floor == pytest.approx({"mean": 0.5, "max": 0.5})
    for name in ("mean", "max"):
        assert display.floor_lines_[name].get_color() == display.lines_[name].get_color()


@pytest.mark.parametrize("metric", ["sliced_wasserstein_distance", "prdc"])
def test_a_metric_may_be_named(metric):
    display = StrengthDisplay.from_estimator(
        fitted(), X, y, etas=[0.1, 1], metric=metric, n_repeats=1, random_state=0
    )
    seed = derive_seed(0, "repeat 0")
    made = fitted().augment(X, y, eta=1, random_state=seed)
    options = {} if metric == "prdc" else {"random_state": seed % 2**32}
    value = getattr(sklaug.metrics, metric)(X, made, **options)
    value = value if isinstance(value, dict) else {metric: value}
    assert {name: scores[1, 0] for name, scores in display.scores.items()} == value


@pytest.mark.parametrize(
    "options, message",
    [
        ({"metric": "beauty"}, "Unknown metric 'beauty'. Known: authenticity, "),
        ({"metric": "SeriesFeatures"}, "Unknown metric 'SeriesFeatures'. Known: auth"),
        ({"metric": 3}, "metric must be a name in sklaug.metrics or a function, got 3"),
        ({"metric": lambda a, b: np.nan}, "metric returned nan for 'metric'. It must be finite"),
        ({"etas": [-1]}, r"etas must be finite numbers of 0 or more, got \[-1.0\]"),
        ({"etas": []}, r"etas must be finite numbers of 0 or more, got \[\]"),
        ({"n_repeats": 0}, "n_repeats must be at least 1"),
    ],
)
def test_what_makes_no_strength_display_is_refused(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        StrengthDisplay.from_estimator(fitted(), X, y, **{"metric": distance} | options)


# -------------------------------------------------------------------------------------------
# LatentSpaceDisplay
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", ["all", "mean"])
def test_points_are_the_principal_components_of_the_codes(codes):
    display = LatentSpaceDisplay.from_estimator(fitted(), X, y, codes=codes, random_state=0)
    Z = fitted().encode(X, y)
    rows = Z.reshape(len(Z), -1) if codes == "all" else Z.mean(axis=1)
    pca = PCA(2).fit(rows)
    assert_allclose(display.points["real"], pca.transform(rows), atol=1e-4)
    assert_allclose(display.explained_variance_ratio, pca.explained_variance_ratio_, rtol=1e-4)
    share = display.explained_variance_ratio[0]
    assert display.ax_.get_xlabel() == f"PC 1 of the codes ({share:.0%} of variance)"


def test_each_class_has_a_marker_of_its_own_and_samples_a_hollow_one():
    display = LatentSpaceDisplay.from_estimator(fitted(), X, y, sampled=True, random_state=4)
    _, labels = fitted().sample(y=y, random_state=4)
    assert_array_equal(display.targets["sampled"], labels)
    for label in range(3):
        real, sampled = (display.scatters_[name, label] for name in ("real", "sampled"))
        assert_array_equal(real.get_offsets(), display.points["real"][y == label])
        assert_array_equal(sampled.get_offsets(), display.points["sampled"][labels == label])
        assert len(real.get_facecolors()) and not len(sampled.get_facecolors())
    assert texts(display.legend_)[:2] == ["class 0", "class 0, sampled"]
    own = [display.scatters_["real", label].get_paths()[0].vertices.shape for label in range(3)]
    assert len(set(own)) == 3


def test_real_targets_color_the_codes():
    display = LatentSpaceDisplay.from_estimator(
        fitted("real"), X_target, target, sampled=True, random_state=0
    )
    assert_array_equal(display.scatters_["real", None].get_array(), target)
    assert display.colorbar_.ax.get_ylabel() == "target y"
    assert texts(display.legend_) == ["real", "sampled"]


def test_labels_that_the_augmenter_does_not_know_color_its_codes():
    display = LatentSpaceDisplay.from_estimator(fitted("none"), X, y, sampled=True, random_state=0)
    assert list(display.targets) == ["real"]
    assert texts(display.legend_) == ["class 0", "class 1", "class 2", "sampled"]
    plain = LatentSpaceDisplay.from_estimator(fitted("none"), X)
    assert plain.targets is None and plain.legend_ is None


def test_codes_beyond_the_end_of_a_series_count_as_the_mean():
    short = [row[: 20 - 8 * (i % 2)] for i, row in enumerate(X)]
    model = clone(SMALL).fit(short, y)
    display = LatentSpaceDisplay.from_estimator(model, short, y)
    Z = model.encode(short, y)
    assert np.isnan(Z).any()
    rows = np.where(np.isnan(Z), 0, Z).reshape(len(Z), -1)
    assert_allclose(display.points["real"], PCA(2).fit_transform(rows), atol=1e-4)
    assert np.isfinite(
        LatentSpaceDisplay.from_estimator(model, short, y, codes="mean").points["real"]
    ).all()


def test_what_has_no_codes_is_refused():
    with pytest.raises(TypeError, match="MLPClassifier has no encode, so it has no codes to draw"):
        LatentSpaceDisplay.from_estimator(mlp(), X, y)
    with pytest.raises(NotFittedError):
        LatentSpaceDisplay.from_estimator(LatentAugmenter(), X, y)
    with pytest.raises(ValueError, match="LatentAugmenter was fitted with class labels, so encode"):
        LatentSpaceDisplay.from_estimator(fitted(), X)
    with pytest.raises(ValueError, match=r"Unknown codes 'last'. Known: all, mean"):
        LatentSpaceDisplay.from_estimator(fitted(), X, y, codes="last")
    with pytest.raises(TypeError, match="sampled must be True or False, got 5"):
        LatentSpaceDisplay.from_estimator(fitted(), X, y, sampled=5)


def test_codes_that_span_no_plane_are_refused():
    with pytest.raises(
        ValueError, match=r"coordinate\(s\) in 1 series, but a plane needs at least"
    ):
        LatentSpaceDisplay.from_estimator(fitted(), X[:1], y[:1])
    same = np.repeat(X[:1], 3, axis=0)
    with pytest.raises(ValueError, match="The codes of all series are the same"):
        LatentSpaceDisplay.from_estimator(fitted("none"), same)


# -------------------------------------------------------------------------------------------
# TSTRDisplay
# -------------------------------------------------------------------------------------------

SCORES = {
    "good": {"TRTR": [0.9, 0.95], "TSTR": [0.85, 0.9], "TRTS": [0.8, 0.9], "TR+S": [0.9, 1.0]},
    "noise": {"TRTR": [0.9, 0.95], "TSTR": [0.2, 0.3], "fit_time": [1, 2]},
}


def test_marks_show_means_folds_and_spreads():
    display = TSTRDisplay.from_scores(SCORES, score_name="accuracy")
    assert display.ax_.get_xlabel() == "accuracy"
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["good", "noise"]
    assert set(display.means_) == {
        ("good", "TSTR"), ("good", "TRTS"), ("good", "TR+S"), ("noise", "TSTR")
    }  # fmt: skip
    for (name, setting), mark in display.means_.items():
        folds = np.array(SCORES[name][setting])
        assert_allclose(mark.get_xdata(), [folds.mean()])
        assert_array_equal(display.folds_[name, setting].get_xdata(), folds)
        (segment,) = display.spreads_[name, setting].get_segments()
        assert_allclose(segment[:, 0], [folds.mean() - folds.std(), folds.mean() + folds.std()])
        row = list(SCORES).index(name)
        assert abs(mark.get_ydata()[0] - row) < 0.5


def test_trtr_is_the_reference_line_with_its_spread():
    display = TSTRDisplay.from_scores(SCORES)
    for row, name in enumerate(SCORES):
        (segment,) = display.references_[name].get_segments()
        assert_allclose(segment, [[0.925, row - 0.5], [0.925, row + 0.5]])
        band = display.bands_[name]
        assert_allclose([band.get_x(), band.get_width()], [0.9, 0.05])
    assert texts(display.legend_) == [
        "TRTR (real → real)",
        "TSTR (synthetic → real)",
        "TRTS (real → synthetic)",
        "TR+S (both → real)",
    ]


@pytest.mark.parametrize("folds", [[1.0, 1.0], [0.9, 1.0]])
def test_marks_at_the_best_score_have_room_on_both_sides(folds):
    display = TSTRDisplay.from_scores({"TRTR": folds, "TSTR": folds, "TR+S": [1.0, 1.0]})
    low, high = display.ax_.get_xlim()
    # A twenty-fifth of 6 inches is more than half of a mark of 8 points.
    assert low < min(folds) and high > 1.0 + (high - low) / 25


def test_scores_of_one_generator_need_no_name():
    display = TSTRDisplay.from_scores(SCORES["good"])
    assert list(display.scores) == ["synthetic"]
    alone = TSTRDisplay.from_scores({"TSTR": [0.5]})
    assert alone.references_ == {} and texts(alone.legend_) == ["TSTR (synthetic → real)"]
    reference = TSTRDisplay.from_scores({"TRTR": [0.5, 0.7]})
    assert reference.means_ == {} and texts(reference.legend_) == ["TRTR (real → real)"]


def test_an_estimator_is_scored_as_tstr_score_does():
    options = {"cv": 2, "n_synthetic": 4, "scoring": "balanced_accuracy", "random_state": 0}
    classifier = KNeighborsClassifier(1)
    display = TSTRDisplay.from_estimator(classifier, SMALL, X, y, **options)
    expected = tstr_score(classifier, SMALL, X, y, **options)
    assert list(display.scores) == ["LatentAugmenter"]
    for setting, folds in display.scores["LatentAugmenter"].items():
        assert_array_equal(folds, expected[setting])
    assert display.ax_.get_xlabel() == "balanced accuracy"
    named = TSTRDisplay.from_estimator(
        classifier, {"a": SMALL, "b": SMALL}, X, y, settings=["TRTR"], cv=2
    )
    assert list(named.scores) == ["a", "b"] and named.ax_.get_xlabel() == "score"


def test_arguments_in_a_wrong_order_are_told_the_right_one():
    order = r"where an estimator belongs. The order is from_estimator\(estimator, generator, X, y\)"
    with pytest.raises(TypeError, match=f"Got an object of type ndarray {order}"):
        TSTRDisplay.from_estimator(KNeighborsClassifier(1), X, y)
    with pytest.raises(TypeError, match=f"Got an object of type ndarray {order}"):
        TSTRDisplay.from_estimator(X, SMALL, y)
    order = r"where an estimator belongs. The order is from_estimator\(augmenter, X, y\)"
    with pytest.raises(TypeError, match=f"Got an object of type ndarray {order}"):
        LatentSpaceDisplay.from_estimator(X, fitted())


@pytest.mark.parametrize(
    "scores, error, message",
    [
        ([0.5], TypeError, "scores must be the dict that tstr_score returns"),
        ({}, TypeError, "scores must be the dict that tstr_score returns"),
        ({"fit_time": [1]}, ValueError, "scores of 'synthetic' hold none of TRTR, TSTR, TRTS, TR"),
        ({"a": {"TSTR": [np.nan]}}, ValueError, r"The TSTR scores of 'a' are \[nan\], but must be"),
        ({"TSTR": []}, ValueError, r"The TSTR scores of 'synthetic' are \[\], but must be one"),
    ],
)
def test_what_are_no_scores_is_refused(scores, error, message):
    with pytest.raises(error, match=message):
        TSTRDisplay.from_scores(scores)
