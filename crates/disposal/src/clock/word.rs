//! The words of the clocks: kinds of period, of act, of evidence, and what becomes of them.

use units::coded;

coded! {
    /// A period that ends a right or a safeguard (时限类别).
    ClockKind {
        /// To claim from the debtor (诉讼时效), civil code 188.
        Limitation = "limitation",
        /// To sue the debtor, so that a general guarantor stays liable (一般保证的保证期间), civil code 693.
        GeneralGuarantee = "general_guarantee",
        /// To claim from a joint guarantor (连带责任保证的保证期间), civil code 693.
        JointGuarantee = "joint_guarantee",
        /// To claim from a guarantor who stayed liable (保证债务诉讼时效), civil code 694.
        GuaranteeLimitation = "guarantee_limitation",
        /// To apply for enforcement (申请执行时效), civil procedure law 250.
        Enforcement = "enforcement",
        /// To exercise a registered mortgage or pledge (抵押权行使期间), civil code 419.
        MortgageExercise = "mortgage_exercise",
        /// To renew a seizure or freeze (查封、扣押、冻结期限).
        Preservation = "preservation",
        /// To sue after preservation was ordered before a suit (诉前保全后起诉期限), civil procedure law 104.
        PreservationSuit = "preservation_suit",
        /// To renew the insurance of collateral (押品保险).
        Insurance = "insurance",
        /// To renew the registration of collateral (押品登记).
        Registration = "registration",
        /// To value collateral again (押品重估).
        Revaluation = "revaluation",
    }
}

coded! {
    /// Where a clock stands (时限状态), from the best to the worst.
    ClockStatus {
        /// The act that the period asks for was done, or proceedings are pending.
        Preserved = "preserved",
        /// An obstacle of the last months holds it (时效中止).
        Suspended = "suspended",
        Running = "running",
        /// A rung of the signal ladder is reached.
        Expiring = "expiring",
        Lapsed = "lapsed",
        /// Nothing runs any more: the claim was paid, or what it was about is gone (已了结).
        Ended = "ended",
    }
}

coded! {
    /// How grave a signal is (信号级别).
    SignalLevel {
        Yellow = "yellow",
        Orange = "orange",
        Red = "red",
    }
}

coded! {
    /// What was done about a claim (权利行使记录).
    ActKind {
        /// A written demand handed over (当面送达催收文书), interpretation on limitation 8(1).
        DemandSigned = "demand_signed",
        LetterDelivered = "letter_delivered",
        /// A short message, an e-mail, a message of the app (数据电文).
        MessageDelivered = "message_delivered",
        PhoneCall = "phone_call",
        /// The lender takes from the account, as law or contract allow (扣收).
        Deduction = "deduction",
        /// A notice in a newspaper, the debtor being missing (公告催收).
        Newspaper = "newspaper",
        /// Notice that the claim was assigned (债权转让通知).
        AssignmentNotice = "assignment_notice",
        /// A guarantor is asked to perform (主张保证责任).
        ClaimAgainstGuarantor = "claim_against_guarantor",
        /// A mediation body or a state organ is asked for help (请求调解、权利保护).
        MediationRequest = "mediation_request",
        /// A report to police or procuratorate (报案、控告).
        CrimeReport = "crime_report",
        /// Preservation before a suit is applied for (诉前保全).
        PreservationApplied = "preservation_applied",
        /// The court hands the complaint's copy to who is sued (起诉状副本送达).
        ComplaintServed = "complaint_served",
        PartialPayment = "partial_payment",
        /// A promise to pay, a plan, a request for time (承诺还款).
        Promise = "promise",
        /// The debt is acknowledged, or security offered for it (确认债务).
        Acknowledgement = "acknowledgement",
        /// A suit or an arbitration is filed (起诉、申请仲裁).
        Suit = "suit",
        PaymentOrder = "payment_order",
        /// A claim is filed in a bankruptcy, or the bankruptcy applied for (申报债权).
        BankruptcyClaim = "bankruptcy_claim",
        EnforcementApplied = "enforcement_applied",
        /// A mortgage or pledge is brought to sale by the court (申请实现担保物权).
        CollateralSaleApplied = "collateral_sale_applied",
        SuitWithdrawn = "suit_withdrawn",
        /// Proceedings ended without an enforceable document (程序终结).
        ProceedingsEnded = "proceedings_ended",
        EnforcementWithdrawn = "enforcement_withdrawn",
        /// A settlement in enforcement; `until` is its last performance day (执行和解).
        EnforcementSettled = "enforcement_settled",
        /// The court ends this enforcement for want of assets (终结本次执行).
        EnforcementTerminated = "enforcement_terminated",
        /// The debtor agrees to a later due day, `until` (展期).
        Extension = "extension",
        /// Everything falls due (宣布提前到期).
        Acceleration = "acceleration",
        /// A guarantor agrees in writing to the later due day, `until` (保证人书面同意).
        GuarantorConsent = "guarantor_consent",
        PreservationRenewed = "preservation_renewed",
        PreservationLifted = "preservation_lifted",
        InsuranceRenewed = "insurance_renewed",
        RegistrationRenewed = "registration_renewed",
        Revalued = "revalued",
    }
}

coded! {
    /// What proves an act (证据种类).
    EvidenceKind {
        /// Signature, seal or fingerprint of the person, or of a company's representative (本人签收).
        DebtorSignature = "debtor_signature",
        /// Signed by an authorised person, a mail room or a co-residing adult relative (代签收).
        AuthorisedSignature = "authorised_signature",
        /// The text shows that the debtor agrees to pay (内容表明同意履行).
        AgreementShown = "agreement_shown",
        /// The post's record of delivery (妥投记录).
        DeliveryReceipt = "delivery_receipt",
        /// The post's receipt of sending only (寄出凭证).
        PostingReceipt = "posting_receipt",
        /// The carrier's or platform's log of delivery (送达日志).
        DeliveryLog = "delivery_log",
        /// The address or number is the one reserved or agreed (预留联系方式).
        ReservedContact = "reserved_contact",
        /// What was sent or handed over (内容留底).
        ContentCopy = "content_copy",
        Recording = "recording",
        /// Who spoke or wrote is proved (身份核实).
        IdentityProof = "identity_proof",
        ChatRecord = "chat_record",
        /// An entry of the core system (核心记账).
        CoreEntry = "core_entry",
        CourtReceipt = "court_receipt",
        /// A receipt of another body (受理回执).
        FilingReceipt = "filing_receipt",
        NewspaperPage = "newspaper_page",
        ProofOfMissing = "proof_of_missing",
        NotaryCertificate = "notary_certificate",
        WrittenAgreement = "written_agreement",
        WrittenConsent = "written_consent",
        /// A policy, a registration certificate or a valuation (权证、保单、评估报告).
        Certificate = "certificate",
    }
}

coded! {
    /// What is entered about a claim beside acts (债权事实种类).
    FactKind {
        Preservation = "preservation",
        Document = "document",
        Obstacle = "obstacle",
        ObstacleEnd = "obstacle_end",
    }
}

coded! {
    /// How well an act is proved (证据强度). Weak moves no clock.
    EvidenceStrength {
        Weak = "weak",
        Medium = "medium",
        Strong = "strong",
    }
}

coded! {
    /// What an act does to a clock (对时限的作用).
    ActEffect {
        /// The period starts again from the act (中断).
        Restarts = "restarts",
        /// The clock stands while it is pending, or for good (维持).
        Holds = "holds",
        /// The period starts from another day (起算日变更).
        Moves = "moves",
        /// The defence is lost, the period starts again (重新确认).
        Revives = "revives",
        /// A term of a measure or paper is prolonged (续期).
        Renews = "renews",
        /// The evidence is weak (证据不足).
        TooWeak = "too_weak",
        /// Before the period began (过早).
        TooEarly = "too_early",
        /// After the last day (过晚).
        TooLate = "too_late",
        /// Withdrawn, so nothing is left of it (已撤回).
        Undone = "undone",
    }
}

coded! {
    /// Which fact a clock rests on (时限依据).
    ClockGround {
        /// The last instalment's due day (最后一期届满).
        LastDue = "last_due",
        /// The due day as the guarantor knows it (保证人所知到期日).
        GuaranteedDue = "guaranteed_due",
        /// The claims of a maximum-amount guarantee are fixed and due (债权确定).
        ClaimsFixed = "claims_fixed",
        /// The guarantor was claimed from in time (已主张保证责任).
        GuarantorClaimed = "guarantor_claimed",
        /// A general guarantor may no longer refuse (先诉抗辩权消灭).
        RefusalEnded = "refusal_ended",
        /// The last day to perform an enforceable document (文书履行期届满).
        PerformanceDue = "performance_due",
        /// An enforceable document names no day, so it counts from effect (文书生效).
        DocumentEffective = "document_effective",
        /// An enforceable document has taken the claim's place (已有执行依据).
        Adjudged = "adjudged",
        /// The court's order (裁定查封).
        Ordered = "ordered",
        /// The day a paper says it ends (载明届满日).
        StatedEnd = "stated_end",
        Valued = "valued",
        /// An obstacle of the last months (中止事由).
        Obstacle = "obstacle",
        /// The right ends with the claim's own period (随主债权).
        MainClaim = "main_claim",
        /// Whatever happens, this many years (最长保护期).
        LongStop = "long_stop",
        Act = "act",
    }
}

coded! {
    /// Whether the debtor must be sued first (保证方式). Codes as the book writes them.
    GuaranteeForm {
        General = "general",
        Joint = "joint",
    }
}

coded! {
    /// How collateral is held (担保物权种类).
    CollateralRight {
        Mortgage = "mortgage",
        /// A pledge of rights that exists by registration (登记的权利质权).
        RegisteredPledge = "registered_pledge",
        /// A pledge that exists by possession: no period ends it (占有的质权).
        PossessionPledge = "possession_pledge",
    }
}

coded! {
    /// What is seized or frozen (保全标的).
    PreservedAsset {
        Deposit = "deposit",
        Movable = "movable",
        /// Immovables and other property rights (不动产及其他财产权).
        Immovable = "immovable",
    }
}

coded! {
    /// When preservation was asked for (保全阶段).
    PreservationStage {
        /// Before any suit (诉前): it is lifted unless a suit follows.
        BeforeSuit = "before_suit",
        /// In a suit, or in enforcement (诉讼、执行中).
        InProceedings = "in_proceedings",
    }
}

coded! {
    /// What is enforced (执行依据).
    EnforceableKind {
        /// A judgment, an award, a confirmed mediation (裁判文书).
        Judgment = "judgment",
        /// A notarised deed: each instalment has its own period (公证债权文书).
        NotarisedDeed = "notarised_deed",
    }
}

coded! {
    /// Why the lender cannot claim (时效中止事由), civil code 194.
    ObstacleKind {
        ForceMajeure = "force_majeure",
        /// A debtor without capacity has no legal representative.
        NoRepresentative = "no_representative",
        HeirUndetermined = "heir_undetermined",
        ControlledByObligor = "controlled_by_obligor",
        Other = "other",
    }
}

units::serde_by_code!(
    ClockKind, ClockStatus, SignalLevel, ActKind, EvidenceKind, EvidenceStrength, ActEffect, ClockGround, GuaranteeForm,
    CollateralRight, PreservedAsset, PreservationStage, EnforceableKind, ObstacleKind,
);

/// How an act works, whatever clock it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// The lender asks, or the debtor admits: the period starts again.
    Asserts,
    /// Proceedings: the period stands while they are pending.
    Opens,
    /// Proceedings are over: the period starts again from there.
    Ends,
    /// A suit is taken back.
    Withdraws,
    /// The debt falls due on another day.
    Moves,
    /// A measure or paper is prolonged, renewed or lifted.
    Renews,
}

impl ActKind {
    pub(super) const fn nature(self) -> Nature {
        use ActKind::*;
        match self {
            DemandSigned | LetterDelivered | MessageDelivered | PhoneCall | Deduction | Newspaper | AssignmentNotice
            | ClaimAgainstGuarantor | MediationRequest | CrimeReport | PreservationApplied | ComplaintServed
            | PartialPayment | Promise | Acknowledgement => Nature::Asserts,
            Suit | PaymentOrder | BankruptcyClaim | EnforcementApplied | CollateralSaleApplied => Nature::Opens,
            ProceedingsEnded | EnforcementWithdrawn | EnforcementSettled | EnforcementTerminated => Nature::Ends,
            SuitWithdrawn => Nature::Withdraws,
            Extension | Acceleration | GuarantorConsent => Nature::Moves,
            PreservationRenewed | PreservationLifted | InsuranceRenewed | RegistrationRenewed | Revalued => Nature::Renews,
        }
    }

    /// Whether it can only hurt the lender: then it counts however it is proved.
    pub(super) const fn is_adverse(self) -> bool {
        matches!(self.nature(), Nature::Ends | Nature::Withdraws)
            || matches!(self, ActKind::Acceleration | ActKind::PreservationLifted)
    }

    /// Whether it says nothing without the day it reaches to.
    pub(super) const fn needs_until(self) -> bool {
        use ActKind::*;
        matches!(self, EnforcementSettled | Extension | GuarantorConsent | InsuranceRenewed | RegistrationRenewed)
    }
}
