"""Functions that lie in rooms above those which call them: the one table of their modules, as text.

A module imports from its own room and from those below it.  What reaches up, such as reading a run folder as a drawing,
goes through this table, so that all of it is seen in one place; nothing is imported before it is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

HOOKS = {
    "evaluate": ("graphnet.train.evaluate", "evaluate"),
    "importances": ("graphnet.search.results", "importances"),
    "open_run": ("graphnet.train.runs.folder", "open_run"),
    "comparison_html": ("graphnet.notebook.comparisons", "comparison_html"),
    "feedback_html": ("graphnet.notebook.feedbacks", "feedback_html"),
    "history_html": ("graphnet.notebook.histories", "history_html"),
    "network_html": ("graphnet.notebook.networks", "network_html"),
    "notebook_bar": ("graphnet.notebook.bar", "NotebookBar"),
    "parameters_html": ("graphnet.notebook.parameters", "parameters_html"),
    "plot_comparison": ("graphnet.plots.scores", "compare"),
    "plot_history": ("graphnet.plots.epochs", "history"),
    "plot_network": ("graphnet.plots.drawing", "draw"),
}
"""The module and the name of each function."""


def hook(name: str) -> Any:
    """Return a function of the table.

    >>> hook("evaluate").__module__
    'graphnet.train.evaluate'
    """
    module, function = HOOKS[name]
    return getattr(import_module(module), function)
