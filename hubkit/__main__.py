"""``python -m hubkit`` is ``hubkit``."""

from __future__ import annotations

from hubkit.cli import main

if __name__ == "__main__":
    main()
