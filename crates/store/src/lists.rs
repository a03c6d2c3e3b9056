//! Every list a page asks for: by what, in which order. Each walks an index of the migration; a test
//! asks SQLite whether that is so.

use crate::fault::Fault;
use crate::page::{Cursor, List, Order::Number, Order::Text, Page};
use crate::row::Kept;
use crate::row::columns::{Bind, Columns};
use crate::rows::*;
use crate::link::Reads;
use serde::de::DeserializeOwned;
use units::{Date, Moment};

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),+) -> $row:ident
        where $filter:literal order $direction:ident [$($order:expr),+];)+) => {
        #[cfg(test)]
        pub(crate) const LISTS: &[List] = &[$(lists!(@list $name($($argument),+) $row $filter $direction [$($order),+])),+];

        impl Reads {$(
            $(#[$doc])*
            pub async fn $name<T: DeserializeOwned>(
                &self,
                $($argument: $type,)+
                after: Option<&Cursor>,
                limit: u32,
            ) -> Result<Page<Kept<$row, T>>, Fault> {
                const LIST: List = lists!(@list $name($($argument),+) $row $filter $direction [$($order),+]);
                self.kept_page(&LIST, vec![$($argument.bind()),+], after, limit).await
            }
        )+}
    };
    (@list $name:ident($($argument:ident),+) $row:ident $filter:literal $direction:ident [$($order:expr),+]) => {
        List {
            name: concat!("list ", stringify!($name)),
            table: $row::TABLE,
            from: None,
            filter: $filter,
            arguments: [$(stringify!($argument)),+].len(),
            order: &[$($order),+],
            descending: lists!(@descending $direction),
        }
    };
    (@descending up) => { false };
    (@descending down) => { true };
}

lists! {
    /// The open cases of an owner, in the order they are to be worked (个人队列).
    case_queue(owner_id: &str) -> CaseRow
        where "owner_id = $1 AND closed_on IS NULL" order up [Number("rank"), Text("case_id")];
    /// The open cases of a team in the order of their ranks (团队队列).
    case_of_team(team_id: &str) -> CaseRow
        where "team_id = $1 AND closed_on IS NULL" order up [Number("rank"), Text("case_id")];
    /// The open cases placed with an agency.
    case_of_agency(agency_id: &str) -> CaseRow
        where "agency_id = $1 AND closed_on IS NULL" order up [Number("rank"), Text("case_id")];
    /// Every case a customer has had, open ones too.
    case_of_customer(customer_id: &str) -> CaseRow where "customer_id = $1" order up [Text("case_id")];

    /// What was said about a case, the latest first.
    contact_of_case(case_id: &str) -> ContactRow
        where "case_id = $1" order down [Text("contact_at"), Text("contact_id")];
    /// What was said to or about a debtor, by whoever it was, the latest first.
    contact_of_customer(customer_id: &str) -> ContactRow
        where "customer_id = $1" order down [Text("contact_at"), Text("contact_id")];
    /// What a person did, the latest first.
    contact_of_staff(staff_id: &str) -> ContactRow
        where "staff_id = $1" order down [Text("contact_at"), Text("contact_id")];

    /// The promises that are to be kept by this day and are not settled.
    promise_due(by: Date) -> PromiseRow
        where "settled_on IS NULL AND due_on <= $1" order up [Text("due_on"), Text("promise_id")];
    /// The promises of one day of the calendar, settled or not.
    promise_on(due_on: Date) -> PromiseRow where "due_on = $1" order up [Text("promise_id")];
    promise_of_case(case_id: &str) -> PromiseRow
        where "case_id = $1" order down [Text("due_on"), Text("promise_id")];

    hardship_of_customer(customer_id: &str) -> HardshipRow
        where "customer_id = $1" order up [Text("hardship_plan_id")];
    /// Every version of the plans of a case, the newest first.
    household_plan_of_case(case_id: &str) -> HouseholdPlanRow
        where "case_id = $1" order down [Text("household_plan_id"), Number("number")];

    /// The agencies in a state, by the day of their next review.
    agency_by_review(state: &str) -> AgencyRow
        where "state = $1" order up [Text("review_on"), Text("agency_id")];
    /// What an agency holds now.
    placement_of_agency(agency_id: &str) -> PlacementRow
        where "agency_id = $1 AND recalled_on IS NULL" order up [Text("placed_on"), Text("placement_id")];
    placement_of_case(case_id: &str) -> PlacementRow
        where "case_id = $1" order down [Text("placed_on"), Text("placement_id")];

    /// What is still to be answered, the most urgent first.
    complaint_open(by: Date) -> ComplaintRow
        where "resolved_on IS NULL AND answer_due_on <= $1" order up [Text("answer_due_on"), Text("complaint_id")];
    complaint_of_customer(customer_id: &str) -> ComplaintRow
        where "customer_id = $1" order down [Text("made_at"), Text("complaint_id")];

    /// What waits for this person's decision, the oldest first.
    approval_waiting(staff_id: &str) -> ApprovalRow
        where "approval_id IN (SELECT approval_id FROM approval_decider WHERE staff_id = $1)"
        order up [Text("asked_at"), Text("approval_id")];
    /// The proposals in a state, the oldest first.
    approval_in_state(state: &str) -> ApprovalRow
        where "state = $1" order up [Text("asked_at"), Text("approval_id")];
    /// What this person has asked for, the latest first.
    approval_of_maker(maker_id: &str) -> ApprovalRow
        where "maker_id = $1" order down [Text("asked_at"), Text("approval_id")];

    /// The facts of a claim, in the order they happened.
    clock_fact_of_claim(claim_id: &str) -> ClockFactRow
        where "claim_id = $1" order up [Text("happened_on"), Text("clock_fact_id")];
    /// The clocks in a state, those with the fewest days left first.
    clock_by_last_day(state: &str) -> ClockRow where "state = $1" order up [Text("last_day"), Text("clock_id")];
    /// The clocks of an owner, those with the fewest days left first.
    clock_of_owner(owner_id: &str, state: &str) -> ClockRow
        where "owner_id = $1 AND state = $2" order up [Text("last_day"), Text("clock_id")];
    clock_of_claim(claim_id: &str) -> ClockRow where "claim_id = $1" order up [Text("last_day"), Text("clock_id")];

    staff_of_branch(branch_id: &str) -> StaffRow where "branch_id = $1" order up [Text("staff_id")];
    /// The branches of a subtree, from its head down: `path` and every path that begins with it.
    branch_subtree(path: &str) -> BranchRow where "path >= $1 AND path < rtrim($1, '/') || '0'" order up [Text("path")];
    role_of_staff(staff_id: &str) -> RoleRow where "staff_id = $1" order up [Text("role_assignment_id")];
    /// What others have lent this person.
    delegation_to(staff_id: &str) -> DelegationRow
        where "to_staff_id = $1" order up [Text("until_on"), Text("delegation_id")];
    /// The sessions of a person that were not closed.
    session_of_staff(staff_id: &str) -> SessionRow
        where "staff_id = $1 AND closed_at IS NULL" order up [Text("opened_at"), Text("session_hash")];
    api_token_of_staff(staff_id: &str) -> ApiTokenRow where "staff_id = $1" order up [Text("token_hash")];

    /// Everybody who has to do with a customer's debt.
    person_of_customer(customer_id: &str) -> PersonRow where "customer_id = $1" order up [Text("person_id")];
    /// What a person was given leave to see since then, the latest first.
    unmask_of_staff(staff_id: &str, since: Moment) -> UnmaskRow
        where "staff_id = $1 AND granted_at >= $2" order down [Text("granted_at"), Text("unmask_grant_id")];
    /// Who was given leave to see this person's data, the latest first.
    unmask_of_person(person_id: &str) -> UnmaskRow
        where "person_id = $1" order down [Text("granted_at"), Text("unmask_grant_id")];

    /// What a person keeps of a page, by name; dropped ones are another state.
    saved_view_of_staff(staff_id: &str, page: &str, state: &str) -> SavedViewRow
        where "staff_id = $1 AND page = $2 AND state = $3" order up [Text("name")];

    webhook_in_state(state: &str) -> WebhookRow where "state = $1" order up [Text("webhook_id")];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::LAST_COLUMNS;
    use crate::{Keys, Store};

    /// A person's waiting approvals are few: they are gathered, then put in order.
    const SORTED_IN_MEMORY: &[&str] = &["list approval_waiting"];

    fn with_store(test: impl AsyncFnOnce(Store)) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("store").display());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async { test(Store::open(&url, Keys::parse(&Keys::line("k1", [7; 32])).unwrap()).await.unwrap()).await });
    }

    async fn plan(store: &Store, sql: &str) -> String {
        let rows = store.rows("explain", &format!("EXPLAIN QUERY PLAN {sql}"), Vec::new()).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        steps.join("; ")
    }

    #[test]
    fn every_list_walks_an_index() {
        with_store(async |store| {
            let cases = [crate::case::CASE_SUBTREE, crate::case::CLOCK_FROM, crate::outbox::OF_WEBHOOK];
            for list in LISTS.iter().chain(crate::audit::LISTS).chain(&cases) {
                for after in [false, true] {
                    let steps = plan(&store, &list.sql("*", after)).await;
                    assert!(!steps.contains("SCAN"), "{}: {steps}", list.name);
                    let sorted = steps.contains("TEMP B-TREE") && !SORTED_IN_MEMORY.contains(&list.name);
                    assert!(!sorted, "{}: {steps}", list.name);
                    let (names, sign) = (list.order.iter().map(|order| order.name()), if list.descending { '<' } else { '>' });
                    let names = names.collect::<Vec<_>>().join(",");
                    let entered = steps.contains(&format!("{names}{sign}")) || steps.contains(&format!("({names}){sign}"));
                    let walks = after && !entered && !SORTED_IN_MEMORY.contains(&list.name);
                    assert!(!walks, "{}: a later page walks to its cursor: {steps}", list.name);
                }
            }
            let history = plan(&store, &format!("SELECT * FROM contact WHERE {}", crate::case::CONTACT_HISTORY)).await;
            assert!(!history.contains("SCAN") && !history.contains("TEMP B-TREE"), "{history}");
        });
    }

    #[test]
    fn every_table_has_its_columns() {
        with_store(async |store| {
            for crate::rows::Table { name, columns, .. } in crate::rows::TABLES {
                plan(&store, &format!("SELECT {}, {LAST_COLUMNS} FROM {name}", columns.join(", "))).await;
            }
        });
    }
}
