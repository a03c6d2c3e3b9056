//! The clocks of a loan from the night that tells of them to the night after it is paid.

use super::*;
use app::book_import::{BookImport, book_import};
use app::case_night::{Applied, CaseNight, case_night};
use app::clock::ClockFile;
use app::clock_watch::{ClocksWanted, claim_clocks, clock_list};
use app::dayend_run::{FoldedBy, NightWanted, Writing, dayend_run};
use app::workspace::lock;
use disposal::clock::{ClockKind, ClockStatus};
use store::{ClockRow, Kept};

/// A loan five months past due, and a house behind it that is insured until 2026-12-15.
const BOOK: [(&str, &str); 4] = [
    ("branches", "branch_id,name,region\nB1,Branch,330100\n"),
    ("customers", "customer_id,name,kind,scale\nU1,One,micro,\n"),
    (
        "loans",
        "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate,method,instalment_count,frequency,day_count,protection\n\
         N1,U1,B1,business,20000.00,2025-06-20,2026-06-20,0.06,bullet,1,monthly,30_360,mortgage\n",
    ),
    (
        "collateral",
        "collateral_id,loan_id,kind,value,valued_on,registered_on,registration_expires_on,insurance_expires_on\n\
         H1,N1,house,30000.00,2026-06-20,2026-06-20,,2026-12-15\n",
    ),
];

fn deliver(world: &World, as_of: &str, tables: &[(&str, &str)]) {
    let folder = world.folder.path().join(format!("delivery-{as_of}"));
    std::fs::create_dir(&folder).unwrap();
    for (name, rows) in tables {
        std::fs::write(folder.join(format!("{name}.csv")), rows).unwrap();
    }
    let wanted = BookImport { from: folder, as_of: Some(date(as_of)), ..BookImport::default() };
    done(book_import(&world.desk.open, &wanted, &mut |_| {}));
}

pub async fn night(world: &World, day: &str) -> CaseNight {
    let open = &world.desk.open;
    let pack = done(open.pack(None));
    let run = {
        let held = done(lock(open, "night"));
        let wanted = NightWanted { business_date: date(day), known_on: None, writing: Writing::Keep };
        done(dayend_run(open, &held, &pack, &wanted, FoldedBy::ThisMachine, &mut |_| {}))
    };
    match done(case_night(&world.desk, &run).await) {
        Applied::Done(found) => found,
        other => panic!("{other:?}"),
    }
}

async fn insurance(world: &World) -> Kept<ClockRow, ClockFile> {
    let all = world.desk.store.all::<ClockRow, ClockFile>().await.unwrap();
    all.into_iter().find(|kept| kept.body.state.kind == ClockKind::Insurance).expect("the clock of the insurance")
}

#[test]
fn the_clocks_of_a_loan_that_is_paid_end_with_the_night_and_signal_nothing_more() {
    run(async |world| {
        deliver(&world, "2026-11-17", &BOOK);
        assert_eq!(night(&world, "2026-11-17").await.clock_signals, 1, "thirty days before it ends");
        let told = insurance(&world).await;
        assert_eq!((told.row.state.as_str(), told.row.owner_id.as_str()), ("expiring", "C1"));
        let by = async |staff_id: &str, by: &str| {
            let wanted = ClocksWanted { by: Some(date(by)), ..ClocksWanted::default() };
            done(clock_list(&world.desk, &world.call(staff_id), &wanted, None, 10).await).0.len()
        };
        for (staff_id, seen) in [("C1", 1), ("C2", 0), ("L1", 1), ("M1", 1)] {
            assert_eq!((by(staff_id, "2026-12-15").await, by(staff_id, "2026-12-14").await), (seen, 0), "as far as {staff_id} reaches");
        }
        for staff_id in ["C1", "L1", "M1"] {
            let clocks = done(claim_clocks(&world.desk, &world.call(staff_id), "N1").await);
            assert!(clocks.iter().any(|clock| clock.told.len() == 1 && clock.state.kind == ClockKind::Insurance), "{staff_id}");
        }
        refused(claim_clocks(&world.desk, &world.call("C2"), "N1").await, "E-AU-27");

        deliver(&world, "2026-11-18", &[("repayments", "repayment_id,loan_id,paid_on,amount\nR1,N1,2026-11-18,25000.00\n")]);
        assert_eq!(night(&world, "2026-11-18").await.clock_signals, 0);
        let ended = insurance(&world).await;
        let state = &ended.body.state;
        assert_eq!((ended.row.state.as_str(), state.status, state.level, state.days_left), ("ended", ClockStatus::Ended, None, None));
        assert_eq!((state.next.len(), state.because == told.body.state.because), (0, true), "why it ran stays");
        assert!(done(clock_list(&world.desk, &world.call("C1"), &ClocksWanted::default(), None, 10).await).0.is_empty());
        for day in ["2026-12-10", "2026-12-16"] {
            assert_eq!(night(&world, day).await.clock_signals, 0, "{day}: nobody is told of what has ended");
        }
        assert_eq!(insurance(&world).await.version, ended.version, "ended once");

        // The payment is taken back: the claim lives, and what was told long ago is told again.
        let back = "repayment_id,loan_id,paid_on,amount,reverses\nR2,N1,2026-12-17,25000.00,R1\n";
        deliver(&world, "2026-12-17", &[("repayments", back)]);
        assert!(night(&world, "2026-12-17").await.clock_signals > 0);
        assert_eq!(insurance(&world).await.row.state, "lapsed");
    });
}

#[test]
fn a_claim_is_read_from_its_files_beside_the_requests() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    run_on(&runtime, async |world| {
        deliver(&world, "2026-11-17", &BOOK);
        night(&world, "2026-11-17").await;
        // The one thread for files is busy: requests go on, and the claim waits for it.
        let (free, busy) = std::sync::mpsc::channel::<()>();
        let held = tokio::task::spawn_blocking(move || busy.recv());
        let call = world.call("C1");
        let mut asked = std::pin::pin!(claim_clocks(&world.desk, &call, "N1"));
        let soon = tokio::time::timeout(std::time::Duration::from_millis(300), &mut asked).await;
        assert!(soon.is_err(), "it was read where requests are answered");
        free.send(()).unwrap();
        assert!(!done(asked.await).is_empty());
        held.await.unwrap().unwrap();
    });
}
