"""A grid trains each network once, and a broken cache costs a training, no more."""

import functools
import multiprocessing
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.metaestimators import available_if

from sklaug import DirectAugmenter, LatentAugmenter, _caching
from sklaug._caching import VERSIONS, fingerprint_package, fingerprint_parts, hash_value
from sklaug.datasets import make_labelled_series
from sklaug.metrics import ContextEncoder
from sklaug.model_selection import compare_generators
from sklaug.networks.encoders import CNNGRUEncoder
from sklaug.transforms import restrict

STRENGTHS = [0.1, 0.25, 0.5, 1, 1.5, 2]
X, y = make_labelled_series(n_samples=30, n_timepoints=24, random_state=0)


def small(**kwargs):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0, **kwargs})


def stored(cache):
    return list(Path(cache).rglob("output.pkl"))


def search(memory, n_jobs=1, **grid):
    grid = grid or {"eta": STRENGTHS, "encoder": ["cnn_gru", "bilstm"]}
    return GridSearchCV(
        make_pipeline(small(memory=memory), KNeighborsClassifier(1)),
        {f"latentaugmenter__{name}": values for name, values in grid.items()},
        cv=3,
        n_jobs=n_jobs,
    ).fit(X, y)


def test_six_strengths_two_encoders_three_folds_and_the_refit_train_seven_networks(
    tmp_path, trainings
):
    search(str(tmp_path))
    assert len(trainings) == 2 * 3 + 1
    assert len(stored(tmp_path)) == 7


def test_without_memory_every_fit_trains(trainings):
    search(None)
    assert len(trainings) == 6 * 2 * 3 + 1


def test_scores_are_identical_with_and_without_memory_and_with_two_jobs(tmp_path):
    scores = [
        search(memory, n_jobs).cv_results_["mean_test_score"]
        for memory, n_jobs in [
            (None, 1),
            (str(tmp_path / "one"), 1),
            (str(tmp_path / "two"), 2),
            (joblib.Memory(tmp_path / "three", verbose=0), 1),
            (None, 2),
        ]
    ]
    assert len(set(scores[0])) > 1
    for other in scores[1:]:
        assert np.array_equal(scores[0], other)
    # Two workers may start on the same network at once; nobody trains it a third time.
    assert len(stored(tmp_path / "two")) == 7


@pytest.mark.parametrize(
    "change",
    [
        {"eta": 2.0},
        {"transformation": ["drift", "scaling"]},
        {"residual": "keep"},
        {"verbose": 0},
        {"n_threads": 2},
        {"device": "cpu"},
        # Settings of early stopping, which is off.
        {"validation_fraction": 0.3},
        {"tol": 0.1},
    ],
)
def test_what_does_not_train_does_not_train_again(tmp_path, trainings, change):
    small(memory=str(tmp_path)).fit(X, y)
    small(memory=str(tmp_path), **change).fit(X, y)
    assert len(trainings) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"max_time": 100},
        {"max_epochs": 3},
        {"beta": 0.1},
        {"latent_dim": 3},
        {"encoder": "bilstm"},
        {"random_state": 1},
        {"learning_rate": 0.01},
        {"batch_size": 7},
        {"early_stopping": True},
        {"equivariance": 0.1},
    ],
)
def test_what_changes_the_weights_trains_again(tmp_path, trainings, change):
    small(memory=str(tmp_path)).fit(X, y)
    small(memory=str(tmp_path), **change).fit(X, y)
    assert len(trainings) == 2


def test_other_rows_or_targets_train_again(tmp_path, trainings):
    small(memory=str(tmp_path)).fit(X, y)
    small(memory=str(tmp_path)).fit(X + 1e-3 * np.arange(X.size).reshape(X.shape), y)
    small(memory=str(tmp_path)).fit(X, y[::-1])
    assert len(trainings) == 3


def test_a_network_from_the_cache_is_the_one_that_was_trained(tmp_path):
    one, two = (small(memory=str(tmp_path)).fit(X, y) for _ in range(2))
    alone = small().fit(X, y)
    for other in (two, alone):
        assert np.array_equal(one.augment(X, y), other.augment(X, y))
        assert one.loss_curve_ == other.loss_curve_


SOURCE = """
SCALE = {scale}
def helper(h):
    return h * {helper}
class Base(CNNGRUEncoder):
    {base}
class Own(Base):
    table = {{"a": {table}}}
    @property
    def offset(self):
        return {offset}
    def forward(self, x):
        return SCALE * helper(super().forward(x)) + self.offset
"""
PARTS = {"scale": "1", "helper": "1", "base": "pass", "table": "1", "offset": "0"}


def define_encoder(**changes):
    namespace = {"CNNGRUEncoder": CNNGRUEncoder, "__name__": "notebook"}
    exec(SOURCE.format(**PARTS | changes), namespace)
    return namespace["Own"]


@pytest.mark.parametrize(
    "change",
    [
        {"scale": "2"},
        {"helper": "2"},
        {"base": "extra = 1"},
        {"table": "2"},
        {"offset": "1"},
    ],
)
def test_an_edited_class_of_the_user_is_trained_again(tmp_path, trainings, change):
    for changes in ({}, {}, change):
        small(memory=str(tmp_path), encoder=define_encoder(**changes)).fit(X, y)
    assert len(trainings) == 2


TOOLBOX = """
LIMIT = np.array([{limit}])
class Setting:
    def __init__(self):
        self.share = {share}
SETTING = Setting()
@functools.lru_cache
def scale():
    return {scale}
def shift(Z, *, eta, rng):
    return Z + {shift}
class Own(DirectAugmenter):
    @functools.cached_property
    def offset(self):
        return {offset}
    @available_if(lambda self: {there})
    def made(self):
        return {made}
    def fit(self, X, y=None):
        return super().fit(X * scale() * SETTING.share * LIMIT, y)
"""
TOOLS = dict.fromkeys(("limit", "share", "scale", "shift", "offset", "there", "made"), "1")


def define_tools(**changes):
    namespace = {"np": np, "functools": functools, "available_if": available_if}
    namespace |= {"DirectAugmenter": DirectAugmenter, "__name__": "notebook"}
    exec(TOOLBOX.format(**TOOLS | changes), namespace)
    return namespace


@pytest.mark.parametrize("name", [name for name in TOOLS if name != "shift"])
def test_an_edit_is_read_in_whatever_wraps_or_holds_code(name):
    first, again, edited = (
        fingerprint_parts(define_tools(**changes)["Own"]()) for changes in ({}, {}, {name: "2"})
    )
    assert first == again
    assert first != edited


@pytest.mark.parametrize(
    "hold",
    [
        lambda shift: [shift],
        lambda shift: ("jitter", [shift]),
        lambda shift: restrict(shift, time_range=(0, 5)),
        lambda shift: ["jitter", restrict([shift, "drift"], channels=0)],
        lambda shift: functools.partial(shift),
        lambda shift: {"a": {"b": shift}},
        lambda shift: functools.lru_cache(shift),
        lambda shift: DirectAugmenter([shift]),
        lambda shift: make_scorer(shift),
    ],
)
def test_an_edited_function_is_found_wherever_a_parameter_holds_it(hold):
    first, again, edited = (
        fingerprint_parts(DirectAugmenter(hold(define_tools(**changes)["shift"])))
        for changes in ({}, {}, {"shift": "5"})
    )
    assert first == again
    assert first != edited


def test_what_holds_itself_is_read_once():
    tools = define_tools()
    tools["SETTING"].itself = tools["SETTING"]
    circle = [tools["shift"]]
    circle.append(circle)
    assert len(fingerprint_parts(tools["Own"](circle))) == 2


def test_another_process_reads_the_same():
    code = (
        "from sklaug import BlockBootstrapGenerator, DirectAugmenter; from sklaug.transforms import restrict;"
        "from sklaug._caching import fingerprint_parts as f;"
        "print(f(DirectAugmenter([restrict('jitter', channels=0), 'drift'])), f(BlockBootstrapGenerator()))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_what_no_pickle_takes_has_no_hash():
    assert hash_value(lambda: 1) is None
    assert hash_value({"a": [1, lambda: 1]}) is None
    assert hash_value({"a": [1]}) == hash_value({"a": [1]}) != hash_value({"a": [2]})


def test_other_source_of_the_package_has_another_fingerprint(tmp_path, monkeypatch):
    assert len(fingerprint_package()) == 64
    assert "package" not in VERSIONS
    (tmp_path / "deep").mkdir()
    monkeypatch.setattr(_caching, "__file__", str(tmp_path / "_caching.py"))
    seen = set()
    for place, text in (
        ("one.py", "a = 1"),
        ("one.py", "a = 2"),
        ("deep/two.py", "a = 2"),
        ("deep/three.py", ""),
    ):
        (tmp_path / place).write_text(text)
        seen.add(fingerprint_package.__wrapped__())
    assert len(seen) == 4
    (tmp_path / "notes.txt").write_text("no source")
    assert fingerprint_package.__wrapped__() in seen


def test_the_order_of_the_memory_does_not_matter(tmp_path, trainings):
    small(memory=str(tmp_path)).fit(X, y)
    small(memory=str(tmp_path)).fit(np.asfortranarray(X), y)
    assert len(trainings) == 1


def test_a_fit_that_max_time_stopped_is_not_cached(tmp_path):
    augmenter = small(memory=str(tmp_path), max_epochs=100_000, max_time=0.3).fit(X, y)
    assert augmenter.stopped_by_ == "max_time"
    assert stored(tmp_path) == []


def test_memory_without_an_int_seed_warns(tmp_path):
    with pytest.warns(UserWarning, match="random_state is not an int"):
        small(memory=str(tmp_path), random_state=None).fit(X, y)


def test_memory_of_the_wrong_type_is_refused():
    with pytest.raises(ValueError, match="memory"):
        small(memory=3).fit(X, y)


def test_a_truncated_entry_costs_one_more_training(tmp_path, trainings):
    expected = small(memory=str(tmp_path)).fit(X, y).augment(X, y)
    (entry,) = stored(tmp_path)
    entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib's own
        made = small(memory=str(tmp_path)).fit(X, y).augment(X, y)
    assert np.array_equal(made, expected)
    assert len(trainings) == 2
    small(memory=str(tmp_path)).fit(X, y)
    assert len(trainings) == 2


def _fit_and_die_while_writing(cache):
    """Fit with a memory whose file is cut off in the middle of being written."""
    dump = pickle._Pickler.dump

    def die(self, value):
        dump(self, value)
        self.file_handle.flush()
        os._exit(9)

    from joblib.numpy_pickle import NumpyPickler

    NumpyPickler.dump = die
    small(memory=cache).fit(X, y)


def test_a_worker_killed_in_the_middle_of_a_write_costs_one_more_training(tmp_path, trainings):
    worker = multiprocessing.get_context("spawn").Process(
        target=_fit_and_die_while_writing, args=(str(tmp_path),)
    )
    worker.start()
    worker.join(120)
    assert worker.exitcode == 9
    assert stored(tmp_path) == []
    small(memory=str(tmp_path)).fit(X, y)
    assert len(trainings) == 1
    small(memory=str(tmp_path)).fit(X, y)
    assert len(trainings) == 1


def fit_and_go_on(memory):
    small(memory=memory, warm_start=True).fit(X, y).fit(X, y)


def fit_context_encoder(memory):
    ContextEncoder(n_iter=2, memory=memory, random_state=0).fit(X)


def compare(memory):
    generators = {"mine": small()}
    compare_generators(
        generators,
        X,
        y,
        metrics=["marginal_difference"],
        test_size=0.5,
        n_repeats=1,
        memory=memory,
        random_state=0,
    )


@pytest.mark.parametrize("use", [fit_and_go_on, fit_context_encoder, compare])
def test_what_the_cache_says_of_arguments_holds_no_series(tmp_path, use):
    use(str(tmp_path))
    told = [path.read_text() for path in tmp_path.rglob("metadata.json")]
    assert told
    assert not any("array(" in text for text in told)


def test_the_cache_holds_no_row_of_X(tmp_path):
    small(memory=str(tmp_path)).fit(X, y)
    content = stored(tmp_path)[0].read_bytes()
    for dtype in (np.float64, np.float32):
        assert not any(row[:4].astype(dtype).tobytes() in content for row in X)
