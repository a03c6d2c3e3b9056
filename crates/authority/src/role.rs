//! Roles and branch levels: what posts are for, and how high they stand.

use units::coded;

coded! {
    /// What a post is for (角色). Rights and limits are given to roles, never to persons.
    Role {
        /// Customer-facing, answers for an own book (客户经理).
        RelationshipOfficer = "relationship_officer",
        /// Watches the book after lending (贷后管理岗).
        PostLoanOfficer = "post_loan_officer",
        /// Works the queue (催收员).
        Collector = "collector",
        /// Sues, preserves, enforces, disposes (资产保全岗).
        AssetPreservationOfficer = "asset_preservation_officer",
        /// Assigns, approves, coaches (主管).
        TeamLead = "team_lead",
        /// Answers for a branch and what is below it (机构负责人).
        BranchHead = "branch_head",
        /// Contact rules, complaints, quality, audit (合规岗).
        ComplianceOfficer = "compliance_officer",
        /// Figures, models, reports (风险分析岗).
        RiskAnalyst = "risk_analyst",
        /// Teaches (培训师).
        Trainer = "trainer",
        /// Plans what is taught and sees its effect (培训经理).
        TrainingLead = "training_lead",
        /// Access, keys, nights and imports; no business of its own (管理员).
        Administrator = "administrator",
        /// Reads everything, changes nothing (审计).
        Auditor = "auditor",
        /// Of an outside agency; sees what was placed with that agency (委外催收员).
        AgencyCollector = "agency_collector",
    }
}

impl Role {
    /// Whether only people of an outside agency hold it (委外角色), and they no other.
    pub const fn is_outside(self) -> bool {
        matches!(self, Role::AgencyCollector)
    }
}

coded! {
    /// How high a branch stands (机构层级), from low to high.
    BranchLevel {
        SubBranch = "sub_branch",
        Branch = "branch",
        HeadOffice = "head_office",
    }
}

units::serde_by_code!(Role, BranchLevel);
