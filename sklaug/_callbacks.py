"""scikit-learn's callbacks, where the installed scikit-learn has them (1.9, experimental), and printed progress."""

import sys

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:
        """Stands in for scikit-learn's mixin; without it `set_callbacks` does not exist."""

    def with_callbacks(method):
        """Return `method` as it is."""
        return method


class FitProgress:
    """Tell callbacks and the reader of the terminal how far a fit is.

    Parameters
    ----------
    estimator : estimator
        Being fitted.
    max_epochs : int
        Most epochs there can be.
    X, y : array-like
        Its training data, handed to callbacks.
    verbose : int
        Print a line every epoch (2 or more), or about twenty in all (1); 0 prints nothing.
    """

    def __init__(self, estimator, max_epochs, X, y, verbose):
        self.estimator, self.max_epochs, self.verbose = estimator, max_epochs, verbose
        self.context = None
        if hasattr(estimator, "_init_callback_context"):
            self.context = estimator._init_callback_context(max_subtasks=max_epochs)
            self.context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)

    def __call__(self, epoch, history, seconds):
        """Report an epoch; true if a callback asks to stop."""
        if self.verbose and self.is_due(epoch):
            sys.stdout.write(self.line(epoch, history, seconds) + "\n")
            sys.stdout.flush()
        if self.context is None:
            return False
        task = self.context.subcontext(task_name="epoch")
        task.call_on_fit_task_begin(estimator=self.estimator)
        return task.call_on_fit_task_end(
            estimator=self.estimator,
            metadata={name: values[-1] for name, values in history.items()},
        )

    def finish(self, X, y):
        """Report the end of the fit."""
        if self.context is not None:
            self.context.call_on_fit_task_end(
                estimator=self.estimator, X=X, y=y, reconstruction_attributes={}
            )

    def is_due(self, epoch):
        step = 1 if self.verbose > 1 else max(1, self.max_epochs // 20)
        return (epoch + 1) % step == 0 or epoch + 1 == self.max_epochs

    def line(self, epoch, history, seconds):
        name = type(self.estimator).__name__
        left = seconds / (epoch + 1) * (self.max_epochs - epoch - 1)
        losses = ", ".join(
            f"{part.replace('_', ' ')} {values[-1]:.4g}" for part, values in history.items()
        )
        return f"[{name}] epoch {epoch + 1}/{self.max_epochs}: {losses}; {seconds:.1f} s, at most {left:.1f} s left"
