"""Whether latent augmentation keeps what direct augmentation destroys, on the data sets of L-GTA's paper.

Windows of many series are split in time: the last fifth of the recording, behind a gap of one window, is
seen by no fit. LatentAugmenter (`residual="drop"`, as in the paper) and DirectAugmenter are fitted on the
windows before and make one version of each. They are compared at the same eta and at the same mean
distance from the original, for which eta is found by bisection; a distance that a method cannot have, since its
reconstruction is farther already, is said to be unreachable and enters no comparison.

Measured are: distributions of values by channel, autocorrelation, correlation of channels, the error of a
trained model on the augmented windows; and for some strengths the error of three forecasters trained on
them on the future. The same strengths are applied to the future's windows too, which the model never saw.
Then the response to eta and the signature of each transformation, with and without the equivariance loss.

Run: python examples/benchmarks/fidelity.py [--quick] [--seeds 3] [--data PATH]
"""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from fidelity_data import load_window_sets
from fidelity_report import write
from forecasters import forecast_errors
from report import Table, parse_arguments
from scipy.stats import spearmanr
from signatures import find_most_alike, measure_signatures
from sklearn.base import clone
from strength_matching import REACHED, Match, match_distance, measure_distance

from sklaug import DirectAugmenter, LatentAugmenter
from sklaug.metrics import (
    autocorrelation_difference,
    correlational_score,
    wasserstein_distance,
)
from sklaug.metrics._inputs import order_told
from sklaug.transforms import TRANSFORMS

METHODS = {
    "direct": DirectAugmenter(),
    "latent": LatentAugmenter(residual="drop"),
    "latent 32": LatentAugmenter(residual="drop", latent_dim=32),
    "latent equivariant": LatentAugmenter(residual="drop", equivariance=1.0),
}
COMPARED = ("direct", "latent", "latent 32")
CONTROLLED = ("direct", "latent", "latent equivariant")
JUDGE = "latent"  # whose reconstruction error of augmented windows is measured

RESPONSE = (0, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2)
SIGNATURE_ETA, SIGNATURE_ROWS = 0.5, 256


@dataclass(frozen=True)
class Scope:
    """What is measured: all of it, or a small part to see that it works.

    Attributes
    ----------
    chosen : set of tuple (data, length) or None
        Which windows; None is all.
    transformations : tuple of str
    etas, distances : tuple of float
        Strengths, and distances from the original in channel standard deviations.
    forecast : set of tuple (match, strength)
        Where forecasters are trained.
    epochs : int or "auto"
        Of a LatentAugmenter.
    """

    chosen: set | None = None
    transformations: tuple = tuple(TRANSFORMS)
    etas: tuple = (0.1, 0.25, 0.5, 1)
    distances: tuple = (0.25, 0.5, 1)
    forecast: frozenset = frozenset({("eta", 0.25), ("eta", 1), ("distance", 0.5), ("distance", 1)})
    epochs: int | str = "auto"


QUICK = Scope(
    chosen={("crime", 10), ("M5 departments", 28)},
    transformations=("jitter", "trend"),
    etas=(0.25,),
    distances=(0.25, 1),
    forecast=frozenset({("eta", 0.25), ("distance", 1)}),
    epochs=20,
)


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    keys = ["kind", "data", "length", "seed", "method", "transformation", "match", "strength"]
    table = Table(arguments, "fidelity", keys)
    scope = QUICK if arguments.quick else Scope()
    for windows in load_window_sets(arguments, scope.chosen):
        for seed in range(1 if arguments.quick else arguments.seeds):
            with order_told():  # more channels than steps, and time before channels all the same
                Measurement(table, scope, windows, seed).run()
    if table.rows:
        write(table, scope)


class Measurement:
    """All rows of one set of windows and one seed; what is in the table already is not measured again."""

    def __init__(self, table, scope, windows, seed):
        self.table, self.scope, self.windows, self.seed = table, scope, windows, seed
        # Of this object alone: a cache of the class would keep every set's models until the end.
        self.model = functools.cache(self.fit_model)
        self.distance = functools.cache(self.measure_augmented_distance)
        self.signatures = functools.cache(self.measure_all_signatures)

    def run(self):
        self.measure_references()
        for transformation in self.scope.transformations:
            for method in COMPARED:
                for eta in self.scope.etas:
                    self.measure_at(method, transformation, "eta", eta)
                for distance in self.scope.distances:
                    self.measure_at(method, transformation, "distance", distance)
            for method in CONTROLLED:
                self.measure_response(method, transformation)
                self.measure_signature(method, transformation)

    def fit_model(self, method):
        """Return an augmenter fitted on the past."""
        model = clone(METHODS[method]).set_params(random_state=self.seed)
        if method != "direct":
            model.set_params(max_epochs=self.scope.epochs)
        return model.fit(self.windows.train)

    def add(self, kind, method, transformation, match, strength, measure):
        """Add the row that `measure()` returns, unless it is there."""
        key = {
            "kind": kind,
            "data": self.windows.data,
            "length": self.windows.length,
            "seed": self.seed,
            "method": method,
            "transformation": transformation,
            "match": match,
            "strength": strength,
        }
        if not self.table.has(**key):
            self.table.add(**key, **measure())

    # --- What there is without any augmentation ---

    def measure_references(self):
        """Add rows for the real windows, for forecasters of another seed, reconstructions, and checks."""
        train = self.windows.train
        size = {"windows": len(train), "future_windows": len(self.windows.future)}
        size["channels"] = train.shape[2]
        self.add("reference", "real", "none", "none", 0, lambda: size | self.forecast(train))
        again = functools.partial(self.forecast, train, self.seed + 1000)
        self.add("reference", "real again", "none", "none", 0, again)
        for method in COMPARED:
            measure = functools.partial(self.measure_strength, method, "jitter", 0, forecast=True)
            self.add("reference", method, "none", "eta", 0, measure)
            self.add("check", method, "jitter", "eta", 0, functools.partial(self.check, method))

    def check(self, method):
        """Return what has to be 0: how far a strength of 0 is from what it should give back, and real from real."""
        X, model = self.windows.train, self.model(method)
        plain = X if method == "direct" else model.reconstruct(X)
        return {
            "strength_0_off": float(np.abs(model.augment(X, eta=0) - plain).max()),
            "real_from_real": wasserstein_distance(X, X)["median"],
            "scale_off": float(np.abs(model.scale_ - 1).max()),
        }

    # --- One strength ---

    def measure_at(self, method, transformation, match, strength):
        """Add the row of one strength, given or matched by distance."""
        forecast = (match, strength) in self.scope.forecast

        def measure():
            found = Match(REACHED, strength)
            if match == "distance":
                found = self.match(method, transformation, strength)
            if found.status != REACHED:
                return {"status": found.status}
            return self.measure_strength(method, transformation, found.eta, forecast)

        self.add("fidelity", method, transformation, match, strength, measure)

    def match(self, method, transformation, distance):
        return match_distance(functools.partial(self.distance, method, transformation), distance)

    def measure_augmented_distance(self, method, transformation, eta):
        X = self.windows.train
        return measure_distance(X, self.augment(method, transformation, eta, X))

    def augment(self, method, transformation, eta, X):
        return self.model(method).augment(X, eta=eta, transformation=transformation)

    def measure_strength(self, method, transformation, eta, forecast):
        past, future = self.windows.train, self.windows.future
        new = self.augment(method, transformation, eta, past)
        new_future = self.augment(method, transformation, eta, future)
        row = {"status": REACHED, "eta": eta, **compare(past, new)}
        row |= {f"future_{name}": value for name, value in compare(future, new_future).items()}
        judge = self.model(JUDGE)
        row["model_error_ratio"] = judge.score(new) / judge.score(past)
        return row | (self.forecast(new) if forecast else {})

    def forecast(self, windows, seed=None):
        """Train on windows, test on the future: errors by forecaster."""
        seed = self.seed if seed is None else seed
        errors = forecast_errors(windows, self.windows.future, seed)
        return {f"error_{name}": error for name, error in errors.items()}

    # --- What strength does, and by what a transformation is known ---

    def measure_response(self, method, transformation):
        self.add(
            "response",
            method,
            transformation,
            "none",
            0,
            functools.partial(self.rank_response, method, transformation),
        )

    def rank_response(self, method, transformation):
        """Rank correlations of eta with distances: of the set, and of a series under the same noise and under fresh."""
        X, model = self.windows.train[:SIGNATURE_ROWS], self.model(method)
        plain = X if method == "direct" else model.reconstruct(X)
        fresh, same = [], []
        for step, eta in enumerate(RESPONSE):
            options = {"eta": eta, "transformation": transformation}
            fresh.append(model.augment(X, **options, random_state=1000 * self.seed + step))
            same.append(model.augment(X, **options))
        return {
            "rank_from_original": rank_correlation([measure_distance(X, new) for new in fresh]),
            "rank_from_plain": rank_correlation([measure_distance(plain, new) for new in fresh]),
            "rank_a_series": rank_series(plain, same),
            "rank_a_series_fresh": rank_series(plain, fresh),
        }

    def measure_signature(self, method, transformation):
        def measure():
            numbers = self.signatures(method, self.seed)[transformation]
            alike = find_most_alike(numbers, self.signatures("direct", self.seed + 1000))
            return {**numbers, "recognised_as": alike}

        self.add("signature", method, transformation, "eta", SIGNATURE_ETA, measure)

    def measure_all_signatures(self, method, seed):
        """Return the numbers of each transformation at one strength; another seed is another draw."""
        X, model = self.windows.train[:SIGNATURE_ROWS], self.model(method)
        before = X if method == "direct" else model.reconstruct(X)
        options = {"eta": SIGNATURE_ETA, "random_state": seed}
        return {
            name: measure_signatures(before, model.augment(X, transformation=name, **options))
            for name in self.scope.transformations
        }


def compare(X, X_new):
    """Return how far augmented windows are from the original ones, in each measure; 0 is best."""
    values = wasserstein_distance(X, X_new, by="channel")
    return {
        "distance": measure_distance(X, X_new),
        "wasserstein": values["median"],
        "wasserstein_q1": values["lower_quartile"],
        "wasserstein_q3": values["upper_quartile"],
        "autocorrelation": autocorrelation_difference(X, X_new),
        "correlation": correlational_score(X, X_new, normalize=True),
    }


def rank_correlation(distances):
    return float(spearmanr(RESPONSE, distances)[0])


def rank_series(plain, versions):
    """Median over series of the rank correlation of eta with the distance of this very series."""
    distances = [np.sqrt(((new - plain) ** 2).mean(axis=(1, 2))) for new in versions]
    return float(np.median([rank_correlation(those) for those in np.transpose(distances)]))


if __name__ == "__main__":
    main()
