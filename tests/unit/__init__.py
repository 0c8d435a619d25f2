"""Tests of single modules, without database or network."""
