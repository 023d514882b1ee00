"""The section `transfer`: what a network begins with that another one has learned."""

from typing import Annotated

from pydantic import Field

from nnspec.spec.section import Section


class Transfer(Section):
    """Which parameters are taken from another run, in place of what initializers draw."""

    run: Annotated[
        str, Field(description="folder of the run, or a checkpoint of one; a relative path starts at the spec")
    ]
    parameters: Annotated[
        tuple[str, ...],
        Field(
            strict=False,
            min_length=1,
            description="patterns of what is taken, running state of layers included: `layers.0.*`",
        ),
    ] = ("*",)
    rename: dict[str, str] = Field(
        default={},
        description="what layers are called there, by what they are called here: `{layers.4: layers.2}`",
    )

    def there(self, name: str) -> str:
        """What a parameter of this network is called in the other one."""
        for here, there in self.rename.items():
            if name == here or name.startswith(f"{here}."):
                return there + name[len(here) :]
        return name
