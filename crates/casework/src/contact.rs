//! Contacts: who is spoken to, how, why, and what came of it.
//!
//! A contact is a fact: it is recorded once and never changed. Everything the gate counts, every
//! result a person is measured by, is derived from these records.

use serde::{Deserialize, Serialize};
use units::{Moment, coded};

coded! {
    /// By which way somebody is contacted (联系渠道), from the mildest to the most intrusive.
    Channel {
        AppMessage = "app_message",
        Sms = "sms",
        Email = "email",
        /// A posted or handed letter (函件).
        Letter = "letter",
        /// A voice that only tells (告知式语音), by a machine.
        NoticeVoice = "notice_voice",
        /// A voice that converses (交互式语音), by a machine.
        AiVoice = "ai_voice",
        /// A person on the telephone (人工电话).
        Call = "call",
        /// A visit to where the debtor is (外访).
        Visit = "visit",
    }
}

coded! {
    /// What the contacted person is to the debt (与债务的关系).
    Relation {
        Debtor = "debtor",
        JointDebtor = "joint_debtor",
        Guarantor = "guarantor",
        /// Speaks for a debtor that is a company (法定代表人).
        LegalRepresentative = "legal_representative",
        /// Authorised in writing by the debtor (授权代理人).
        AuthorisedPerson = "authorised_person",
        /// Has inherited from the debtor (继承人), liable up to what was inherited.
        Heir = "heir",
        /// Named by the debtor to be asked for the debtor (预留联系人), owes nothing.
        ContactPerson = "contact_person",
        /// Anybody else: family, colleagues, neighbours, an employer (无关第三人).
        ThirdPerson = "third_person",
    }
}

coded! {
    /// What a contact is for (联系目的).
    Purpose {
        /// Before the due date (到期提醒).
        Remind = "remind",
        /// To have a past due debt paid (催收).
        Collect = "collect",
        /// To find the debtor or have a message passed on, saying nothing of the debt (寻找债务人).
        Locate = "locate",
        /// To give who wants to pay what paying takes (代为还款).
        TakePayment = "take_payment",
        /// To hand over a notice the law asks for (送达).
        ServeNotice = "serve_notice",
        /// To answer what the person asked for (应答客户).
        Answer = "answer",
    }
}

coded! {
    /// Who began it (发起方).
    Direction {
        Outbound = "outbound",
        Inbound = "inbound",
    }
}

coded! {
    /// What came of a contact (联系结果).
    ContactResult {
        NoAnswer = "no_answer",
        /// Switched off, out of service, busy all along (无法接通).
        Unreachable = "unreachable",
        /// The number or address does not exist (空号、地址不存在).
        Invalid = "invalid",
        /// It belongs to somebody else (号码非本人).
        WrongPerson = "wrong_person",
        /// A message or letter arrived (已送达).
        Delivered = "delivered",
        /// A message or letter came back (未送达).
        NotDelivered = "not_delivered",
        /// The person was spoken to, nothing was agreed (已接通无结果).
        Reached = "reached",
        /// A promise to pay was made (承诺还款).
        Promised = "promised",
        /// Says it was paid already (称已还款).
        SaysPaid = "says_paid",
        /// Disputes the debt (提出异议).
        Objected = "objected",
        /// Tells of hardship (反映困难).
        Hardship = "hardship",
        /// Refuses to pay (拒绝还款).
        RefusedToPay = "refused_to_pay",
        /// Does not want to be contacted (拒绝联系).
        RefusedContact = "refused_contact",
        /// Complains (投诉).
        Complained = "complained",
        /// The debtor has died (债务人死亡).
        Deceased = "deceased",
    }
}

units::serde_by_code!(Channel, Relation, Purpose, Direction, ContactResult);

impl Channel {
    /// Whether voices meet: counted and silenced more strictly than writing.
    pub const fn is_voice(self) -> bool {
        matches!(self, Channel::NoticeVoice | Channel::AiVoice | Channel::Call)
    }
}

impl Relation {
    /// Whether the person owes, or speaks for who owes.
    pub const fn is_liable(self) -> bool {
        !matches!(self, Relation::ContactPerson | Relation::ThirdPerson)
    }

    /// Whether to speak with this person is to speak with the debtor: a company speaks by its representative.
    pub const fn speaks_for_debtor(self) -> bool {
        matches!(self, Relation::Debtor | Relation::LegalRepresentative)
    }
}

impl ContactResult {
    /// Whether the person meant was spoken to (有效联系).
    pub const fn is_right_party(self) -> bool {
        use ContactResult::*;
        matches!(self, Reached | Promised | SaysPaid | Objected | Hardship | RefusedToPay | RefusedContact | Complained)
    }

    /// Whether nobody took the call or opened the door (未接通).
    pub const fn is_unanswered(self) -> bool {
        matches!(self, ContactResult::NoAnswer | ContactResult::Unreachable | ContactResult::Invalid)
    }
}

/// One contact that took place (联系记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub contact_id: String,
    /// The debtor all counters are kept by, whoever was spoken to.
    pub customer_id: String,
    pub case_id: String,
    /// The person spoken to; the customer's own identity for the debtor.
    pub person_id: String,
    pub relation: Relation,
    pub channel: Channel,
    pub direction: Direction,
    pub purpose: Purpose,
    /// The number or address (联系方式), as a stable key that is not the number itself.
    pub contact_point: String,
    /// On the clock of the debtor's place.
    pub at: Moment,
    pub staff_id: String,
    /// The outside agency the person works for; `None` for the lender's own staff.
    pub agency_id: Option<String>,
    /// How many of the lender's people were there; 1 but for visits.
    pub people: u32,
    pub result: ContactResult,
    /// Seconds spoken; 0 where nobody spoke.
    pub seconds: u32,
}
