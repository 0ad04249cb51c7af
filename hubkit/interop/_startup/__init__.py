"""A folder for the path of programs: Python runs the `sitecustomize` in it at its start."""
