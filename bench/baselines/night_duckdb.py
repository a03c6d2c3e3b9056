"""One night over the flat files with DuckDB: `night_duckdb.py BOOK DATE OUT`.

Money settles the oldest instalment first, interest before principal, and nothing bears penalty interest, so running
totals say everything: an instalment is covered on a day if the loan had received its running total by then.
"""

import sys
from datetime import date

import duckdb

from days import month_ends, three_months_before

book, business_date, out = sys.argv[1], date.fromisoformat(sys.argv[2]), sys.argv[3]
days = month_ends(business_date) + [business_date]
window = three_months_before(business_date)
last = len(days) - 1
year_end = last - business_date.month


def by_day(template: str, days: list[date] = days) -> str:
    """The template once per day looked at: {n} is the day's number, {day} the day."""
    return ",\n        ".join(template.format(n=n, day=f"DATE '{day}'") for n, day in enumerate(days))


month_end_days = by_day("CASE WHEN disbursed_on > {day} THEN -1 ELSE coalesce({day} - oldest_{n}, 0) END", days[:-1])


def bucket(days_past_due: str) -> str:
    return f"CASE WHEN {days_past_due} <= 0 THEN 0 ELSE least(7, ({days_past_due} + 29) // 30) END"


SQL = f"""
SET preserve_insertion_order = false;

-- Numbers join and group faster than texts.
CREATE TEMP TABLE numbered AS SELECT loan_id, (row_number() OVER ())::INTEGER AS loan FROM '{book}/loans.parquet';

CREATE TEMP TABLE dues AS
    SELECT loan, seq, due_on, principal_due, interest_due,
        sum(principal_due + interest_due) OVER (PARTITION BY loan ORDER BY seq)::BIGINT AS running
    FROM '{book}/instalments.parquet' JOIN numbered USING (loan_id);

CREATE TEMP TABLE receipts AS
    SELECT loan, paid_on, amount FROM '{book}/repayments.parquet' JOIN numbered USING (loan_id)
    WHERE paid_on <= DATE '{business_date}';

-- What each loan had received by each day, and by the end of the first day on which its first due could be past due.
CREATE TEMP TABLE paid AS
    SELECT loan, max(paid_on) AS last_paid_on,
        sum(amount) FILTER (paid_on <= first_due_on + 1) AS paid_first,
        sum(amount) FILTER (paid_on <= DATE '{window}') AS paid_window,
        sum(amount) FILTER (paid_on <= DATE '{window}' + 1) AS paid_in_window,
        {by_day("sum(amount) FILTER (paid_on <= {day}) AS paid_{n}")}
    FROM receipts JOIN (SELECT loan, due_on AS first_due_on FROM dues WHERE seq = 1) USING (loan)
    GROUP BY loan;

-- The oldest unpaid instalment by day, and what is left tonight; principal is covered last. What was covered on the
-- first of the days is covered on all of them.
CREATE TEMP TABLE folded AS
    WITH left_tonight AS (
        SELECT *, least(greatest(running - coalesce(paid_{last}, 0), 0), principal_due) AS principal_left,
            least(greatest(running - coalesce(paid_{last}, 0) - principal_due, 0), interest_due) AS interest_left
        FROM dues LEFT JOIN paid USING (loan)
        WHERE running > coalesce(paid_0, 0)
    )
    SELECT loan, sum(principal_left)::BIGINT AS principal_outstanding,
        sum(principal_left) FILTER (due_on < DATE '{business_date}')::BIGINT AS principal_past_due,
        sum(interest_left) FILTER (due_on < DATE '{business_date}')::BIGINT AS interest_past_due,
        sum(least(greatest(running - coalesce(paid_{year_end}, 0), 0), principal_due))::BIGINT AS opening_outstanding,
        count(*) FILTER (principal_left + interest_left > 0 AND due_on <= DATE '{business_date}') AS unpaid_instalments,
        min(due_on) FILTER (principal_left + interest_left > 0 AND due_on > DATE '{business_date}') AS next_due_on,
        arg_min(principal_left + interest_left, due_on)
            FILTER (principal_left + interest_left > 0 AND due_on > DATE '{business_date}') AS next_due_amount,
        bool_or(running > coalesce(paid_in_window, 0) AND due_on <= DATE '{window}') AS was_past_due,
        {by_day("min(due_on) FILTER (running > coalesce(paid_{n}, 0) AND due_on <= {day}) AS oldest_{n}")}
    FROM left_tonight
    GROUP BY loan;

-- How often a loan became past due within the window: a due not covered the day after it fell, all before it covered.
CREATE TEMP TABLE entered AS
    WITH met AS (
        SELECT loan, running, principal_due + interest_due AS due,
            any_value(coalesce(paid_window, 0)) + coalesce(sum(amount) FILTER (paid_on <= due_on), 0) AS paid_on_time,
            any_value(coalesce(paid_window, 0)) + coalesce(sum(amount), 0) AS paid_by_morrow
        FROM dues LEFT JOIN paid USING (loan)
        LEFT JOIN (SELECT loan, paid_on, amount FROM receipts WHERE paid_on > DATE '{window}') AS late
            ON late.loan = dues.loan AND late.paid_on <= due_on + 1
        WHERE due_on >= DATE '{window}' AND due_on < DATE '{business_date}'
        GROUP BY ALL
    )
    SELECT loan, count(*) AS times FROM met
    WHERE paid_by_morrow < running AND paid_on_time >= running - due
    GROUP BY loan;

CREATE TEMP TABLE loans AS
    SELECT loan_id, loan, customer_id, branch_id, officer_id, product, region, industry, kind AS customer_kind, scale,
        protection, status, principal, coalesce(principal_outstanding, 0) AS principal_outstanding,
        coalesce(principal_past_due, 0) AS principal_past_due, coalesce(interest_past_due, 0) AS interest_past_due,
        coalesce(principal_past_due, 0) + coalesce(interest_past_due, 0) AS amount_past_due,
        oldest_{last} AS oldest_unpaid_due_on, coalesce(DATE '{business_date}' - oldest_{last}, 0) AS days_past_due,
        coalesce(unpaid_instalments, 0) AS unpaid_instalments, next_due_on, coalesce(next_due_amount, 0) AS next_due_amount,
        last_paid_on, coalesce(paid_{last}, 0) AS paid_total,
        CASE WHEN disbursed_on <= DATE '{days[year_end]}' THEN coalesce(opening_outstanding, 0) ELSE 0 END AS opening_outstanding,
        first_due_on < DATE '{business_date}' AND coalesce(paid_first, 0) < first_due AS first_payment_default,
        [{month_end_days}] AS month_end_days,
        coalesce(times, 0) AS times, coalesce(was_past_due, false) AS was_past_due
    FROM '{book}/loans.parquet' JOIN numbered USING (loan_id)
    JOIN (SELECT customer_id, kind, scale, region, industry FROM '{book}/customers.parquet') USING (customer_id)
    JOIN (SELECT loan, due_on AS first_due_on, running AS first_due FROM dues WHERE seq = 1) USING (loan)
    LEFT JOIN paid USING (loan) LEFT JOIN folded USING (loan) LEFT JOIN entered USING (loan)
    WHERE disbursed_on <= DATE '{business_date}';

-- Grades by days, and for small businesses by protection and days.
CREATE TEMP TABLE graded AS
    WITH measured AS (
        SELECT *, {bucket("days_past_due")} AS bucket_number, greatest(
            CASE WHEN days_past_due > 360 THEN 4 WHEN days_past_due > 270 THEN 3 WHEN days_past_due > 90 THEN 2
                WHEN days_past_due > 0 THEN 1 ELSE 0 END,
            CASE WHEN customer_kind NOT IN ('corporate', 'micro') OR coalesce(scale NOT IN ('small', 'micro'), true) THEN 0
                ELSE (CASE protection WHEN 'credit' THEN [0, 1, 2, 3, 3, 4] WHEN 'guarantee' THEN [0, 0, 1, 2, 3, 4]
                    ELSE [0, 0, 1, 1, 2, 3] END)[
                    CASE WHEN days_past_due > 360 THEN 6 WHEN days_past_due > 180 THEN 5 WHEN days_past_due > 90 THEN 4
                        WHEN days_past_due > 30 THEN 3 WHEN days_past_due > 0 THEN 2 ELSE 1 END] END) AS grade_number
        FROM loans
    )
    SELECT *, 'M' || bucket_number AS bucket,
        ['pass', 'special_mention', 'substandard', 'doubtful', 'loss'][grade_number + 1] AS grade,
        CASE WHEN grade_number >= 2 OR days_past_due > 90 THEN 3 WHEN grade_number = 1 OR days_past_due > 30 THEN 2
            ELSE 1 END AS stage,
        CASE WHEN status <> 'active' THEN 0 ELSE
            (principal_outstanding * [15_000, 30_000, 300_000, 600_000, 1_000_000][grade_number + 1] + 500_000)
            // 1_000_000 END AS allowance
    FROM measured;

CREATE TEMP TABLE customers AS
    SELECT customer_id, count(*) AS loans, sum(principal_outstanding) AS exposure,
        max(days_past_due) AS worst_days_past_due, max(grade_number) AS grade,
        max(CASE WHEN bucket_number >= 2 OR grade_number >= 2 THEN 'D' WHEN first_payment_default OR times >= 2 THEN 'C'
            WHEN was_past_due OR times > 0 THEN 'B' ELSE 'A' END) AS class
    FROM graded WHERE status = 'active' GROUP BY customer_id;

COPY customers TO '{out}/customer_states.parquet';

COPY (
    SELECT graded.* EXCLUDE (loan, month_end_days, times, was_past_due, bucket_number, grade_number), class,
        replace(array_to_string(month_end_days, ' '), '-1', '-') AS month_end_days_past_due
    FROM graded LEFT JOIN customers USING (customer_id)
) TO '{out}/loan_states.parquet';

COPY (
    SELECT branch_id, officer_id, product, industry, region, customer_kind, scale, protection, count(*) AS loans,
        sum(principal_outstanding) AS outstanding, sum(amount_past_due) AS past_due, sum(allowance) AS allowance,
        sum(principal_outstanding) FILTER (grade_number >= 2) AS non_performing,
        sum(principal_outstanding) FILTER (days_past_due > 90) AS past_due_over_90
    FROM graded WHERE status = 'active'
    GROUP BY GROUPING SETS ((), (branch_id), (officer_id), (product), (industry), (region), (customer_kind), (scale),
        (protection))
) TO '{out}/metrics.parquet';

COPY (
    WITH months AS (
        SELECT unnest(range({last})) AS month, unnest(month_end_days) AS days_before,
            unnest(month_end_days[2:] || [days_past_due]) AS days_after
        FROM graded
    )
    SELECT month, {bucket("days_before")} AS from_bucket, {bucket("days_after")} AS to_bucket, count(*) AS loans
    FROM months WHERE days_before >= 0 GROUP BY ALL
) TO '{out}/roll.parquet';
"""

duckdb.execute(SQL)
