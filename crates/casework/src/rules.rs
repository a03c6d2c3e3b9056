//! Everything a pack says about working cases, compiled once.

use crate::agency::AgencyRules;
use crate::assignment::AssignmentRules;
use crate::hardship::HardshipRules;
use crate::plan::LeverRules;
use crate::promise::PromiseRules;
use crate::queue::QueueRules;
use crate::results::{ScoreRules, TargetRules, WorkRules};
use crate::strategy::StrategyRules;
use policy::{PackOnDate, PackProblem};

/// The rules of casework on one day (清收作业规则).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRules {
    pub strategy: StrategyRules,
    pub queue: QueueRules,
    pub assignment: AssignmentRules,
    pub promise: PromiseRules,
    pub hardship: HardshipRules,
    pub agency: AgencyRules,
    pub score: ScoreRules,
    pub work: WorkRules,
    pub targets: TargetRules,
    pub levers: LeverRules,
}

impl CaseRules {
    /// Reads every rule of casework in force on the pack's day; reports every problem, not the first.
    pub fn compile(pack: &PackOnDate) -> Result<CaseRules, Vec<PackProblem>> {
        let mut problems = Vec::new();
        fn keep<T>(
            result: Result<T, impl IntoIterator<Item = PackProblem>>,
            problems: &mut Vec<PackProblem>,
        ) -> Option<T> {
            result.map_err(|found| problems.extend(found)).ok()
        }
        let strategy = keep(StrategyRules::compile(pack), &mut problems);
        let queue = keep(QueueRules::compile(pack).map_err(Some), &mut problems);
        let assignment = keep(AssignmentRules::compile(pack).map_err(Some), &mut problems);
        let promise = keep(PromiseRules::compile(pack).map_err(Some), &mut problems);
        let hardship = keep(HardshipRules::compile(pack).map_err(Some), &mut problems);
        let agency = keep(AgencyRules::compile(pack).map_err(Some), &mut problems);
        let score = keep(ScoreRules::compile(pack).map_err(Some), &mut problems);
        let work = keep(WorkRules::compile(pack).map_err(Some), &mut problems);
        let targets = keep(TargetRules::compile(pack).map_err(Some), &mut problems);
        let levers = keep(LeverRules::compile(pack), &mut problems);
        match (strategy, queue, assignment, promise, hardship, agency, score, work, targets, levers) {
            (
                Some(strategy),
                Some(queue),
                Some(assignment),
                Some(promise),
                Some(hardship),
                Some(agency),
                Some(score),
                Some(work),
                Some(targets),
                Some(levers),
            ) => Ok(CaseRules { strategy, queue, assignment, promise, hardship, agency, score, work, targets, levers }),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::{problems_of, rules};
    use crate::rules::CaseRules;

    #[test]
    fn the_embedded_pack_compiles_and_every_problem_of_a_draft_is_told() {
        rules();
        let draft = "id=\"queue.order\"\nretired=true\n[[rule]]\nid=\"assignment.points\"\nretired=true";
        let problems = problems_of(draft, |pack| CaseRules::compile(pack).err());
        assert!(problems.contains("kind queue_order") && problems.contains("kind assignment"), "{problems}");
    }
}
