//! Any claim, walked night by night: no clock runs out untold, and no act comes back from behind the last day.

use disposal::clock::{
    Act, ActKind, ClaimFacts, ClockKind, ClockRules, ClockState, ClockStatus, Collateral, CollateralRight,
    EnforceableDocument, EnforceableKind, EvidenceKind, Guarantee, GuaranteeForm, GuaranteeTerm, Obstacle, ObstacleKind,
    Preservation, PreservationStage, PreservedAsset, Rung, SignalKey, clocks, night,
};
use policy::Pack;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use units::{Calendar, Date};

/// 2022-01-01; facts lie within three years from it, nights within seven.
const START: i32 = 18_993;
const FACTS: i32 = 1095;
const NIGHTS: i32 = 2555;

static RULES: LazyLock<ClockRules> = LazyLock::new(|| {
    let pack = Pack::embedded("cn-collections").unwrap();
    ClockRules::compile(&pack.on(Date::new(START + FACTS))).unwrap()
});
static CALENDAR: LazyLock<Calendar> =
    LazyLock::new(|| policy::working_calendar(&Pack::embedded("calendar-cn").unwrap()).unwrap());

const PARTIES: [&str; 6] = ["D", "E", "A", "B", "H", "P"];

fn day() -> impl Strategy<Value = Date> {
    (0..FACTS).prop_map(|days| Date::new(START + days))
}

fn act() -> impl Strategy<Value = Act> {
    let proof = prop_oneof![3 => Just(EvidenceKind::ALL.to_vec()), 1 => Just(vec![EvidenceKind::PostingReceipt])];
    let against = proptest::sample::subsequence(&PARTIES[..], 1..=3);
    (proptest::sample::select(ActKind::ALL), day(), against, 1..800i32, proof).prop_map(|(kind, on, against, until, evidence)| Act {
        act_id: String::new(),
        kind,
        on,
        against: against.into_iter().map(str::to_owned).collect(),
        until: Some(on + until),
        evidence,
    })
}

fn guarantee(guarantor_id: &'static str) -> impl Strategy<Value = Guarantee> {
    let form = prop_oneof![Just(None), Just(Some(GuaranteeForm::General)), Just(Some(GuaranteeForm::Joint))];
    let term = prop_oneof![
        Just(GuaranteeTerm::Silent),
        (1..30u32).prop_map(GuaranteeTerm::Months),
        day().prop_map(GuaranteeTerm::Until)
    ];
    (form, term).prop_map(|(form, term)| Guarantee { guarantor_id: guarantor_id.to_owned(), form, term, maximum_amount: None })
}

fn claim() -> impl Strategy<Value = ClaimFacts> {
    let papers = (proptest::option::of(day()), proptest::option::of(day()), proptest::option::of(day()));
    let document = (proptest::sample::select(EnforceableKind::ALL), day(), proptest::collection::vec(day(), 0..3));
    let document = proptest::option::weighted(0.3, document);
    let obstacle = proptest::option::weighted(0.4, (day(), proptest::option::of(0..400i32)));
    let acts = proptest::collection::vec(act(), 0..9);
    let guarantees = (guarantee("A"), guarantee("B"));
    (day(), guarantees, papers, (proptest::sample::select(PreservedAsset::ALL), proptest::sample::select(PreservationStage::ALL), day()), document, obstacle, acts).prop_map(
        |(due_on, guarantees, papers, (asset, stage, ordered_on), document, obstacle, mut acts)| {
            acts.iter_mut().enumerate().for_each(|(number, act)| act.act_id = format!("A{number}"));
            let to_document = |(kind, effective_on, perform_by)| EnforceableDocument {
                document_id: "J".to_owned(),
                kind,
                against: vec!["D".to_owned(), "A".to_owned()],
                effective_on,
                perform_by,
            };
            let to_obstacle = |(from, lasts): (Date, Option<i32>)| Obstacle {
                kind: ObstacleKind::ForceMajeure,
                against: vec![],
                from,
                removed_on: lasts.map(|days| from + days),
            };
            ClaimFacts {
                claim_id: "C".to_owned(),
                debtors: vec!["D".to_owned(), "E".to_owned()],
                due_on: vec![due_on],
                owner: None,
                branch_head: "head".to_owned(),
                guarantees: vec![guarantees.0, guarantees.1],
                collateral: vec![Collateral {
                    collateral_id: "H".to_owned(),
                    right: CollateralRight::Mortgage,
                    insured_until: papers.0,
                    registered_until: papers.1,
                    valued_on: papers.2,
                }],
                preservations: vec![Preservation { preservation_id: "P".to_owned(), asset, stage, ordered_on, until: None }],
                documents: document.map(to_document).into_iter().collect(),
                obstacles: obstacle.map(to_obstacle).into_iter().collect(),
                acts,
            }
        },
    )
}

fn on(facts: &ClaimFacts, day: Date) -> Vec<ClockState> {
    clocks(facts, &RULES, &CALENDAR, day)
}

/// Periods of law, which a day off moves; the others end as a court or a paper says.
fn is_of_law(kind: ClockKind) -> bool {
    !matches!(kind, ClockKind::Preservation | ClockKind::Insurance | ClockKind::Registration)
}

/// Rights that are gone when the period is over; insurance, registration and value can be had again.
fn ends_a_right(kind: ClockKind) -> bool {
    !matches!(kind, ClockKind::Insurance | ClockKind::Registration | ClockKind::Revaluation)
}

/// Which ladder a state is on.
type Ladder = (ClockKind, String, Option<Date>);

fn ladder(state: &ClockState) -> Ladder {
    (state.kind, state.subject.clone(), state.last_day)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_clock_runs_out_untold(facts in claim()) {
        let claims = [facts];
        let mut told: BTreeSet<SignalKey> = BTreeSet::new();
        let mut told_on: BTreeMap<(Ladder, Rung), Date> = BTreeMap::new();
        let mut yesterday: Vec<Ladder> = Vec::new();
        for night_of in (START..START + NIGHTS).map(Date::new) {
            for signal in night(&claims, &told, &RULES, &CALENDAR, night_of) {
                prop_assert_eq!(&signal.owner, "head");
                let on_ladder = (signal.key.kind, signal.key.subject.clone(), Some(signal.key.last_day));
                prop_assert_eq!(told_on.insert((on_ladder, signal.key.rung), night_of), None, "told twice");
                prop_assert!(told.insert(signal.key));
            }
            let states = on(&claims[0], night_of);
            for state in &states {
                let rung = |rung| told_on.get(&(ladder(state), rung)).copied();
                let rungs: Vec<Date> = told_on.iter().filter(|((of, _), _)| *of == ladder(state)).map(|(_, &on)| on).collect();
                match state.status {
                    ClockStatus::Lapsed => {
                        let lapse_told = rung(Rung::Lapsed);
                        prop_assert!(lapse_told.is_some(), "lapsed untold on {}: {:?}", night_of, state);
                        // The other rungs came before, unless the loss was only found in hindsight.
                        if lapse_told == Some(night_of) && yesterday.contains(&ladder(state)) {
                            let before = rungs.iter().filter(|&&on| on < night_of).count();
                            prop_assert_eq!(before + 1, rungs.len());
                            prop_assert!(before >= 1);
                        }
                    }
                    ClockStatus::Expiring => prop_assert!(!rungs.is_empty(), "unsaid on {}: {:?}", night_of, state),
                    // An interruption has given it a new ladder, on which nothing is told yet.
                    ClockStatus::Running => prop_assert!(rungs.is_empty(), "too soon on {}: {:?}", night_of, state),
                    ClockStatus::Preserved | ClockStatus::Suspended => prop_assert_eq!(state.last_day, None),
                    ClockStatus::Ended => prop_assert!(false, "what is reckoned has not ended: {:?}", state),
                }
            }
            yesterday = states.iter().map(ladder).collect();
        }
    }

    #[test]
    fn a_last_day_and_a_day_to_act_by_are_worked(facts in claim(), later in 0..NIGHTS) {
        for state in on(&facts, Date::new(START + later)) {
            if let (Some(last), Some(act_by)) = (state.last_day, state.act_by) {
                prop_assert!(!is_of_law(state.kind) || CALENDAR.is_working_day(last), "{:?}", state);
                prop_assert!(CALENDAR.is_working_day(act_by) && act_by <= last, "{:?}", state);
            }
        }
    }

    #[test]
    fn what_is_done_after_the_last_day_never_extends(facts in claim(), late in act(), later in 0..NIGHTS, after in 1..200i32) {
        let today = Date::new(START + later);
        // Its service to the other side saves a suit that was filed in time.
        prop_assume!(late.kind != ActKind::ComplaintServed);
        let states = on(&facts, today);
        for (at, state) in states.iter().enumerate() {
            if state.status != ClockStatus::Lapsed || !ends_a_right(state.kind) {
                continue;
            }
            let last = state.last_day.unwrap();
            let mut more = facts.clone();
            // The one exception: the debtor agrees anew.
            let agrees = |kind: &EvidenceKind| matches!(kind, EvidenceKind::AgreementShown | EvidenceKind::WrittenAgreement);
            let evidence = late.evidence.iter().copied().filter(|kind| !agrees(kind)).collect();
            more.acts.push(Act { on: (last + after).min(today), evidence, ..late.clone() });
            // Instalments of one deed have one subject: they are told apart by their order.
            let same = |other: &&ClockState| (other.kind, &other.subject) == (state.kind, &state.subject);
            let nth = states[..at].iter().filter(same).count();
            if let Some(now) = on(&more, today).iter().filter(same).nth(nth) {
                prop_assert!(now.status == ClockStatus::Lapsed && now.last_day <= Some(last), "{:?} became {:?}", state, now);
            }
        }
    }

    #[test]
    fn the_order_of_entry_says_nothing(facts in claim(), later in 0..NIGHTS) {
        let mut days = BTreeSet::new();
        prop_assume!(facts.acts.iter().all(|act| days.insert(act.on)));
        let mut turned = facts.clone();
        turned.acts.reverse();
        turned.obstacles.reverse();
        let today = Date::new(START + later);
        prop_assert_eq!(on(&facts, today), on(&turned, today));
    }
}
