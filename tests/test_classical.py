"""The classical rows of a comparison: block bootstrap, Gaussian mixture, interpolation, and the memoriser."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import numpy as np
import pandas as pd
import pytest
from comparing import pad, same_bits, says
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklaug import (
    BlockBootstrapGenerator,
    GaussianMixtureGenerator,
    InterpolationGenerator,
    ReplayGenerator,
)
from sklaug.datasets import make_labelled_series, make_target_series

ALL = [
    BlockBootstrapGenerator,
    GaussianMixtureGenerator,
    InterpolationGenerator,
    ReplayGenerator,
]
every_generator = pytest.mark.parametrize("Generator", ALL)
every_position = pytest.mark.parametrize("position", ["any", "same"])

N, SZ, D = 10, 12, 2
LENGTHS = np.array([12, 5, 1, 9, 12, 3, 8, 7, 2, 11])
X = np.random.default_rng(0).normal(3, 2, size=(N, SZ, D))
y, REAL = np.arange(N) % 2, np.linspace(0.1, 2.3, N)
ROWS = [row[:n].copy() for row, n in zip(X, LENGTHS, strict=True)]
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X)
# Values that tell row and step: row 3, step 7 of channel 1 is 307.5.
RAMP = 100.0 * np.arange(N)[:, None, None] + np.arange(SZ)[:, None] + [0, 0.5]
RAMP_ROWS = [row[:n].copy() for row, n in zip(RAMP, LENGTHS, strict=True)]


def bootstrap(block_length=4, position="any", **parameters):
    return BlockBootstrapGenerator(block_length, position=position, random_state=0, **parameters)


def sources(made):
    """Return from which row and step of the ramp each step was copied; all channels must agree."""
    assert_array_equal(made[:, 1], made[:, 0] + 0.5)
    return (made[:, 0] // 100).astype(int), (made[:, 0] % 100).astype(int)


def index_of(row):
    """Return which training row this is, to the bit."""
    (found,) = [n for n in range(N) if len(ROWS[n]) == len(row) and (ROWS[n] == row).all()]
    return found


# -------------------------------------------------------------------------------------------
# All of them
# -------------------------------------------------------------------------------------------


@every_generator
def test_fewer_samples_are_the_first_of_more(Generator):
    for values, targets in [(X, y), (X, None), (X, REAL), (ROWS, y), (ROWS, REAL), (GAPS, y)]:
        generator = Generator(random_state=0).fit(values, targets)
        assert same_bits(generator.sample(5)[0], generator.sample(50)[0][:5])
        assert same_bits(generator.sample(1030)[0], generator.sample(1100)[0][:1030])


@every_generator
def test_a_seed_repeats_samples_and_another_does_not(Generator):
    generator = Generator(random_state=0).fit(X, y)
    again = Generator(random_state=0).fit(X, y)
    assert same_bits(generator.sample(9, y=1)[0], again.sample(9, y=1)[0])
    assert same_bits(generator.sample(9, random_state=4)[0], again.sample(9, random_state=4)[0])
    assert not same_bits(generator.sample(9)[0], generator.sample(9, random_state=4)[0])
    free = Generator().fit(X, y)
    assert not same_bits(free.sample(9)[0], free.sample(9)[0])


@pytest.mark.parametrize(
    "generator, n_errors",
    [
        (bootstrap(0.25, "same"), 4),
        (GaussianMixtureGenerator(random_state=0), 7),
        (InterpolationGenerator(random_state=0), 7),
        (ReplayGenerator(random_state=0), 7),
    ],
)
def test_what_is_made_for_a_class_teaches_a_classifier_and_with_shuffled_labels_nothing(
    generator, n_errors
):
    series, labels = make_labelled_series(n_samples=160, n_timepoints=40, random_state=0)
    pipeline = make_pipeline(generator, KNeighborsClassifier(1))
    score = pipeline.fit(series[:80], labels[:80]).score(series[80:], labels[80:])
    made, made_labels = pipeline[0].sample(y=labels[:80])
    sampled = KNeighborsClassifier(1).fit(made, made_labels).score(series[80:], labels[80:])
    # Three classes: guessing is right in a third of 80 rows, give or take 0.053.
    assert min(score, sampled) > 1 / 3 + n_errors * 0.053

    shuffled = np.random.default_rng(1).permutation(labels[:80])
    score = pipeline.fit(series[:80], shuffled).score(series[80:], labels[80:])
    assert score < 1 / 3 + 3 * 0.053


@every_generator
@pytest.mark.parametrize("options", [{}, {"position": "same"}], ids=str)
def test_counts_stay_whole_and_are_not_negative(Generator, options):
    if options and Generator is not BlockBootstrapGenerator:
        pytest.skip("has no position")
    counts = np.random.default_rng(0).poisson(2.0, size=(40, SZ)).astype(float)
    counts[np.random.default_rng(1).random(counts.shape) < 0.1] = np.nan
    generator = Generator(support="count", nan_tail="missing", random_state=0, **options)
    for made in (generator.fit_transform(counts), generator.sample(50)[0]):
        assert (made >= 0).all()
        assert_array_equal(made, np.round(made))


@every_generator
def test_gaps_are_filled_or_kept(Generator):
    missing = np.isnan(GAPS)
    filled = Generator(random_state=0).fit_transform(GAPS, y)
    kept = Generator(missing="keep", random_state=0).fit_transform(GAPS, y)
    assert np.isfinite(filled).all()
    assert_array_equal(np.isnan(kept), missing)
    assert_array_equal(kept[~missing], filled[~missing])
    assert np.isfinite(Generator(missing="keep", random_state=0).fit(GAPS, y).sample(9)[0]).all()


@every_generator
def test_series_of_unequal_length_come_back_as_long_and_lengths_are_drawn_from_their_class(
    Generator,
):
    generator = Generator(random_state=0)
    for values in (ROWS, pad(ROWS)):
        made = generator.fit_transform(values, y)
        for new, row in zip(made, values, strict=True):
            assert_array_equal(np.isnan(new), np.isnan(row))
    made, targets = generator.fit(ROWS, y).sample(300)
    for label in (0, 1):
        drawn = {len(row) for row, of in zip(made, targets, strict=True) if of == label}
        assert drawn == set(LENGTHS[y == label])


@every_generator
def test_a_condition_may_ask_for_any_length(Generator):
    known = X.copy()
    generator = Generator(condition_channels=0, random_state=0).fit(ROWS, y)
    condition = [known[n, :size, :1] for n, size in enumerate((1, 12, 6, 3))]
    made, _ = generator.sample(y=[0, 1, 0, 1], condition=condition)
    for row, given in zip(made, condition, strict=True):
        assert_array_equal(row[:, :1], given)
        assert np.isfinite(row).all()


@every_generator
def test_known_channels_may_go_on_where_all_others_have_ended(Generator):
    values = X.copy()
    values[:, 8:, 0] = np.nan
    for options in [{}] + [{"position": "same"}] * (Generator is BlockBootstrapGenerator):
        generator = Generator(condition_channels=1, random_state=0, **options)
        made = generator.fit_transform(values, y)
        assert_array_equal(np.isnan(made), np.isnan(values))
        made, _ = generator.sample(4, condition=values[:4, :, 1:])
        assert np.isfinite(made).all()


@every_generator
def test_a_frame_comes_back_as_a_frame(Generator):
    frame = pd.DataFrame(X[..., 0], index=list("abcdefghij"), columns=[f"t{n}" for n in range(SZ)])
    generator = Generator(random_state=0)
    made = generator.fit_transform(frame, y)
    assert made.index.equals(frame.index) and made.columns.equals(frame.columns)
    assert generator.sample(4)[0].columns.equals(frame.columns)


@every_generator
def test_a_class_of_one_row_can_be_asked_for(Generator):
    labels = np.array(["rare"] + ["often"] * (N - 1))
    made, targets = Generator(random_state=0).fit(X, labels).sample(3, y="rare")
    assert np.isfinite(made).all()
    assert list(targets) == ["rare"] * 3


@every_generator
@pytest.mark.parametrize(
    "parameters, error, text",
    [
        ({"missing": "drop"}, ValueError, "Unknown missing 'drop'. Known: fill, keep."),
        ({"nan_tail": 3}, ValueError, "Unknown nan_tail 3. Known: padding, missing."),
        ({"gap_limit": 2.5}, ValueError, "gap_limit must be at least 0 and at most 1, got 2.5."),
        ({"target_type": "real"}, ValueError, "Unknown target_type 'real'. Known: auto, class, continuous."),
        ({"condition_channels": 2}, ValueError, "condition_channels=(2,), but X has 2 channels, numbered from 0."),
        ({"support": "count"}, ValueError, "but support says that this channel lies between 0 and inf"),
        ({"decimals": {2: 0}}, ValueError, "decimals names channel 2, but X has 2 channel(s)"),
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused_at_fit(Generator, parameters, error, text):
    generator = Generator(**parameters)
    with pytest.raises(error, match=says(text)):
        generator.fit(X, y)
    assert not hasattr(generator, "n_parameters_")


@every_generator
def test_classes_and_lengths_never_seen_are_refused(Generator):
    generator = Generator(random_state=0).fit(X, y)
    name = Generator.__name__
    with pytest.raises(ValueError, match=says(f"y has classes never seen at fit: 7. {name} knows: 0, 1.")):  # fmt: skip
        generator.sample(3, y=7)
    with pytest.raises(ValueError, match=says(f"X has shape (10, 11, 2), but {name} was fitted on series of shape (sz=12, d=2).")):  # fmt: skip
        generator.transform(X[:, :11])
    with pytest.raises(ValueError, match=says(f"{name} was fitted without condition_channels, so sample takes no condition.")):  # fmt: skip
        generator.sample(3, condition=X[:3, :, :1])


# -------------------------------------------------------------------------------------------
# Block bootstrap
# -------------------------------------------------------------------------------------------


@every_position
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_value_is_a_training_value_to_the_bit(position, dtype):
    values = X.astype(dtype)
    generator = bootstrap(position=position)
    for made in (generator.fit_transform(values, y), generator.sample(50)[0]):
        assert made.dtype == dtype
        for channel in range(D):
            assert np.isin(made[..., channel], values[..., channel]).all()


@every_position
def test_blocks_are_contiguous_and_of_one_row_of_the_class(position):
    made, targets = bootstrap(5, position).fit(RAMP, y).sample(200)
    for series, target in zip(made, targets, strict=True):
        row, step = sources(series)
        assert (y[row] == target).all()
        for start in (0, 5, 10):
            block = slice(start, start + 5)
            assert len(set(row[block])) == 1
            assert (np.diff(step[block]) == 1).all()
            assert step[start] == start or position == "any"
    rows, steps = zip(*map(sources, made), strict=True)
    assert set(np.ravel(rows)) == set(range(N))
    assert (np.array(rows)[:, 0] != np.array(rows)[:, 5]).any()
    if position == "any":
        # From the first place that a whole block fits to the last, all alike.
        first = np.bincount(np.array(steps)[:, [0, 5]].ravel(), minlength=SZ)
        assert (first[: SZ - 4] > 0).all() and not first[SZ - 4 :].any()


@pytest.mark.parametrize(
    "block_length, n_steps", [(1, 1), (0.25, 3), (0.3, 3), (0.001, 1), (1.0, 12), (12, 12), (7, 7)]
)
def test_a_block_length_is_a_number_of_steps_or_a_share_rounded_down(block_length, n_steps):
    generator = bootstrap(block_length).fit(RAMP, y)
    assert generator.block_length_ == n_steps
    made, _ = generator.sample(30)
    for series in made:
        _, step = sources(series)
        breaks = np.flatnonzero(np.diff(step) != 1) + 1
        assert set(breaks % n_steps) <= {0}


def test_blocks_of_the_whole_length_are_the_training_rows():
    made, targets = bootstrap(1.0).fit(X, y).sample(40)
    for series, target in zip(made, targets, strict=True):
        (row,) = np.flatnonzero((series == X).all(axis=(1, 2)))
        assert y[row] == target


def test_for_a_real_target_blocks_come_from_the_five_nearest():
    made, _ = bootstrap().fit(RAMP, REAL).sample(y=[1.0] * 100)
    rows = {row for series in made for row in sources(series)[0]}
    assert rows == set(np.argsort(np.abs(REAL - 1.0))[:5])


def test_the_same_place_keeps_the_distribution_of_each_step_and_any_place_does_not():
    made, _ = bootstrap(4, "same").fit(X).sample(4000)
    # A mean over 4,000 draws: a standard error of 2 / sqrt(4000) = 0.03.
    assert_allclose(made.mean(axis=0), X.mean(axis=0), atol=0.13)
    assert_allclose(made.std(axis=0), X.std(axis=0), atol=0.13)
    made, _ = bootstrap(4, "any").fit(X).sample(4000)
    assert np.abs(made.mean(axis=0) - X.mean(axis=0)).max() > 0.5


@every_position
def test_of_shorter_series_only_what_lies_within_them_is_copied(position):
    made, targets = bootstrap(5, position).fit(RAMP_ROWS, y).sample(300)
    for series, target in zip(made, targets, strict=True):
        row, step = sources(series)
        assert (step < LENGTHS[row]).all()
        assert (y[row] == target).all()
        if position == "same":
            assert_array_equal(step, np.arange(len(series)))


def test_the_same_place_draws_each_row_that_reaches_a_step_alike():
    made, _ = bootstrap(5, "same").fit(RAMP_ROWS).sample(y=None, n_samples=6000)
    for step in (0, 6, 10):
        rows = [sources(series)[0][step] for series in made if len(series) > step]
        share = np.bincount(rows, minlength=N) / len(rows)
        reaching = step < LENGTHS
        assert not share[~reaching].any()
        # At least 1,700 series are so long: a standard error of at most 0.012.
        assert_allclose(share[reaching], 1 / reaching.sum(), atol=0.05)


def test_beyond_the_longest_row_of_the_class_its_last_step_is_repeated():
    labels = np.where(LENGTHS < 6, "short", "long")
    rows = [np.stack([row[:, 0], np.zeros(len(row))], axis=1) for row in RAMP_ROWS]
    generator = bootstrap(5, "same", condition_channels=1).fit(rows, labels)
    made, _ = generator.sample(20, y="short", condition=np.zeros((SZ, 1)))
    assert_array_equal(np.stack(made)[:, 5:, 0], np.full((20, SZ - 5), 104.0))  # row 1 has 5 steps


@pytest.mark.parametrize(
    "parameters, error, text",
    [
        ({"block_length": 0}, ValueError, "block_length must be at least 1, got 0."),
        ({"block_length": 0.0}, ValueError, "block_length must be more than 0 and at most 1, got 0.0."),
        ({"block_length": 1.5}, ValueError, "block_length must be more than 0 and at most 1, got 1.5."),
        ({"block_length": True}, TypeError, "block_length must be a number of steps (int) or a share of the length (float from 0 to 1), got True."),
        ({"block_length": None}, TypeError, "block_length must be a number of steps (int) or a share of the length (float from 0 to 1), got None."),
        ({"block_length": 13}, ValueError, "block_length=13 steps, but the longest series has 12. Lower it, or give a share of the length (float)."),
        ({"position": "near"}, ValueError, "Unknown position 'near'. Known: any, same."),
    ],
)  # fmt: skip
def test_blocks_that_cannot_be_are_refused(parameters, error, text):
    with pytest.raises(error, match=says(text)):
        bootstrap(**parameters).fit(X, y)


def test_a_position_set_after_the_fit_counts_and_is_checked():
    generator = bootstrap(5).fit(RAMP, y).set_params(position="same")
    for series in generator.sample(20)[0]:
        assert_array_equal(sources(series)[1], np.arange(SZ))
    with pytest.raises(ValueError, match=says("Unknown position 'near'. Known: any, same.")):
        generator.set_params(position="near").sample(3)


def test_what_is_stored_counts_as_parameters():
    assert bootstrap().fit(X, y).n_parameters_ == X.size
    assert bootstrap().fit(ROWS, y).n_parameters_ == LENGTHS.sum() * D
    assert ReplayGenerator().fit(GAPS, y).n_parameters_ == np.isfinite(GAPS).sum()


# -------------------------------------------------------------------------------------------
# Gaussian mixture
# -------------------------------------------------------------------------------------------


def gaussian_process(n_rows, seed):
    """Draw series of an autoregressive process around a sine."""
    time = np.arange(SZ)
    mean, covariance = np.sin(time), 0.8 ** np.abs(time[:, None] - time)
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal(mean, covariance, size=n_rows), mean, covariance


def test_a_mixture_recovers_mean_and_covariance_of_a_gaussian_process():
    series, mean, covariance = gaussian_process(1500, 0)
    made, _ = GaussianMixtureGenerator(random_state=0).fit(series).sample(20_000)
    # Of 1,500 rows a mean has a standard error of 0.026, a variance of 0.037; an entry of 12 or 144
    # of these may be off by four of them.
    assert_allclose(made.mean(axis=0), mean, atol=0.11)
    assert_allclose(np.cov(made.T), covariance, atol=0.15)
    assert_allclose(np.cov(made.T), np.cov(series.T), atol=0.05)


def test_a_mixture_keeps_channels_together_and_their_units():
    series, _, _ = gaussian_process(400, 1)
    pair = np.stack([series, -1000 * series + 50], axis=2)
    made, _ = GaussianMixtureGenerator(random_state=0).fit(pair).sample(500)
    # One per cent of the variance is noise, which no channel shares with another.
    assert np.corrcoef(made[..., 0].ravel(), made[..., 1].ravel())[0, 1] < -0.98
    assert_allclose(made.std(axis=(0, 1)), pair.std(axis=(0, 1)), rtol=0.05)


def test_a_mixture_of_two_shapes_makes_two_shapes_without_being_told_classes():
    noise = np.random.default_rng(0).normal(0, 0.1, size=(200, SZ))
    series = noise + np.where(np.arange(200) % 2, 3.0, -3.0)[:, None]
    made, _ = GaussianMixtureGenerator(random_state=0).fit(series).sample(300)
    means = made.mean(axis=1)
    assert_allclose(np.abs(means), 3, atol=0.5)
    assert 100 < (means > 0).sum() < 200


def test_a_mixture_follows_a_real_target():
    series, targets = make_target_series(n_samples=200, n_timepoints=30, random_state=0)
    generator = GaussianMixtureGenerator(random_state=0).fit(series, targets)
    low, high = np.quantile(targets, [0.1, 0.9])
    near = {
        value: series[np.argsort(np.abs(targets - value))[:20]].mean(axis=0)
        for value in (low, high)
    }
    for value, other in ((low, high), (high, low)):
        made = generator.sample(200, y=value)[0].mean(axis=0)
        assert np.abs(made - near[value]).mean() < np.abs(made - near[other]).mean() / 2


def test_a_mixture_counts_its_numbers():
    generator = GaussianMixtureGenerator(random_state=0).fit(X, y)
    n_kept, n_values = generator.prior_["components"].shape
    mixtures = generator.prior_["densities"]
    expected = n_values * (2 + n_kept)
    for mixture in mixtures:  # what scikit-learn counts for its BIC
        expected += mixture._n_parameters()
    assert len(mixtures) == 2
    assert generator.n_parameters_ == expected
    assert GaussianMixtureGenerator(random_state=0).fit(X, REAL).n_parameters_ > 0


# -------------------------------------------------------------------------------------------
# Replay
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_replay_deals_each_training_row_once_before_any_comes_again(dtype):
    values = X.astype(dtype)
    made, targets = ReplayGenerator(random_state=0).fit(values).sample(3 * N)
    assert made.dtype == dtype and targets is None
    dealt = [int(np.flatnonzero((values == row).all(axis=(1, 2)))[0]) for row in made]
    assert sorted(dealt[:N]) == list(range(N)) != dealt[:N]
    assert dealt[:N] == dealt[N : 2 * N] == dealt[2 * N :]


def test_a_replay_has_a_deck_for_each_class():
    generator = ReplayGenerator(random_state=0).fit(X, y)
    asked = np.array([1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0])
    made, targets = generator.sample(y=asked)
    assert_array_equal(targets, asked)
    dealt = np.array([np.flatnonzero((row == X).all(axis=(1, 2)))[0] for row in made])
    assert_array_equal(y[dealt], asked)
    for label in (0, 1):
        deck = dealt[asked == label]
        assert sorted(deck[:5]) == list(np.flatnonzero(y == label))
        assert deck[5] == deck[0]
    alone = generator.sample(y=[0] * 6)[0]
    assert same_bits(alone, made[asked == 0])


def test_a_replay_of_a_real_target_is_the_row_of_the_nearest():
    wanted = np.array([-5.0, 0.4, 1.0, 1.02, 9.0])
    made, targets = ReplayGenerator(random_state=0).fit(X, REAL).sample(y=wanted)
    assert_array_equal(targets, wanted)
    nearest = np.abs(REAL - wanted[:, None]).argmin(axis=1)
    assert same_bits(made, X[nearest])


@pytest.mark.parametrize("values", [X, X[..., 0], GAPS], ids=["3-D", "2-D", "gaps"])
def test_fit_transform_of_a_replay_gives_each_row_to_another_of_its_class(values):
    made = ReplayGenerator(random_state=0).fit_transform(values, y)
    known = ~np.isnan(values)
    source = [
        int(np.flatnonzero([(new[k] == row[k]).all() for row, k in zip(values, known, strict=True)])[0])
        for new in made
    ]  # fmt: skip
    assert sorted(source) == list(range(N))
    assert_array_equal(y[source], y)
    assert (source != np.arange(N)).all()


def test_fit_transform_of_a_replay_with_a_real_target_takes_a_near_one():
    made = ReplayGenerator(random_state=0).fit_transform(X, REAL)
    for row, new in enumerate(made):
        (source,) = np.flatnonzero((new == X).all(axis=(1, 2)))
        assert source != row
        others = np.delete(np.arange(N), row)
        assert source in others[np.argsort(np.abs(REAL[others] - REAL[row]), kind="stable")[:6]]


def test_a_replay_scores_as_the_training_rows_do():
    series, labels = make_labelled_series(n_samples=120, n_timepoints=40, random_state=0)
    real = KNeighborsClassifier(1).fit(series[:60], labels[:60])
    tstr = make_pipeline(ReplayGenerator(random_state=0), KNeighborsClassifier(1))
    tstr.fit(series[:60], labels[:60])
    assert tstr.score(series[60:], labels[60:]) == real.score(series[60:], labels[60:])


def test_samples_of_a_replay_are_as_long_as_their_training_row():
    made, targets = ReplayGenerator(random_state=0).fit(ROWS, y).sample(4 * N)
    dealt = [index_of(row) for row in made]
    assert set(dealt) == set(range(N))
    assert_array_equal(y[dealt], targets)
    made, _ = ReplayGenerator(random_state=0).fit(ROWS, REAL).sample(y=REAL)
    assert [index_of(row) for row in made] == list(range(N))


def test_of_unequal_series_a_replay_takes_one_as_long_where_there_is_one():
    rows = [row[: 6 if n < 6 else 9] for n, row in enumerate(X)]
    made = ReplayGenerator(random_state=0).fit_transform(rows, y)
    exact = [any(same_bits([new], [row]) for row in rows) for new in made]
    # Of each class one row passes from the shorter to the longer and one back.
    assert sum(exact) == N - 4
    for new, label in zip(made, y, strict=True):
        steps = np.concatenate([row for row, of in zip(rows, y, strict=True) if of == label])
        assert all((steps == step).all(axis=1).any() for step in new)


def test_a_replay_of_the_sole_row_of_a_class_is_that_row():
    labels = np.array([1] + [0] * (N - 1))
    made = ReplayGenerator(random_state=0).fit_transform(X, labels)
    assert same_bits(made[0], X[0])


def test_a_replay_gives_away_infinitesimals_and_giants_as_they_are():
    values = np.array([[1e-310, 1e300, -0.0, 7.1], [3.3, -1e300, 1e-5, 0.1], [0.3, 1e10, 2.0, -7]])
    made, _ = ReplayGenerator(random_state=0).fit(values).sample(3)
    assert sorted(row.tobytes() for row in made) == sorted(row.tobytes() for row in values)
