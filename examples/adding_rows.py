"""What rows that are added to few, unequally many ones do for two classifiers: ten draws of simulated series.

Of 100 training series about 10 are of the third class; 300 others are predicted. Rows are added by a search over how many
(AugmentedClassifier), or until classes are equally large (SyntheticOverSampler). Scores are balanced accuracies.

Run: python examples/adding_rows.py [--draws 10]
"""

import argparse

import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

from sklaug import AugmentedClassifier, DirectAugmenter, SyntheticOverSampler
from sklaug.datasets import make_labelled_series

CLASSIFIERS = {
    "3 nearest neighbors": KNeighborsClassifier(3),
    "logistic regression": LogisticRegression(max_iter=1000),
}
GRID = {"n_copies": [0, 1, 3], "augmenter__eta": [0.1, 0.3]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10, help="draws of series")
    draws = range(parser.parse_args().draws)
    rows = [row for draw in draws for row in score_draw(draw)]
    table = pd.DataFrame(rows, columns=["classifier", "without", "search", "equal classes"])
    print(table.groupby("classifier").mean().round(2).to_string())


def score_draw(draw):
    """Yield a row for each classifier: its score without added rows, and with them."""
    X, y = make_labelled_series(400, 60, noise=0.3, weights=[5, 4, 1], random_state=draw)
    X, y, X_test, y_test = X[:100], y[:100], X[100:], y[100:]
    warp = DirectAugmenter("time_warp", random_state=0)
    X_equal, y_equal = SyntheticOverSampler(warp, method="augment").fit_resample(X, y)
    for name, classifier in CLASSIFIERS.items():
        model = AugmentedClassifier(clone(classifier), warp)
        search = GridSearchCV(model, GRID, cv=3, scoring="balanced_accuracy")
        fitted = [
            clone(classifier).fit(X, y),
            search.fit(X, y),
            clone(classifier).fit(X_equal, y_equal),
        ]
        yield name, *(balanced_accuracy_score(y_test, model.predict(X_test)) for model in fitted)


if __name__ == "__main__":
    main()
