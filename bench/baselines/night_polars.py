"""One night over the flat files with Polars: `night_polars.py BOOK DATE OUT`.

Money settles the oldest instalment first, interest before principal, and nothing bears penalty interest, so running
totals say everything: an instalment is covered on a day if the loan had received its running total by then.
"""

import sys
from datetime import date, timedelta

import polars as pl
from polars import col, lit, when

from days import month_ends, three_months_before

book, business_date, out = sys.argv[1], date.fromisoformat(sys.argv[2]), sys.argv[3]
days = month_ends(business_date) + [business_date]
window = three_months_before(business_date)
last = len(days) - 1
year_end = last - business_date.month
morrow = timedelta(days=1)
GRADES = ["pass", "special_mention", "substandard", "doubtful", "loss"]
ALLOWANCE_PPM = [15_000, 30_000, 300_000, 600_000, 1_000_000]


def table(name: str) -> pl.LazyFrame:
    return pl.scan_parquet(f"{book}/{name}.parquet")


def steps(days_past_due: pl.Expr, starts: list[int], values: list[int]) -> pl.Expr:
    """The value of the last step that the days have reached; `values` has one more, for none."""
    found = lit(values[0], pl.Int64)
    for start, value in zip(starts, values[1:]):
        found = when(days_past_due >= start).then(value).otherwise(found)
    return found


def bucket(days_past_due: pl.Expr) -> pl.Expr:
    return steps(days_past_due, [1, 31, 61, 91, 121, 151, 181], list(range(8)))


def where(condition: pl.Expr, value: pl.Expr) -> pl.Expr:
    return when(condition).then(value)


# Numbers join and group faster than texts.
numbered = table("loans").select("loan_id").with_row_index("loan").collect().lazy()

dues = (
    table("instalments")
    .join(numbered, on="loan_id")
    .select("loan", "seq", "due_on", "principal_due", "interest_due")
    .with_columns(running=(col.principal_due + col.interest_due).cum_sum().over("loan", order_by="seq"))
    .collect(engine="streaming")
    .lazy()
)
first_dues = dues.filter(col.seq == 1).select("loan", first_due_on="due_on", first_due="running")

receipts = (
    table("repayments")
    .filter(col.paid_on <= business_date)
    .join(numbered, on="loan_id")
    .select("loan", "paid_on", "amount")
    .collect(engine="streaming")
    .lazy()
)

# What each loan had received by each day, and by the end of the first day on which its first due could be past due.
paid = (
    receipts.join(first_dues, on="loan")
    .group_by("loan")
    .agg(
        last_paid_on=col.paid_on.max(),
        paid_first=where(col.paid_on <= col.first_due_on + morrow, col.amount).sum(),
        paid_window=where(col.paid_on <= window, col.amount).sum(),
        paid_in_window=where(col.paid_on <= window + morrow, col.amount).sum(),
        **{f"paid_{n}": where(col.paid_on <= day, col.amount).sum() for n, day in enumerate(days)},
    )
    .collect(engine="streaming")
    .lazy()
)

# The oldest unpaid instalment by day, and what is left tonight; principal is covered last. What was covered on the
# first of the days is covered on all of them.
received = [col(f"paid_{n}").fill_null(0) for n in range(len(days))]
left, past = col.principal_left + col.interest_left, col.due_on < business_date
coming = (left > 0) & (col.due_on > business_date)
folded = (
    dues.join(paid, on="loan", how="left")
    .filter(col.running > received[0])
    .with_columns(
        principal_left=pl.min_horizontal((col.running - received[last]).clip(0), "principal_due"),
        interest_left=pl.min_horizontal((col.running - received[last] - col.principal_due).clip(0), "interest_due"),
        opening_left=pl.min_horizontal((col.running - received[year_end]).clip(0), "principal_due"),
    )
    .group_by("loan")
    .agg(
        principal_outstanding=col.principal_left.sum(),
        principal_past_due=where(past, col.principal_left).sum(),
        interest_past_due=where(past, col.interest_left).sum(),
        opening_outstanding=col.opening_left.sum(),
        unpaid_instalments=((left > 0) & (col.due_on <= business_date)).sum(),
        next_due_on=where(coming, col.due_on).min(),
        next_due_amount=where(coming, left).min_by(where(coming, col.due_on)),
        was_past_due=((col.running > col.paid_in_window.fill_null(0)) & (col.due_on <= window)).any(),
        **{
            f"oldest_{n}": where((col.running > received[n]) & (col.due_on <= day), col.due_on).min()
            for n, day in enumerate(days)
        },
    )
    .collect(engine="streaming")
    .lazy()
)

# How often a loan became past due within the window: a due not covered the day after it fell, all before it covered.
in_window = dues.filter(col.due_on >= window, past).join(paid.select("loan", "paid_window"), on="loan", how="left")
on_time = where(col.paid_on <= col.due_on, col.amount).sum()
entered = (
    in_window.join(receipts.filter(col.paid_on > window), on="loan", how="left")
    .filter((col.paid_on <= col.due_on + morrow) | col.paid_on.is_null())
    .group_by("loan", "seq")
    .agg(paid_on_time=on_time, paid_by_morrow=col.amount.sum())
    .join(in_window, on=["loan", "seq"], how="right")
    .with_columns(before=col.paid_window.fill_null(0), due=col.principal_due + col.interest_due)
    .filter(
        col.before + col.paid_by_morrow.fill_null(0) < col.running,
        col.before + col.paid_on_time.fill_null(0) >= col.running - col.due,
    )
    .group_by("loan")
    .agg(times=pl.len())
)


def days_on(n: int) -> pl.Expr:
    counted = (lit(days[n]) - col(f"oldest_{n}")).dt.total_days().fill_null(0)
    return when(col.disbursed_on > days[n]).then(-1).otherwise(counted)


def zero(name: str) -> pl.Expr:
    return col(name).fill_null(0)


month_end_days = [f"days_{n}" for n in range(last)]
loans = (
    table("loans")
    .filter(col.disbursed_on <= business_date)
    .join(numbered, on="loan_id")
    .join(
        table("customers").select("customer_id", "scale", "region", "industry", customer_kind="kind"), on="customer_id"
    )
    .join(first_dues, on="loan")
    .join(paid, on="loan", how="left")
    .join(folded, on="loan", how="left")
    .join(entered, on="loan", how="left")
    .with_columns(
        **{name: zero(name) for name in ("principal_outstanding", "principal_past_due", "interest_past_due")},
        **{name: zero(name) for name in ("unpaid_instalments", "next_due_amount", "times")},
        **{f"days_{n}": days_on(n) for n in range(last)},
        days_past_due=days_on(last),
        oldest_unpaid_due_on=col(f"oldest_{last}"),
        paid_total=received[last],
        opening_outstanding=when(col.disbursed_on <= days[year_end]).then(zero("opening_outstanding")).otherwise(0),
        first_payment_default=(col.first_due_on < business_date) & (zero("paid_first") < col.first_due),
        was_past_due=col.was_past_due.fill_null(False),
    )
)

# Grades by days, and for small businesses by protection and days.
owed = col.days_past_due
small = col.customer_kind.is_in(["corporate", "micro"]) & col.scale.is_in(["small", "micro"]).fill_null(False)
by_protection = (
    when(col.protection == "credit")
    .then(steps(owed, [1, 31, 91, 181, 361], [0, 1, 2, 3, 3, 4]))
    .when(col.protection == "guarantee")
    .then(steps(owed, [1, 31, 91, 181, 361], [0, 0, 1, 2, 3, 4]))
    .otherwise(steps(owed, [1, 31, 91, 181, 361], [0, 0, 1, 1, 2, 3]))
)
active = col.status == "active"
graded = (
    loans.with_columns(
        bucket_number=bucket(owed),
        grade_number=pl.max_horizontal(
            steps(owed, [1, 91, 271, 361], [0, 1, 2, 3, 4]), when(small).then(by_protection).otherwise(0)
        ),
        amount_past_due=col.principal_past_due + col.interest_past_due,
    )
    .with_columns(
        bucket=pl.format("M{}", "bucket_number"),
        grade=col.grade_number.replace_strict(range(5), GRADES),
        stage=when((col.grade_number >= 2) | (owed > 90))
        .then(3)
        .when((col.grade_number == 1) | (owed > 30))
        .then(2)
        .otherwise(1),
        allowance=when(active)
        .then(
            (col.principal_outstanding * col.grade_number.replace_strict(range(5), ALLOWANCE_PPM) + 500_000)
            // 1_000_000
        )
        .otherwise(0),
        class_number=when((col.bucket_number >= 2) | (col.grade_number >= 2))
        .then(3)
        .when(col.first_payment_default | (col.times >= 2))
        .then(2)
        .when(col.was_past_due | (col.times > 0))
        .then(1)
        .otherwise(0),
        month_end_days_past_due=pl.concat_str(
            [col(name).cast(pl.String) for name in month_end_days], separator=" "
        ).str.replace_all("-1", "-"),
    )
    .collect(engine="streaming")
    .lazy()
)

customers = (
    graded.filter(active)
    .group_by("customer_id")
    .agg(
        loans=pl.len(),
        exposure=col.principal_outstanding.sum(),
        worst_days_past_due=owed.max(),
        grade=col.grade_number.max(),
        **{"class": col.class_number.max().replace_strict(range(4), list("ABCD"))},
    )
    .collect(engine="streaming")
)
customers.write_parquet(f"{out}/customer_states.parquet")

STATES = """loan_id customer_id branch_id officer_id product region industry customer_kind scale protection status principal
principal_outstanding principal_past_due interest_past_due amount_past_due oldest_unpaid_due_on days_past_due
unpaid_instalments next_due_on next_due_amount last_paid_on paid_total opening_outstanding first_payment_default
month_end_days_past_due bucket grade stage allowance class""".split()
(
    graded.join(customers.lazy().select("customer_id", "class"), on="customer_id", how="left")
    .select(STATES)
    .sink_parquet(f"{out}/loan_states.parquet", engine="streaming")
)

CUTS = ["branch_id", "officer_id", "product", "industry", "region", "customer_kind", "scale", "protection"]
figures = {
    "loans": pl.len(),
    "outstanding": col.principal_outstanding.sum(),
    "past_due": col.amount_past_due.sum(),
    "allowance": col.allowance.sum(),
    "non_performing": col.principal_outstanding.filter(col.grade_number >= 2).sum(),
    "past_due_over_90": col.principal_outstanding.filter(owed > 90).sum(),
}
cuts = [graded.filter(active).group_by(label=cut).agg(**figures).with_columns(cut=lit(cut)) for cut in CUTS]
whole = graded.filter(active).select(label=lit(None, pl.String), **figures).with_columns(cut=lit("all"))
pl.concat([*pl.collect_all(cuts), whole.select(*cuts[0].collect_schema()).collect()]).write_parquet(
    f"{out}/metrics.parquet"
)

roll = [
    graded.filter(col(before) >= 0)
    .group_by(from_bucket=bucket(col(before)), to_bucket=bucket(col(after)))
    .agg(loans=pl.len())
    .with_columns(month=lit(month))
    for month, (before, after) in enumerate(zip(month_end_days, month_end_days[1:] + ["days_past_due"]))
]
pl.concat(pl.collect_all(roll)).write_parquet(f"{out}/roll.parquet")
