//! Texts: mappings, packs, stories, manifests, and the terms a schedule is drawn up from.

use dayend::{Rules, check, plan};
use lake::batch::Manifest;
use lake::mapping::{Binding, Mapping};
use lake::schema::TABLES;
use lake::snapshot::Run;
use loan::schedule::{DueDay, generate};
use loan::{DayCount, Frequency, RepaymentMethod, ScheduleRules, Terms};
use policy::Pack;
use sim::script::tell;
use sim::world::World;
use sim::world::night::Carry;
use std::hint::black_box;
use units::{Calendar, Date, Money, RatePpm};

/// A mapping file, tried on a header that names the columns it speaks of.
pub fn mapping(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(mapping) = Mapping::parse(text) else { return };
    for table in TABLES {
        let header: Vec<String> = text.split('"').map(str::to_owned).chain(table.columns.iter().map(|column| column.name.to_owned())).collect();
        let Ok(binding) = Binding::new(table, &header, mapping.table(table.name)) else { continue };
        for at in 0..table.columns.len() {
            let _ = black_box(binding.cell(at, |field| header[field].as_bytes()));
        }
    }
}

/// What a batch and a night say of themselves.
pub fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = black_box((serde_json::from_str::<Manifest>(text), serde_json::from_str::<Run>(text)));
}

/// The two loans every pack is tried on: one paid as agreed, one never paid and restructured.
const BOOK: &str = "\
# two loans / two loans
customer C1 kind=corporate scale=small group=G1
loan L1 customer=C1 amount=12,000.00 annual_rate=0.06 disbursed_on=2023-01-12 instalments=36
loan L2 customer=C1 amount=120,000.00 annual_rate=0.06 disbursed_on=2023-07-12 instalments=12 protection=mortgage restructured_on=2024-01-12
collateral L2 value=100,000.00 valued_on=2023-01-12
event C1 kind=fund_misuse on=2024-02-02
other_bank_debt C1 lender=X balance=1,000.00 past_due_days=100 as_of=2024-02-02
day 2024-01-15
pause L2 from=2024-03-01 until=2024-04-01 approved_by=X
repay L1 1,032.80 key=K1 on=2023-02-12
";

/// A pack or a draft of one, and the nights of a small book under it.
pub fn pack(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(pack) = Pack::parse(&[("pack.toml", text)]) else { return };
    let _ = black_box(policy::working_calendar(&pack));
    let world = sim::script::world(BOOK).expect("the book is sound");
    let mut carry = Carry::default();
    for day in ["2024-01-31", "2024-06-30", "2026-11-20"] {
        carry = night_of(&world, &pack, Date::parse(day).expect("a date"), carry);
    }
}

fn night_of(world: &World, pack: &Pack, day: Date, carry: Carry) -> Carry {
    let Ok(rules) = Rules::compile(pack, day) else { return carry };
    let Ok(input) = world.night_input(day, day, &carry, &rules) else { return carry };
    let plan = plan(&input, &rules);
    let violations = check(&input, &plan);
    assert!(violations.is_empty(), "the night of {day} breaks an invariant: {}", violations[0]);
    Carry::of(&input, &plan)
}

/// A story, which may use the products every story has.
pub fn story(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let load = |name: &str| (name == "products.case").then(|| include_str!("../../cases/products.case").to_owned());
    let Ok(told) = tell(text, &load) else { return };
    let again = tell(&told.text, &load).expect("what was told can be told again");
    assert!(again.differences.is_empty(), "a story told twice is the same: {}", again.differences[0]);
}

/// Terms out of bytes, every value a command or a file can give.
pub fn schedule(bytes: &[u8]) {
    let mut bytes = bytes.iter().copied();
    let mut number = |width: usize| (0..width).fold(0u64, |number, _| number << 8 | u64::from(bytes.next().unwrap_or(0)));
    let mut day = || Date::new(EARLIEST.saturating_add((number(4) % DAYS) as i32));
    let (disbursed_on, matures_on) = (day(), day());
    let terms = Terms {
        principal: Money::from_fen(number(8) as i64),
        disbursed_on,
        matures_on,
        annual_rate: RatePpm::new(number(8) as i64),
        penalty_rate: None,
        day_count: DayCount::ALL[number(1) as usize % DayCount::ALL.len()],
        method: RepaymentMethod::ALL[number(1) as usize % RepaymentMethod::ALL.len()],
        instalment_count: number(4) as u32,
        frequency: Frequency::ALL[number(1) as usize % Frequency::ALL.len()],
    };
    let rules = ScheduleRules {
        balloon: Some(Money::from_fen(number(8) as i64)),
        instalment_multiple: (number(1) == 0).then(|| Money::from_fen(number(8) as i64)),
        due_day: [DueDay::AsDisbursed, DueDay::AsMatures, DueDay::OnDay(number(4) as u32)][number(1) as usize % 3],
        ..ScheduleRules::default()
    };
    let Ok(rows) = generate(&terms, &rules, &Calendar::default()) else { return };
    let principal: i128 = rows.iter().map(|row| i128::from(row.principal.fen())).sum();
    assert_eq!(principal, i128::from(terms.principal.fen()), "not one fen lost or made");
    assert!(rows.is_sorted_by_key(|row| row.due_on), "due dates ascend");
}

/// 0001-01-01, and how many days follow to the end of 9999.
const EARLIEST: i32 = -719_162;
const DAYS: u64 = 3_652_059;
