//! What is particular to cases: their loans, their branch, the debtor's history, who decides.

use crate::fault::Fault;
use crate::page::{Cursor, List, Order, Page};
use crate::row::columns::{Bind, Columns, Fetch};
use crate::row::{Kept, LAST_COLUMNS};
use crate::rows::{CaseRow, ClockRow, ContactRow, PersonRow};
use crate::link::{ROWS_AT_ONCE, Reads, Tx, places};
use sea_orm::{QueryResult, Value};
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
        let filter = "contact_at >= $1 AND contact_at < $2 AND";
        let doing = "read the histories of contacts";
        self.kept_of(doing, "customer_id", customer_ids, filter, &[from.bind(), until.bind()], "contact_at, contact_id").await
    }

    /// Every case that is open.
    pub async fn case_all_open<T: DeserializeOwned>(&self) -> Result<Vec<Kept<CaseRow, T>>, Fault> {
        let columns = CaseRow::COLUMNS.join(", ");
        let sql = format!("SELECT {columns}, {LAST_COLUMNS} FROM case_file WHERE closed_on IS NULL");
        self.rows("read the open cases", &sql, Vec::new()).await?.iter().map(|row| self.kept(row)).collect()
    }

    /// The cases that several customers had.
    pub async fn case_closed_of<T: DeserializeOwned>(&self, customer_ids: &[&str]) -> Result<Vec<Kept<CaseRow, T>>, Fault> {
        self.kept_of("read closed cases", "customer_id", customer_ids, "closed_on IS NOT NULL AND", &[], "case_id").await
    }

    /// The files of several customers themselves, without anybody else who has to do with their debts.
    pub async fn person_debtors<T: DeserializeOwned>(&self, customer_ids: &[&str]) -> Result<Vec<Kept<PersonRow, T>>, Fault> {
        self.kept_of("read debtors", "person_id", customer_ids, "", &[], "person_id").await
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

    /// Says which loans cases are about.
    pub async fn case_loans_set<L: AsRef<str>>(&self, cases: &[(&str, &[L])]) -> Result<(), Fault> {
        for cases in cases.chunks(ROWS_AT_ONCE) {
            let cases: Vec<Vec<Value>> = cases.iter().map(|(case_id, _)| vec![case_id.bind()]).collect();
            let sql = format!("DELETE FROM case_loan WHERE case_id IN (VALUES {})", places(self.backend(), &cases));
            self.write("clear the loans of cases", &sql, cases.concat()).await?;
        }
        let loans = cases.iter().flat_map(|(case_id, loans)| loans.iter().map(|loan| vec![case_id.bind(), loan.as_ref().bind()]));
        self.insert("add loans to cases", "case_loan (case_id, loan_id)", loans.collect(), "").await.map(drop)
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
        let deciders = staff_ids.iter().map(|staff_id| vec![staff_id.bind(), approval_id.bind()]).collect();
        self.insert("name who decides", "approval_decider (staff_id, approval_id)", deciders, "").await.map(drop)
    }
}
