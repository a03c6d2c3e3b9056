//! What is particular to cases: their loans, their branch, the debtor's history, who decides.

use crate::fault::Fault;
use crate::page::{Cursor, List, Order, Page};
use crate::row::columns::{Bind, Columns, Fetch};
use crate::row::{Kept, LAST_COLUMNS};
use crate::rows::{CaseRow, ClockRow, ContactRow};
use crate::link::{Reads, Tx};
use sea_orm::QueryResult;
use serde::de::DeserializeOwned;
use units::{Date, Moment};

/// A subtree comes branch by branch, each branch in the order of its queue.
pub(crate) const CASE_SUBTREE: List = List {
    name: "list case_subtree",
    table: CaseRow::TABLE,
    from: Some("branch_path"),
    filter: "branch_path < rtrim($1, '/') || '0' AND closed_on IS NULL",
    arguments: 1,
    order: &[Order::Text("branch_path"), Order::Number("rank"), Order::Text("case_id")],
    descending: false,
};

/// Both databases bind many more values to one statement.
const CUSTOMERS_AT_ONCE: usize = 500;

/// A state's clocks from a day on: where a month of the calendar begins.
pub(crate) const CLOCK_FROM: List = List {
    name: "list clock_from",
    table: ClockRow::TABLE,
    from: Some("last_day"),
    filter: "state = $2",
    arguments: 2,
    order: &[Order::Text("last_day"), Order::Text("clock_id")],
    descending: false,
};

pub(crate) const CONTACT_HISTORY: &str = "customer_id = $1 AND contact_at >= $2 AND contact_at < $3 ORDER BY contact_at, contact_id";

pub(crate) fn texts(rows: &[QueryResult], column: &str) -> Result<Vec<String>, Fault> {
    rows.iter().map(|row| String::fetch(row, column)).collect::<Result<_, _>>().map_err(Fault::doing("read a column"))
}

impl Reads {
    /// The open cases of a branch and of all below it: branch by branch in the order of their paths,
    /// within a branch by rank.
    pub async fn case_subtree<T: DeserializeOwned>(
        &self,
        path: &str,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Kept<CaseRow, T>>, Fault> {
        self.kept_page(&CASE_SUBTREE, vec![path.bind()], after, limit).await
    }

    /// The clocks in a state whose last day is this one or later, the nearest first.
    pub async fn clock_from<T: DeserializeOwned>(
        &self,
        from: Date,
        state: &str,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Kept<ClockRow, T>>, Fault> {
        self.kept_page(&CLOCK_FROM, vec![from.bind(), state.bind()], after, limit).await
    }

    /// The case a customer has now.
    pub async fn case_open<T: DeserializeOwned>(&self, customer_id: &str) -> Result<Option<Kept<CaseRow, T>>, Fault> {
        let columns = CaseRow::COLUMNS.join(", ");
        let sql = format!("SELECT {columns}, {LAST_COLUMNS} FROM case_file WHERE customer_id = $1 AND closed_on IS NULL");
        self.row("find the open case", &sql, vec![customer_id.bind()]).await?.map(|row| self.kept(&row)).transpose()
    }

    /// The loans of a case, in the order of their identities.
    pub async fn case_loans(&self, case_id: &str) -> Result<Vec<String>, Fault> {
        let sql = "SELECT loan_id FROM case_loan WHERE case_id = $1 ORDER BY loan_id";
        texts(&self.rows("list the loans of a case", sql, vec![case_id.bind()]).await?, "loan_id")
    }

    /// The cases a loan has been in.
    pub async fn case_of_loan(&self, loan_id: &str) -> Result<Vec<String>, Fault> {
        let sql = "SELECT case_id FROM case_loan WHERE loan_id = $1 ORDER BY case_id";
        texts(&self.rows("list the cases of a loan", sql, vec![loan_id.bind()]).await?, "case_id")
    }

    /// What was done to a debtor from `from` until before `until`, by staff and agencies alike, in the
    /// order it happened: what the contact gate counts.
    pub async fn contact_history<T: DeserializeOwned>(
        &self,
        customer_id: &str,
        from: Moment,
        until: Moment,
    ) -> Result<Vec<Kept<ContactRow, T>>, Fault> {
        let columns = ContactRow::COLUMNS.join(", ");
        let sql = format!("SELECT {columns}, {LAST_COLUMNS} FROM contact WHERE {CONTACT_HISTORY}");
        let values = vec![customer_id.bind(), from.bind(), until.bind()];
        self.rows("read the history of contacts", &sql, values).await?.iter().map(|row| self.kept(row)).collect()
    }

    /// The same of several debtors at once, debtor by debtor: for a night, which asks of thousands.
    pub async fn contact_histories<T: DeserializeOwned>(
        &self,
        customer_ids: &[&str],
        from: Moment,
        until: Moment,
    ) -> Result<Vec<Kept<ContactRow, T>>, Fault> {
        let columns = ContactRow::COLUMNS.join(", ");
        let mut kept_rows = Vec::new();
        for customers in customer_ids.chunks(CUSTOMERS_AT_ONCE) {
            let places: Vec<String> = (3..customers.len() + 3).map(|place| format!("${place}")).collect();
            let sql = format!(
                "SELECT {columns}, {LAST_COLUMNS} FROM contact WHERE contact_at >= $1 AND contact_at < $2 AND customer_id IN ({}) \
                 ORDER BY customer_id, contact_at, contact_id",
                places.join(", ")
            );
            let values = [from.bind(), until.bind()].into_iter().chain(customers.iter().map(|customer| customer.bind())).collect();
            for row in self.rows("read the histories of contacts", &sql, values).await? {
                kept_rows.push(self.kept(&row)?);
            }
        }
        Ok(kept_rows)
    }
}

impl Tx {
    /// Holds a debtor (锁定债务人): until this command ends, nobody else who holds the debtor goes on.
    ///
    /// Taken before the gate reads its history, so that two people who ask at one moment are answered one
    /// after the other and the second counts the first.
    pub async fn debtor_hold(&self, customer_id: &str) -> Result<(), Fault> {
        let sql = "INSERT INTO debtor_hold (customer_id) VALUES ($1) ON CONFLICT (customer_id) \
                   DO UPDATE SET customer_id = excluded.customer_id";
        self.write("hold a debtor", sql, vec![customer_id.bind()]).await.map(drop)
    }

    /// Says which loans a case is about.
    pub async fn case_loans_set(&self, case_id: &str, loan_ids: &[&str]) -> Result<(), Fault> {
        self.write("clear the loans of a case", "DELETE FROM case_loan WHERE case_id = $1", vec![case_id.bind()]).await?;
        for loan_id in loan_ids {
            let sql = "INSERT INTO case_loan (case_id, loan_id) VALUES ($1, $2)";
            self.write("add a loan to a case", sql, vec![case_id.bind(), loan_id.bind()]).await?;
        }
        Ok(())
    }

    /// Moves a branch with all below it and all their cases; paths are not anybody's edit, so no version moves.
    pub async fn branch_move(&self, from_path: &str, to_path: &str) -> Result<(), Fault> {
        for (table, column) in [("branch", "path"), ("case_file", "branch_path")] {
            let sql = format!(
                "UPDATE {table} SET {column} = $2 || substr({column}, length($1) + 1) \
                 WHERE {column} >= $1 AND {column} < rtrim($1, '/') || '0'"
            );
            self.write("move a branch", &sql, vec![from_path.bind(), to_path.bind()]).await?;
        }
        Ok(())
    }

    /// Says who may decide an approval; nobody once it is decided.
    pub async fn approval_deciders_set(&self, approval_id: &str, staff_ids: &[&str]) -> Result<(), Fault> {
        self.write("clear who decides", "DELETE FROM approval_decider WHERE approval_id = $1", vec![approval_id.bind()]).await?;
        for staff_id in staff_ids {
            let sql = "INSERT INTO approval_decider (staff_id, approval_id) VALUES ($1, $2)";
            self.write("name who decides", sql, vec![staff_id.bind(), approval_id.bind()]).await?;
        }
        Ok(())
    }
}
