"""The tables and the picture of few_rows.py: differences to no synthetic rows, tests, ranks."""

import numpy as np
import pandas as pd
from few_methods import FAMILIES, METHODS, NONE, SINGLE, choose
from judges import ABOUT
from scipy.stats import friedmanchisquare, rankdata, studentized_range, t, wilcoxon

SHOWN = (NONE, *FAMILIES, *SINGLE)
RANKED = (
    NONE,
    *FAMILIES,
    "SMOTE",
    "direct mixup",
    "direct time_warp",
    "latent mixup",
    "latent samples",
)
_LEVEL = 0.05


def write(table, arguments, method):
    """Write the page, with words on the method, and the picture beside it."""
    frame = add_tuned(table.frame())
    sizes = sorted(frame["n"].unique())
    tables = {"Tuned methods, by classifier and size": compare_tuned(frame)}
    for n in sizes:
        tables[f"All methods at {n} a class"] = compare_all(frame[frame["n"] == n])
    tables |= {
        "By set, all classifiers and sizes": compare_sets(frame),
        "What was chosen": count_choices(frame),
    }
    tables["Average ranks"] = rank(frame)
    draws = frame.groupby("n")["draw"].nunique()
    counts = ", ".join(
        f"{draws[n]} draws of {frame[frame['n'] == n]['set'].nunique()} sets at {n} a class"
        for n in sizes
    )
    title = "Few training series, with and without synthetic ones"
    if arguments.development:
        title += ": development"
        method += " Here training series that were not drawn take the place of the test series, which stay closed."
    table.write(
        title,
        "\n\n".join([conclude(frame), method, COLUMNS, f"Measured: {counts}.", LEFT_OUT]),
        tables,
    )
    draw_ranks(frame, table.folder / f"{table.name}.png")


def add_tuned(frame):
    """Add what each family chose by its inner scores, and what that reached."""
    frame = frame.copy()
    for family, settings in FAMILIES.items():
        inner = frame[[f"inner: {name}" for name in settings]].to_numpy(float)
        chosen = choose(inner, frame["rows"].to_numpy(float))
        test = frame[[f"test: {name}" for name in settings]].to_numpy(float)
        frame[f"test: {family}"] = test[np.arange(len(frame)), chosen]
        frame[f"chosen: {family}"] = np.array(settings)[chosen]
    return frame


def gains(frame, method):
    """Return the gain over no synthetic rows in accuracy of each set, averaged over draws (and whatever else there is)."""
    difference = frame[f"test: {method}"] - frame[f"test: {NONE}"]
    return difference.groupby(frame["set"]).mean()


def describe(values):
    """Return mean, half width of the 95 % interval over sets, wins, ties and losses by set."""
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    ties = values.abs() < 1e-9
    return {
        "gain": f"{values.mean():+.4f}",
        "95 %": f"+- {half:.4f}",
        "w/t/l": f"{(values[~ties] > 0).sum()}/{ties.sum()}/{(values[~ties] < 0).sum()}",
    }


def compare_tuned(frame):
    """Return a row for each classifier, size and tuned method, with Holm's correction over the rows of a method."""
    rows = []
    for family in FAMILIES:
        parts = [(key, gains(part, family)) for key, part in frame.groupby(["classifier", "n"])]
        p = holm([test_sign(values) for _, values in parts])
        for ((classifier, n), values), corrected in zip(parts, p, strict=True):
            rows.append(
                {
                    "method": family,
                    "classifier": classifier,
                    "n": n,
                    "sets": len(values),
                    **describe(values),
                }
            )
            rows[-1] |= {
                "p (Holm)": corrected,
                "worse": "yes" if corrected < _LEVEL and values.mean() < 0 else "no",
            }
    return pd.DataFrame(rows)


def test_sign(values):
    """Return p of Wilcoxon's signed-rank test over sets, two-sided; 1 where nothing differs."""
    return 1.0 if (values.abs() < 1e-9).all() else float(wilcoxon(values).pvalue)


def holm(p):
    """Return p-values corrected by Holm's step-down method."""
    p = np.asarray(p)
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def compare_all(frame):
    """Return a row for each method: mean accuracy, gain by classifier and over all."""
    rows = []
    for method in SHOWN:
        row = {
            "method": method,
            "accuracy": frame[f"test: {method}"].groupby(frame["set"]).mean().mean(),
        }
        row |= describe(gains(frame, method)) if method != NONE else {}
        for classifier, part in frame.groupby("classifier"):
            row[classifier] = f"{gains(part, method).mean():+.4f}"
        rows.append(row)
    return pd.DataFrame(rows).fillna("-")


def compare_sets(frame):
    """Return a row for each set: accuracy without synthetic rows, and the gains of the tuned methods."""
    columns = {NONE: frame[f"test: {NONE}"].groupby(frame["set"]).mean()}
    columns |= {family: gains(frame, family).map("{:+.4f}".format) for family in FAMILIES}
    return pd.DataFrame(columns).rename_axis("set").reset_index()


def count_choices(frame):
    """Return how often each setting was chosen, in percent of all cells."""
    rows = [
        {"method": family, "chosen": name, "%": f"{100 * share:.0f}"}
        for family in FAMILIES
        for name, share in frame[f"chosen: {family}"].value_counts(normalize=True).items()
    ]
    return pd.DataFrame(rows)


# -------------------------------------------------------------------------------------------
# Ranks
# -------------------------------------------------------------------------------------------


def measure_ranks(frame, methods=RANKED):
    """Return the rank of each method in each set, size and classifier (rows); accuracies averaged over draws first."""
    means = frame.groupby(["set", "n", "classifier"])[[f"test: {name}" for name in methods]].mean()
    return pd.DataFrame(rankdata(-means.round(9), axis=1), index=means.index, columns=list(methods))


def critical_difference(ranks):
    """Return Nemenyi's critical difference of average ranks."""
    n, k = len(ranks.index.unique("set")), ranks.shape[1]
    return (
        studentized_range.ppf(1 - _LEVEL, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))
    )


def average_over_sets(ranks):
    """Return ranks averaged over sizes and classifiers: cells of one set are no independent trials."""
    return ranks.groupby("set").mean()


def rank(frame):
    """Return average ranks of the methods, best first: over all cells, and at each size."""
    ranks = measure_ranks(frame)
    columns = {"all": average_over_sets(ranks).mean()}
    for n, part in ranks.groupby("n"):
        columns[f"{n} a class"] = average_over_sets(part).mean()
    table = pd.DataFrame(columns).sort_values("all").round(2)
    return table.rename_axis("method").reset_index()


def draw_ranks(frame, path):
    """Draw average ranks on a line, those that do not differ by the critical difference joined."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ranks = measure_ranks(frame)
    means = average_over_sets(ranks).mean().sort_values()
    width = critical_difference(ranks)
    fig, ax = plt.subplots(figsize=(8, 0.34 * len(means) + 1.2), layout="constrained")
    low, high = np.floor(means.min()), np.ceil(means.max())
    for place, (name, value) in enumerate(means.items()):
        ours = name == "tuned latent"
        ax.plot([value, high + 0.1], [place, place], color="0.8", lw=0.8, zorder=1)
        ax.plot(value, place, "o", color="#0072B2" if ours else "0.25", zorder=3)
        ax.text(
            high + 0.15,
            place,
            f"{name}  {value:.2f}",
            va="center",
            weight="bold" if ours else "normal",
        )
    for first, value in enumerate(means):
        last = int(np.flatnonzero(means.to_numpy() <= value + width)[-1])
        ends_before = first and means.iloc[first - 1] + width >= means.iloc[last]
        if last > first and not ends_before:
            ax.plot(
                [value, means.iloc[last]],
                [first - 0.3, first - 0.3],
                color="#D55E00",
                lw=3,
                solid_capstyle="butt",
            )
    ax.set(
        xlim=(low, high + 0.1),
        ylim=(len(means) - 0.4, -0.8),
        yticks=[],
        xlabel=f"average rank over {len(average_over_sets(ranks))} sets (1 is best)",
    )
    ax.set_title(
        f"Orange bars join what differs by less than the critical difference ({width:.2f})",
        fontsize=9,
    )
    ax.spines[["left", "right", "top"]].set_visible(False)
    fig.savefig(path, dpi=150)
    plt.close(fig)


# -------------------------------------------------------------------------------------------
# Words
# -------------------------------------------------------------------------------------------


def conclude(frame):
    """Say what came of it, by the figures alone."""
    tuned = compare_tuned(frame)
    ours = tuned[tuned["method"] == "tuned latent"]
    n_worse = (ours["worse"] == "yes").sum()
    said = [
        f"After Holm's correction the tuned latent augmenter is significantly worse than none in {n_worse} of {len(ours)} "
        "cases (classifier and size)."
    ]
    at_10 = frame[frame["n"] == 10]
    if len(at_10):
        parts = {family: describe(gains(at_10, family)) for family in FAMILIES}
        of = (f"{family} {part['gain']} ({part['95 %']})" for family, part in parts.items())
        said.append(f"Mean gain in accuracy over none at 10 a class: {', '.join(of)}.")
    ranks = average_over_sets(measure_ranks(frame))
    of = (f"{name} {ranks[name].mean():.2f}" for name in [*FAMILIES, NONE])
    said.append(f"Average ranks: {', '.join(of)} of {len(RANKED)}.")
    if len(ranks) > 2:
        p = friedmanchisquare(*ranks.to_numpy().T).pvalue
        said.append(f"Friedman's test over sets: p = {p:.2g}.")
    return " ".join(said)


COLUMNS = """`gain` is the difference in accuracy to training on the real rows alone, averaged over draws, then over sets, with
its 95 % interval over sets (Student's t); `w/t/l` counts sets that win, tie and lose; p is Wilcoxon's signed-rank test over
sets, corrected by Holm's method over all classifiers and sizes of a method. Methods with a name of their own have fixed
settings at five copies of each row (direct transformations at 0.1 standard deviations, window_warp 0.3, mixup 0.5; latent
ones at 0.25, mixup 0.5, with `residual="keep"`; samples from `ManifoldParzen(bandwidth=1.0)`).
Ranks are those of accuracies in each set, size and classifier, averaged;
in [the picture](few_rows.png) bars join what lies within Nemenyi's critical difference, cells of a set counting as one."""

LEFT_OUT = f"""{ABOUT} `1-NN DTW` aligns within a tenth of the length. At most 500 test series of a set are used, the same
for all. Series of unequal length (JapaneseVowels) are stretched to one. Left out: CharacterTrajectories (20 classes; time),
and sizes of which fewer than half of the classes have as many rows. {len(METHODS)} methods in all."""
