//! Everything a signed-in person may do, one name each.

use units::coded;

coded! {
    /// A thing that can be done (用例); permissions are given for these and nothing else.
    UseCase {
        LoanView = "loan_view",
        CustomerView = "customer_view",
        CustomerSearch = "customer_search",
        MetricsView = "metrics_view",
        /// Read-only SQL over book and nights.
        BookQuery = "book_query",
        WhatIfRun = "what_if_run",
        ImportRun = "import_run",
        NightRun = "night_run",
        NightView = "night_view",
        CaseList = "case_list",
        CaseView = "case_view",
        /// Next action and notes of a case.
        CaseUpdate = "case_update",
        CaseHandOver = "case_hand_over",
        CaseBorrow = "case_borrow",
        CaseReturn = "case_return",
        CaseRecall = "case_recall",
        CaseAssign = "case_assign",
        CaseRebalance = "case_rebalance",
        CaseClose = "case_close",
        /// Asking the gate whether a contact is lawful.
        ContactAsk = "contact_ask",
        ContactRecord = "contact_record",
        /// What restricts contact with somebody, put on file.
        CircumstanceRecord = "circumstance_record",
        /// What restricts contact, ended: it loosens.
        CircumstanceEnd = "circumstance_end",
        /// Data that may only be stored and protected from now on, and the end of that.
        DataRestrict = "data_restrict",
        /// What was permitted in a contact, put on file; and the end of whatever permits.
        ContactDocumentRecord = "contact_document_record",
        /// What is permitted on paper, put on file.
        ContactDocumentFile = "contact_document_file",
        PromiseRecord = "promise_record",
        ScriptView = "script_view",
        LanguageCheck = "language_check",
        /// A plan per household.
        PlanRecord = "plan_record",
        PlanApprove = "plan_approve",
        HardshipPropose = "hardship_propose",
        HardshipApprove = "hardship_approve",
        ObjectionRecord = "objection_record",
        ObjectionResolve = "objection_resolve",
        ComplaintRecord = "complaint_record",
        ComplaintResolve = "complaint_resolve",
        ClockView = "clock_view",
        /// An act that interrupts or renews a clock, with its evidence.
        ClockActRecord = "clock_act_record",
        AgencyView = "agency_view",
        AgencyManage = "agency_manage",
        AgencyPlace = "agency_place",
        AgencyRecall = "agency_recall",
        WaiverPropose = "waiver_propose",
        ExtensionPropose = "extension_propose",
        SettlementPropose = "settlement_propose",
        WriteOffPropose = "write_off_propose",
        ApprovalView = "approval_view",
        ApprovalDecide = "approval_decide",
        ResultsView = "results_view",
        /// Personal fields, masked.
        PersonView = "person_view",
        PersonCorrect = "person_correct",
        /// Personal fields in full, for a purpose and a time.
        PersonUnmask = "person_unmask",
        AuditView = "audit_view",
        AuditVerify = "audit_verify",
        AuditExport = "audit_export",
        StaffView = "staff_view",
        StaffManage = "staff_manage",
        RoleGrant = "role_grant",
        DelegationMake = "delegation_make",
        /// Ending somebody's sessions.
        SessionEnd = "session_end",
        PackView = "pack_view",
        PackSign = "pack_sign",
        WebhookManage = "webhook_manage",
        TokenManage = "token_manage",
        KeyRotate = "key_rotate",
    }
}

units::serde_by_code!(UseCase);
