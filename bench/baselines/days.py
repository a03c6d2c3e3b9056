"""The days a night looks at."""

from calendar import monthrange
from datetime import date, timedelta


def month_ends(business_date: date) -> list[date]:
    """The twelve month-ends before the business date's month, oldest first."""
    ends, first = [], business_date.replace(day=1)
    for _ in range(12):
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]


def three_months_before(day: date) -> date:
    """The corresponding day three months before, or the last of that month."""
    months = day.year * 12 + day.month - 1 - 3
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
