"""Workbench: people judge what language models wrote, and trainers can use it."""

__version__ = "0.1.0"
