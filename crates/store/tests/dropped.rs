//! A command that is given up leaves nothing, also when another begins at once.

use store::{AuditEvent, BranchRow, Keys, Kept, Once, Stamp, Store};
use units::Moment;

#[test]
fn a_given_up_command_is_not_carried_out_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("a.db").display());
        let store = Store::open(&url, Keys::parse(&Keys::line("k1", [7; 32])).unwrap()).await.unwrap();
        let at = Moment::parse("2026-11-20 10:00").unwrap();
        let stamp = Stamp { by: "A", at };
        for round in 0..200 {
            let tx = store.begin().await.unwrap();
            assert_eq!(tx.once::<u32>("key", "input", stamp).await.unwrap(), Once::First, "round {round}");
            let row = BranchRow { branch_id: "B".to_owned(), path: "/B/".to_owned() };
            let _ = tx.save(&row, &"branch", 0, stamp).await.unwrap();
            drop(tx);
            let mut tx = store.begin().await.unwrap();
            tx.audit(AuditEvent {
                happened_at: at,
                actor: "A".to_owned(),
                action: "refused".to_owned(),
                subject: "case/C".to_owned(),
                why: String::new(),
                before_digest: None,
                after_digest: None,
            });
            tx.commit().await.unwrap();
            let kept: Option<Kept<BranchRow, String>> = store.load("B").await.unwrap();
            assert!(kept.is_none(), "round {round}");
        }
    });
}
