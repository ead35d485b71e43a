"""The page itself: a template with its style, program and data in it, and nothing that it has to load."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files

_PLACEHOLDER = re.compile(r"\{\{(title|data|css|js|csp)\}\}")
_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_NO_PROGRAM = re.compile(r"""\btype\s*=\s*["']?(text/plain|application/json)""")


def read_assets() -> dict[str, str]:
    """Return the template, the style and the program of the page, by suffix."""
    folder = files("graphnet.page").joinpath("assets")
    # a browser reads line breaks as \n, and hashes what it reads
    return {
        suffix: folder.joinpath(f"page.{suffix}").read_text("utf-8").replace("\r\n", "\n")
        for suffix in ("html", "css", "js")
    }


def fill_page(title: str, data: str, assets: Mapping[str, str]) -> str:
    """Return the page as HTML.

    Its Content-Security-Policy allows the scripts and styles that are in it, by their hashes, and nothing else: no file
    is loaded and nothing is sent.

    >>> template = '<meta content="{{csp}}"><title>{{title}}</title><script>{{js}}</script>'
    >>> page = fill_page("<b>{{js}}", "", {"html": template, "css": "", "js": "1"})
    >>> page.split("; ")[1]
    "script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    >>> page.split(">", 1)[1]
    '<title>&lt;b&gt;{{js}}</title><script>1</script>'
    """
    contents = {"title": escape(visible(title)), "data": data, "css": assets["css"], "js": assets["js"]}

    def fill(text: str) -> str:  # in one pass, so that no content is taken for a placeholder
        return _PLACEHOLDER.sub(lambda found: contents[found[1]], text)

    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, attributes, content in _INLINE.findall(assets["html"]):
        if not _NO_PROGRAM.search(attributes):
            digest = b64encode(sha256(fill(content).encode("utf-8")).digest()).decode("ascii")
            hashes[tag].append(f"'sha256-{digest}'")
    contents["csp"] = "; ".join(
        [
            "default-src 'none'",
            *(f"{tag}-src {' '.join(found) if found else repr('none')}" for tag, found in hashes.items()),
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return fill(assets["html"])


def visible(text: str) -> str:
    """Return text on one line, with characters that no file can hold or show replaced.

    >>> visible(f"a{chr(10)} b{chr(0)}c{chr(0xD800)}") == "a b�c�"
    True
    """
    one_line = " ".join(text.split())
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cs") else c for c in one_line)
