//! What a night makes of receipts that later batches take back, correct or add to.

use crate::desk::{Desk, INSTALMENTS, LOANS, REPAYMENTS};
use dayend::Rules;
use lake::night::{self, NightRequest};
use lake::snapshot::{self, Place, Staged};
use policy::Pack;
use report::{Dimension, Measure};
use units::Date;

/// What each loan has paid on a day, as the night reads it from the whole book.
fn paid(desk: &Desk, day: &str) -> Vec<String> {
    let day = Date::parse(day).unwrap();
    let pack = Pack::embedded("cn-bank").unwrap();
    let rules = Rules::compile(&pack, day).unwrap();
    let request = NightRequest { business_date: day, known_on: day, carried_from: None, only: None, traced: None };
    let (input, _) = night::read(&desk.workspace, &request, &rules, &mut |_| {}).unwrap();
    let loans = input.loan_ids.iter().zip(&input.folded);
    loans.map(|(id, folded)| format!("{id} {}", folded.position.paid_total())).collect()
}

#[test]
fn money_taken_back_or_corrected_by_a_later_batch_counts_as_it_was_known() {
    let desk = Desk::new();
    let customers = "customer_id,name,kind\nC1,One,individual\nC2,Two,individual\n";
    let book = [("customers.csv", customers), ("loans.csv", LOANS), ("instalments.csv", INSTALMENTS)];
    desk.import_files("book", &book);
    desk.import_files("receipts", &[("repayments.csv", REPAYMENTS)]);
    assert_eq!(paid(&desk, "2026-03-20"), ["L1 606.00", "L2 609.99"]);
    let more = "repayment_id,loan_id,paid_on,amount\nR3,L1,2026-03-21,100.00\nR4,L1,2026-03-21,100.00\n";
    desk.import_files("more", &[("repayments.csv", more)]);
    assert_eq!(paid(&desk, "2026-03-21"), ["L1 806.00", "L2 609.99"]);
    let back = "repayment_id,loan_id,paid_on,amount,reverses\nV1,L1,2026-03-22,606.00,R1\n";
    desk.import_files("back", &[("repayments.csv", back)]);
    assert_eq!(paid(&desk, "2026-03-22"), ["L1 200.00", "L2 609.99"]);
    let corrected = "repayment_id,loan_id,paid_on,amount,entered_at\nR2,L2,2026-03-20,9.99,2026-03-23T09:00:00\n";
    desk.import_files("corrected", &[("repayments.csv", corrected)]);
    assert_eq!(paid(&desk, "2026-03-23"), ["L1 200.00", "L2 9.99"]);
    assert_eq!(paid(&desk, "2026-03-21"), ["L1 806.00", "L2 609.99"]);
}

/// Ratios asked of a snapshot's columns are those of the whole book read back, by whatever they are cut.
#[test]
fn a_snapshot_tells_the_ratios_of_its_book() {
    let desk = Desk::new();
    let customers = "customer_id,name,kind,scale,region,industry\nC1,One,corporate,small,110101,C26\nC2,Two,individual,,,\n";
    let statements = "customer_id,period_end,period,total_assets,total_liabilities\nC1,2025-12-31,year,900.00,300.00\n";
    let more = "L3,C1,B2,q,100.00,2026-01-20,2026-06-20,0.06\n";
    desk.import_files("in", &[
        ("customers.csv", customers),
        ("statements.csv", statements),
        ("loans.csv", &(LOANS.to_owned() + more)),
        ("instalments.csv", INSTALMENTS),
        ("repayments.csv", REPAYMENTS),
    ]);
    let date = Date::parse("2026-03-31").unwrap();
    let pack = Pack::embedded("cn-bank").unwrap();
    let rules = Rules::compile(&pack, date).unwrap();
    let request = NightRequest { business_date: date, known_on: date, carried_from: None, only: None, traced: None };
    let (input, _) = night::read(&desk.workspace, &request, &rules, &mut |_| {}).unwrap();
    let plan = dayend::plan(&input, &rules);
    let lock = desk.workspace.lock("a test").unwrap();
    let staged = Staged::build(&desk.workspace, &lock, &input, &plan).unwrap();
    staged.put(&snapshot::write::folder(&desk.workspace, Place::Series, date, date)).unwrap();
    let night = snapshot::nights(&desk.workspace).unwrap().remove(0);
    let book = snapshot::state_table(&night).unwrap();
    assert_eq!(book.len(), 3);
    for &one in Dimension::ALL {
        for by in [&[one][..], &[one, Dimension::Branch]] {
            assert_eq!(snapshot::metrics(&night, by).unwrap(), report::metrics(&book, by), "{by:?}");
        }
    }
    let leverage = snapshot::metrics(&night, &[]).unwrap().groups[0].sum(Measure::TotalAssets);
    assert_eq!(leverage, 900_00, "counted once, though the customer owes twice");
}
