"""Settings of the site, which `make docs` builds with Sphinx into build/site.

The gallery (examples/gallery) is run, and its pages are written to docs/gallery; those of public names are written to
docs/reference/names.  GRAPHNET_GALLERY in the environment is a regular expression of the examples that are run; the
others are only shown.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

from sphinx.application import Sphinx

import graphnet as gn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))
for module in gn._MODULES:  # some are attributes of graphnet only; autodoc imports modules by their name
    sys.modules.setdefault(f"graphnet.{module}", getattr(gn, module))

project = "graphnet"
author = "the authors of graphnet"
project_copyright = "the authors of graphnet"
version = release = gn.__version__

# a process that runs examples is replaced when it has grown
warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")

extensions = [
    "equations",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_*",
    "gallery/index.rst",  # docs/learn/index.md lists the gallery, in its sections
]
templates_path = ["_templates"]
nitpicky = True
default_role = "literal"  # docstrings are also read in terminals, where `name` is enough
highlight_language = "none"  # of blocks that do not name theirs, such as output of commands

# Markdown
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4

# docstrings: types are said in their text
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {
    "exclude-members": "get_metadata_routing, set_fit_request, set_partial_fit_request, set_score_request"
}  # written by scikit-learn
autosummary_generate = True
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": os.environ.get("GRAPHNET_GALLERY") or r"plot_\d\d_",
    "ignore_pattern": r"^(?!.*plot_\d\d_)",
    "within_subsection_order": "FileNameSortKey",
    "minigallery_sort_order": "gallery.file_name",
    "capture_repr": ("_repr_html_",),  # no "<Axes: ...>" under pictures
    "copyfile_regex": "",
    "matplotlib_animations": False,
    "image_scrapers": ("matplotlib",),
    "image_srcset": ["2x"],
    "thumbnail_size": (480, 360),
    "parallel": True,
    "reset_argv": "gallery.no_arguments",
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "backreferences_dir": "gallery/uses",
    "doc_module": ("graphnet",),
}

plot_formats = [("png", 160)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_include_source = False

# the theme
html_theme = "pydata_sphinx_theme"
html_title = "graphnet"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # it would fetch the pages found, which a browser refuses for files
html_theme_options = {
    "logo": {"text": "graphnet", "image_light": "_static/logo.svg", "image_dark": "_static/logo.svg"},
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": []}


def mark_equations(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Make the indented blocks of a docstring literal: they are equations and programs, in terminals as here."""
    written: list[str] = []
    for line in lines:
        before = next((each for each in reversed(written) if each), "")
        if line.startswith("    ") and written and not written[-1] and before and not before.startswith(" "):
            written += ["::", ""]
        written.append(line)
    lines[:] = written


def setup(app: Sphinx) -> None:
    """Prepare docstrings before numpydoc reads them."""
    app.connect("autodoc-process-docstring", mark_equations, priority=100)
