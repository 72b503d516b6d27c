"""A report's page as a reader of HTML sees it."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import numpy as np

__all__ = ["parse", "unpacked"]

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what a reader would fetch or run."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.scripts, self.text, self.tags = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        assert not [name for name, _ in attrs if name.startswith("on")], attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.scripts if self.open and self.open[-1] == "script" else self.text).append(data)


def parse(html):
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


def unpacked(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f8")
