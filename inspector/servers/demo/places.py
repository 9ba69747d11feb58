"""A few countries and their cities: values for arguments that depend on each other."""

from __future__ import annotations

CITIES = {
    "Argentina": ("Buenos Aires", "Córdoba", "Rosario"),
    "Australia": ("Brisbane", "Melbourne", "Perth", "Sydney"),
    "Austria": ("Graz", "Linz", "Vienna"),
    "Brazil": ("Brasília", "Recife", "Rio de Janeiro", "São Paulo"),
    "Canada": ("Calgary", "Montréal", "Toronto", "Vancouver"),
    "Denmark": ("Aarhus", "Copenhagen", "Odense"),
    "Egypt": ("Alexandria", "Cairo", "Giza"),
    "France": ("Lyon", "Marseille", "Paris", "Toulouse"),
    "Germany": ("Berlin", "Bonn", "Bremen", "Hamburg", "Munich"),
    "India": ("Bengaluru", "Chennai", "Delhi", "Mumbai"),
    "Italy": ("Milan", "Naples", "Rome", "Turin"),
    "Japan": ("Kyoto", "Osaka", "Sapporo", "Tokyo"),
    "Kenya": ("Kisumu", "Mombasa", "Nairobi"),
    "Mexico": ("Guadalajara", "Mexico City", "Monterrey"),
    "Norway": ("Bergen", "Oslo", "Trondheim"),
    "Portugal": ("Faro", "Lisbon", "Porto"),
    "South Korea": ("Busan", "Incheon", "Seoul"),
    "Spain": ("Barcelona", "Madrid", "Seville", "Valencia"),
    "Sweden": ("Gothenburg", "Malmö", "Stockholm"),
    "Switzerland": ("Basel", "Bern", "Geneva", "Zürich"),
}


def cities(country: object) -> tuple[str, ...]:
    """The cities of a country, or of all of them where it is none of ours."""
    if isinstance(country, str) and country in CITIES:
        return CITIES[country]
    return tuple(sorted(city for group in CITIES.values() for city in group))
