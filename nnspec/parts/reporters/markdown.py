"""markdown: the report as text, for logs, reviews and pull requests.

    reporters: [markdown]
    reporters: [{markdown: {file: README.md}}]

Written when the run ends, from what lies in the run folder.
"""

from typing import Annotated, ClassVar

from nnspec.extend import Field, FileName, Reporter, Run


class Markdown(Reporter):
    """The report as Markdown."""

    primary: ClassVar[str | None] = "file"

    file: Annotated[FileName, Field(description="name of the file in the run folder")] = "report.md"

    def ended(self, run: Run) -> None:
        run.write(self.file, run.page("markdown").encode())
