//! What a night makes of receipts that later batches take back, correct or add to.

use crate::desk::{Desk, INSTALMENTS, LOANS, REPAYMENTS};
use dayend::Rules;
use lake::night::{self, NightRequest};
use policy::Pack;
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
