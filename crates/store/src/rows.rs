//! What is kept, by table: the columns each thing is asked by. The rest is its body.
//!
//! A table marked `sealed` holds what people write freely, or what names them: its bodies are sealed whole.
//!
//! States are the codes of the rule rooms' enums; identities are the caller's. A column that says when
//! something ended (`closed_on`, `settled_on`, …) is empty while it runs: queues look only at those.

use crate::row::Row;
use crate::row::columns::{Columns, Fetch};
use sea_orm::{DbErr, QueryResult, Value};
use units::{Date, Moment};

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident in $table:literal $($sealed:ident)? { $($(#[$column_doc:meta])* $column:ident: $type:ty),+ $(,)? })+) => {
        /// Every table of kept things.
        pub(crate) const TABLES: &[Table] =
            &[$(Table { name: $name::TABLE, columns: $name::COLUMNS, is_sealed: $name::IS_SEALED }),+];

        $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$column_doc])* pub $column: $type),+ }

        impl Row for $name {}

        impl Columns for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
            const IS_SEALED: bool = rows!(@is_sealed $($sealed)?);

            fn values(&self) -> Vec<Value> {
                use crate::row::columns::Bind;
                vec![$(self.$column.bind()),+]
            }

            fn fetch(row: &QueryResult) -> Result<$name, DbErr> {
                Ok($name { $($column: Fetch::fetch(row, stringify!($column))?),+ })
            }
        }
    )+};
    (@is_sealed sealed) => { true };
    (@is_sealed) => { false };
}

/// A table, as the checks and the keys ask for it.
pub(crate) struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub is_sealed: bool,
}

rows! {
    /// A branch (机构); moved with its cases by [`crate::Tx::branch_move`].
    BranchRow in "branch" {
        branch_id: String,
        /// The identities from the head office down, each followed by `/`.
        path: String,
    }

    /// A member of staff (员工).
    StaffRow in "staff" sealed {
        staff_id: String,
        branch_id: String,
        team_id: Option<String>,
        /// The agency an outside collector works for.
        agency_id: Option<String>,
        state: String,
    }

    /// A role given to somebody (岗位授予).
    RoleRow in "role_assignment" {
        role_assignment_id: String,
        staff_id: String,
        role: String,
        /// Where it holds.
        branch_id: Option<String>,
        from_on: Date,
        until_on: Option<Date>,
    }

    /// Rights lent to somebody for a time (授权委托).
    DelegationRow in "delegation" {
        delegation_id: String,
        from_staff_id: String,
        to_staff_id: String,
        from_on: Date,
        until_on: Date,
    }

    /// Filters, columns and order of a page under a name (个人视图); the body is the address's query.
    SavedViewRow in "saved_view" {
        saved_view_id: String,
        staff_id: String,
        page: String,
        name: String,
        /// `kept` or `dropped`.
        state: String,
    }

    /// A password (登录口令), as Argon2id hash; the body holds whether it must be changed, and since when.
    CredentialRow in "credential" {
        staff_id: String,
        password_hash: String,
    }

    /// Somebody signed in (会话); the token itself is not kept, see [`crate::access::Secret`].
    SessionRow in "session" {
        session_hash: String,
        staff_id: String,
        opened_at: Moment,
        seen_at: Moment,
        expires_at: Moment,
        closed_at: Option<Moment>,
    }

    /// A program's key to the API (接口令牌), by its hash; the body holds its scope and label.
    ApiTokenRow in "api_token" {
        token_hash: String,
        staff_id: String,
        expires_at: Option<Moment>,
        revoked_at: Option<Moment>,
    }

    /// A case (案件): one open at a time per customer. Its loans: [`crate::Tx::case_loans_set`].
    CaseRow in "case_file" {
        case_id: String,
        customer_id: String,
        branch_id: String,
        /// The branch's path, for who may see a whole subtree.
        branch_path: String,
        owner_id: String,
        team_id: Option<String>,
        /// Where it is placed (委外).
        agency_id: Option<String>,
        state: String,
        /// Place in the queue, the smallest first.
        rank: i64,
        next_on: Option<Date>,
        closed_on: Option<Date>,
    }

    /// A contact (联系记录), a fact; the body holds the contact and the gate's answer to it.
    ContactRow in "contact" {
        contact_id: String,
        customer_id: String,
        case_id: String,
        person_id: String,
        staff_id: String,
        agency_id: Option<String>,
        /// On the clock of the debtor's place.
        contact_at: Moment,
    }

    /// A promise to pay (承诺还款).
    PromiseRow in "promise" {
        promise_id: String,
        case_id: String,
        customer_id: String,
        due_on: Date,
        state: String,
        /// When it was found kept or broken, or withdrawn.
        settled_on: Option<Date>,
    }

    /// A hardship plan (个性化分期协议).
    HardshipRow in "hardship_plan" {
        hardship_plan_id: String,
        case_id: String,
        customer_id: String,
        state: String,
        ended_on: Option<Date>,
    }

    /// One version of a plan per household (一户一策), a fact; the newest is the plan.
    HouseholdPlanRow in "household_plan" sealed {
        /// Plan and number together: [`HouseholdPlanRow::identity`].
        household_plan_version_id: String,
        household_plan_id: String,
        number: i64,
        case_id: String,
        review_on: Date,
    }

    /// An outside agency (委外机构).
    AgencyRow in "agency" {
        agency_id: String,
        state: String,
        review_on: Date,
    }

    /// A case given to an agency (委案).
    PlacementRow in "placement" {
        placement_id: String,
        agency_id: String,
        case_id: String,
        placed_on: Date,
        recalled_on: Option<Date>,
    }

    /// A complaint or an objection (投诉、异议).
    ComplaintRow in "complaint" sealed {
        complaint_id: String,
        customer_id: String,
        case_id: Option<String>,
        kind: String,
        made_at: Moment,
        answer_due_on: Date,
        resolved_on: Option<Date>,
    }

    /// Something one person asks for and others decide (审批); who: [`crate::Tx::approval_deciders_set`].
    ApprovalRow in "approval" sealed {
        approval_id: String,
        kind: String,
        maker_id: String,
        subject: String,
        state: String,
        asked_at: Moment,
    }

    /// A fact a clock starts, stops or runs anew by (时效事实).
    ClockFactRow in "clock_fact" {
        clock_fact_id: String,
        /// The loan, contract or guarantee the clocks belong to.
        claim_id: String,
        happened_on: Date,
    }

    /// A clock as the last night computed it (时效).
    ClockRow in "clock" {
        clock_id: String,
        claim_id: String,
        customer_id: String,
        case_id: Option<String>,
        owner_id: String,
        kind: String,
        state: String,
        last_day: Date,
    }

    /// What came of somebody's work in a month, as a night counted it (作业结果), a fact; the body holds the counts.
    WorkResultRow in "work_result" {
        /// Person and night together: [`WorkResultRow::identity`].
        work_result_id: String,
        staff_id: String,
        /// The last day counted.
        through: Date,
    }

    /// A person (自然人或单位): debtor, guarantor, contact. Names, numbers and addresses:
    /// [`crate::Tx::personal_set`]; the body holds nothing that names anybody.
    PersonRow in "person" {
        person_id: String,
        /// Whose debt the person has to do with; the person's own identity for the debtor.
        customer_id: String,
        relation: String,
    }

    /// Leave to see personal data unmasked (脱敏查看授权), a fact; the body holds purpose, reason and fields.
    UnmaskRow in "unmask_grant" sealed {
        unmask_grant_id: String,
        staff_id: String,
        person_id: String,
        granted_at: Moment,
        expires_at: Moment,
    }

    /// Who is told of events (回调订阅); its topics: [`crate::Tx::webhook_topics_set`], its secret:
    /// [`crate::FieldKind::WebhookSecret`].
    WebhookRow in "webhook" {
        webhook_id: String,
        url: String,
        state: String,
    }
}

impl WorkResultRow {
    /// The month to a night is counted once.
    pub fn identity(staff_id: &str, through: Date) -> String {
        format!("{staff_id}#{through}")
    }
}

impl HouseholdPlanRow {
    /// Two people who both write version 3 of a plan write the same row: the second is told.
    pub fn identity(household_plan_id: &str, number: i64) -> String {
        format!("{household_plan_id}#{number}")
    }
}
