//! What goes wrong between the core system and the night, by seed.
//!
//! Honest daily files go in, deliveries come out: some twice, some late, some lost for a while, rows
//! out of order, amounts corrected days after, money taken back and booked again. Whatever happens,
//! once everything has arrived the last version of every row is the honest one.

use crate::random::Random;
use crate::world::Receipt;
use crate::world::intake::Row;
use std::collections::BTreeMap;
use units::{Date, Money};

/// What the core system wrote in one evening (日终文件).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFile {
    pub day: Date,
    pub rows: Vec<Row>,
}

/// How often what goes wrong, per thousand (故障率).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// A file is delivered again, the same evening or days later.
    pub file_twice: u64,
    /// A file is lost and delivered days later.
    pub file_lost: u64,
    /// The rows of a file come in any order.
    pub out_of_order: u64,
    /// A row is entered days after its value date.
    pub row_late: u64,
    /// A row first comes with a wrong amount.
    pub row_corrected: u64,
    /// A row is taken back days later and booked again under a new number.
    pub row_reversed: u64,
    /// A night is killed after its plan and before anything is written.
    pub night_killed: u64,
    /// A night is run again.
    pub night_twice: u64,
}

impl Faults {
    pub const NONE: Faults = Faults {
        file_twice: 0,
        file_lost: 0,
        out_of_order: 0,
        row_late: 0,
        row_corrected: 0,
        row_reversed: 0,
        night_killed: 0,
        night_twice: 0,
    };

    /// A bad year.
    pub const USUAL: Faults = Faults {
        file_twice: 60,
        file_lost: 40,
        out_of_order: 300,
        row_late: 60,
        row_corrected: 30,
        row_reversed: 30,
        night_killed: 30,
        night_twice: 40,
    };
}

/// Deliveries by the evening they arrive. Nothing arrives after `last`: what is still on its way then
/// comes that evening.
pub fn deliveries(files: &[DayFile], faults: &Faults, random: &mut Random, last: Date) -> BTreeMap<Date, Vec<DayFile>> {
    let mut written: BTreeMap<Date, Vec<Row>> = files.iter().map(|file| (file.day, Vec::new())).collect();
    let mut write = |day: Date, row: Row| written.entry(day.min(last)).or_default().push(row);
    for row in files.iter().flat_map(|file| file.rows.iter().map(|row| (file.day, row))) {
        spoil(row.0, row.1, faults, random, last, &mut write);
    }
    let mut deliveries: BTreeMap<Date, Vec<DayFile>> = BTreeMap::new();
    for (day, mut rows) in written {
        if random.chance(faults.out_of_order) {
            shuffle(&mut rows, random);
        }
        let arrives = if random.chance(faults.file_lost) { day + random.between(1, i64::from(MOST_DAYS_LOST)) as i32 } else { day };
        let file = DayFile { day, rows };
        if random.chance(faults.file_twice) {
            let again = (arrives + random.between(0, 4) as i32).min(last);
            deliveries.entry(again).or_default().push(file.clone());
        }
        deliveries.entry(arrives.min(last)).or_default().push(file);
    }
    deliveries
}

/// Nobody looks for a lost file longer.
const MOST_DAYS_LOST: i32 = 6;

/// Writes one honest row, perhaps with something wrong that is put right later.
///
/// A correction follows after more days than a file can be lost for: a file older than its own
/// correction would put the error back, and no reader could know better.
fn spoil(day: Date, row: &Row, faults: &Faults, random: &mut Random, last: Date, write: &mut impl FnMut(Date, Row)) {
    let later = day + random.between(i64::from(MOST_DAYS_LOST) + 1, 12) as i32;
    let is_money = row.receipt.reverses.is_none() && later <= last;
    if random.chance(faults.row_late) {
        let receipt = Receipt { entered_on: later, ..row.receipt.clone() };
        write(later, Row { receipt, ..row.clone() });
    } else if is_money && random.chance(faults.row_corrected) {
        let wrong = Money::from_fen(row.receipt.amount.fen() / 10 + 1);
        write(day, Row { receipt: Receipt { amount: wrong, ..row.receipt.clone() }, ..row.clone() });
        write(later, row.clone());
    } else if is_money && random.chance(faults.row_reversed) {
        write(day, row.clone());
        let again = Receipt { entered_on: later, ..row.receipt.clone() };
        let taken_back = Receipt { reverses: Some(row.id.clone()), ..again.clone() };
        write(later, Row { id: format!("{}-back", row.id), receipt: taken_back });
        write(later, Row { id: format!("{}-again", row.id), receipt: again });
    } else {
        write(day, row.clone());
    }
}

pub(crate) fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use crate::world::intake::Inbox;

    fn files(day: Date) -> Vec<DayFile> {
        let row = |day: Date, number: i32| {
            let receipt = Receipt {
                loan: "L1".to_owned(),
                paid_on: day,
                amount: Money::from_yuan(i64::from(100 + number)),
                entered_on: day,
                reverses: None,
            };
            Row { id: format!("{day}-{number}"), receipt }
        };
        (0..200).map(|n| DayFile { day: day + n, rows: (0..3).map(|number| row(day + n, number)).collect() }).collect()
    }

    #[test]
    fn when_everything_has_arrived_the_honest_money_is_there_however_it_came() {
        let start = Date::parse("2026-01-01").unwrap();
        let last = start + 220;
        let files = files(start);
        let honest: Money = files.iter().flat_map(|file| &file.rows).map(|row| row.receipt.amount).sum();
        for seed in 0..20 {
            let deliveries = deliveries(&files, &Faults::USUAL, &mut Random::new(seed), last);
            let mut world = World::default();
            world.loans.put("L1", start, crate::world::facts::tests::loan());
            let mut inbox = Inbox::default();
            for (day, files) in &deliveries {
                files.iter().for_each(|file| assert!(inbox.open(&mut world, file.day, &file.rows, *day).balances()));
                inbox.retry(&mut world, *day);
            }
            assert_eq!(inbox.waiting, []);
            let dossier = world.dossier("L1", last, last).unwrap();
            assert_eq!(dossier.view().paid.iter().copied().sum::<Money>(), honest, "seed {seed}");
            assert!(deliveries.values().map(Vec::len).sum::<usize>() > files.len(), "nothing went wrong");
        }
    }
}
