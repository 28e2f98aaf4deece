"""Whether synthetic rows help a classifier that has few real ones.

Of each labelled set 5, 10 and 20 training series a class are drawn, up to ten times (how often, stands below). To them come
rows that each method makes of them alone, and three classifiers trained on both predict the official test series. Three
methods are tuned: "latent", "direct" and "SMOTE" each choose among eight settings of their own (transformation, strength,
copies, neighbours) and none at all, by one cross-validation in three folds of the drawn rows, in which generators are fitted
anew. The first setting, a mild one that training series chose that were not drawn, is left only for one that is better by
more than a standard error. Test series choose nothing.

Run: python examples/benchmarks/few_rows.py [--quick] [--draws 10] [--sizes 10 5 20] [--data PATH]
With --development the test series stay closed: training series that were not drawn take their place.
"""

import time

import numpy as np
from few_methods import FAMILIES, METHODS, Maker
from few_report import write
from judges import FeatureForest, Neighbour, RocketRidge
from labelled import LABELLED, draw_few, has_enough, load_stretched
from report import Table, parse_arguments
from sklearn.model_selection import StratifiedKFold

CLASSIFIERS = {
    "1-NN DTW": Neighbour,
    "MiniRocket + ridge": RocketRidge,
    "random forest": FeatureForest,
}
MOST_TESTED = 500
FEWEST_TESTED = 15
N_FOLDS = 3


def main():
    arguments = parse_arguments(
        __doc__.splitlines()[0],
        draws={"type": int, "default": 10, "help": "draws of training series"},
        first={"type": int, "default": 0, "help": "number of the first draw"},
        sizes={"type": int, "nargs": "+", "default": [10, 5, 20], "help": "series a class"},
        sets={"nargs": "+", "default": LABELLED, "help": "names of sets"},
        development={"action": "store_true", "help": "test on training series that were not drawn"},
    )
    if arguments.quick:
        arguments.draws, arguments.sets = 1, ["Trace", "ArrowHead"]
    name = "few_rows_development" if arguments.development else "few_rows"
    table = Table(arguments, name, ["set", "n", "draw", "classifier"])
    loaded = load_stretched(arguments, arguments.sets)
    for draw in range(arguments.first, arguments.first + arguments.draws):
        for n in arguments.sizes:
            for name, parts in loaded.items():
                if has_enough(parts[1], n):
                    run_cell(table, name, parts, n, draw, arguments.development)
    write(table, arguments, __doc__.partition("\n\n")[2].partition("\n\nRun:")[0])


def run_cell(table, name, parts, n, draw, development):
    """Add a row for each classifier: what every method reaches on one draw of training series."""
    key = {"set": name, "n": n, "draw": draw}
    if all(table.has(**key, classifier=classifier) for classifier in CLASSIFIERS):
        return
    start = time.process_time()
    X, y, X_test, y_test = open_parts(parts, n, draw, development)
    if len(y_test) < FEWEST_TESTED:
        return
    tested = score_methods(X, y, X_test, y_test, METHODS, draw)
    searched = search(X, y, draw)
    seconds = time.process_time() - start
    for classifier in CLASSIFIERS:
        row = {f"test: {method}": tested[classifier][method] for method in METHODS}
        row |= {f"inner: {method}": value for method, value in searched[classifier].items()}
        table.add(**key, classifier=classifier, rows=len(y), **row, cpu_s=round(seconds, 1))


def open_parts(parts, n, draw, development):
    """Return the drawn training series and those that they are tested on."""
    X, y, X_test, y_test = parts
    drawn = draw_few(y, n, draw)
    if development:
        left = np.setdiff1d(np.arange(len(y)), drawn)
        X_test, y_test = X[left], y[left]
    if len(y_test) > MOST_TESTED:
        rows = np.random.default_rng(0).permutation(len(y_test))[:MOST_TESTED]
        X_test, y_test = X_test[rows], y_test[rows]
    return X[drawn], y[drawn], X_test, y_test


def score_methods(X, y, X_test, y_test, methods, seed):
    """Return the accuracy of each classifier with each method's rows beside the real ones."""
    maker = Maker(X, y, seed)
    made = {method: maker.make(METHODS[method]) for method in methods}
    scores = {}
    for name, classifier in CLASSIFIERS.items():
        judge = classifier(X, X_test)
        real = judge.describe(X)
        scores[name] = {
            method: _score(judge, real, y, *rows, y_test) for method, rows in made.items()
        }
    return scores


def _score(judge, real, y, X_new, y_new, y_test):
    """Return the accuracy with some rows beside the real ones."""
    rows, labels = real, y
    if len(X_new):
        rows = np.concatenate([real, judge.describe(X_new)])
        labels = np.concatenate([y, y_new])
    return round(float(np.mean(judge.predict(rows, labels, real=len(y)) == y_test)), 4)


def search(X, y, seed):
    """Return the cross-validated accuracy of every setting that a family may choose, on the drawn rows alone."""
    settings = list(dict.fromkeys(method for family in FAMILIES.values() for method in family))
    # A class of fewer rows than folds is missing from some test fold.
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    hits = {name: dict.fromkeys(settings, 0.0) for name in CLASSIFIERS}
    for train, test in folds.split(X, y):
        scores = score_methods(X[train], y[train], X[test], y[test], settings, seed)
        for name, of_settings in scores.items():
            for method, score in of_settings.items():
                hits[name][method] += score * len(test) / len(y)
    return {name: {m: round(value, 4) for m, value in of.items()} for name, of in hits.items()}


if __name__ == "__main__":
    main()
