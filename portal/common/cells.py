"""Cells of a table that leaves the portal: a spreadsheet must show them, and never run them."""

import re

# A spreadsheet may run what begins so, after whatever blanks; the last four are full-width
RUNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BREAKS = ("\t", "\r", "\n")  # it may read a cell that begins so as two
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what an Excel file cannot hold
LONGEST = 32_000  # characters of a cell of an Excel file


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run."""
    clean = CONTROL.sub("", text)[:LONGEST]
    runs = clean.lstrip().startswith(RUNS) or clean.startswith(BREAKS)
    return f"'{clean}" if runs else clean
