"""A small SVG writer: shapes by name, everything escaped, colours left to the page's style sheet."""

from copy import deepcopy
from xml.etree import ElementTree as ET

from nnspec.report.axes import Scale

TICK_GAP = 7


class Drawing:
    """A picture in a page, described for those who cannot see it.

    Args:
        identity: Name that is unique in the page.
        size: Width and height in the picture's own units.
        title: What it shows.
        description: What can be seen in it, in words.
    """

    def __init__(self, identity: str, size: tuple[float, float], title: str, description: str) -> None:
        names = {"title": f"{identity}-title", "desc": f"{identity}-desc"}
        self._root = ET.Element(
            "svg",
            {
                "viewBox": f"0 0 {_short(size[0])} {_short(size[1])}",
                "role": "img",
                "aria-labelledby": " ".join(names.values()),
            },
        )
        for tag, text in (("title", title), ("desc", description)):
            ET.SubElement(self._root, tag, {"id": names[tag]}).text = text

    def __html__(self) -> str:
        """The picture as markup that a template takes as it is."""
        return ET.tostring(self._root, encoding="unicode")

    def file(self, style: str) -> bytes:
        """The picture as a file of its own, with the style sheet that a page would have."""
        root = deepcopy(self._root)
        root.set("xmlns", "http://www.w3.org/2000/svg")
        ET.SubElement(root, "style").text = style
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"

    def line(self, style: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A straight line."""
        (x1, y1), (x2, y2) = start, end
        self._add("line", style, {"x1": _short(x1), "y1": _short(y1), "x2": _short(x2), "y2": _short(y2)})

    def path(self, style: str, commands: str, colour: str | None = None) -> None:
        """A path by its commands."""
        self._add("path", style, {"d": commands} | ({"stroke": colour} if colour else {}))

    def circle(self, style: str, centre: tuple[float, float], radius: float, hint: str) -> None:
        """A circle that says what it is when pointed at."""
        x, y = centre
        circle = self._add("circle", style, {"cx": _short(x), "cy": _short(y), "r": _short(radius)})
        ET.SubElement(circle, "title").text = hint

    def text(self, style: str, place: tuple[float, float], text: str, anchor: str = "start") -> None:
        """A line of text, anchored at its ``start``, ``middle`` or ``end``."""
        x, y = place
        self._add("text", style, {"x": _short(x), "y": _short(y), "text-anchor": anchor}).text = text

    def image(self, style: str, corner: tuple[float, float], size: tuple[float, float], uri: str) -> None:
        """A picture in the picture, stretched to a size."""
        self._add(
            "image",
            style,
            {
                "x": _short(corner[0]),
                "y": _short(corner[1]),
                "width": _short(size[0]),
                "height": _short(size[1]),
                "preserveAspectRatio": "none",
                "href": uri,
            },
        )

    def _add(self, tag: str, style: str, attributes: dict[str, str]) -> ET.Element:
        return ET.SubElement(self._root, tag, {"class": style} | attributes)


class Plot:
    """A drawing with two axes, and the way from figures to places.

    Attributes:
        drawing: What is drawn into.
        corner: Upper left corner of the plot within the drawing.
        size: Width and height of the plot.
        x: Scale from left to right.
        y: Scale from bottom to top.
    """

    def __init__(
        self, drawing: Drawing, corner: tuple[float, float], size: tuple[float, float], x: Scale, y: Scale
    ) -> None:
        self.drawing = drawing
        self.corner = corner
        self.size = size
        self.x = x
        self.y = y

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies in the drawing."""
        left, top = self.corner
        width, height = self.size
        return left + width * self.x.share(x), top + height * (1 - self.y.share(y))

    def command(self, letter: str, x: float, y: float) -> str:
        """A path command that ends at a point."""
        across, down = self.at(x, y)
        return f"{letter}{_short(across)} {_short(down)}"

    def frame(self, x_name: str, y_name: str) -> None:
        """Grid lines, ticks, and the names of the axes."""
        left, top = self.corner
        right, bottom = left + self.size[0], top + self.size[1]
        for value, text in zip(self.y.ticks, self.y.texts, strict=True):
            _, y = self.at(self.x.low, value)
            self.drawing.line("grid", (left, y), (right, y))
            self.drawing.text("tick", (left - TICK_GAP, y + 4), text, "end")
        for value, text in zip(self.x.ticks, self.x.texts, strict=True):
            x, _ = self.at(value, self.y.low)
            self.drawing.line("axis", (x, bottom), (x, bottom + 4))
            self.drawing.text("tick", (x, bottom + 17), text, "middle")
        self.drawing.line("axis", (left, bottom), (right, bottom))
        self.drawing.text("name", ((left + right) / 2, bottom + 34), x_name, "middle")
        self.drawing.text("name", (4, top - 12), y_name)


def _short(length: float) -> str:
    """A tenth of a unit is as exact as can be seen."""
    return f"{length:.1f}".removesuffix(".0")
