"""Whether a baseline's night says of every loan what ours says: `compare.py OURS THEIRS`, both folders of a night.

Every column of the baseline's loan states is one of ours by name; the first difference is named and ends the run.
"""

import sys

import duckdb

# What a baseline may not leave out.
WANTED = """principal_outstanding principal_past_due interest_past_due amount_past_due oldest_unpaid_due_on days_past_due
unpaid_instalments next_due_on next_due_amount last_paid_on paid_total opening_outstanding first_payment_default
month_end_days_past_due bucket grade stage allowance class""".split()

ours, theirs = (duckdb.read_parquet(f"{folder}/loan_states.parquet") for folder in sys.argv[1:])
missing = set(WANTED) - set(theirs.columns)
if missing:
    sys.exit(f"the baseline leaves out {', '.join(sorted(missing))}")

compared = [name for name in theirs.columns if name != "loan_id"]
differs = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in compared)
rows = duckdb.sql(
    f"SELECT coalesce(a.loan_id, b.loan_id), {', '.join(f'a.{name}, b.{name}' for name in compared)} "
    f"FROM ours a FULL JOIN theirs b USING (loan_id) WHERE {differs} ORDER BY 1 LIMIT 1"
).fetchall()
if rows:
    loan, *pairs = rows[0]
    shown = (f"{name}: {a} against {b}" for name, a, b in zip(compared, pairs[::2], pairs[1::2]) if a != b)
    sys.exit(f"loan {loan} differs, ours first: " + "; ".join(shown))
count = duckdb.sql("SELECT count(*) FROM ours").fetchall()[0][0]
print(f"{count} loans agree in {len(compared)} columns")
