"""Tests of the pages about a run."""
