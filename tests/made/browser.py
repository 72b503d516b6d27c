"""A real browser without a window, for pages that draw themselves."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

__all__ = ["drawn", "needs_browser"]

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium to open the page with")


def drawn(page, query, width):
    """The page's elements after its scripts have run."""
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    size = f"--window-size={width},900"
    finished = subprocess.run(
        [*command, size, "--dump-dom", f"file://{page}?{query}"],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    text = re.sub(r"<script.*?</script>", "", finished.stdout, flags=re.DOTALL)
    assert "Plotly" not in text or "svg" in text
    return text
