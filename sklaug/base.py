"""The contract of every generator and augmenter, written once.

A generator writes `_check_parameters`, `_fit` and `_sample`; an augmenter writes `_augment` as
well. They work on `Series`, on encoded targets and on seeds, and never see containers, labels or
`random_state`.
"""

import hashlib
import warnings
from abc import ABCMeta, abstractmethod

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sklaug._caching import VERSIONS
from sklaug._callbacks import CallbackSupportMixin, with_callbacks
from sklaug._random import draw_seed
from sklaug._scaling import fit_scaler
from sklaug._targets import draw_targets, encode_target, fit_target, flatten_target
from sklaug._validation import check_number, check_series

FORMAT = 1

_SET_BY_VALIDATION = ("n_features_in_", "feature_names_in_")
_PRIVATE_STATE = ("_ndim", "_columns", "_dtype", "_fitted_without_transform")


class BaseGenerator(
    CallbackSupportMixin, OneToOneFeatureMixin, TransformerMixin, BaseEstimator, metaclass=ABCMeta
):
    """Base of the estimators that make new series.

    `fit_transform` trains and returns one synthetic series per row, `transform` returns `X`
    unchanged, and `sample` draws new series. So a Pipeline trains what follows on synthetic rows
    and predicts on real ones.
    """

    # -------------------------------------------------------------------------------------------
    # To be written by a generator
    # -------------------------------------------------------------------------------------------

    @abstractmethod
    def _check_parameters(self):
        """Raise unless all parameters make sense together."""

    @abstractmethod
    def _check_generation(self):
        """Raise unless the parameters that matter after the fit make sense."""

    @abstractmethod
    def _fit(self, series, y, seed):
        """Learn from `series` (Series) and `y` (encoded or None); returns whether it was interrupted.

        Sets fitted attributes. True means that the user interrupted it and that what there is has
        been kept, complete; an exception of any kind means that nothing has.
        """

    @abstractmethod
    def _sample(self, rows, y, seed):
        """Return series (n, sz, d) in units of `X`, with encoded targets `y`.

        `rows` is a slice of absolute row numbers.
        """

    def _synthesize(self, series, y, seed):
        """Return a synthetic series (n, sz, d) for each row of `series`."""
        return self._sample(slice(0, len(series)), y, seed)

    # -------------------------------------------------------------------------------------------
    # The contract
    # -------------------------------------------------------------------------------------------

    @with_callbacks
    def fit(self, X, y=None):
        """Learn to make series like those of `X`.

        In a Pipeline it is `fit_transform` that runs: it also returns synthetic series, which the
        next step trains on. After `fit` alone, `transform` warns that it returns real rows.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), or wide DataFrame
            Training series, time before channels. float32 and float64 stay so, integers become
            float64.
        y : array-like of shape (n_ts,) or None
            Class labels of any type, or real targets; what is made is then conditional on them.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If `X`, `y` or a parameter is not as described, or if the training loss is not finite.
        """
        self._learn(X, y)
        self._fitted_without_transform = True
        return self

    @with_callbacks
    def fit_transform(self, X, y=None):
        """Fit, and return one synthetic series per row of `X`, aligned with `y`.

        Not the same as ``fit(X, y).transform(X)``, which returns `X` itself: `transform` is what a
        Pipeline applies to the rows it predicts, and those must stay real.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), or wide DataFrame
            Training series.
        y : array-like of shape (n_ts,) or None
            Class labels or real targets.

        Returns
        -------
        ndarray or DataFrame
            Synthetic series in the container, shape and dtype of `X`.
        """
        series, encoded, seed = self._learn(X, y)
        synthetic = series.restore(self._synthesize(series, encoded, seed))
        self._fitted_without_transform = False
        return synthetic

    def transform(self, X):
        """Return `X` unchanged, after the checks.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), or wide DataFrame
            Series of the length and channels seen at fit.

        Returns
        -------
        ndarray or DataFrame
            The same values.

        Warns
        -----
        UserWarning
            If `fit` was called last and not `fit_transform`: whoever calls `fit` and `transform` apart,
            as FrozenEstimator in a Pipeline does, trains on real rows without noticing.
        """
        check_is_fitted(self)
        series = check_series(self, X, reset=False)
        if self._fitted_without_transform:
            name = type(self).__name__
            advice = "augment(X, y) or sample(n)" if hasattr(self, "augment") else "sample(n)"
            warnings.warn(
                f"{name}.transform returns X unchanged, and {name} was fitted by fit, so nothing "
                f"synthetic comes out of it. Use fit_transform (as a Pipeline does), or {advice}. "
                "FrozenEstimator in a Pipeline trains the next step on real rows.",
                UserWarning,
                stacklevel=3,  # past scikit-learn's wrapper of transform
            )
        if isinstance(X, pd.DataFrame) and (X.dtypes == series.values.dtype).all():
            return X
        return series.restore(series.values)

    def sample(self, n_samples=1, y=None, random_state=None):
        """Draw new series.

        Row i depends on the seed and on i, not on `n_samples`: with an int seed ``sample(5)[0]``
        equals ``sample(50)[0][:5]``.

        Parameters
        ----------
        n_samples : int, default=1
            Number of series, 1 or more. Left out where `y` is an array.
        y : array-like of shape (n_samples,), scalar or None
            Targets to draw for, one or one each; None draws them from the training distribution.
            Only where the fit had `y`.
        random_state : int, RandomState instance or None
            Seed of the draw; None uses the estimator's own.

        Returns
        -------
        X : ndarray of shape (n_samples, sz) or (n_samples, sz, d), or DataFrame
            Series in the container and dtype seen at fit; a DataFrame has a RangeIndex.
        y : ndarray of shape (n_samples,) or None
            Their targets, None where the fit had none.
        """
        check_is_fitted(self)
        self._check_generation()
        n_samples, y = self._check_request(n_samples, y)
        seed = draw_seed(self.random_state if random_state is None else random_state)
        rows = slice(0, n_samples)
        if y is None:
            y = draw_targets(self.target_, rows, seed)
        encoded = encode_target(y, self.target_, n_samples, self, caller="sample")
        X = self._flatten(self._sample(rows, encoded, seed))
        return X if self._columns is None else pd.DataFrame(X, columns=self._columns), y

    def get_feature_names_out(self, input_features=None):
        """Return the names of the time steps: those of the DataFrame at fit, or ``x0``, ``x1``, ...

        Parameters
        ----------
        input_features : array-like of str or None
            Names to use; must agree with those at fit.

        Returns
        -------
        ndarray of str
            One name a time step.

        Raises
        ------
        ValueError
            After a fit on series of shape (n_ts, sz, d), which have no columns.
        """
        check_is_fitted(self)
        if self._ndim == 3:
            raise ValueError(
                f"{type(self).__name__} was fitted on series of shape (n_ts, sz, d), which have no "
                "columns to name. Feature names exist after a fit on shape (n_ts, sz)."
            )
        return super().get_feature_names_out(input_features)

    # -------------------------------------------------------------------------------------------
    # Inside
    # -------------------------------------------------------------------------------------------

    def _learn(self, X, y):
        """Check, scale and fit; returns the Series, the encoded targets and the seed."""
        self._check_parameters()
        goes_on = getattr(self, "warm_start", False) and self.__sklearn_is_fitted__()
        earlier = self._fitted_state()
        try:
            series, encoded = self._prepare(X, y, goes_on)
            seed = draw_seed(self.random_state)
        except BaseException:
            self._set_fitted_state(earlier)  # nothing has been learned yet
            raise
        self._fitted_without_transform = True
        try:
            interrupted = self._fit(series, encoded, seed)
        except BaseException as error:
            # Half of a fit must not pass for one.
            self._set_fitted_state(earlier if goes_on else {})
            if goes_on and isinstance(error, KeyboardInterrupt):
                warnings.warn(
                    f"The fit was interrupted. {type(self).__name__} keeps the weights of the last fit.",
                    UserWarning,
                    stacklevel=4,
                )
            raise
        if interrupted:
            raise KeyboardInterrupt
        return series, encoded, seed

    def _prepare(self, X, y, goes_on):
        """Check series and targets; unless the fit goes on from the last one, learn their scale."""
        series = check_series(self, X, reset=not goes_on, min_series=2)
        y = flatten_target(y, len(series))
        if not goes_on:
            target = fit_target(y, len(series), self.target_type, self)
            # Names of columns were set by the check just now; all else is of another fit.
            self._set_fitted_state(
                {name: value for name, value in vars(self).items() if name in _SET_BY_VALIDATION}
            )
            self.n_timepoints_, self.n_channels_ = series.values.shape[1:]
            self._ndim = series.ndim
            self._columns = None if series.columns is None else series.columns.to_numpy()
            self.mean_, self.scale_ = fit_scaler(series.values, series.mask)
            self.target_ = target
            if target["kind"] == "class":
                self.classes_ = target["classes"]
        self._dtype = series.values.dtype.name
        encoded = encode_target(y, self.target_, len(series), self, caller="fit with warm_start")
        return series, encoded

    def _fitted_state(self):
        return {name: value for name, value in vars(self).items() if _is_fitted_name(name)}

    def _set_fitted_state(self, state):
        for name in self._fitted_state():
            delattr(self, name)
        vars(self).update(state)

    def _check_request(self, n_samples, y):
        """Return how many series `sample` is asked for, and a target for each, or None."""
        check_number("n_samples", n_samples, low=1, whole=True)
        if y is None:
            return int(n_samples), None
        if self.target_["kind"] is None:
            raise ValueError(
                f"{type(self).__name__} was fitted without y, so sample takes no y. Fit with y to "
                "make series conditional on it."
            )
        if isinstance(y, dict | set):
            raise TypeError(
                "y must be one target, or one for each series: for 5 of class 0 and 3 of class 1, pass "
                "y=[0] * 5 + [1] * 3."
            )
        if np.ndim(y) == 0:
            return int(n_samples), np.full(n_samples, y)
        y = np.array(y)
        if not len(y):
            raise ValueError(
                "y is empty. Pass one target or more, or leave y out and give n_samples."
            )
        if n_samples not in (1, len(y)):
            raise ValueError(
                f"n_samples={n_samples}, but y has {len(y)} entries. Leave n_samples out, or make them agree."
            )
        return len(y), y

    def _flatten(self, X):
        """Drop the channel axis where the fit had none."""
        return X if self._ndim == 3 else X[..., 0]

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "weights_" in state:
            state |= {"_checksum": _checksum(state), "_format": FORMAT, "_versions": VERSIONS}
        return state

    def __setstate__(self, state):
        state = dict(state)
        name = type(self).__name__
        stored = state.pop("_format", FORMAT)
        writer = state.pop("_versions", {}).get("sklaug", "unknown")
        if stored > FORMAT:
            raise ValueError(
                f"This {name} was stored in format {stored} by sklaug {writer}; the installed "
                f"version reads formats up to {FORMAT}. Upgrade sklaug."
            )
        checksum = state.pop("_checksum", None)
        if checksum is not None and checksum != _checksum(state):
            raise ValueError(
                f"The stored {name} is damaged: its arrays do not match their checksum. Fit and "
                "store it again."
            )
        super().__setstate__(state)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_iter_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _is_fitted_name(name):
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))


def _checksum(state):
    """Digest every array of a state, however deep inside it."""
    digest = hashlib.sha256()
    _digest_arrays(digest, state)
    return digest.hexdigest()


def _digest_arrays(digest, value):
    if isinstance(value, BaseEstimator):
        value = vars(value)
    if isinstance(value, dict):
        for name in sorted(value, key=str):
            digest.update(str(name).encode())
            _digest_arrays(digest, value[name])
    elif isinstance(value, list | tuple):
        for entry in value:
            _digest_arrays(digest, entry)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        digest.update(repr(value.tolist()).encode())
    elif isinstance(value, np.ndarray):
        digest.update(np.ascontiguousarray(value).tobytes())


class BaseAugmenter(BaseGenerator):
    """Base of the estimators that make new versions of given series."""

    @abstractmethod
    def _augment(self, series, y, seed, *, eta, transformation, first_row):
        """Return a synthetic version (n, sz, d) of each row of `series`, in units of `X`."""

    def _synthesize(self, series, y, seed):
        return self._augment(
            series, y, seed, eta=self.eta, transformation=self.transformation, first_row=0
        )

    def augment(self, X, y=None, *, eta=None, transformation=None, first_row=0, random_state=None):
        """Return a synthetic version of each row of `X`, by the model that is fitted.

        The noise of a row depends on the seed and on its number: ``augment(X[a:b], y[a:b],
        first_row=a)`` equals ``augment(X, y)[a:b]``. Mixup and ``residual="resample"`` are outside
        this promise, as their partners come from the call.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), or wide DataFrame
            Series of the length and channels seen at fit; they need not be those of the fit.
        y : array-like of shape (n_ts,) or None
            Their targets; needed if, and only if, the fit had them.
        eta : float or None
            Strength, 0 or more; None uses the estimator's own.
        transformation : str, callable, list of these, or None
            What to do; None uses the estimator's own.
        first_row : int, default=0
            Number of the first row, for a large set that is augmented in parts.
        random_state : int, RandomState instance or None
            Seed; None uses the estimator's own, so that an int there gives the same rows on every
            call.

        Returns
        -------
        ndarray or DataFrame
            Series in the container, shape and dtype of `X`; a DataFrame keeps its index.
        """
        check_is_fitted(self)
        self._check_generation()
        eta = self.eta if eta is None else eta
        transformation = self.transformation if transformation is None else transformation
        self._check_transformation(transformation, eta)
        check_number("first_row", first_row, low=0, whole=True)
        series = check_series(self, X, reset=False)
        encoded = encode_target(y, self.target_, len(series), self, caller="augment")
        seed = draw_seed(self.random_state if random_state is None else random_state)
        augmented = self._augment(
            series, encoded, seed, eta=eta, transformation=transformation, first_row=first_row
        )
        return series.restore(augmented)

    @abstractmethod
    def _check_transformation(self, transformation, eta):
        """Raise unless the transformation exists, fits this estimator, and `eta` is a strength."""
