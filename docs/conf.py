"""How Sphinx builds the pages: Markdown and docstrings, the notebooks beside them, nothing executed or fetched."""

import shutil
from pathlib import Path
from typing import Any

import ffcore

HERE = Path(__file__).parent
project, author, release = "ffcore", "the ffcore authors", ffcore.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme, html_title = "furo", f"ffcore {release}"
html_copy_source = html_show_copyright = False
templates_path = ["_templates"]
default_role = "literal"  # a name between single backticks, as docstrings have them
exclude_patterns = ["_build"]
nb_execution_mode = "off"
myst_heading_anchors = 3
autodoc_typehints, autodoc_member_order = "signature", "bysource"
napoleon_numpy_docstring = False
toc_object_entries = False
suppress_warnings = ["ref.python"]


def bring_notebooks(_app: Any) -> None:
    """Copy the notebooks beside the pages, since Sphinx reads no source from elsewhere."""
    target = HERE / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(HERE.parent / "notebooks", target, ignore=shutil.ignore_patterns(".*"))


def setup(app: Any) -> None:
    """Sphinx's hook."""
    app.connect("builder-inited", bring_notebooks)
