"""Makes the tables beside it, the same bytes each time: `python datasets/tables/make.py`.

The figures are drawn, by the formulas below; they are of no real flat and no real machine.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FLATS, MACHINES = 2_000, 4_000


def flats() -> str:
    """Flats and their prices: area counts most, for more near the centre, and for less high up without a lift."""
    random = np.random.default_rng(1)
    area = np.clip(random.gamma(7.0, 11.0, FLATS), 18, 220).round(1)
    rooms = np.clip((area / 26 + random.normal(0, 0.6, FLATS)).round(), 1, 8).astype(int)
    floor = random.integers(0, 7, FLATS)
    built = random.integers(1900, 2025, FLATS)
    centre = np.clip(random.gamma(2.0, 2.4, FLATS), 0.1, 18).round(1)
    lift = (random.random(FLATS) < np.where(built > 1970, 0.8, 0.25)).astype(int)
    heating = random.choice(["gas", "district", "heat pump"], FLATS, p=[0.5, 0.35, 0.15])
    per_area = 2_400 + 4_200 * np.exp(-centre / 4) + 6.0 * np.maximum(built - 1960, 0)
    per_area *= 1 + 0.08 * (heating == "heat pump") - 0.02 * floor * (1 - lift)
    price = (area * per_area + 6_000 * rooms) * np.exp(random.normal(0, 0.05, FLATS))
    return table(
        "area,rooms,floor,built,centre_km,lift,heating,price",
        *(area, rooms, floor, built, centre, lift, heating, (price / 100).round().astype(int) * 100),
    )


def machines() -> str:
    """Machines that run or fail, one in twenty: of heat under load, of wear, or of a tool that is overstrained."""
    random = np.random.default_rng(2)
    air = random.normal(26.0, 3.0, MACHINES).round(1)
    speed = np.clip(random.normal(1_550, 180, MACHINES), 1_100, 2_600).round().astype(int)
    torque = np.clip(random.normal(40, 10, MACHINES), 4, 78).round(1)
    wear = random.integers(0, 250, MACHINES)
    grade = random.choice(["light", "medium", "heavy"], MACHINES, p=[0.6, 0.3, 0.1])
    heat = 0.12 * (air - 26) + torque * speed / 20_000 - 5.2
    strain = torque * wear / 3_000 - np.select([grade == "light", grade == "medium"], [4.0, 4.5], 5.0)
    worn = (wear - 246) / 10
    fails = np.maximum.reduce([heat, strain, worn]) + random.normal(0, 0.1, MACHINES) > 0
    outcome = np.where(fails, "fails", "runs")
    return table("air_celsius,speed,torque,wear_minutes,grade,outcome", air, speed, torque, wear, grade, outcome)


def table(header: str, *columns: np.ndarray) -> str:
    """Columns as the text of a CSV file."""
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "\n".join([header, *(",".join(map(str, row)) for row in rows), ""])


TABLES = {"flats.csv": flats, "machines.csv": machines}

if __name__ == "__main__":
    for name, make in TABLES.items():
        (HERE / name).write_text(make(), "utf-8", newline="\n")
