"""Whether sampled series are as long as real ones, class by class, and as useful.

For each class of at least 20 training series, as many new ones are drawn, and their lengths compared
with those of the training and of the test series by two-sample Kolmogorov-Smirnov tests, corrected by
Holm's method over the classes. TSTR is the accuracy on the test series of a random forest that was
trained on samples alone.

Run: python examples/benchmarks/lengths.py [--quick] [--seeds 3] [--data PATH]
"""

import numpy as np
from classifier import make_forest
from report import Table, parse_arguments
from scipy.stats import ks_2samp
from sets import load_sets

from sklaug import LatentAugmenter

NAMES = ("JapaneseVowels", "CharacterTrajectories")
ENOUGH = 20


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    table = Table(arguments, "lengths", ["data", "seed"])
    epochs = 5 if arguments.quick else "auto"
    for name, *data in load_sets(arguments, NAMES[:1] if arguments.quick else NAMES):
        for seed in range(1 if arguments.quick else arguments.seeds):
            if not table.has(data=name, seed=seed):
                table.add(data=name, seed=seed, **measure(*data, seed, epochs))
    if table.rows:
        write(table)


def measure(X, y, X_test, y_test, seed, epochs):
    augmenter = LatentAugmenter(max_epochs=epochs, random_state=seed).fit(X, y)
    X_new, y_new = augmenter.sample(y=y)
    labels, counts = np.unique(y, return_counts=True)
    labels = labels[counts >= ENOUGH]
    shuffled = np.random.default_rng(seed).permutation(y_new)
    return {
        "classes": len(labels),
        "p_train": lowest_p(X_new, y_new, X, y, labels),
        "p_test": lowest_p(X_new, y_new, X_test, y_test, labels),
        "p_train_against_test": lowest_p(X, y, X_test, y_test, labels),
        "p_shuffled_labels": lowest_p(X_new, shuffled, X, y, labels),
        "trtr": make_forest(seed).fit(X, y).score(X_test, y_test),
        "tstr_samples": make_forest(seed).fit(X_new, y_new).score(X_test, y_test),
        "tstr_augmented": make_forest(seed).fit(augmenter.augment(X, y), y).score(X_test, y_test),
    }


def lowest_p(X, y, X_other, y_other, labels):
    """Return the lowest p-value over the classes, after Holm's correction."""
    p_values = [
        ks_2samp(lengths(X, y == label), lengths(X_other, y_other == label)).pvalue
        for label in labels
    ]
    ordered = np.sort(p_values) * np.arange(len(labels), 0, -1)
    return float(min(1, np.maximum.accumulate(ordered)[0]))


def lengths(X, chosen):
    return [len(x) for x, of_class in zip(X, chosen, strict=True) if of_class]


def write(table):
    rows = table.frame()
    groups = rows.groupby("data", sort=False)
    p_names = [name for name in rows.columns if name.startswith("p_")]
    summary = groups[["classes", *p_names]].min()
    scores = groups[["trtr", "tstr_samples", "tstr_augmented"]].mean()
    table.write(
        "Lengths of sampled series",
        "`p_...` is the lowest p-value over classes (with 20 training series at least) and seeds, after Holm's correction: "
        "above 0.05 no class differs. `p_train_against_test` compares real with real; `p_shuffled_labels` is what the test "
        "says of samples whose labels are shuffled, so that one sees it can fail. Scores are means over the seeds.",
        {"Lengths": summary.reset_index(), "Accuracy on test series": scores.reset_index()},
    )


if __name__ == "__main__":
    main()
