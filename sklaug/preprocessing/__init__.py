"""Series as people have them, brought into the arrays that sklaug's estimators take, and back."""

from sklaug.preprocessing._calendar import (
    add_calendar_channels,
    calendar_channel_names,
    calendar_channels,
)
from sklaug.preprocessing._forecasting import ForecastingWindows, make_forecasting_windows
from sklaug.preprocessing._gaps import GapFiller
from sklaug.preprocessing._layouts import (
    from_channels_first,
    from_nested,
    to_channels_first,
    to_nested,
)
from sklaug.preprocessing._long import from_long
from sklaug.preprocessing._long_series import LongSeries
from sklaug.preprocessing._time_split import WindowTimeSplit
from sklaug.preprocessing._windows import Windows, make_windows

__all__ = [
    "ForecastingWindows",
    "GapFiller",
    "LongSeries",
    "WindowTimeSplit",
    "Windows",
    "add_calendar_channels",
    "calendar_channel_names",
    "calendar_channels",
    "from_channels_first",
    "from_long",
    "from_nested",
    "make_forecasting_windows",
    "make_windows",
    "to_channels_first",
    "to_nested",
]
