//! One effective-dated rule.

use crate::pack::PackProblem;
use crate::provenance::Provenance;
use serde::de::DeserializeOwned;
use units::{Date, coded};

coded! {
    /// What a rule is about (规则类别); each kind is read by exactly one room.
    RuleKind {
        /// Bounds of M0 … M7.
        BucketTable = "bucket_table",
        /// Days past due that are not counted yet.
        Grace = "grace",
        /// In what order money settles what is owed.
        Allocation = "allocation",
        /// Penalty interest and interest on interest.
        Penalty = "penalty",
        /// How instalments are computed and rounded.
        Schedule = "schedule",
        /// By how much a term may be extended.
        Extension = "extension",
        /// Who counts as retail.
        Retail = "retail",
        /// Whose grade follows days past due both ways (脱期法).
        DayMethod = "day_method",
        /// A grade that a fact forbids to be better than.
        GradeFloor = "grade_floor",
        /// Days past due by kind of protection.
        GuaranteeMatrix = "guarantee_matrix",
        /// How long an event stays in force.
        EventLife = "event_life",
        /// How long a restructured loan is watched.
        RestructuringObservation = "restructuring_observation",
        /// What a non-performing loan must show before it is upgraded.
        UpgradeConditions = "upgrade_conditions",
        /// One non-performing claim pulls the debtor's other claims.
        Contagion = "contagion",
        /// Debts past due at all banks.
        CrossBank = "cross_bank",
        /// A debt non-performing at any bank.
        OtherNonPerforming = "other_non_performing",
        /// A group member's default starts an evaluation.
        GroupEvaluation = "group_evaluation",
        /// Classes A to D.
        CustomerClass = "customer_class",
        /// Likely, hard, unlikely to be recovered.
        Recoverability = "recoverability",
        /// Tiers of debtors by exposure.
        ExposureTier = "exposure_tier",
        /// Stages of expected credit loss.
        Stage = "stage",
        /// Coefficients of the allowance.
        Allowance = "allowance",
        /// What allowance a supervisor expects in total.
        AllowanceAdequacy = "allowance_adequacy",
        /// A level a ratio is compared with.
        RatioReference = "ratio_reference",
        /// Which version of the migration rates.
        MigrationFormula = "migration_formula",
        /// Days off and make-up workdays of a year.
        WorkingCalendar = "working_calendar",
        /// Hours in which nobody is contacted.
        ContactHours = "contact_hours",
        /// How often somebody may be contacted.
        ContactCounter = "contact_counter",
        /// Who may be contacted, under which conditions, to say what.
        ContactPerson = "contact_person",
        /// What stops contact altogether.
        ContactStop = "contact_stop",
        /// How a document that permits a contact comes on file.
        ContactDocument = "contact_document",
        /// How long the record of a contact is kept.
        ContactRetention = "contact_retention",
        /// When a debtor counts as unreachable.
        UnreachableTest = "unreachable_test",
        /// What a visit needs.
        Visit = "visit",
        /// How a hardship plan may look.
        HardshipPlan = "hardship_plan",
        /// When a promise counts as kept.
        PromiseTolerance = "promise_tolerance",
        /// What is done next with a case.
        Strategy = "strategy",
        /// In what order cases are worked.
        QueueOrder = "queue_order",
        /// Who gets a case.
        Assignment = "assignment",
        /// How an agency is placed with, recalled and reviewed.
        Agency = "agency",
        /// How results are weighed.
        BalancedScore = "balanced_score",
        /// What work costs, and how strategies are compared.
        WorkResults = "work_results",
        /// What a post is to reach in a month.
        WorkTarget = "work_target",
        /// What is never said.
        Language = "language",
        /// What is said in a situation.
        Script = "script",
        /// One of the eighteen tactics.
        Tactic = "tactic",
        /// A way to recover, with its conditions.
        Lever = "lever",
        /// A period that must not run out unseen.
        Clock = "clock",
        /// An act that interrupts or renews a clock, with the evidence it needs.
        ClockAct = "clock_act",
        /// What a post may decide alone.
        AuthorityLimit = "authority_limit",
        /// What a role may do.
        Permission = "permission",
        /// How rights are lent.
        Delegation = "delegation",
        /// Passwords, lockout, sessions.
        SignIn = "sign_in",
        /// How much of personal data a role sees.
        PersonalDataView = "personal_data_view",
        /// Personal data in full: purposes, reason, time, pace.
        Unmask = "unmask",
    }
}

/// A rule's place in its pack (规则序号): two bytes, for columns. [`crate::Pack::rule`] opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef(pub u16);

/// One effective-dated rule (规则).
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Stable within the pack; versions of a rule share it and differ in `effective_from`.
    pub id: String,
    pub kind: RuleKind,
    pub title_zh: String,
    pub title_en: String,
    pub provenance: Provenance,
    pub effective_from: Date,
    /// The last day in force; `None` until replaced.
    pub effective_to: Option<Date>,
    pub applies_to: AppliesTo,
    /// File and line, for problems found later.
    pub(crate) written_at: (String, usize),
    pub(crate) params: toml::Table,
}

/// Whom a rule binds (适用范围); an empty list binds all. Codes, as the book writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppliesTo {
    pub customer_kinds: Vec<String>,
    pub scales: Vec<String>,
    pub products: Vec<String>,
    pub protections: Vec<String>,
}

/// The claim a rule may bind, by codes (规则适用对象); empty when the book does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bearer<'a> {
    pub customer_kind: &'a str,
    pub scale: &'a str,
    pub product: &'a str,
    pub protection: &'a str,
}

impl AppliesTo {
    /// Every list that is not empty holds the bearer's code.
    pub fn covers(&self, bearer: &Bearer) -> bool {
        self.dimensions(bearer).into_iter().all(|(list, code)| list.is_empty() || list.iter().any(|item| item == code))
    }

    /// How many dimensions the rule narrows; the narrowest of several rules is the special one.
    pub fn specificity(&self) -> usize {
        self.dimensions(&Bearer::default()).into_iter().filter(|(list, _)| !list.is_empty()).count()
    }

    fn dimensions<'a>(&'a self, bearer: &Bearer<'a>) -> [(&'a [String], &'a str); 4] {
        [
            (&self.customer_kinds, bearer.customer_kind),
            (&self.scales, bearer.scale),
            (&self.products, bearer.product),
            (&self.protections, bearer.protection),
        ]
    }
}

impl Rule {
    /// What the rule says, as the type of the room that applies it. `T` denies unknown fields, so a
    /// misspelled threshold is a problem and not a default.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T, PackProblem> {
        self.params.clone().try_into().map_err(|error: toml::de::Error| {
            self.problem(error.message().to_owned(), "correct the params of this rule")
        })
    }

    /// What the rule says, as it would be written.
    pub fn params_text(&self) -> String {
        toml::to_string(&self.params).expect("what was read can be written")
    }

    /// A problem with this rule, found by the room that reads it.
    pub fn problem(&self, what: impl Into<String>, remedy: impl Into<String>) -> PackProblem {
        PackProblem {
            file: self.written_at.0.clone(),
            line: self.written_at.1,
            rule: self.id.clone(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    pub fn is_in_effect(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }
}
