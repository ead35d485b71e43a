"""Check that every link of the built site leads to a file and a place that exist, and that no page asks the network.

python docs/check_links.py build/site
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
"""Attributes of what a browser loads with a page, by element; links of the other kind wait for a click."""


class Page(HTMLParser):
    """Links of a page, what it loads, and the places in it that links can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element says."""
        said = {name: value or "" for name, value in attrs}
        self.places |= {said[name] for name in ("id", "name") if name in said}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif said.get(LOADED.get(tag, "")) and said.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(said[LOADED[tag]])


@cache
def read(path: Path) -> Page:
    """Return a page of the site."""
    return Page(path.read_text("utf-8"))


def problems(site: Path) -> Iterator[str]:
    """Yield each dead link, and each address in the network from which a page loads something."""
    for path in sorted(set(site.rglob("*.html")) - set(site.glob("_static/**/*"))):  # of the theme: templates
        page = read(path)
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            where = f"{path.relative_to(site)}: {link}"
            if parts.scheme or parts.netloc:
                if link in page.loads and parts.scheme != "data":
                    yield f"{where} is loaded from the network"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if not target.is_file():
                yield f"{where}: no such file"
            elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in read(target).places:
                yield f"{where}: no such place in the page"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1]).resolve()))
    sys.exit("\n".join([*found, f"{len(found)} dead links"]) if found else 0)
