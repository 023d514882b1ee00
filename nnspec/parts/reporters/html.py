"""html: a page for readers, in one file: curves, confusion, worst mistakes, what the result depends on.

    reporters: [html]
    reporters: [{html: {file: index.html}}]

Written when the run ends, from what lies in the run folder. Needs no network to be read, and no other file.
"""

from typing import Annotated, ClassVar

from nnspec.extend import Field, FileName, Reporter, Run


class Html(Reporter):
    """The report as HTML."""

    primary: ClassVar[str | None] = "file"

    file: Annotated[FileName, Field(description="name of the file in the run folder")] = "report.html"

    def ended(self, run: Run) -> None:
        run.write(self.file, run.page("html").encode())
