"""How Sphinx builds the documentation."""

from __future__ import annotations

from hubkit import __version__

project = "hubkit"
author = "The hubkit maintainers"
copyright = "2026, the hubkit maintainers"  # noqa: A001 - Sphinx's name
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "hubkit"
html_static_path = ["static"]
html_css_files = ["hubkit.css"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
# Docstrings name things in single backticks, as Markdown does.
default_role = "code"
myst_heading_anchors = 3
# The README's links lead to files of the repository.
suppress_warnings = ["myst.xref_missing"]
