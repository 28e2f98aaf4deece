"""The parts that a meta estimator is given: looked at, seeded and fitted."""

from copy import deepcopy

from sklearn.base import clone

from sklaug._random import derive_random_state, draw_seed
from sklaug._validation import name_of, refuse_frozen
from sklaug.transforms._calling import is_named_transformation

MAKES = ("augment", "sample")
_EXAMPLE = "an augmenter or generator, such as DirectAugmenter()"


def check_estimator(estimator):
    """Raise unless this is an estimator that can be fitted."""
    _check_instance("estimator", estimator)
    if not hasattr(estimator, "fit"):
        raise TypeError(f"estimator must be an estimator with fit, got {estimator!r}.")
    refuse_frozen(estimator, "The estimator")


def check_augmenter(role, augmenter, method, advice="Pass an augmenter or generator of sklaug."):
    """Raise unless this is an augmenter or generator that has a method.

    Parameters
    ----------
    role : str
        Name of the parameter.
    augmenter : object
        Its value.
    method : {"augment", "sample"}
        What it has to have.
    advice : str
        What to do where it has neither.
    """
    _check_instance(role, augmenter)
    if is_named_transformation(augmenter):
        raise TypeError(
            f"{role}={augmenter!r} is a transformation. Pass DirectAugmenter({augmenter!r})."
        )
    if not hasattr(augmenter, "fit"):
        raise TypeError(f"{role} must be {_EXAMPLE}, got {augmenter!r}. {advice}")
    refuse_frozen(augmenter, f"The {role}")
    if hasattr(augmenter, method):
        return
    if method == "augment" and hasattr(augmenter, "sample"):
        advice = (
            "Set method='sample'."
            if role == "augmenter"
            else "Take one that makes versions of rows, such as DirectAugmenter()."
        )
    raise TypeError(
        f"{role} must have the method {method}, which {name_of(augmenter)} lacks. {advice}"
    )


def look_swapped(estimator, augmenter):
    """Tell whether what makes rows stands where the estimator belongs, and the other way round."""
    return hasattr(augmenter, "predict") and any(hasattr(estimator, method) for method in MAKES)


def _check_instance(role, part):
    if isinstance(part, type):
        raise TypeError(f"{role} is a class. Pass an instance: {part.__name__}().")


def settle_seed(random_state, augmenter):
    """Return the seed of all that a fit draws, and whether the user has set it.

    Where there is none it is that of the augmenter, of which a RandomState stays as it is: each fit
    repeats it, as each fit is of a clone.
    """
    if random_state is None:
        random_state = deepcopy(getattr(augmenter, "random_state", None))
    return draw_seed(random_state), random_state is not None


def fit_clone(augmenter, X, y, kind, seed):
    """Return a fitted clone; what it, or anything in it, leaves open of targets and seeds is settled here.

    Parameters
    ----------
    augmenter : estimator
        Augmenter or generator.
    X, y : array-like
        What it is fitted on.
    kind : {"class", "continuous"}
        What `target_type` "auto" means: a fold of real targets may happen to hold whole numbers only.
    seed : int or None
        What seeds follow from. None leaves them open, so that an augmenter with a cache says that it never helps.
    """
    augmenter, settled = clone(augmenter), {}
    for name, value in augmenter.get_params().items():
        what = name.split("__")[-1]
        if what == "target_type" and isinstance(value, str) and value == "auto":
            settled[name] = kind
        elif what == "random_state" and value is None and seed is not None:
            settled[name] = derive_random_state(seed, name)
    return augmenter.set_params(**settled).fit(X, y)
