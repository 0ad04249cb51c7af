"""Writing a card: front matter, sections, and what becomes of a card that is there already."""
