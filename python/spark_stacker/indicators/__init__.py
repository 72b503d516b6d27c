"""Indicators: plain functions of arrays, a Polars namespace, and the classes that strategies are made of."""

from __future__ import annotations
