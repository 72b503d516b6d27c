"""Strategies that look ahead, and strategies that do not, by kind. Each module is one family of mistakes."""
