"""Makes the tables in `data`: ``python specs/make_data.py``. Prices and species follow the formulas below."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(__file__).parent / "data"
DISTRICTS = {"harbour": 1.3, "hills": 1.1, "north": 0.8, "old town": 1.5}
SPECIES = {"marsh": (4.2, 1.1, 0.3), "meadow": (5.6, 1.8, 0.6), "rock": (3.4, 0.7, 0.1)}
ROWS = 600


def houses(random: np.random.Generator) -> pa.Table:
    """Prices in thousands: 2.5 an area, times the district, less a percent a year; some areas are mistyped."""
    area = random.uniform(30, 200, ROWS).round(1)
    age = random.integers(0, 60, ROWS)
    district = random.choice(list(DISTRICTS), ROWS)
    factor = np.array([DISTRICTS[name] for name in district])
    price = 2.5 * area * factor * (1 - 0.01 * age) * random.normal(1, 0.03, ROWS)
    area[random.choice(ROWS, 6, replace=False)] *= 100
    return pa.table({"area": area, "age": age, "district": district, "price": price.round(1)})


def flowers(random: np.random.Generator) -> list[tuple[float, float, str, str]]:
    """Lengths and widths around those of the species; the colour tells a little."""
    rows = []
    for number in range(ROWS):
        name = list(SPECIES)[number % len(SPECIES)]
        length, width, yellow = SPECIES[name]
        colour = "yellow" if random.random() < yellow else "white"
        sizes = random.normal((length, width), (0.4, 0.2)).round(2)
        rows.append((float(sizes[0]), float(sizes[1]), colour, name))
    return rows


def main() -> None:
    """Writes both files."""
    random = np.random.default_rng(1)
    pq.write_table(houses(random), DATA / "houses.parquet")
    path = DATA / "flowers.sqlite"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE flowers (length REAL, width REAL, colour TEXT, species TEXT)")
        connection.executemany("INSERT INTO flowers VALUES (?, ?, ?, ?)", flowers(random))


if __name__ == "__main__":
    main()
