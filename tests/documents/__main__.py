"""Writes the pages that are made from the program: `make docs`."""

from tests.documents.made import made_pages
from tests.documents.reading import ROOT

for path, text in made_pages().items():
    (ROOT / path).write_text(text)
