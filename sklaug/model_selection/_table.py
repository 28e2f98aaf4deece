"""What a comparison returns: a DataFrame that prints as a readable table and writes itself into files."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sklaug.model_selection._words import lay_out, write_html, write_markdown, write_text

LEVELS = ("metric", "reference", "statistic")


@dataclass
class Details:
    """What is known of a comparison beside its figures.

    Attributes
    ----------
    titles : dict of str to str
        Titles of the metrics, in the order of the table.
    better : dict of str to {"lower", "higher"} or float
        What is best: a direction, or the value itself.
    floors, baselines : tuple of str
        Rows that are real series against real ones, and rows of classical generators.
    flags : dict of str to list of str
        Sentences on single rows.
    caveats : list of str
        Sentences on what the table cannot see.
    settings : dict of str to str
        What the comparison was made with, in words.
    records : DataFrame
        Every single value: generator, training, repeat, metric, reference, value.
    X_train, y_train, X_held_out, y_held_out : array-like or None
        Real series and their targets.
    series : dict of str to (array-like, array-like or None)
        Series and targets of a synthetic set for each row that has one.
    copies : tuple of str
        Rows that copy training series or stay close to them: they do not compete.
    unranked : tuple of str
        Metrics of which more, or less, is not better, so that no row is marked.
    allowances : dict of str to float
        How much worse than a floor a metric may be by chance alone; 0 where it is not named.
    """

    titles: dict
    better: dict
    floors: tuple
    baselines: tuple
    flags: dict
    caveats: list
    settings: dict
    records: pd.DataFrame
    X_train: object
    y_train: object = None
    X_held_out: object = None
    y_held_out: object = None
    series: dict = field(default_factory=dict)
    copies: tuple = ()
    unranked: tuple = ()
    allowances: dict = field(default_factory=dict)


class ComparisonTable(pd.DataFrame):
    """What a comparison of generators found: a DataFrame with words.

    Rows are generators, floors (real series against real ones) and classical baselines. Columns
    have three levels: the metric; its reference, "train", "held out" or, for costs, ""; and the
    statistic, "mean" or "std". The table prints with a metric a line, the best of each line marked
    by an asterisk, then what is to be said of single rows and of the whole. A mark says which mean
    is best, not that it is better than the next one: see the standard deviations.

    Whatever pandas makes of it, by slices or arithmetic, is a plain DataFrame.

    Parameters
    ----------
    data, index, columns, dtype, copy : object
        As for `pandas.DataFrame`.
    details : Details or None, default=None
        What is known of the comparison; without it the table prints as any DataFrame does.

    Attributes
    ----------
    details_ : Details or None
        Titles, floors, flags, settings, every single value (``details_.records``), and the series.

    See Also
    --------
    compare_generators : Make one, with an example.

    Notes
    -----
    ``pd.read_csv(path, header=[0, 1, 2], index_col=0)`` reads what `to_csv` wrote. It names the empty
    reference of costs "Unnamed: ...".
    """

    _metadata = ["details_"]
    details_ = None

    def __init__(self, data=None, index=None, columns=None, dtype=None, copy=None, *, details=None):
        super().__init__(data, index=index, columns=columns, dtype=dtype, copy=copy)
        self.details_ = details

    @property
    def _constructor(self):
        return pd.DataFrame

    def copy(self, deep=True):
        """Return a copy that keeps the details; they are shared, not copied.

        Parameters
        ----------
        deep : bool, default=True
            Whether to copy the figures.

        Returns
        -------
        ComparisonTable
        """
        return ComparisonTable(super().copy(deep=deep), details=self.details_)

    def __repr__(self):
        return self.to_text()

    def _repr_html_(self):
        return write_html(self._lay_out()) if self._has_words() else super()._repr_html_()

    def to_text(self, width=None):
        """Write the table as plain text.

        Parameters
        ----------
        width : int or None, default=None
            Columns of characters; a wider table comes in several blocks. None takes the terminal's.

        Returns
        -------
        str
        """
        if not self._has_words():
            return super().__repr__()
        return write_text(self._lay_out(), width or shutil.get_terminal_size().columns)

    def to_markdown(self, buf=None, **options):
        """Write the table as Markdown: a table for each reference, flags, caveats and settings.

        Parameters
        ----------
        buf : None, path or text file, default=None
            Where to write.
        **options : dict
            Those of `pandas.DataFrame.to_markdown`, only for a table that has lost its details.

        Returns
        -------
        str or None
            The text, where `buf` is None.

        Raises
        ------
        TypeError
            If there are options, and details.
        """
        if not self._has_words():
            return super().to_markdown(buf, **options)
        if options:
            given = ", ".join(f"{name}={value!r}" for name, value in options.items())
            raise TypeError(
                f"ComparisonTable.to_markdown takes only buf, as it lays the table out itself; got {given}. For pandas' own "
                f"table call pandas.DataFrame(table).to_markdown({given})."
            )
        text = write_markdown(self._lay_out())
        if buf is None:
            return text
        if hasattr(buf, "write"):
            buf.write(text)
        else:
            Path(buf).write_text(text, encoding="utf-8")
        return None

    def to_page(self, path, *, title="Synthetic time series compared"):
        """Write one HTML page with the table, pictures and explanations, which needs no other file.

        Parameters
        ----------
        path : str or path-like
            Where to write; a file that is there is replaced.
        title : str, default="Synthetic time series compared"
            Headline.

        Returns
        -------
        pathlib.Path
            Where the page is.

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            If the table has lost its details, or has no rows.
        """
        from sklaug.model_selection._page import write_page

        if not self._has_words():
            raise ValueError(
                "This table has no rows, or no details, to make a page of. "
                "Call to_page on the table that compare_generators returned."
            )
        path = Path(path)
        path.write_text(write_page(self._lay_out(), self.details_, title), encoding="utf-8")
        return path

    def _has_words(self):
        """Whether there is something to say: pandas may have changed the columns in place."""
        return (
            isinstance(self.details_, Details)
            and tuple(self.columns.names) == LEVELS
            and "mean" in self.columns.get_level_values("statistic")
            and len(self) > 0
        )

    def _lay_out(self):
        return lay_out(self, self.details_)
