"""The rules that a card is checked by, one file for each family of them.

Every rule takes the card as it was read and a `Report` to write to. None does I/O,
asks the Hub or raises, and each takes time in proportion to the text.
"""

from __future__ import annotations
