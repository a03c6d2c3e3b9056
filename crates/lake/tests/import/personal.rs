//! Who somebody is stands in no file of a batch that anybody can read.

use crate::desk::Desk;
use lake::batch;
use lake::doctor::rebuild_index;
use std::fs;
use std::path::Path;
use vault::Keys;

const KEY: &str = "k1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
const NEW_KEY: &str = "k2:f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f\n";

const CUSTOMERS: &str = "customer_id,name,kind,id_number,phone,address,region\n\
    C1,Wang Xiaoming,individual,110101199001011234,13800005678,Lane 7 House 9,110101\n\
    C2,Li Hua,individual,110101199202022345,13900001111,,110101\n";

/// Every byte below a folder, one file after the other.
fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { bytes_below(&path) } else { fs::read(path).unwrap() });
    }
    bytes
}

#[test]
fn names_and_numbers_are_sealed_and_open_with_the_key() {
    let desk = Desk::new().sealing(KEY);
    desk.import_files("book", &[("customers.csv", CUSTOMERS)]);
    let rows = desk.rows("customers", "customer_id name phone address region", None);
    assert!(rows.iter().all(|row| row.matches("sealed:k1:").count() >= 2 && row.contains("110101")), "{rows:?}");
    let stored = bytes_below(&desk.workspace.batches());
    for secret in ["Wang", "Hua", "13800005678", "110101199001011234", "Lane 7"] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} can be read");
    }
    let sealed = rows[0].split(' ').nth(2).unwrap().to_owned();
    let sealed = sealed.strip_prefix("sealed:").unwrap();
    assert_eq!(Keys::parse(KEY).unwrap().open("customers.phone", sealed).unwrap(), "13800005678");
}

#[test]
fn a_rejected_row_is_corrected_without_being_read() {
    let desk = Desk::new().sealing(KEY);
    let rows = CUSTOMERS.to_owned()
        + "C3,Zhao \"Lei\" of Wuhan,alien,110101199303033456,13700002222,\"Lane 8, House 10\",110101\n"
        + "C4,Sun Yu,13600001212\n";
    let manifest = desk.import_files("book", &[("customers.csv", &rows)]);
    assert_eq!(manifest.table("customers").unwrap().rejected.rows, 2);
    let stored = bytes_below(&desk.workspace.batches());
    for secret in ["Zhao", "Wuhan", "110101199303033456", "13700002222", "Lane 8", "House 10", "Sun Yu", "13600001212"] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} can be read");
    }
    let rejects = fs::read_to_string(desk.batch_folder(manifest.number).join("rejects/customers.csv")).unwrap();
    assert!(rejects.contains("C3,sealed:k1:") && rejects.contains(",alien,") && rejects.contains(",E-IM-03,"), "{rejects}");
    assert!(rejects.contains(",E-IM-15,") && !rejects.contains("C4"), "nothing is known of a row that has slipped: {rejects}");

    // What is wrong is written over, what is sealed is left; then a sealed cell is tampered with.
    let lines: Vec<&str> = rejects.lines().take(2).collect();
    let corrected = lines.join("\n").replacen(",alien,", ",individual,", 1);
    let (before, after) = corrected.split_once("C3,sealed:k1:").unwrap();
    let digit = if after.starts_with('0') { "1" } else { "0" };
    let tampered = format!("{before}C3,sealed:k1:{digit}{}", &after[1..]);
    let refused = desk.fix(manifest.number, desk.folder("tampered", &[("customers.csv", &tampered)]));
    assert_eq!(desk.rejects(refused.number, "customers")[1].iter().filter(|cell| *cell == "E-IM-14").count(), 1);
    let fixed = desk.fix(manifest.number, desk.folder("again", &[("customers.csv", &corrected)]));
    assert_eq!(fixed.table("customers").unwrap().accepted.rows, 1);
    let known_on = units::Date::parse("2026-11-20").unwrap();
    let people = lake::people::people(&desk.workspace, known_on, &["C3".to_owned()].into()).unwrap();
    assert_eq!((people[0].name.as_str(), people[0].phone.as_deref()), ("Zhao \"Lei\" of Wuhan", Some("13700002222")));
    assert_eq!(people[0].address.as_deref(), Some("Lane 8, House 10"));
}

#[test]
fn a_rotated_key_makes_no_row_new() {
    let desk = Desk::new().sealing(KEY);
    desk.import_files("book", &[("customers.csv", CUSTOMERS)]);
    let desk = desk.sealing(&format!("{KEY}{NEW_KEY}"));
    let later = CUSTOMERS.to_owned() + "C3,Zhao Lei,individual,,13700002222,,110101\n";
    let manifest = desk.import_files("later", &[("customers.csv", &later)]);
    assert_eq!(manifest.table("customers").unwrap().accepted.rows, 1);
    assert!(desk.rows("customers", "name", None)[2].starts_with("sealed:k2:"));
}

#[test]
fn the_doctor_rebuilds_an_index_from_sealed_columns() {
    let desk = Desk::new().sealing(KEY);
    let manifest = desk.import_files("book", &[("customers.csv", CUSTOMERS)]);
    let batch = batch::list(&desk.workspace).unwrap().remove(0);
    let file = manifest.files.iter().find(|file| file.name == "identities/customers.idx").unwrap();
    fs::write(batch.folder.join(&file.name), b"damaged").unwrap();
    let lock = desk.workspace.lock("doctor").unwrap();
    assert!(rebuild_index(&desk.workspace, &lock, &batch, file).unwrap());
    let keyless = desk.workspace.clone().with_keys(None);
    assert!(rebuild_index(&keyless, &lock, &batch, file).is_err(), "nobody rebuilds what he cannot read");
}

#[test]
fn who_is_worked_with_is_opened_with_every_number_of_theirs() {
    let desk = Desk::new().sealing(KEY);
    let contacts = "contact_id,customer_id,relation,name,phone,source,opted_out_on\n\
        K1,C1,self,Wang Xiaoming,13800005678,application,\n\
        K2,C1,spouse,Zhou Ping,13600003333,customer,2026-01-05\n\
        K3,C2,self,Li Hua,13900001111,application,\n";
    desk.import_files("book", &[("customers.csv", CUSTOMERS), ("contacts.csv", contacts)]);
    let known_on = units::Date::parse("2026-11-20").unwrap();
    let people = lake::people::people(&desk.workspace, known_on, &["C1".to_owned()].into()).unwrap();
    let [person] = &people[..] else { panic!("{people:?}") };
    assert_eq!((person.name.as_str(), person.phone.as_deref()), ("Wang Xiaoming", Some("13800005678")));
    let told: Vec<_> = person.contacts.iter().map(|point| (point.name.as_deref().unwrap(), point.opted_out_on.is_some())).collect();
    assert_eq!(told, [("Wang Xiaoming", false), ("Zhou Ping", true)]);
}

const FLOWS: &str = "flow_id,customer_id,loan_id,account,at,direction,amount,counterparty,counterparty_account,counterparty_kind,memo\n\
    F1,C1,,6222000011112222,2026-11-02 09:30:00,out,500.00,Sun Yu,6222000033334444,trade,for Zhou Ping's surgery\n";

#[test]
fn what_is_written_beside_a_transfer_is_sealed_and_one_of_before_is_still_known() {
    let before = Desk::new();
    before.import_files("book", &[("customers.csv", CUSTOMERS), ("account_flows.csv", FLOWS)]);
    assert!(before.rows("account_flows", "memo", None)[0].contains("surgery"), "nobody had keys");
    let desk = before.sealing(KEY);
    let later = FLOWS.to_owned() + "F2,C2,,6222000055556666,2026-11-03 10:00:00,in,80.00,,,cash,Li Hua says thanks\n";
    let manifest = desk.import_files("later", &[("account_flows.csv", &later)]);
    let flows = manifest.table("account_flows").unwrap();
    assert_eq!((flows.accepted.rows, flows.already_known.rows), (1, 1));
    let stored = bytes_below(&desk.batch_folder(manifest.number));
    for secret in ["thanks", "surgery", "6222000055556666"] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} can be read");
    }
    let first = batch::list(&desk.workspace).unwrap().remove(0);
    let file = first.manifest.files.iter().find(|file| file.name == "identities/account_flows.idx").unwrap();
    let lock = desk.workspace.lock("doctor").unwrap();
    assert!(rebuild_index(&desk.workspace, &lock, &first, file).is_ok(), "the doctor reads what was stored in the clear");
}
