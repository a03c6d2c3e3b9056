//! The tables of the book: columns, types, identities, parents. Said once, read by import, by the
//! files on disk, by queries and by the documentation.

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::fmt::Write as _;
use std::sync::Arc;

/// What a column holds (列类型).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// One of a closed list of codes.
    Code(&'static [&'static str]),
    Date,
    DateTime,
    /// Whole fen; the sign it may have.
    Money(Sign),
    /// Parts per million of a yearly rate.
    Rate,
    /// A whole number, not negative.
    Int,
    Bool,
}

/// Which amounts a money column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Positive,
    NotNegative,
    Any,
}

/// A column of a table (列).
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub identity: bool,
    /// Tells who somebody is or how to reach them, or may: what people write freely names whom it likes. Sealed on the disk.
    pub personal: bool,
    /// The table and column this one points to.
    pub parent: Option<(&'static str, &'static str)>,
}

/// A table of the book (表).
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    /// At least one of these must be filled.
    pub one_of: &'static [&'static str],
    /// Columns that say when the row became known, best first; they count in every batch.
    pub known_by: &'static [&'static str],
    /// The row's own dates, best first; they stand in for knowledge in a workspace's first batch.
    pub dated_by: &'static [&'static str],
    /// Whether `dated_by` says how far the files reach, and so the batch's business date.
    pub tells_business_date: bool,
    /// Money columns whose total the summary balances.
    pub control: &'static [&'static str],
    /// A row keeps its loan for ever: the same identity under another loan is refused.
    pub owned_by_loan: bool,
}

/// The column every stored row carries beside those of its file.
pub const KNOWN_FROM: &str = "known_from";

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: false, identity: false, personal: false, parent: None }
}
const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}
const fn code(name: &'static str, codes: &'static [&'static str]) -> Column {
    column(name, Kind::Code(codes))
}
const fn date(name: &'static str) -> Column {
    column(name, Kind::Date)
}
const fn money(name: &'static str) -> Column {
    column(name, Kind::Money(Sign::NotNegative))
}
const fn signed(name: &'static str) -> Column {
    column(name, Kind::Money(Sign::Any))
}
const fn positive(name: &'static str) -> Column {
    column(name, Kind::Money(Sign::Positive))
}
const fn int(name: &'static str) -> Column {
    column(name, Kind::Int)
}
const fn yes_no(name: &'static str) -> Column {
    column(name, Kind::Bool)
}

impl Column {
    const fn required(mut self) -> Column {
        self.required = true;
        self
    }
    const fn identity(mut self) -> Column {
        self.identity = true;
        self.required = true;
        self
    }
    const fn personal(mut self) -> Column {
        self.personal = true;
        self
    }
    const fn of(mut self, table: &'static str, column: &'static str) -> Column {
        self.parent = Some((table, column));
        self
    }

    pub fn data_type(&self) -> DataType {
        match self.kind {
            Kind::Text | Kind::Code(_) => DataType::Utf8,
            Kind::Date => DataType::Date32,
            Kind::DateTime => DataType::Timestamp(TimeUnit::Second, None),
            Kind::Money(_) | Kind::Rate => DataType::Int64,
            Kind::Int => DataType::Int32,
            Kind::Bool => DataType::Boolean,
        }
    }
}

const PLAIN: Table = Table {
    name: "",
    columns: &[],
    one_of: &[],
    known_by: &[],
    dated_by: &[],
    tells_business_date: true,
    control: &[],
    owned_by_loan: false,
};

const KINDS: &[&str] = &["corporate", "micro", "farmer", "individual"];
const SCALES: &[&str] = &["large", "medium", "small", "micro"];
const DAY_COUNTS: &[&str] = &["act_360", "act_365", "30_360"];
const METHODS: &[&str] =
    &["equal_instalment", "equal_principal", "interest_only", "bullet", "flat", "balloon", "irregular"];
const FREQUENCIES: &[&str] = &["monthly", "quarterly", "biweekly", "weekly"];
const PROTECTIONS: &[&str] = &["credit", "guarantee", "mortgage", "pledge"];
const STATUSES: &[&str] = &["active", "settled", "written_off", "transferred"];
pub const PAYERS: &[&str] = &["borrower", "guarantor", "third_party", "deduction"];
const GRADES: &[&str] = &["pass", "special_mention", "substandard", "doubtful", "loss"];

/// Every table, parents before children: the order in which an import reads them.
pub static TABLES: &[Table] = &[
    Table {
        name: "branches",
        columns: &[text("branch_id").identity(), text("name").required(), text("parent_id"), text("region")],
        ..PLAIN
    },
    Table {
        name: "officers",
        columns: &[
            text("officer_id").identity(),
            text("name").required(),
            text("branch_id").required().of("branches", "branch_id"),
            text("post"),
        ],
        ..PLAIN
    },
    Table {
        name: "customers",
        columns: &[
            text("customer_id").identity(),
            text("name").required().personal(),
            code("kind", KINDS).required(),
            code("scale", SCALES),
            text("id_number").personal(),
            text("phone").personal(),
            text("address").personal(),
            text("region"),
            text("industry"),
            text("occupation"),
            text("group_id"),
            date("onboarded_on"),
            yes_no("payment_confirmation_needed"),
        ],
        dated_by: &["onboarded_on"],
        ..PLAIN
    },
    Table {
        name: "contacts",
        columns: &[
            text("contact_id").identity(),
            text("customer_id").required().of("customers", "customer_id"),
            text("relation"),
            text("name").personal(),
            text("phone").personal(),
            text("source").required(),
            date("opted_out_on"),
        ],
        ..PLAIN
    },
    Table {
        name: "loans",
        columns: &[
            text("loan_id").identity(),
            text("customer_id").required().of("customers", "customer_id"),
            text("branch_id").required().of("branches", "branch_id"),
            text("officer_id").of("officers", "officer_id"),
            text("product").required(),
            text("contract_id"),
            text("facility_id"),
            text("currency"),
            positive("principal").required(),
            date("disbursed_on").required(),
            date("matures_on").required(),
            column("annual_rate", Kind::Rate).required(),
            column("penalty_rate", Kind::Rate),
            code("day_count", DAY_COUNTS),
            code("method", METHODS),
            int("instalment_count"),
            code("frequency", FREQUENCIES),
            code("protection", PROTECTIONS),
            yes_no("low_risk"),
            text("purpose"),
            yes_no("entrusted_payment"),
            int("extension_count"),
            date("restructured_on"),
            yes_no("approved_with_doubt"),
            code("status", STATUSES),
        ],
        dated_by: &["disbursed_on"],
        control: &["principal"],
        ..PLAIN
    },
    Table {
        name: "instalments",
        columns: &[
            text("loan_id").identity().of("loans", "loan_id"),
            int("seq").identity(),
            date("due_on").required(),
            money("principal_due").required(),
            money("interest_due").required(),
            money("fee_due"),
        ],
        control: &["principal_due", "interest_due", "fee_due"],
        ..PLAIN
    },
    Table {
        name: "repayments",
        columns: &[
            text("repayment_id").identity(),
            text("loan_id").required().of("loans", "loan_id"),
            date("paid_on").required(),
            positive("amount").required(),
            column("entered_at", Kind::DateTime),
            text("reverses"),
            code("payer", PAYERS),
        ],
        known_by: &["entered_at"],
        dated_by: &["paid_on"],
        control: &["amount"],
        owned_by_loan: true,
        ..PLAIN
    },
    Table {
        name: "collateral",
        columns: &[
            text("collateral_id").identity(),
            text("loan_id").of("loans", "loan_id"),
            text("contract_id").of("loans", "contract_id"),
            text("kind").required(),
            text("owner").personal(),
            text("region"),
            money("value").required(),
            date("valued_on").required(),
            int("rank"),
            date("registered_on"),
            date("registration_expires_on"),
            date("insurance_expires_on"),
        ],
        one_of: &["loan_id", "contract_id"],
        dated_by: &["valued_on"],
        control: &["value"],
        ..PLAIN
    },
    Table {
        name: "guarantees",
        columns: &[
            text("guarantee_id").identity(),
            text("loan_id").of("loans", "loan_id"),
            text("contract_id").of("loans", "contract_id"),
            text("guarantor_id").required(),
            text("guarantor_name").personal(),
            code("form", &["general", "joint"]),
            money("amount"),
            date("period_ends_on"),
        ],
        one_of: &["loan_id", "contract_id"],
        control: &["amount"],
        ..PLAIN
    },
    Table {
        name: "statements",
        columns: &[
            text("customer_id").identity().of("customers", "customer_id"),
            date("period_end").identity(),
            code("period", &["quarter", "half", "year"]).identity(),
            signed("revenue"),
            signed("operating_cost"),
            signed("net_profit"),
            signed("total_assets"),
            signed("total_liabilities"),
            signed("current_assets"),
            signed("current_liabilities"),
            signed("inventory"),
            signed("receivables"),
            signed("other_receivables"),
            signed("fixed_assets"),
            signed("interest_bearing_debt"),
            signed("interest_expense"),
            signed("operating_cash_flow"),
            signed("contingent_liabilities"),
            text("opinion"),
        ],
        dated_by: &["period_end"],
        ..PLAIN
    },
    Table {
        name: "account_flows",
        columns: &[
            text("flow_id").identity(),
            text("customer_id").required().of("customers", "customer_id"),
            text("loan_id").of("loans", "loan_id"),
            text("account").personal(),
            column("at", Kind::DateTime).required(),
            code("direction", &["in", "out"]).required(),
            money("amount").required(),
            text("counterparty").personal(),
            text("counterparty_account").personal(),
            text("counterparty_kind"),
            text("memo").personal(),
        ],
        dated_by: &["at"],
        control: &["amount"],
        ..PLAIN
    },
    Table {
        name: "events",
        columns: &[
            text("event_id").identity(),
            text("customer_id").required().of("customers", "customer_id"),
            text("kind").required(),
            date("happened_on").required(),
            date("known_on"),
            money("amount"),
            text("source"),
            text("detail"),
        ],
        known_by: &["known_on"],
        dated_by: &["happened_on"],
        control: &["amount"],
        ..PLAIN
    },
    Table {
        name: "other_bank_debts",
        columns: &[
            text("customer_id").identity().of("customers", "customer_id"),
            date("as_of").identity(),
            text("lender").identity(),
            money("balance").required(),
            int("past_due_days"),
            text("grade"),
        ],
        dated_by: &["as_of"],
        control: &["balance"],
        ..PLAIN
    },
    Table {
        name: "judgements",
        columns: &[
            text("judgement_id").identity(),
            text("loan_id").required().of("loans", "loan_id"),
            code("grade", GRADES).required(),
            date("decided_on").required(),
            text("approved_by").required(),
            text("reason"),
        ],
        known_by: &["decided_on"],
        dated_by: &["decided_on"],
        owned_by_loan: true,
        ..PLAIN
    },
    Table {
        name: "pauses",
        columns: &[
            text("pause_id").identity(),
            text("loan_id").required().of("loans", "loan_id"),
            date("starts_on").required(),
            date("ends_on").required(),
            text("approved_by").required(),
            text("reason"),
        ],
        dated_by: &["starts_on"],
        tells_business_date: false,
        owned_by_loan: true,
        ..PLAIN
    },
];

/// The table with this name.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Table {
    /// Where `name` stands among the columns. Panics on a name the table does not have.
    pub fn position(&self, name: &str) -> usize {
        self.find(name).unwrap_or_else(|| panic!("{} has no column {name}", self.name))
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Positions of the identity columns.
    pub fn identity(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|&index| self.columns[index].identity).collect()
    }

    /// Kept per loan in the dossiers rather than in a file of its own.
    pub fn in_dossier(&self) -> bool {
        matches!(self.name, "loans" | "instalments" | "repayments")
    }

    /// The columns as Arrow knows them, all nullable but the required ones, then `known_from`.
    pub fn arrow_schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| Field::new(column.name, column.data_type(), !column.required));
        Arc::new(Schema::new(
            fields.chain([Field::new(KNOWN_FROM, DataType::Date32, false)]).collect::<Vec<_>>(),
        ))
    }

    /// The columns as a file under validation holds them: everything may be missing.
    pub fn staged_schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| Field::new(column.name, column.data_type(), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// The whole schema as a Markdown page; `*` required, `!` identity, `→` parent.
pub fn describe() -> String {
    let mut page = String::from("# Input tables\n");
    for table in TABLES {
        write!(page, "\n## {}\n\n| column | type | codes |\n|---|---|---|\n", table.name).expect("a String takes it");
        for column in table.columns {
            let mark = if column.identity { "!" } else if column.required { "*" } else { "" };
            let parent = column.parent.map(|(table, name)| format!(" → {table}.{name}")).unwrap_or_default();
            let (kind, codes) = match column.kind {
                Kind::Text => ("text", String::new()),
                Kind::Code(codes) => ("code", codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(" ")),
                Kind::Date => ("date", String::new()),
                Kind::DateTime => ("date and time", String::new()),
                Kind::Money(_) => ("money", String::new()),
                Kind::Rate => ("yearly rate", String::new()),
                Kind::Int => ("whole number", String::new()),
                Kind::Bool => ("yes or no", String::new()),
            };
            writeln!(page, "| {}{mark}{parent} | {kind} | {codes} |", column.name).expect("a String takes it");
        }
        if !table.one_of.is_empty() {
            writeln!(page, "\nOne of {} is required.", table.one_of.join(", ")).expect("a String takes it");
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_exist_and_come_first_and_every_named_column_is_there() {
        for (at, table) in TABLES.iter().enumerate() {
            assert!(!table.identity().is_empty(), "{}", table.name);
            for column in table.columns {
                if let Some((parent, name)) = column.parent {
                    assert!(TABLES[..at].iter().any(|t| t.name == parent && t.find(name).is_some()), "{parent}.{name}");
                }
            }
            for list in [table.one_of, table.known_by, table.dated_by, table.control] {
                list.iter().for_each(|name| assert!(table.find(name).is_some(), "{}.{name}", table.name));
            }
        }
    }

    #[test]
    fn codes_of_the_book_are_the_codes_of_the_rules() {
        fn same<T: units::Coded>(codes: &[&str]) {
            assert_eq!(codes, T::ALL.iter().map(|code| code.code()).collect::<Vec<_>>());
        }
        same::<loan::contract::RepaymentMethod>(METHODS);
        same::<loan::contract::DayCount>(DAY_COUNTS);
        same::<loan::contract::Frequency>(FREQUENCIES);
        same::<loan::contract::Protection>(PROTECTIONS);
        same::<loan::contract::LoanStatus>(STATUSES);
    }
}
