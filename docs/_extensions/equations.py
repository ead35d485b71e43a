"""Equations as MathML, which browsers draw by themselves: no script and no font comes from the network."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)


def converted(node: nodes.Node, code: str, *, block: bool) -> str:
    """Return an equation in LaTeX as MathML."""
    try:
        return tex2mathml(code, as_block=block)
    except MathError as error:
        LOGGER.warning("this equation is not understood: %s", error, location=node)
        return f"<code>{escape(code)}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an equation within a line."""
    self.body.append(converted(node, node.astext(), block=False))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write an equation on lines of its own."""
    self.body.append(self.starttag(node, "div", CLASS="math") + converted(node, node.astext(), block=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the renderer to Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
