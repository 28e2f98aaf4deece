"""LatentAugmenter: a conditional variational autoencoder whose codes are perturbed, or drawn anew."""

import copy
import functools
import itertools
import math
import warnings

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklaug._caching import VERSIONS, cache_training, fingerprint
from sklaug._callbacks import FitProgress
from sklaug._codes import CodeSpace, measure_codes
from sklaug._inference import Codec, choose_device
from sklaug._partners import donor_rows
from sklaug._perturbation import perturb
from sklaug._priors import check_prior, draw_codes, fit_prior
from sklaug._quantization import quantize_weights, restore_weights
from sklaug._random import block_uniform, derive_seed
from sklaug._series import check_condition, end_series
from sklaug._targets import encode_target, warn_of_few_rows
from sklaug._training import TrainingPlan, UnfinishedTraining, train_network
from sklaug._validation import check_choice, check_component, check_flag, check_number
from sklaug.base import BaseAugmenter
from sklaug.networks.cvae import CVAE
from sklaug.networks.decoders import DECODERS
from sklaug.networks.encoders import ENCODERS
from sklaug.transforms._calling import (
    is_named_transformation,
    needs_time_axis,
    resolve_transformation,
    transformation_name,
)

RESIDUALS = ("drop", "keep", "resample")
LATENTS = ("sequence", "global")

# An epoch is worth a step of the optimiser, not a pass over the rows: many rows need fewer passes.
_MOST_EPOCHS, _FEWEST_EPOCHS, _ENOUGH_STEPS = 80, 3, 2000
# From how many rows on "auto" doubles a batch of 16. A batch of short series costs little more than one of half
# the rows, and with a learning rate to match trains as well as long as there are some hundred steps.
_DOUBLE, _DOUBLE_SHORT, _SHORT = (64, 512, 4096), (64, 128, 1024, 2048), 32


class LatentAugmenter(BaseAugmenter):
    """Make new versions of series by perturbing their codes in a conditional variational autoencoder.

    An encoder turns a series into a short sequence of codes, a decoder turns codes back into a
    series. `fit_transform` and `augment` perturb the codes of each series by a `transformation` of
    strength `eta` and decode; `sample` draws codes from a density fitted to those of the training
    rows.

    `transform` returns its input unchanged. In a Pipeline the next step is thus *trained* on
    synthetic series and *predicts* on real ones, so that the Pipeline's score is TSTR: train on
    synthetic, test on real. ``fit(X, y).transform(X)`` is therefore not ``fit_transform(X, y)``.

    Synthetic series are not anonymous: they resemble the rows they came from, and with
    ``residual="keep"`` and a small `eta` they are those rows.

    Parameters
    ----------
    encoder : {"cnn_gru", "variational_transformer", "transformer", "bilstm"} or class,
    default="cnn_gru"
        "cnn_gru" is Lightweight L-GTA's [2]_, "variational_transformer" that of L-GTA [1]_,
        "transformer" the same with ordinary attention. A class is built as ``Encoder(n_timepoints,
        n_channels, hidden_dim)``, see `sklaug.networks.encoders`.
    decoder : {"conv_gru", "gru", "bilstm"} or class, default="conv_gru"
        "conv_gru" runs a GRU at the resolution of the codes and is by far the fastest, "bilstm" is
        L-GTA's. A class is built as ``Decoder(n_codes, code_dim, n_timepoints, n_channels,
        hidden_dim)``, see `sklaug.networks.decoders`.
    latent : {"sequence", "global"}, default="sequence"
        One code for each step of the encoder's output, or a single one for the series. A global
        code has no time axis, so it takes only jitter, scaling and mixup.
    latent_dim : int, default=4
        Coordinates of a code.
    hidden_dim : int or None, default=None
        Width of encoder and decoder; None leaves it to each (44 for cnn_gru and conv_gru, 64 for
        gru, 92 for the others).
    transformation : str, callable, or list of these, default="jitter"
        "jitter", "scaling", "magnitude_warp", "drift", "trend", "time_warp", "window_warp",
        "mixup", see `sklaug.transforms`; a list is a chain, and `sklaug.transforms.restrict` keeps one
        to some channels or steps of the series. A callable ``f(Z, *, eta, rng)`` gets
        standardised codes (n, t_z, k) and treats each row by itself: it is called on blocks of
        1,024 rows, some of which may be padding.
    eta : float, default=0.25
        Strength, 0 or more: for additive transformations in standard deviations of a code
        coordinate.
    residual : {"drop", "keep", "resample"}, default="drop"
        What becomes of the detail that a reconstruction lacks, with D the decoder, z the code and T
        the transformation: "drop" returns ``D(T(z))``, at eta=0 the reconstruction; "keep" returns
        ``x + D(T(z)) - D(z)``, at eta=0 the series itself; "resample" adds to ``D(T(z))`` the
        residual of another row of the same class (real y: of one of the five nearest; a row
        without a partner gets none). For `sample`, "keep" is "drop".
    target_type : {"auto", "class", "continuous"}, default="auto"
        How to read `y`. "auto" takes numbers with fractional parts as a real target and all else as
        classes.
    condition_channels : int, tuple of int or None, default=None
        Channels of `X` that are known in advance, such as calendar, weather or promotions, counted
        from 0. Encoder and decoder see them, nothing changes them, and `sample` wants their values as
        `condition`. NaN in them is filled for the networks alone, as in other channels.
    missing : {"fill", "keep"}, default="fill"
        What `fit_transform` and `augment` return where a value of `X` is missing: what the network
        makes of it, or NaN.
    nan_tail : {"padding", "missing"}, default="padding"
        What it means that a series is NaN from some step to the last: that it ends there, as in
        tslearn, or that values are missing there too. A list of arrays is read alike.
    gap_limit : int, float or None, default=0.25
        For the encoder a gap of up to so many steps (a float: such a share of the length) is
        interpolated linearly, and in a longer one the last value before it stays; None interpolates
        all. What is filled so plays no part in the loss.
    support : {"real", "nonnegative", "count"}, tuple (low, high), list, dict or None, default=None
        What values the channels can take: one for all, a list of one for each channel, or a dict from
        some channel numbers to theirs. Bounded channels are learned on a logarithmic scale (a logistic
        one between two bounds; `low` must be finite, `high` need not), so that nothing passes a bound.
        "count" stands for no negative and only whole numbers. None is "real".
    decimals : int, list, dict or None, default=None
        Decimals that the values of a channel have, likewise for all, each or some. Synthetic series are
        rounded up or down at random so that means stay what they were, reconstructions to the nearest.
    prior : density estimator or None, default=None
        Fitted to the principal components of the codes, once a class, for `sample`. None fits Gaussian
        mixtures with their size chosen by BIC and covariances shrunk to what the classes share. With
        `sklaug.density.ManifoldParzen` classifiers learn more from samples of small classes, which lie
        closer to training rows. Any scikit-learn estimator with `sample` will do, such as
        ``KernelDensity()``.
    beta : float, default=0.001
        Weight of the Kullback-Leibler term per observed value, beside the squared error per
        observed value.
    warmup_epochs : int, default=10
        Epochs over which `beta` rises to its value; at most half of `max_epochs`.
    free_bits : float, default=0.0
        Nats that each latent coordinate may use before the Kullback-Leibler term counts.
    equivariance : float, default=0.0
        Weight of ``|D(T(z)) - T(D(z))|^2``, which asks that a perturbation of the codes do to the
        series what it does to the codes. Costs two more decodings a step, one of them without gradient.
    max_epochs : int or "auto", default="auto"
        Most passes over the training rows. "auto" is 80, or as many as make 2,000 steps if those
        are fewer, but at least 3.
    batch_size : int or "auto", default="auto"
        Rows a step. "auto" is 16 below 64 rows, 32 below 512, 64 below 4,096, else 128; for series below
        32 steps, of which more rows a step cost little, 16 below 64 rows, 32 below 128, 64 below 1,024,
        128 below 2,048, else 256.
    learning_rate : float or "auto", default="auto"
        Peak of the learning rate, which rises over the first twentieth of the epochs and then falls
        to nothing. "auto" is 0.005 up to 32 rows a step, and for more grows with the square root of their
        number, up to 0.014 at 256.
    early_stopping : bool, default=False
        Hold `validation_fraction` of the rows out and stop when their loss, after the warm-up, no
        longer improves.
    validation_fraction : float, default=0.1
        Share of rows held out with `early_stopping`, between 0 and 1.
    n_iter_no_change : int, default=10
        Epochs without improvement after which `early_stopping` stops.
    tol : float, default=0.0001
        Smallest improvement that counts, as a share of the best loss.
    max_time : float or None, default=None
        Seconds after which training stops; what there is of a first epoch counts. A fit that this
        ends is not reproducible, and no cache keeps it.
    warm_start : bool, default=False
        Let `fit` go on from the weights, scaling and classes of the last fit.
    device : str, default="auto"
        Torch device; "auto" is CUDA where there is one. Nothing of it is kept in the fitted
        estimator.
    n_threads : int, default=1
        Torch threads. These networks are small: a second one gains little on an idle machine and
        loses much on a busy one.
    memory : None, str or joblib.Memory, default=None
        Where to cache trained networks. Strength, transformation, residual, prior, device and
        threads are not in the key, so a grid over those trains once a fold. Needs an int
        `random_state`.
    verbose : int, default=0
        1 prints about twenty lines of progress, 2 one an epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of training and of all noise. With an int, results are the same bit for bit on every
        call, in every process and for any `n_jobs`, on one type of machine.

    Attributes
    ----------
    n_iter_ : int
        Epochs trained.
    best_epoch_ : int
        The epoch, from 1, whose weights are kept: the last, or the best with `early_stopping`.
    stopped_by_ : {"max_epochs", "early_stopping", "max_time", "monitor", "interrupt"}
        What ended the training; "monitor" is a callback.
    loss_curve_, validation_loss_curve_ : list of float
        Loss of each epoch; the second only with `early_stopping`.
    history_ : dict of list of float
        Each part of the loss (reconstruction and kl per observed value, ...) by epoch.
    classes_ : ndarray of shape (n_classes,)
        Class labels, if the fit had any.
    target_ : dict
        What is kept of `y`.
    n_timepoints_, n_channels_ : int
        Length of the longest series, and channels, known ones included; `n_features_in_` is the length
        too, or the width of an array or DataFrame, any padding included.
    lengths_ : dict or None
        Lengths of the training series, which `sample` draws from; None where all are equally long.
    code_shape_ : tuple
        ``(t_z, k)``: codes a series and coordinates a code.
    n_parameters_ : int
        Parameters of the network.
    n_active_units_ : int
        Latent coordinates whose mean varies over the training rows by more than 0.01.
    mean_, scale_ : ndarray of shape (n_channels_,)
        Mean and standard deviation of each channel, on a scale without bounds where it has a support;
        a scale of 0 marks a channel that does not vary.
    supports_ : list of tuple (low, high, decimals, whole), or None
        Of the channels that are not known in advance; None where all are real.
    weights_ : dict of ndarray
        Weights of the network, float32 or as `quantize` leaves them, and what else a user's network keeps
        in its state.
    code_mean_, code_scale_ : ndarray of shape (k,)
        By which codes are standardised.
    prior_ : dict
        Densities that `sample` draws from.

    See Also
    --------
    sklaug.transforms : The transformations.

    Notes
    -----
    Of a class of fewer than 4 rows little more than these can be learned: what `sample` draws of it stays close to
    them, and a warning says so.

    A fitted estimator holds arrays and small values, no torch object, and no row of `X`, of unequal ones
    only how long they are; of a real target at most 257 quantiles, of few rows all their values. The density
    that `sample` draws from is learned from codes, and whoever has a code can decode it to nearly its row:
    a Gaussian mixture holds the code of the sole row of a class, can be solved for those of two, and may give
    one that lies far from all others a component of its own. Two options store more of what is
    derived from rows: ``residual="resample"`` (residuals of the training rows, for `sample`) and a `prior` that
    keeps its training points, such as ManifoldParzen or KernelDensity (codes).

    References
    ----------
    .. [1] "L-GTA: Latent Generative Modeling for Time Series Augmentation" (2025), arXiv:2507.23615.
    .. [2] "Lightweight Latent Generative Modeling For Efficient Time Series Augmentation using 1D
       CNN-GRU Architectures": the same with convolutions and a GRU in place of the transformer.

    Examples
    --------
    >>> from sklaug import LatentAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> augmenter = LatentAugmenter(eta=0.5, max_epochs=2, random_state=0).fit(X, y)
    >>> augmenter.augment(X, y).shape
    (30, 40)
    >>> X_new, y_new = augmenter.sample(5)
    >>> X_new.shape, y_new.shape
    ((5, 40), (5,))
    """

    def __init__(
        self,
        encoder="cnn_gru",
        decoder="conv_gru",
        *,
        latent="sequence",
        latent_dim=4,
        hidden_dim=None,
        transformation="jitter",
        eta=0.25,
        residual="drop",
        target_type="auto",
        condition_channels=None,
        missing="fill",
        nan_tail="padding",
        gap_limit=0.25,
        support=None,
        decimals=None,
        prior=None,
        beta=1e-3,
        warmup_epochs=10,
        free_bits=0.0,
        equivariance=0.0,
        max_epochs="auto",
        batch_size="auto",
        learning_rate="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        max_time=None,
        warm_start=False,
        device="auto",
        n_threads=1,
        memory=None,
        verbose=0,
        random_state=None,
    ):
        self.encoder = encoder
        self.decoder = decoder
        self.latent = latent
        self.latent_dim = latent_dim
        self.hidden_dim = hidden_dim
        self.transformation = transformation
        self.eta = eta
        self.residual = residual
        self.target_type = target_type
        self.condition_channels = condition_channels
        self.missing = missing
        self.nan_tail = nan_tail
        self.gap_limit = gap_limit
        self.support = support
        self.decimals = decimals
        self.prior = prior
        self.beta = beta
        self.warmup_epochs = warmup_epochs
        self.free_bits = free_bits
        self.equivariance = equivariance
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.max_time = max_time
        self.warm_start = warm_start
        self.device = device
        self.n_threads = n_threads
        self.memory = memory
        self.verbose = verbose
        self.random_state = random_state

    # -------------------------------------------------------------------------------------------
    # Public: codes and reconstructions. The contract's methods are in the base.
    # -------------------------------------------------------------------------------------------

    def encode(self, X, y=None):
        """Return the standardised mean codes of `X`.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series.
        y : array-like of shape (n_ts,) or None
            Their targets; needed if, and only if, the fit had them.

        Returns
        -------
        ndarray of shape (n_ts, t_z, k), float32
            Codes, in standard deviations of each coordinate over the training rows; NaN beyond the end
            of a shorter series.
        """
        panel, cond = self._check_rows(X, y, "encode")
        codes = self._codes
        z = codes.standardise(self._load().encode(panel.x, cond, **panel.context))
        inside = codes.inside(panel.lengths)
        return z if inside is None else np.where(inside, z, np.float32(np.nan))

    def decode(self, Z, y=None, *, condition=None, lengths=None):
        """Return the series of standardised codes: the inverse of `encode`, as far as the network goes.

        Codes tell the length of a series to within their stride only, and a global code not at all: pass
        `lengths` where these matter.

        Parameters
        ----------
        Z : array-like of shape (n_ts, t_z, k)
            Codes as `encode` returns them.
        y : array-like of shape (n_ts,) or None
            Their targets; needed if, and only if, the fit had them.
        condition : array-like of shape (n_ts, sz, d_known) or (sz, d_known), list of arrays, or None
            Values of the `condition_channels`; needed if, and only if, there are any.
        lengths : array-like of int, shape (n_ts,), or None
            Steps of each series. None makes them as long as their codes, those before NaN, reach, or as
            long as `condition`.

        Returns
        -------
        ndarray of shape (n_ts, sz) or (n_ts, sz, d)
            Series in the dtype seen at fit, NaN beyond the end of shorter ones.
        """
        check_is_fitted(self)
        self._check_input_options()
        Z, reach = self._codes.check(Z)
        cond = encode_target(y, self.target_, len(Z), self, caller="decode")
        self._check_condition_is_needed(condition, "decode")
        known = None
        if condition is not None:
            known, ends = check_condition(self, condition, len(Z))
            if lengths is None and ends is not None:
                lengths = ends if reach is None else np.minimum(ends, reach)
        lengths = self._check_decoded_lengths(lengths, reach, len(Z))
        scaled_known = self._units.scale_known(known, lengths)
        z = self._codes.destandardise(Z)
        decoded = self._load().decode(z, cond, known=scaled_known, lengths=lengths)
        return self._contain(self._units.unscale(decoded, self._dtype), lengths, known, "array")

    def reconstruct(self, X, y=None):
        """Return what the network makes of `X` without any perturbation.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series.
        y : array-like of shape (n_ts,) or None
            Their targets; needed if, and only if, the fit had them.

        Returns
        -------
        ndarray, list or DataFrame
            Series in the container, shape and dtype of `X`, each as long as it was, complete up to its
            end whatever `missing` says, and without residual whatever `residual` says.
        """
        panel, cond = self._check_rows(X, y, "reconstruct")
        decoded = self._load().reconstruct(panel.x, cond, **panel.context)
        values = self._units.unscale(decoded, panel.series.values.dtype)
        return self._finish(panel, values, missing="fill")

    def interpolate(self, X_start, X_end, y=None, *, n_steps=5):
        """Return series on the way from one set of series to another, along straight lines between their codes.

        Parameters
        ----------
        X_start, X_end : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Where the ways begin and end, row by row.
        y : array-like of shape (n_ts,) or None
            Targets of both; needed if, and only if, the fit had them.
        n_steps : int, default=5
            Series on each way, both ends (their reconstructions) included; 2 or more.

        Returns
        -------
        ndarray of shape (n_ts, n_steps, sz) or (n_ts, n_steps, sz, d)
            Series in the dtype seen at fit, NaN beyond the end of shorter ones. Lengths and known
            channels change along the way as the codes do.
        """
        check_number("n_steps", n_steps, low=2, whole=True)
        check_is_fitted(self)
        start, end = (
            self._units.scale_series(self._check_series(X, name=name))
            for X, name in ((X_start, "X_start"), (X_end, "X_end"))
        )
        if len(start) != len(end):
            raise ValueError(
                f"X_start has {len(start)} series, but X_end has {len(end)}. They must be equally many."
            )
        cond = encode_target(y, self.target_, len(start), self, caller="interpolate")
        lengths = self._mix_lengths(start, end, n_steps)
        codec, codes, sides = self._load(), self._codes, []
        for side in (start, end):
            z = np.repeat(codec.encode(side.x, cond, **side.context), n_steps, axis=0)
            own = None if side.lengths is None else np.repeat(side.lengths, n_steps)
            sides.append(codes.resample(z, own, lengths))
        known = None
        if start.known is not None:
            known = _mix_known(start.series.known, end.series.known, n_steps, lengths)
        decoded = codec.decode(
            _mix(*sides, n_steps),
            None if cond is None else np.repeat(cond, n_steps),
            known=self._units.scale_known(known, lengths),
            lengths=lengths,
        )
        X = self._contain(self._units.unscale(decoded, self._dtype), lengths, known, "array")
        return X.reshape(len(start), n_steps, *X.shape[1:])

    def score(self, X, y=None):
        """Return minus the mean squared error of the reconstruction, per observed value.

        It tells how well the network fits, not how good synthetic series are: strength, transformation
        and residual do not enter, so a grid over these needs the score of what follows in a Pipeline.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series.
        y : array-like of shape (n_ts,) or None
            Their targets; needed if, and only if, the fit had them.

        Returns
        -------
        float
            0 at best; in units of the variance of each channel at fit, on a scale without bounds where
            `support` gives it some.
        """
        panel, cond = self._check_rows(X, y, "score")
        decoded = self._load().reconstruct(panel.x, cond, **panel.context)
        decoded[..., self.scale_[self._units.learned] == 0] = 0
        return -float(np.mean(np.square(panel.x - decoded, dtype=np.float64), where=panel.mask))

    def quantize(self):
        """Return a copy whose weights take a byte each: about a quarter of what they took, for a small rounding error.

        Each matrix of the network is rounded to 8-bit integers times one scale a row, the largest magnitude
        in the row divided by 127. Vectors (biases, norms), matrices of fewer than 256 values, and buffers of
        a user's own network stay float32.

        Returns
        -------
        LatentAugmenter
            Fitted, and like this one, which does not change, in all but `weights_`: of what was rounded, there
            are int8 arrays under the names of before and float32 scales under these with ".scale".

        Raises
        ------
        NotFittedError
            Before a fit.

        Notes
        -----
        Only what is stored becomes smaller. Every call makes float32 of it and computes with that, so that
        none is faster, and results are the same bits each time. A file becomes smaller by the difference in
        weights, no more: codes that `prior_` keeps, residuals and the loss curves are not rounded.

        `code_mean_`, `code_scale_`, `prior_` and stored residuals stay those of the network as it was
        trained, since to measure them again would take `X`. On Trace, out of the box, codes of test series
        move by 0.006 of their standard deviation (root mean square), reconstructions by 2 % of
        their distance from the series. ``residual="keep"`` with ``eta=0`` still returns the series exactly.
        Narrow networks save less, as most of their matrices are small: a default network with `hidden_dim` 16 keeps
        a third of the bytes, with 8 seven tenths, with 4 all.

        Rounding again changes nothing. A fit with `warm_start` goes on from the rounded values, and its
        weights are float32 until `quantize` is called again.

        Examples
        --------
        >>> from sklaug import LatentAugmenter
        >>> from sklaug.datasets import make_labelled_series
        >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
        >>> augmenter = LatentAugmenter(max_epochs=2, random_state=0).fit(X, y)
        >>> small = augmenter.quantize()
        >>> n_bytes = [sum(w.nbytes for w in a.weights_.values()) for a in (augmenter, small)]
        >>> n_bytes[1] / n_bytes[0] < 0.3
        True
        >>> bool(abs(small.reconstruct(X, y) - augmenter.reconstruct(X, y)).max() < 0.01)
        True
        """
        check_is_fitted(self)
        # What a user's network keeps in buffers is no weight: a mask, for one, may be infinite.
        parameters = self._load().network.named_parameters(remove_duplicate=False)
        names = [name for name, _ in parameters]
        quantized = copy.deepcopy(self)
        quantized.weights_ = quantize_weights(quantized.weights_, names)
        return quantized

    # -------------------------------------------------------------------------------------------
    # The contract: parameters, fit, augment, sample
    # -------------------------------------------------------------------------------------------

    def _check_parameters(self):
        self._refuse_transformation_as_network()
        check_component("encoder", self.encoder, ENCODERS, "sklaug.networks.encoders.CNNGRUEncoder")
        check_component(
            "decoder", self.decoder, DECODERS, "sklaug.networks.decoders.ConvGRUDecoder"
        )
        check_choice("latent", self.latent, LATENTS)
        self._check_generation()
        check_number("latent_dim", self.latent_dim, low=1, whole=True)
        check_number("hidden_dim", self.hidden_dim, low=1, whole=True, other=(None,))
        check_prior(self.prior)
        self._check_transformation(self.transformation, self.eta, latent=self.latent)
        for name in ("beta", "free_bits", "equivariance", "tol"):
            check_number(name, getattr(self, name), low=0)
        check_number("warmup_epochs", self.warmup_epochs, low=0, whole=True)
        for name in ("max_epochs", "batch_size"):
            check_number(name, getattr(self, name), low=1, whole=True, other=("auto",))
        check_number("learning_rate", self.learning_rate, low=0, low_open=True, other=("auto",))
        check_number(
            "validation_fraction",
            self.validation_fraction,
            low=0,
            high=1,
            low_open=True,
            high_open=True,
        )
        check_number("n_iter_no_change", self.n_iter_no_change, low=1, whole=True)
        check_number("max_time", self.max_time, low=0, low_open=True, other=(None,))
        check_flag("early_stopping", self.early_stopping)
        check_flag("warm_start", self.warm_start)
        if not isinstance(self.verbose, bool):
            check_number("verbose", self.verbose, low=0, whole=True)

    def _refuse_transformation_as_network(self):
        for name in ("encoder", "decoder"):
            value = getattr(self, name)
            if is_named_transformation(value):  # which DirectAugmenter takes first
                raise ValueError(
                    f"{name}={value!r} is a transformation. Pass LatentAugmenter(transformation={value!r})."
                )

    def _check_generation(self):
        check_choice("residual", self.residual, RESIDUALS)
        check_number("n_threads", self.n_threads, low=1, whole=True)

    def _check_transformation(self, transformation, eta, latent=None):
        super()._check_transformation(transformation, eta)
        # After the fit it is the fitted network that counts, whatever set_params says.
        if (latent or self.network_params_["latent"]) == "global":
            for function in resolve_transformation(transformation):
                if needs_time_axis(function):
                    raise ValueError(
                        f"transformation {transformation_name(function)!r} needs a time axis, which a global "
                        "code lacks. Use 'jitter', 'scaling' or 'mixup', or latent='sequence'."
                    )

    def _fit(self, panel, cond, seed):
        self._check_restrictions(self.transformation)
        device = choose_device(self.device)
        plan = self._plan(len(panel))
        self.network_params_ = self._describe_network(
            plan, earlier=getattr(self, "network_params_", None)
        )
        values = panel.series.values
        progress = FitProgress(self, plan.max_epochs, values, cond, self.verbose)
        result, interrupted = self._train(panel, cond, plan, seed, device, progress)
        self._store(result)
        self._measure_codes(panel, cond, plan, seed)
        progress.finish(values, cond)
        return interrupted

    def _augment(self, panel, cond, seed, *, eta, transformation, first_row):
        codec, units = self._load(), self._units
        rows = slice(first_row, first_row + len(panel))
        rounding = units.draw_rounding(rows, self.n_timepoints_, seed)
        decode = functools.partial(codec.decode, cond=cond, **panel.context, first_row=first_row)
        z = codec.encode(panel.x, cond, **panel.context, first_row=first_row)
        stages = self._perturb(z, panel.lengths, cond, seed, eta, transformation, first_row)
        plain, decoded = _decode_stages(decode, z, list(stages))
        dtype = panel.series.values.dtype
        if self.residual == "drop":
            return units.unscale(decoded, dtype, rounding)
        plain = decode(z) if plain is None else plain
        if self.residual == "keep":
            return units.shift(panel.series, decoded, plain, rounding)
        donors = self._partners(cond, len(z), seed, "residual")
        # A row without a partner gets nobody's residual: its own would be "keep".
        lonely = donors == np.arange(len(donors))
        residuals = np.where(panel.mask, panel.x - plain, 0)[donors]
        residuals[lonely] = 0
        decoded += residuals
        return units.unscale(decoded, dtype, rounding)

    def _sample(self, rows, cond, seed, *, lengths, known):
        warn_of_few_rows(cond, self.target_, self.prior_.get("counts"), self)
        z = draw_codes(self.prior_, rows, seed, cond, self.target_["kind"], known)
        z = self._codes.destandardise(self._codes.resample(z, None, lengths))
        decoded = self._load().decode(z, cond, known=known, lengths=lengths, first_row=rows.start)
        if self.residual == "resample":
            decoded += self._draw_residuals(rows, cond, seed)
        rounding = self._units.draw_rounding(rows, self.n_timepoints_, seed)
        return self._units.unscale(decoded, self._dtype, rounding)

    # -------------------------------------------------------------------------------------------
    # Training
    # -------------------------------------------------------------------------------------------

    def _describe_network(self, plan, earlier=None):
        """Return what `CVAE` is built from; raise if a warm start would change the network itself."""
        target = self.target_
        condition = None
        if target["kind"] is not None:
            condition = len(target.get("classes", ()))
        architecture = {
            "encoder": self.encoder,
            "decoder": self.decoder,
            "n_timepoints": int(self.n_timepoints_),
            "n_channels": int(self.n_channels_) - len(self._condition_channels),
            "n_known_channels": len(self._condition_channels),
            "condition": condition,
            "latent": self.latent,
            "latent_dim": int(self.latent_dim),
            "hidden_dim": None if self.hidden_dim is None else int(self.hidden_dim),
        }
        for name, value in architecture.items():
            if earlier is not None and earlier[name] != value:
                raise ValueError(
                    f"warm_start cannot change {name} ({earlier[name]!r} at the last fit, now {value!r}). Set "
                    "warm_start=False, or put it back."
                )
        return architecture | {
            "beta": float(self.beta),
            "warmup_epochs": self._n_warmup_epochs(plan.max_epochs),
            "free_bits": float(self.free_bits),
            "equivariance": float(self.equivariance),
        }

    def _plan(self, n_rows):
        batch_size = self.batch_size
        if batch_size == "auto":
            doublings = _DOUBLE_SHORT if self.n_timepoints_ < _SHORT else _DOUBLE
            batch_size = 16 << sum(n_rows >= many for many in doublings)
        max_epochs = self.max_epochs
        if max_epochs == "auto":
            steps_an_epoch = math.ceil(n_rows / batch_size)
            max_epochs = int(np.clip(_ENOUGH_STEPS // steps_an_epoch, _FEWEST_EPOCHS, _MOST_EPOCHS))
        learning_rate = self.learning_rate
        if learning_rate == "auto":
            learning_rate = 5e-3 * math.sqrt(np.clip(min(batch_size, n_rows) / 32, 1, 8))
        stopping = {}  # unused settings must not tell one training from another
        if self.early_stopping:
            stopping = {
                "early_stopping": True,
                "validation_fraction": float(self.validation_fraction),
                "n_iter_no_change": int(self.n_iter_no_change),
                "tol": float(self.tol),
                "min_epochs": self._n_warmup_epochs(max_epochs),
            }
        return TrainingPlan(
            max_epochs=int(max_epochs),
            batch_size=int(batch_size),
            learning_rate=float(learning_rate),
            max_time=None if self.max_time is None else float(self.max_time),
            **stopping,
        )

    def _n_warmup_epochs(self, max_epochs):
        return int(min(self.warmup_epochs, max_epochs // 2))

    def _train(self, panel, cond, plan, seed, device, progress):
        """Train, or take the weights from the cache; returns the result and whether the user interrupted it."""
        mask = None if panel.mask.all() else panel.mask
        data = {"x": panel.x, "mask": mask, "cond": cond, **panel.context}
        data = {name: values for name, values in data.items() if values is not None}
        key = {name: fingerprint(value) for name, value in self.network_params_.items()} | VERSIONS
        initial_weights = restore_weights(getattr(self, "weights_", {})) or None
        train = cache_training(
            self.memory, self.random_state, train_network, key, data, initial_weights
        )
        try:
            result = train(
                build=functools.partial(CVAE, **self.network_params_),
                plan=plan,
                seed=derive_seed(seed, "training"),
                device=device,
                n_threads=self.n_threads,
                monitor=progress,
            )
        except UnfinishedTraining as unfinished:
            return self._accept(unfinished, plan)
        return result, False

    def _accept(self, unfinished, plan):
        """Take what an unfinished training leaves, or give up."""
        interrupted = unfinished.reason == "interrupt"
        if unfinished.result is None:
            if interrupted:
                raise KeyboardInterrupt from None
            raise ValueError(
                f"max_time={self.max_time:g} s ended the training before its first step. Raise it, or lower "
                "hidden_dim or the number of series."
            ) from None
        if interrupted:
            warnings.warn(
                f"The fit was interrupted. LatentAugmenter keeps the weights of epoch {unfinished.result['best_epoch']} of at "
                f"most {plan.max_epochs}.",
                UserWarning,
                stacklevel=6,
            )
        return unfinished.result, interrupted

    def _store(self, result):
        self.weights_ = result["weights"]
        self.n_parameters_ = result["n_parameters"]
        self.stopped_by_ = result["stopped_by"]
        n_earlier = getattr(self, "n_iter_", 0)
        self.best_epoch_ = n_earlier + result["best_epoch"]
        self.n_iter_ = n_earlier + result["n_iter"]
        self.history_ = _join_histories(
            getattr(self, "history_", {}), n_earlier, result["history"], result["n_iter"]
        )
        self.loss_curve_ = self.history_["loss"]
        if "validation_loss" in self.history_:
            self.validation_loss_curve_ = self.history_["validation_loss"]

    def _measure_codes(self, panel, cond, plan, seed):
        """Learn from the training rows what codes look like: their scale, their density, what decoding leaves out."""
        codec = self._load()
        z = codec.encode(panel.x, cond, **panel.context)
        if not np.isfinite(z).all():
            raise ValueError(
                f"The codes became infinite or NaN after epoch {self.n_iter_}. Lower learning_rate (now "
                f"{plan.learning_rate:g}) or check X for extreme values."
            )
        self.code_shape_ = z.shape[1:]
        inside = self._codes.inside(panel.lengths)
        self.code_mean_, self.code_scale_, self.n_active_units_ = measure_codes(z, inside)
        codes = self._codes
        # Sequences of unequal length are stretched to one for the density.
        self.prior_ = fit_prior(
            codes.resample(codes.standardise(z), panel.lengths, None),
            cond,
            self.target_["kind"],
            len(self.target_.get("classes", ())),
            self.prior,
            derive_seed(seed, "prior"),
            panel.known,
        )
        if self.residual == "resample":
            decoded = codec.decode(z, cond, **panel.context)
            self.residuals_ = np.where(panel.mask, panel.x - decoded, 0)
            self.residual_targets_ = cond
        elif hasattr(self, "residuals_"):  # of an earlier fit that this one goes on from
            del self.residuals_, self.residual_targets_

    # -------------------------------------------------------------------------------------------
    # Codes
    # -------------------------------------------------------------------------------------------

    def _check_rows(self, X, y, caller):
        check_is_fitted(self)
        panel = self._units.scale_series(self._check_series(X))
        return panel, encode_target(y, self.target_, len(panel), self, caller=caller)

    @property
    def _codes(self):
        mean, scale = getattr(self, "code_mean_", None), getattr(self, "code_scale_", None)
        return CodeSpace(self.code_shape_[0], self.n_timepoints_, mean, scale)

    def _check_decoded_lengths(self, lengths, reach, n_ts):
        """Return how long the series of codes that `reach` so far shall be, None for all full."""
        sz = self.n_timepoints_
        if lengths is None:
            lengths = reach
        if lengths is None:
            return None
        lengths = np.asarray(lengths)
        whole = lengths.dtype.kind in "iu" and lengths.shape == (n_ts,)
        if not whole or lengths.min() < 1 or lengths.max() > sz:
            raise ValueError(
                f"lengths must be whole numbers from 1 to {sz}, one for each of {n_ts} series; got {lengths!r}."
            )
        if reach is not None and (lengths > reach).any():
            row = int(np.argmax(lengths > reach))
            raise ValueError(
                f"lengths[{row}]={lengths[row]}, but the codes of that row reach only to step {reach[row]}. Lower it, or "
                "pass all its codes."
            )
        return None if (lengths == sz).all() else lengths.astype(np.int64)

    def _mix_lengths(self, start, end, n_steps):
        """Return the lengths on the way from some series to others, rounded: (n * n_steps,), or None."""
        if start.lengths is None and end.lengths is None:
            return None
        full = np.full(len(start), self.n_timepoints_)
        sides = (full if side.lengths is None else side.lengths for side in (start, end))
        mixed = _mix(*(np.repeat(lengths, n_steps) for lengths in sides), n_steps)
        return np.rint(mixed).astype(np.int64)

    def _load(self):
        # Unknown only right after training; the network then encodes zeros to find out.
        n_codes = getattr(self, "code_shape_", (None,))[0]
        build = functools.partial(CVAE, **self.network_params_, n_codes=n_codes)
        return Codec(build, self.weights_, self.device, self.n_threads)

    def _perturb(self, z, lengths, cond, seed, eta, transformation, first_row):
        """Yield, for each stage of the transformations, the codes after it and the part of a series that it is for.

        The part is an index of (n, sz, d), None where it is everything.
        """
        codes = self._codes
        start, inside = codes.standardise(z), codes.inside(lengths)
        if inside is not None:
            start = np.where(inside, start, np.float32(0))
        for moved, channels, time_range in perturb(
            start,
            inside,
            transformation,
            eta=eta,
            seed=seed,
            first_row=first_row,
            locate=lambda _, time_range: (slice(None), codes.span(self._clip(time_range))),
            draw_partners=lambda: (self._partners(cond, len(z), seed, "mixup"), None),
        ):
            yield codes.move(z, start, moved), self._locate(channels, time_range)

    def _draw_residuals(self, rows, cond, seed):
        """Draw a residual of a training row of the same class, or of a near target, for each of `rows`."""
        if not hasattr(self, "residuals_"):
            raise ValueError(
                "residual='resample' was set after the fit, so no residuals were kept. Fit again."
            )
        uniform = block_uniform(seed, "residual donors", rows)
        donors = donor_rows(
            uniform,
            cond,
            self.residual_targets_,
            kind=self.target_["kind"],
            n_donors=len(self.residuals_),
        )
        return self.residuals_[donors]


def _decode_stages(decode, z, stages):
    """Return the series of codes, decoded before (or None) and after the stages of a perturbation.

    Where a stage is restricted to a part of the series, the change that it makes is taken over in that
    part alone. Of the stages up to the first such one only what the last of them leaves is decoded.
    """
    n_free = sum(1 for _ in itertools.takewhile(lambda stage: stage[1] is None, stages))
    before = decode(stages[n_free - 1][0] if n_free else z)
    plain = None if n_free else before
    if n_free == len(stages):
        return plain, before
    decoded = before.copy()
    for moved, part in stages[n_free:]:
        after = decode(moved)
        part = ... if part is None else part
        decoded[part] += (after - before)[part]
        before = after
    return plain, decoded


def _mix(start, end, n_steps):
    """Return arrays on the straight way from one to another; `n_steps` rows of each belong together."""
    dtype = np.result_type(start, np.float32)
    way = np.linspace(0, 1, n_steps, dtype=dtype)
    way = np.tile(way, len(start) // n_steps).reshape(-1, *[1] * (start.ndim - 1))
    return start * (1 - way) + end * way


def _mix_known(start, end, n_steps, lengths):
    """Return known channels on the way, as far as the series go; where one side has a gap, the other's."""
    start, end = (np.repeat(side, n_steps, axis=0) for side in (start, end))
    mixed = _mix(
        np.where(np.isnan(start), end, start), np.where(np.isnan(end), start, end), n_steps
    )
    return end_series(mixed, lengths)


def _join_histories(earlier, n_earlier, new, n_new):
    """Append the epochs of a warm start; a part of the loss that one of both lacks is NaN there."""
    nothing = float("nan")
    return {
        name: earlier.get(name, [nothing] * n_earlier) + new.get(name, [nothing] * n_new)
        for name in earlier | new
    }
