"""Tests of the pure functions against what PHP made, and against PHP itself."""
