//! What the gate is asked, and what it is told of the debtor.

use crate::contact::{Channel, Contact, Purpose, Relation};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use units::{Moment, coded};

coded! {
    /// Where a number or address is from (联系方式来源); the six lawful ways, and none of them.
    PointSource {
        Contract = "contract",
        /// Left with the lender by the customer (客户预留).
        Reserved = "reserved",
        Authorised = "authorised",
        Public = "public",
        /// Told by a contact person whom the debtor had named (预留联系人告知).
        NamedByContact = "named_by_contact",
        /// From a credit bureau or the like, with authorisation (征信等机构).
        LicensedInstitution = "licensed_institution",
        Unproven = "unproven",
    }
}

coded! {
    /// In what way a contact is made, beyond its channel (联系方式特征).
    Manner {
        /// By an outside agency; follows from the question's agency.
        ByAgency = "by_agency",
        /// With a telephone or account of the employee's own (私人设备).
        PrivateDevice = "private_device",
        EntersHome = "enters_home",
        /// Leaves a notice where others read it (公开张贴).
        PostsInPublic = "posts_in_public",
        AtWork = "at_work",
    }
}

coded! {
    /// What a document on file permits (依据材料).
    DocumentKind {
        /// Hours agreed beforehand (约定时段).
        AgreedHours = "agreed_hours",
        /// More contacts agreed than the rule allows (约定频次).
        AgreedFrequency = "agreed_frequency",
        /// The person asked to be contacted (客户要求回复).
        Callback = "callback",
        /// A third person says clearly to want to pay (愿意代偿).
        WillingToPay = "willing_to_pay",
        /// Why a person other than borrower and guarantor is liable or may speak (债务相关依据).
        LegalBasis = "legal_basis",
        /// Who lives there let the visitors in (入户同意).
        EntryConsent = "entry_consent",
        /// The lender agrees to employees' own devices (私人设备使用同意).
        PrivateDeviceConsent = "private_device_consent",
        /// The debtor was told of the agency (委外告知).
        OutsourcingNotice = "outsourcing_notice",
        /// The agency stands on the published list (机构名单).
        AgencyListing = "agency_listing",
        /// An earlier answer was wrong or incomplete (重问依据).
        ReasonToAskAgain = "reason_to_ask_again",
    }
}

coded! {
    /// A state of affairs that bears on contact (影响联系的情形), the gravest first.
    CircumstanceKind {
        /// Only storage and protection are left of the data's use (限制处理).
        RestrictedData = "restricted_data",
        Deceased = "deceased",
        /// Without or with limited capacity for legal acts (无或限制民事行为能力).
        Incapable = "incapable",
        /// Asked in writing that contact cease (书面要求停止联系).
        CeaseRequested = "cease_requested",
        DoNotContact = "do_not_contact",
        /// Wants nothing by one channel (退订渠道).
        OptedOut = "opted_out",
        WorkContactProhibited = "work_contact_prohibited",
        HardshipPlan = "hardship_plan",
        ObjectionUnderReview = "objection_under_review",
        ComplaintOpen = "complaint_open",
    }
}

units::serde_by_code!(PointSource, Manner, DocumentKind, CircumstanceKind);

/// A minute of the day, `00:00` to `24:00` (时刻); written and read as `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    pub fn parse(text: &str) -> Option<TimeOfDay> {
        let (hour, minute) = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= 24 * 60).then_some(TimeOfDay(minutes))
    }

    pub const fn seconds(self) -> i64 {
        self.0 as i64 * 60
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<TimeOfDay, D::Error> {
        let text = String::deserialize(from)?;
        TimeOfDay::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?}: expected HH:MM, at most 24:00")))
    }
}

/// Open from `opens` until just before `closes`, every day (时段). Hours across midnight are two of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub opens: TimeOfDay,
    pub closes: TimeOfDay,
}

/// Something on file that permits what a rule would refuse (依据材料).
///
/// In force from `from` until just before `until`. Those handed to the gate are about the person, the agency
/// and the debt of the question; which they are is the owner's to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub document_id: String,
    pub kind: DocumentKind,
    pub from: Moment,
    pub until: Option<Moment>,
    /// What was agreed, of [`DocumentKind::AgreedHours`].
    pub hours: Option<Hours>,
}

/// A state of affairs, in force from `from` until just before `until` (情形).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstance {
    pub kind: CircumstanceKind,
    /// Whom alone it concerns; everybody contacted about the debt when `None`.
    pub person_id: Option<String>,
    /// Which channel alone it concerns; all when `None`.
    pub channel: Option<Channel>,
    pub from: Moment,
    /// `None` until somebody ends it.
    pub until: Option<Moment>,
}

/// A number or address, as a stable key that is not the number itself (联系方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactPoint<'a> {
    pub key: &'a str,
    pub source: PointSource,
}

/// A contact the lender or its agency wants to make (拟联系).
///
/// Which of the staff wants to is not part of the question: no answer depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The debtor, whose history is handed over with the question.
    pub customer_id: &'a str,
    /// Who is to be contacted; the customer's own identity for the debtor.
    pub person_id: &'a str,
    pub relation: Relation,
    pub channel: Channel,
    pub purpose: Purpose,
    pub contact_point: ContactPoint<'a>,
    /// On the clock of the debtor's place; may lie in the future.
    pub at: Moment,
    /// `None` for the lender's own staff.
    pub agency_id: Option<&'a str>,
    /// How many of the lender's people will be there; 1 but for visits.
    pub people: u32,
    pub manners: &'a [Manner],
    pub documents: &'a [Document],
}

impl Question<'_> {
    pub(crate) fn is_done(&self, manner: Manner) -> bool {
        self.manners.contains(&manner) || (manner == Manner::ByAgency && self.agency_id.is_some())
    }
}

/// What has happened to one debtor, across staff and agencies (联系历史).
#[derive(Clone, Copy, Debug, Default)]
pub struct History<'a> {
    /// Every contact about the debtor, whoever was spoken to, oldest first.
    pub contacts: &'a [Contact],
    /// Those allowed and not recorded yet, by anybody: whatever their result says, each counts as if it had come
    /// out in every way, so that two who ask at once cannot both have the last call.
    pub under_way: &'a [Contact],
    pub circumstances: &'a [Circumstance],
    /// Every number and address on file of the debtor: none may be left untried before the debtor counts as
    /// unreachable because all of them are invalid.
    pub debtor_points: &'a [&'a str],
}
