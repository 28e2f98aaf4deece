"""The contract of every generator and augmenter, written once.

A generator writes `_fit` and `_sample`, and `_check_parameters` where it has some of its own; an
augmenter writes `_augment` as well. They work on a `Panel` (scaled, without gaps, padded), on encoded
targets and on seeds, and never see containers, missing values, labels or `random_state`.
"""

import warnings
from abc import ABCMeta, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sklaug._callbacks import CallbackSupportMixin, with_callbacks
from sklaug._filling import check_gap_limit
from sklaug._lengths import draw_lengths, fit_lengths
from sklaug._partners import partner_rows
from sklaug._persistence import StateMixin
from sklaug._random import block_generator, draw_seed
from sklaug._series import (
    Container,
    check_channels,
    check_condition,
    check_series,
    end_series,
    holds_only,
    join_channels,
)
from sklaug._targets import draw_targets, encode_target, fit_target, flatten_target
from sklaug._units import Units, describe_channels, fit_units
from sklaug._validation import check_choice, check_n_samples, check_number
from sklaug.transforms._calling import resolve_transformation
from sklaug.transforms._restricting import locate, stages

_SET_BY_VALIDATION = ("n_features_in_", "feature_names_in_")
_PRIVATE_STATE = (
    "_kind",
    "_ndim",
    "_columns",
    "_dtype",
    "_condition_channels",
    "_one_length",
    "_fitted_without_transform",
)


class BaseGenerator(
    StateMixin,
    CallbackSupportMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    BaseEstimator,
    metaclass=ABCMeta,
):
    """Base of the estimators that make new series.

    `fit_transform` trains and returns one synthetic series per row, `transform` returns `X`
    unchanged, and `sample` draws new series. So a Pipeline trains what follows on synthetic rows
    and predicts on real ones.
    """

    # -------------------------------------------------------------------------------------------
    # To be written by a generator
    # -------------------------------------------------------------------------------------------

    def _check_parameters(self):
        """Raise unless the parameters that this generator has beside those of all make sense together."""

    def _check_generation(self):
        """Raise unless the parameters that matter after the fit make sense."""

    @abstractmethod
    def _fit(self, panel, y, seed):
        """Learn from `panel` (Panel) and `y` (encoded or None); returns whether it was interrupted.

        Sets fitted attributes, `n_parameters_` among them. True means that the user interrupted it and
        that what there is has been kept, complete; an exception of any kind means that nothing has.
        """

    @abstractmethod
    def _sample(self, rows, y, seed, *, lengths, known):
        """Return series (n, sz, d) in units of `X`, with encoded targets `y`.

        `rows` is a slice of absolute row numbers, `lengths` (n,) or None is how long each shall be,
        `known` (n, sz, d_known) or None holds its known channels, scaled. What stands beyond the end
        plays no role.
        """

    def _draw_lengths(self, rows, y, seed):
        """Return how long each new series shall be, given encoded targets `y`; None where all are full."""
        return draw_lengths(self.lengths_, rows, y, seed, self.target_["kind"])

    def _synthesize(self, panel, y, seed):
        """Return a synthetic series (n, sz, d) for each row of `panel`."""
        rows = slice(0, len(panel))
        return self._sample(rows, y, seed, lengths=panel.lengths, known=panel.known)

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
            Training series, time before channels; or a list of arrays (sz_i,) or (sz_i, d). NaN is a
            missing value, NaN at the tail the end of a shorter series (see `nan_tail`). float32 and
            float64 stay so, integers become float64.
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
        ndarray, list or DataFrame
            Synthetic series in the container, shape and dtype of `X`, each as long as it was.
        """
        panel, encoded, seed = self._learn(X, y)
        synthetic = self._finish(panel, self._synthesize(panel, encoded, seed), self.missing)
        self._fitted_without_transform = False
        return synthetic

    def transform(self, X):
        """Return `X` unchanged, after the checks.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series with the channels seen at fit, and as long; where the fit had series of unequal
            length, of any length.

        Returns
        -------
        ndarray, list or DataFrame
            The same values, with their gaps.

        Warns
        -----
        UserWarning
            If `fit` was called last and not `fit_transform`: whoever calls `fit` and `transform` apart,
            as FrozenEstimator in a Pipeline does, trains on real rows without noticing.
        """
        check_is_fitted(self)
        series = self._check_series(X, may_be_longer=True)
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
        return X if holds_only(X, series.values.dtype) else series.restore(series.values)

    def sample(self, n_samples=1, y=None, random_state=None, *, condition=None):
        """Draw new series.

        Row i depends on the seed and on i, not on `n_samples`: with an int seed ``sample(5)[0]``
        equals ``sample(50)[0][:5]``. Where the fit had series of unequal length, each gets the length
        of a training series, of the same class or of a near target.

        Parameters
        ----------
        n_samples : int, default=1
            Number of series, 1 or more. Left out where `y` or `condition` has one entry each.
        y : array-like of shape (n_samples,), scalar or None
            Targets to draw for, one or one each; None draws them from the training distribution.
            Only where the fit had `y`.
        random_state : int, RandomState instance or None
            Seed of the draw; None uses the estimator's own.
        condition : array-like of shape (n_samples, sz, d_known) or (sz, d_known), list of arrays, or None
            Values of the `condition_channels`, in their order; two dimensions serve for all series.
            Needed if, and only if, the estimator has such channels. Where they end, the series ends.

        Returns
        -------
        X : ndarray of shape (n_samples, sz) or (n_samples, sz, d), list of arrays, or DataFrame
            Series in the container and dtype seen at fit; a DataFrame has a RangeIndex.
        y : ndarray of shape (n_samples,) or None
            Their targets, None where the fit had none.
        """
        check_is_fitted(self)
        self._check_generation()
        n_samples, y, known, lengths = self._check_request(n_samples, y, condition)
        seed = draw_seed(self.random_state if random_state is None else random_state)
        rows = slice(0, n_samples)
        if y is None:
            y = draw_targets(self.target_, rows, seed)
        encoded = encode_target(y, self.target_, n_samples, self, caller="sample")
        if known is None:
            lengths = self._draw_lengths(rows, encoded, seed)
        scaled_known = self._units.scale_known(known, lengths)
        values = self._sample(rows, encoded, seed, lengths=lengths, known=scaled_known)
        return self._contain(values, lengths, known), y

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
        if self._ndim == 3 or self._kind == "list":
            came = "series of shape (n_ts, sz, d)" if self._ndim == 3 else "a list of series"
            raise ValueError(
                f"{type(self).__name__} was fitted on {came}, which have no columns to name. Feature names exist "
                "after a fit on shape (n_ts, sz)."
            )
        return super().get_feature_names_out(input_features)

    # -------------------------------------------------------------------------------------------
    # Inside
    # -------------------------------------------------------------------------------------------

    def _learn(self, X, y):
        """Check, scale and fit; returns the Panel, the encoded targets and the seed."""
        self._check_parameters()
        goes_on = getattr(self, "warm_start", False) and self.__sklearn_is_fitted__()
        earlier = self._fitted_state()
        try:
            panel, encoded = self._prepare(X, y, goes_on)
            seed = draw_seed(self.random_state)
        except BaseException:
            self._set_fitted_state(earlier)  # nothing has been learned yet
            raise
        self._fitted_without_transform = True
        try:
            interrupted = self._fit(panel, encoded, seed)
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
        return panel, encoded, seed

    def _prepare(self, X, y, goes_on):
        """Check series and targets; unless the fit goes on from the last one, learn what describes them."""
        self._check_input_options()
        channels = check_channels(self.condition_channels)
        series = check_series(
            self,
            X,
            reset=not goes_on,
            nan_tail=self.nan_tail,
            condition_channels=channels,
            min_series=2,
        )
        if goes_on:
            self._check_unchanged(channels)
        y = flatten_target(y, len(series))
        if not goes_on:
            target = fit_target(y, len(series), self.target_type, self)
            # Names of columns were set by the check just now; all else is of another fit.
            self._set_fitted_state(
                {name: value for name, value in vars(self).items() if name in _SET_BY_VALIDATION}
            )
            self._describe(series, channels)
            self.target_ = target
            if target["kind"] == "class":
                self.classes_ = target["classes"]
        self._dtype = series.values.dtype.name
        encoded = encode_target(y, self.target_, len(series), self, caller="fit with warm_start")
        self.lengths_ = fit_lengths(series.lengths, encoded)
        return self._units.scale_series(series), encoded

    def _check_unchanged(self, channels):
        """Raise if a warm start would change what the channels are."""
        supports = describe_channels(
            self.support, self.decimals, self._units.learned, self.n_channels_
        )
        for name, before, now in (
            ("condition_channels", self._condition_channels, channels),
            ("support or decimals", self._units.supports, supports),
        ):
            if before != now:
                raise ValueError(
                    f"warm_start cannot change {name} ({before} at the last fit, now {now}). Set warm_start=False, or put "
                    "them back."
                )

    def _check_input_options(self):
        """Raise unless what is said about gaps and tails makes sense."""
        check_choice("missing", self.missing, ("fill", "keep"))
        check_choice("nan_tail", self.nan_tail, ("padding", "missing"))
        check_gap_limit(self.gap_limit)

    def _describe(self, series, channels):
        """Remember container, shape and scale of the training series."""
        container = series.container
        self._kind, self._ndim = container.kind, container.ndim
        self._columns = None if container.columns is None else container.columns.to_numpy()
        self._condition_channels = channels
        self._one_length = series.one_length
        self.n_timepoints_ = series.values.shape[1]
        self.n_channels_ = series.values.shape[2] + len(channels)
        self.mean_, self.scale_, self.supports_ = fit_units(series, self.support, self.decimals)

    def _fitted_state(self):
        return {name: value for name, value in vars(self).items() if _is_fitted_name(name)}

    def _set_fitted_state(self, state):
        for name in self._fitted_state():
            delattr(self, name)
        vars(self).update(state)

    def _check_request(self, n_samples, y, condition):
        """Return how many series `sample` is asked for, a target for each, and their known channels and lengths."""
        check_n_samples(n_samples)
        free = n_samples == 1 and np.ndim(y) == 0  # how many series is then for `condition` to say
        n_rows, y = self._check_requested_targets(n_samples, y)
        self._check_condition_is_needed(condition, "sample")
        if condition is None:
            return n_rows, y, None, None
        known, lengths = check_condition(self, condition, None if free else n_rows)
        if free and y is not None:
            y = np.repeat(y, len(known))
        return len(known), y, known, lengths

    def _check_requested_targets(self, n_samples, y):
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

    def _check_condition_is_needed(self, condition, caller):
        """Raise unless `condition` is there exactly where there are known channels."""
        name, channels = type(self).__name__, self._condition_channels
        if channels and condition is None:
            raise ValueError(
                f"{name} was fitted with condition_channels={channels}, so {caller} needs their values: pass condition, "
                f"an array of shape (n_samples, {self.n_timepoints_}, {len(channels)})."
            )
        if condition is not None and not channels:
            raise ValueError(
                f"{name} was fitted without condition_channels, so {caller} takes no condition."
            )

    def _check_series(self, X, **options):
        """Check series after the fit."""
        self._check_input_options()
        return check_series(
            self,
            X,
            reset=False,
            nan_tail=self.nan_tail,
            condition_channels=self._condition_channels,
            **options,
        )

    @property
    def _units(self):
        return Units(
            self.mean_, self.scale_, self.supports_, self._condition_channels, self.gap_limit
        )

    def _finish(self, panel, values, missing):
        """Return new values (n, sz, d) in the container of the series they came from."""
        end_series(values, panel.lengths)
        if missing == "keep":
            values[~panel.mask] = np.nan
        return panel.series.restore(values)

    def _contain(self, values, lengths, known=None, kind=None):
        """Return new series (n, sz, d) in the container that was seen at fit, or one of that `kind`."""
        kind = kind or self._kind
        n_rows, widths = values.shape[:2]
        if kind == "list":
            widths = np.full(n_rows, widths) if lengths is None else lengths
        elif kind == "frame":
            widths = len(self._columns)
        values = end_series(values, lengths)
        if known is not None:
            values = join_channels(values, known, self._condition_channels)
        return Container(kind, self._ndim, widths, columns=self._columns).fill(values)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_parameters_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _is_fitted_name(name):
    return name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))


class BaseAugmenter(BaseGenerator):
    """Base of the estimators that make new versions of given series."""

    @abstractmethod
    def _augment(self, panel, y, seed, *, eta, transformation, first_row):
        """Return a synthetic version (n, sz, d) of each row of `panel`, in units of `X`."""

    def _synthesize(self, panel, y, seed):
        return self._augment(
            panel, y, seed, eta=self.eta, transformation=self.transformation, first_row=0
        )

    def augment(self, X, y=None, *, eta=None, transformation=None, first_row=0, random_state=None):
        """Return a synthetic version of each row of `X`, by the model that is fitted.

        The noise of a row depends on the seed and on its number: ``augment(X[a:b], y[a:b],
        first_row=a)`` equals ``augment(X, y)[a:b]``. What takes something of another row (mixup, and
        LatentAugmenter's ``residual="resample"``) is outside this promise, as that row comes from the
        call.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series with the channels seen at fit and at most as long; they need not be those of the fit.
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
        ndarray, list or DataFrame
            Series in the container, shape and dtype of `X`, each as long as it was; a DataFrame keeps its
            index. Missing values are filled, or stay so (see `missing`).
        """
        check_is_fitted(self)
        self._check_generation()
        eta = self.eta if eta is None else eta
        transformation = self.transformation if transformation is None else transformation
        self._check_transformation(transformation, eta)
        self._check_restrictions(transformation)
        check_number("first_row", first_row, low=0, whole=True)
        panel = self._units.scale_series(self._check_series(X))
        encoded = encode_target(y, self.target_, len(panel), self, caller="augment")
        seed = draw_seed(self.random_state if random_state is None else random_state)
        augmented = self._augment(
            panel, encoded, seed, eta=eta, transformation=transformation, first_row=first_row
        )
        return self._finish(panel, augmented, self.missing)

    # -------------------------------------------------------------------------------------------
    # Transformations and what they are restricted to
    # -------------------------------------------------------------------------------------------

    def _check_transformation(self, transformation, eta):
        """Raise unless the transformation exists, fits this estimator, and `eta` is a strength."""
        check_number("eta", eta, low=0)
        resolve_transformation(transformation)

    def _check_restrictions(self, transformation):
        """Raise unless the channels and steps that a transformation is restricted to are there to be learned."""
        for _, channels, time_range in stages(transformation):
            locate(channels, self._clip(time_range), self.n_timepoints_, self.n_channels_)
            known = [c for c in channels or () if c in self._condition_channels]
            if known:
                raise ValueError(
                    f"transformation is restricted to channels {channels}, but {known} are condition_channels, which nothing "
                    "changes. Leave them out."
                )

    def _clip(self, time_range):
        """Return the part of a range that the series have; where they are of unequal length it may go beyond."""
        if time_range is None or self._one_length:
            return time_range
        return tuple(min(step, self.n_timepoints_) for step in time_range)

    def _locate(self, channels, time_range):
        """Return the index of some channels and steps among those that are learned; None for all."""
        if channels is None and time_range is None:
            return None
        time_range = self._clip(time_range)
        rows, steps, _ = locate(channels, time_range, self.n_timepoints_, self.n_channels_)
        if channels is None:
            return rows, steps
        return rows, steps, [self._units.learned.index(channel) for channel in channels]

    def _partners(self, y, n_rows, seed, purpose):
        """Choose another row for each row of a call, like it in `y`."""
        rng = block_generator(seed, f"partners for {purpose}", 0)
        return partner_rows(y, rng, kind=self.target_["kind"], n_ts=n_rows)
