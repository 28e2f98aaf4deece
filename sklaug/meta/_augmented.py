"""AugmentedClassifier and AugmentedRegressor: any estimator, trained on real and synthetic rows."""

import warnings
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold, StratifiedShuffleSplit
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, assert_all_finite, get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _is_arraylike,
    _num_samples,
    check_is_fitted,
    has_fit_parameter,
)

from sklaug._random import derive_random_state
from sklaug._series import find_gaps, name_rows, read_container
from sklaug._targets import check_labels, few_rows_told, flatten_target
from sklaug._validation import caller_level, check_choice, check_number, name_of
from sklaug.meta._parts import (
    MAKES,
    check_augmenter,
    check_estimator,
    fit_clone,
    look_swapped,
    settle_seed,
)
from sklaug.meta._rows import Rows, join

MODES = ("add", "replace")
# These do not know which rows were made of which.
_BLIND_SPLITTERS = KFold | StratifiedKFold | ShuffleSplit | StratifiedShuffleSplit
_WEIGHT = "sample_weight"


@dataclass(frozen=True)
class _Origins:
    """What the rows are that the estimator is trained on.

    Attributes
    ----------
    parents : ndarray of int, shape (n_rows,)
        The training row that each is, or belongs to.
    synthetic : ndarray of bool, shape (n_rows,)
        True for those that were made; real rows stand first.
    """

    parents: np.ndarray
    synthetic: np.ndarray


def _estimator_has(name):
    """Return a condition: what is wrapped has this method. Before the fit the parameter answers."""

    def check(self):
        wrapped = getattr(self, "estimator_", self.estimator)
        getattr(wrapped, name)  # raises, and says what is missing
        return True

    return check


class BaseAugmentedEstimator(MetaEstimatorMixin):
    """What both share: all but what their targets are.

    It stands before scikit-learn's mixins, whose `score` is not that of the estimator.

    One that is built on it names `_target_type`, what "auto" means to its augmenter, and writes
    `_check_role` and `_check_target`.
    """

    def __init__(
        self,
        estimator,
        augmenter,
        *,
        n_copies=1,
        method="augment",
        mode="add",
        synthetic_weight=1.0,
        random_state=None,
    ):
        self.estimator = estimator
        self.augmenter = augmenter
        self.n_copies = n_copies
        self.method = method
        self.mode = mode
        self.synthetic_weight = synthetic_weight
        self.random_state = random_state

    def fit(self, X, y, **fit_params):
        """Fit the augmenter, make synthetic rows with it, and fit the estimator.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Training series, as augmenter and estimator take them.
        y : array-like of shape (n_ts,)
            Their targets.
        **fit_params : dict
            What `fit` of the estimator takes beside these, such as ``sample_weight``. What has one entry for
            each row is handed on to the synthetic rows, to each that of its parent; a weight is multiplied
            by `synthetic_weight` there. For a Pipeline it is ``<step>__sample_weight``; with scikit-learn's
            metadata routing it is what the estimator requests.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If an argument or a parameter is not as described, or if what the augmenter made does not go
            with `X`.
        """
        self._check_parameters()
        if y is None:
            raise ValueError(f"{name_of(self)} requires y to be passed, but the target y is None.")
        passed_on = self._route({k: given for k, given in fit_params.items() if given is not None})
        augmenter, n_synthetic, n_channels = None, 0, _count_channels(X)
        if self.n_copies:
            n_real = _num_samples(X)
            self._warn_of_held_out_rows()
            augmenter, X, y, origins = self._make_rows(X, y)
            passed_on = self._extend(passed_on, origins, n_real)
            n_synthetic = int(origins.synthetic.sum())
        estimator = clone(self.estimator)
        estimator.fit(X, y, **passed_on)
        self.estimator_, self.augmenter_, self.n_synthetic_ = estimator, augmenter, n_synthetic
        self._n_channels = n_channels
        return self

    def _check_parameters(self):
        check_number("n_copies", self.n_copies, low=0, whole=True)
        check_number("synthetic_weight", self.synthetic_weight, low=0)
        check_choice("method", self.method, MAKES)
        check_choice("mode", self.mode, MODES)
        self._check_parts()
        if self.mode == "replace" and not self.n_copies:
            raise ValueError(
                "n_copies=0 with mode='replace' leaves no row to train on. Raise n_copies, or set mode='add'."
            )
        if self.mode == "replace" and not self.synthetic_weight:
            raise ValueError(
                "synthetic_weight=0 with mode='replace' leaves no row with a weight. Raise synthetic_weight, or set "
                "mode='add'."
            )
        if self.synthetic_weight != 1:
            self._name_of_weight()

    def _check_parts(self):
        """Raise unless estimator and augmenter are what they have to be."""
        check_estimator(self.estimator)
        self._check_role()
        advice = "Pass an augmenter or generator of sklaug."
        if look_swapped(self.estimator, self.augmenter):
            advice = f"The two seem to be swapped: {name_of(self)}(estimator, augmenter)."
        elif self.augmenter is None:
            advice = "n_copies=0 adds no rows."
        check_augmenter("augmenter", self.augmenter, self.method, advice)

    # -------------------------------------------------------------------------------------------
    # Synthetic rows
    # -------------------------------------------------------------------------------------------

    def _make_rows(self, X, y):
        """Fit an augmenter; returns it and the rows to train on: series, targets, and what they are."""
        real = Rows(*read_container(X, self, "X", 2))
        y = flatten_target(self._refuse_columns(y), len(real))
        assert_all_finite(y, estimator_name=name_of(self), input_name="y")
        self._check_target(check_labels(y))
        self._refuse_missing(real)
        seed, is_set = settle_seed(self.random_state, self.augmenter)
        augmenter = fit_clone(self.augmenter, X, y, self._target_type, seed if is_set else None)
        parts = [] if self.mode == "replace" else [real]
        n_kept = len(real) * len(parts)
        known = real.known_to(augmenter) if self.method == "sample" else None
        for number in range(self.n_copies):
            # Seeds, not rows further on: the partners of mixup follow from the seed alone.
            seed_of_copy = derive_random_state(seed, f"copy {number}")
            with few_rows_told(number > 0):
                made = self._make_copy(augmenter, X, y, known, seed_of_copy)
            parts.append(real.read(made, len(real), augmenter))
        parents = np.tile(np.arange(len(real)), len(parts))
        origins = _Origins(parents, np.arange(len(parents)) >= n_kept)
        return augmenter, join(parts).fill(), y[parents], origins

    def _warn_of_held_out_rows(self):
        """Warn where the estimator holds out some of the rows that it is fitted on: what was made of them stays in."""
        part = _find_holding_out(self.estimator)
        one_each = self.mode == "replace" and self.method == "augment" and self.n_copies == 1
        if part and self.synthetic_weight and not one_each:
            name = name_of(self)
            warnings.warn(
                f"{part} holds out some of the rows that it is given. Synthetic rows that {name} made of these stay among "
                "those it trains on, so that it takes itself for better than it is, and chooses what fits too closely. Pass an "
                f"estimator that does not, and search its parameters around {name}, as 'estimator__...'.",
                UserWarning,
                stacklevel=caller_level(),
            )

    def _refuse_missing(self, real):
        """Raise for missing values that the estimator would not see at fit, filled, but does not take at predict."""
        if self.mode == "add" or _takes_missing(self.estimator):
            return
        rows = np.flatnonzero(find_gaps(real.values, real.container.widths))
        if len(rows):
            raise ValueError(
                f"Input X contains NaN, in {name_rows(rows, len(real))}, which {name_of(self.estimator)} does not accept, as "
                "its tags say. Put a GapFiller before it, in a Pipeline."
            )

    def _refuse_columns(self, y):
        shape = getattr(y, "shape", ())
        if len(shape) == 2 and shape[1] > 1:
            raise ValueError(
                f"y has shape {tuple(shape)}, but an augmenter takes one target for each series. Wrap {name_of(self)} in a "
                "MultiOutputRegressor or MultiOutputClassifier of scikit-learn, or set n_copies=0."
            )
        return y

    def _make_copy(self, augmenter, X, y, known, seed):
        """Make one synthetic series for each training row."""
        if self.method == "augment":
            return augmenter.augment(X, y, random_state=seed)
        condition = {} if known is None else {"condition": known}
        return augmenter.sample(len(y), y, random_state=seed, **condition)[0]

    # -------------------------------------------------------------------------------------------
    # Weights, and what else goes to the estimator's fit
    # -------------------------------------------------------------------------------------------

    def _route(self, fit_params):
        """Return what of the parameters of `fit` goes to the estimator's."""
        if not _routing_enabled():
            return fit_params
        return dict(process_routing(self, "fit", **fit_params).estimator.fit)

    def _extend(self, passed_on, origins, n_real):
        """Return the same for all rows that the estimator is trained on."""
        if self.synthetic_weight != 1 and (name := self._name_of_weight()) not in passed_on:
            passed_on = passed_on | self._route({name: np.ones(n_real)})
        return {
            name: self._extend_parameter(name, given, origins, n_real)
            for name, given in passed_on.items()
        }

    def _extend_parameter(self, name, given, origins, n_real):
        if name.split("__")[-1] == _WEIGHT:
            weight = _check_weight(name, given, n_real)[origins.parents]
            return np.where(origins.synthetic, self.synthetic_weight, 1) * weight
        if _is_arraylike(given) and _num_samples(given) == n_real:
            return _safe_indexing(given, origins.parents)
        return given

    def _name_of_weight(self):
        """Return what the estimator's `fit` calls the weights of rows; raise if it takes none."""
        if _routing_enabled():
            self._check_request_of_weight()
            return _WEIGHT
        name = _find_weight(self.estimator)
        if name is None:
            raise ValueError(
                f"synthetic_weight={self.synthetic_weight:g} needs an estimator whose fit takes sample_weight, but that of "
                f"{name_of(self.estimator)} does not. Leave synthetic_weight at 1; n_copies too says how much synthetic "
                "rows count."
            )
        return name

    def _check_request_of_weight(self):
        if not get_routing_for_object(self.estimator).consumes("fit", [_WEIGHT]):
            raise ValueError(
                f"synthetic_weight={self.synthetic_weight:g} needs an estimator that requests sample_weight under this name, "
                f"which {name_of(self.estimator)} does not. Call set_fit_request(sample_weight=True) on what is to get it, or "
                "leave synthetic_weight at 1."
            )

    def get_metadata_routing(self):
        """Return where metadata go: those of `fit`, `predict` and `score` to the estimator.

        Returns
        -------
        MetadataRouter
            As scikit-learn's metadata routing takes it.
        """
        mapping = MethodMapping()
        for method in ("fit", "predict", "score"):
            mapping.add(caller=method, callee=method)
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    # -------------------------------------------------------------------------------------------
    # What the estimator answers
    # -------------------------------------------------------------------------------------------

    @available_if(_estimator_has("predict"))
    def predict(self, X, **predict_params):
        """Predict by the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Real series, as at fit.
        **predict_params : dict
            What its `predict` takes beside these, such as ``return_std``.

        Returns
        -------
        ndarray of shape (n_ts,)
            What the estimator predicts.

        Raises
        ------
        ValueError
            If the series have another number of channels than those of the fit.
        """
        return self._ask_about(X, "predict", **predict_params)

    @available_if(_estimator_has("score"))
    def score(self, X, y, sample_weight=None, **score_params):
        """Score the fitted estimator, by its own `score`.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Real series.
        y : array-like of shape (n_ts,)
            Their targets.
        sample_weight : array-like of shape (n_ts,) or None
            Weights, for an estimator whose `score` takes them.
        **score_params : dict
            What else it takes.

        Returns
        -------
        float
            Accuracy or R², unless the estimator has another.
        """
        weight = {} if sample_weight is None else {_WEIGHT: sample_weight}
        return self._ask_about(X, "score", y, **weight, **score_params)

    def _ask_about(self, X, method, *targets, **params):
        """Return what a method of the fitted estimator answers."""
        check_is_fitted(self)
        self._check_channels(X)
        if params and _routing_enabled():
            params = process_routing(self, method, **params).estimator[method]
        return getattr(self.estimator_, method)(X, *targets, **params)

    def _check_channels(self, X):
        """Raise where series have other channels than at fit, for which few classifiers of series look."""
        d, came = self._n_channels, _count_channels(X)
        if None not in (d, came) and came != d:
            hint = " The channels seem to come before time: try np.swapaxes(X, 1, 2)."
            raise ValueError(
                f"X has shape {tuple(X.shape)}, but {name_of(self)} was fitted on series of {d} channels: shape "
                f"(n_ts, sz, {d}).{hint if X.shape[1] == d else ''}"
            )

    @property
    def n_features_in_(self):
        """Number of features that the fitted estimator has seen."""
        return self._ask("n_features_in_")

    @property
    def feature_names_in_(self):
        """Names of the columns that the fitted estimator has seen."""
        return self._ask("feature_names_in_")

    def _ask(self, name):
        """Return an attribute of the fitted estimator; before the fit there is none."""
        if "estimator_" not in vars(self):
            raise AttributeError(f"{name_of(self)} has no {name} before it is fitted.")
        return getattr(self.estimator_, name)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if not _has_tags(self.estimator):
            return tags
        own = get_tags(self.estimator)
        tags.non_deterministic = own.non_deterministic
        for name in ("classifier_tags", "regressor_tags"):
            # Only where this is one too.
            if getattr(tags, name) is not None and getattr(own, name) is not None:
                setattr(tags, name, getattr(own, name))
        if not self.n_copies:
            tags.input_tags, tags.target_tags = own.input_tags, own.target_tags
            return tags
        if not _has_tags(self.augmenter):
            return tags
        augmenter = get_tags(self.augmenter)
        for name in ("two_d_array", "three_d_array"):
            both = (getattr(part.input_tags, name) for part in (own, augmenter))
            setattr(tags.input_tags, name, all(both))
        tags.input_tags.allow_nan = augmenter.input_tags.allow_nan and _takes_missing(
            self.estimator
        )
        tags.input_tags.positive_only = own.input_tags.positive_only
        if tags.classifier_tags is not None:
            tags.classifier_tags = replace(tags.classifier_tags, multi_label=False)
        return tags


class AugmentedClassifier(BaseAugmentedEstimator, ClassifierMixin, BaseEstimator):
    """Train any classifier on real and synthetic rows.

    `fit` trains a clone of the augmenter on the rows that it is given, makes `n_copies` synthetic rows for
    each of them, with the same label, and fits a clone of the estimator on all, real rows first. All else
    goes straight to that estimator. So a cross-validation or a search around it augments the training rows
    of each fold alone: what a score is taken on has been seen by neither.

    Parameters
    ----------
    estimator : estimator
        Any classifier of scikit-learn, tslearn or aeon that takes series in the container of `X`, or a
        Pipeline that makes them into what it takes (see Notes).
    augmenter : estimator
        Any augmenter of sklaug, or generator for ``method="sample"``. Where its `target_type` is "auto" it
        is told that targets are classes.
    n_copies : int, default=1
        Synthetic rows for each real one, 0 or more. 0 adds none and trains no augmenter: the estimator alone,
        for a search to choose.
    method : {"augment", "sample"}, default="augment"
        Make a version of the row itself, or draw a new series of its label. Known channels
        (`condition_channels`) are those of the row.
    mode : {"add", "replace"}, default="add"
        Train on real and synthetic rows, or on the synthetic ones alone, which is TSTR: train on synthetic,
        test on real.
    synthetic_weight : float, default=1.0
        Weight of each synthetic row, 0 or more, where a real one has 1: `n_copies` versions of a row weigh
        ``n_copies * synthetic_weight`` together. Any other than 1 needs an estimator whose `fit` takes
        ``sample_weight``.
    random_state : int, RandomState instance or None, default=None
        Seed of the copies, and of an augmenter, or what is in it, that has none of its own. None takes the
        `random_state` of the augmenter; if it has none either, each fit is another. The estimator keeps its own.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    augmenter_ : estimator or None
        The fitted augmenter; None where `n_copies` is 0.
    n_synthetic_ : int
        Synthetic rows that the estimator was trained on.
    classes_ : ndarray of shape (n_classes,)
        Class labels, as the estimator has them.
    n_features_in_ : int
        Number of features seen by the estimator.
    feature_names_in_ : ndarray of str
        Names of the columns seen by the estimator, where `X` was a DataFrame.

    See Also
    --------
    AugmentedRegressor : The same for real targets.
    SyntheticOverSampler : Makes classes equally large; here they keep their shares.
    sklaug.model_selection.tstr_score : Scores with real rows, synthetic ones and both, in the same folds.

    Notes
    -----
    Put the search around it, not into it: a `GridSearchCV`, a `RidgeClassifierCV` or an early stopping *within*
    `estimator` holds out rows of which it trains on versions. Its scores are too good, and it chooses too
    weak a penalty. `fit` warns of a parameter `cv` that is a number, None or a plain splitter of
    scikit-learn, and of ``early_stopping=True``.

    A network of an augmenter with `memory` and an int seed is trained once for each fold, whatever the search
    tries of ``n_copies``, ``augmenter__eta`` or ``estimator__C``.

    `fit` hands ``sample_weight`` on and does not name it in its signature: scikit-learn expects of an
    estimator which does that a row of weight 2 equals two rows, and two rows get versions of their own. The
    augmenter sees all rows alike, also those of weight 0. For a Pipeline `synthetic_weight` goes to its last
    step, and a weight of yours is ``<step>__sample_weight``.

    Series have time before channels. aeon has them behind: its estimators go into a Pipeline behind
    ``FunctionTransformer(sklaug.preprocessing.to_channels_first)``. Where `X` is a list of series of unequal
    length, or padded with NaN, the estimator gets the synthetic ones likewise, and has to take such.

    Where `X` holds missing values, the real rows keep theirs, and the estimator has to take them. So with
    ``mode="replace"`` they are refused too where the estimator's tags say that it takes none, though it
    would see rows that are filled: it could not predict such series. A `GapFiller` before it mends both.

    References
    ----------
    .. [1] Iwana and Uchida (2021), An empirical survey of data augmentation for time series classification with neural
       networks, doi:10.1371/journal.pone.0254841

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklaug import AugmentedClassifier, DirectAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> model = AugmentedClassifier(
    ...     LogisticRegression(), DirectAugmenter(random_state=0), n_copies=2
    ... )
    >>> model.fit(X, y).n_synthetic_
    60
    >>> model.predict(X).shape
    (30,)

    Whether to add rows, how many, and how strongly changed, chosen by cross-validation:

    >>> grid = {"n_copies": [0, 1, 3], "augmenter__eta": [0.1, 0.5], "estimator__C": [0.1, 1]}
    >>> search = GridSearchCV(model, grid, cv=3).fit(X, y)
    >>> sorted(search.best_params_)
    ['augmenter__eta', 'estimator__C', 'n_copies']
    """

    _target_type = "class"

    def _check_role(self):
        if is_regressor(self.estimator):
            raise TypeError(
                f"{name_of(self.estimator)} is a regressor. Use AugmentedRegressor, or pass a classifier."
            )

    def _check_target(self, y):
        check_classification_targets(y)

    @property
    def classes_(self):
        """Class labels of the fitted estimator."""
        return self._ask("classes_")

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Predict probabilities of the classes by the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Real series, as at fit.

        Returns
        -------
        ndarray of shape (n_ts, n_classes)
            In the order of `classes_`.
        """
        return self._ask_about(X, "predict_proba")

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Predict logarithms of the probabilities of the classes by the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Real series, as at fit.

        Returns
        -------
        ndarray of shape (n_ts, n_classes)
            In the order of `classes_`.
        """
        return self._ask_about(X, "predict_log_proba")

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X):
        """Return the decision function of the fitted estimator.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Real series, as at fit.

        Returns
        -------
        ndarray of shape (n_ts,) or (n_ts, n_classes)
            What the estimator returns.
        """
        return self._ask_about(X, "decision_function")


class AugmentedRegressor(BaseAugmentedEstimator, RegressorMixin, BaseEstimator):
    """Train any regressor on real and synthetic rows.

    `fit` trains a clone of the augmenter on the rows that it is given, makes `n_copies` synthetic rows for
    each of them, with the same target, and fits a clone of the estimator on all, real rows first. All else
    goes straight to that estimator. So a cross-validation or a search around it augments the training rows
    of each fold alone: what a score is taken on has been seen by neither.

    Parameters
    ----------
    estimator : estimator
        Any regressor of scikit-learn, tslearn or aeon that takes series in the container of `X`, or a
        Pipeline that makes them into what it takes.
    augmenter : estimator
        Any augmenter of sklaug, or generator for ``method="sample"``. Where its `target_type` is "auto" it
        is told that targets are real, whole numbers too.
    n_copies : int, default=1
        Synthetic rows for each real one, 0 or more. 0 adds none and trains no augmenter: the estimator alone,
        for a search to choose.
    method : {"augment", "sample"}, default="augment"
        Make a version of the row itself, or draw a new series for its target. Known channels
        (`condition_channels`) are those of the row.
    mode : {"add", "replace"}, default="add"
        Train on real and synthetic rows, or on the synthetic ones alone, which is TSTR: train on synthetic,
        test on real.
    synthetic_weight : float, default=1.0
        Weight of each synthetic row, 0 or more, where a real one has 1: `n_copies` versions of a row weigh
        ``n_copies * synthetic_weight`` together. Any other than 1 needs an estimator whose `fit` takes
        ``sample_weight``.
    random_state : int, RandomState instance or None, default=None
        Seed of the copies, and of an augmenter, or what is in it, that has none of its own. None takes the
        `random_state` of the augmenter; if it has none either, each fit is another. The estimator keeps its own.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    augmenter_ : estimator or None
        The fitted augmenter; None where `n_copies` is 0.
    n_synthetic_ : int
        Synthetic rows that the estimator was trained on.
    n_features_in_ : int
        Number of features seen by the estimator.
    feature_names_in_ : ndarray of str
        Names of the columns seen by the estimator, where `X` was a DataFrame.

    See Also
    --------
    AugmentedClassifier : The same for class labels; its notes hold here too.
    sklearn.multioutput.MultiOutputRegressor : Around this one, for several targets.

    Notes
    -----
    A target stays what it was while the series changes, which is right only for changes that leave it alone:
    of what is to be predicted from the level of a series, ``transformation="scaling"`` teaches the wrong.

    References
    ----------
    .. [1] Iwana and Uchida (2021), An empirical survey of data augmentation for time series classification with neural
       networks, doi:10.1371/journal.pone.0254841

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklaug import AugmentedRegressor, DirectAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> X, _ = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> y = X[:, -1]
    >>> model = AugmentedRegressor(
    ...     Ridge(), DirectAugmenter(eta=0.1), n_copies=3, synthetic_weight=0.2, random_state=0
    ... )
    >>> model.fit(X, y).n_synthetic_
    90
    >>> model.score(X, y) > 0.9
    True
    """

    _target_type = "continuous"

    def _check_role(self):
        if is_classifier(self.estimator):
            raise TypeError(
                f"{name_of(self.estimator)} is a classifier. Use AugmentedClassifier, or pass a regressor."
            )

    def _check_target(self, y):
        try:
            y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"y cannot be read as real targets ({error}). Pass numbers; for class labels there is AugmentedClassifier."
            ) from error


def _has_tags(part):
    """Tell whether a part is an estimator; what is none is refused by `fit`, and before that has to be shown."""
    return hasattr(part, "__sklearn_tags__") and not isinstance(part, type)


def _count_channels(X):
    """Return the channels of an array (n_ts, sz, d); None for all else."""
    shape = getattr(X, "shape", ())
    return shape[2] if len(shape) == 3 else None


def _takes_missing(estimator):
    """Tell whether an estimator takes NaN, by its tags; a Pipeline, which has no such tag, whether its first step does."""
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in ("passthrough", None)]
        return not steps or _takes_missing(steps[0])
    tags = get_tags(estimator)
    return tags.input_tags.allow_nan or tags.no_validation


def _find_holding_out(estimator):
    """Return the name of the part of an estimator that holds rows out by itself; None where none does.

    A splitter of a user's own may know which rows were made of which.
    """
    parameters = estimator.get_params()
    for name, value in parameters.items():
        owner, _, last = name.rpartition("__")
        splits = last == "cv" and (value is None or isinstance(value, Integral | _BLIND_SPLITTERS))
        if splits or (last == "early_stopping" and value is True):
            return type(parameters[owner] if owner else estimator).__name__
    return None


# -------------------------------------------------------------------------------------------
# Weights
# -------------------------------------------------------------------------------------------


def _routing_enabled():
    return get_config()["enable_metadata_routing"]


def _find_weight(estimator):
    """Return the name by which an estimator's `fit` takes weights, without metadata routing; None if it takes none."""
    if not hasattr(estimator, "fit"):  # a step that is "passthrough"
        return None
    if has_fit_parameter(estimator, _WEIGHT):
        return _WEIGHT
    if isinstance(estimator, Pipeline):
        step, last = estimator.steps[-1]
        inner = _find_weight(last)
        return inner and f"{step}__{inner}"
    # These hand on what they are given. Others that take anything need not.
    if isinstance(estimator, BaseSearchCV):
        return _find_weight(estimator.estimator)
    if isinstance(estimator, TransformedTargetRegressor):
        return _find_weight(estimator.regressor)
    return None


def _check_weight(name, weight, n_rows):
    weight = np.asarray(weight, dtype=np.float64)
    if weight.ndim and weight.shape != (n_rows,):
        raise ValueError(
            f"{name} has shape {weight.shape}, but there are {n_rows} series. Give one weight for each."
        )
    return np.broadcast_to(weight, n_rows)
