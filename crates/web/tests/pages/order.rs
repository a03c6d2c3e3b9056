//! Order in the house: files brought in and put right, the night, people, rules, approvals and the trail.

use crate::browser::{Browser, House, PASSWORD};

const POST: [(&str, &str); 4] = [("branch", "H"), ("level", "head_office"), ("from", "2026-11-20"), ("password", PASSWORD)];

fn take_on(admin: &Browser, staff_id: &str, role: &str) {
    let who = [("staff_id", staff_id), ("name", "N"), ("role", role)];
    let taken = admin.fill("/staff", "/staff", &[&who[..], &POST].concat());
    assert_eq!((taken.status, taken.location), (303, format!("/staff/{staff_id}")), "{}", taken.text);
}

#[test]
fn files_come_in_with_rejects_which_are_put_right_and_a_night_is_run() {
    let house = House::new();
    let admin = house.sign_in("A0001");
    let customers = "customer_id,name,kind\nC1,Wang,individual\n";
    // Another system's words, semicolons and dates: the page guesses what they are.
    let loans = "Loan ID;Customer ID;Branch ID;Product;Principal;Disbursed On;Matures On;Annual Rate;Internal\n\
                 L1;C1;H;loan;12000.00;2026/01/12;2027/01/12;0.06;x\nL2;C1;H;loan;12000.00;2026/13/12;2027/01/12;0.06;x\n";
    let files = [("customers.csv", customers), ("export.csv", loans)];
    let taken = admin.upload("/operations/import", "/operations/upload", &files);
    assert_eq!(taken.status, 303, "{}", taken.text);
    let folder = taken.location;
    admin.get(&folder).says("<option value=\"loans\" selected>").says("<code>;</code>").says("<option value=\"Loan ID\" selected>");
    let begun = admin.fill(&folder, &folder, &[("say", "rehearse")]);
    admin.end_of_work(&begun).says("A rehearsal; nothing was kept");
    let begun = admin.fill(&folder, &folder, &[("say", "import")]);
    admin.end_of_work(&begun).says("accepted  2").says("rejected  1");
    let again = admin.fill(&folder, &folder, &[("say", "import")]);
    admin.end_of_work(&again).says("Nothing came in");
    let rejects = "/operations/batches/2/loans";
    admin.get(rejects).says("2026/13/12").says("E-IM-04");
    let nothing = admin.fill(rejects, rejects, &[("f.3.5", "2026/13/12"), ("skip", "0")]);
    admin.end_of_work(&nothing).says("E-IM-31");
    let begun = admin.fill(rejects, rejects, &[("f.3.5", "2026/10/12"), ("skip", "0")]);
    admin.end_of_work(&begun).says("accepted  1");
    admin.get("/operations").says("data reach");
    let begun = admin.fill("/operations", "/operations/nights", &[("date", "2026-11-20")]);
    admin.end_of_work(&begun).says("The night is done and written");
    admin.get("/operations/nights/2026-11-20").says("Control totals").says("24,000.00");
    let begun = admin.fill("/operations", "/operations/nights", &[("date", "2026-11-20")]);
    admin.end_of_work(&begun).says("nothing was changed");
    let later = admin.fill("/operations", "/operations/nights", &[("date", "2026-11-21")]);
    assert_eq!(later.status, 422);
    later.says("E-WB-09").says("value=\"2026-11-21\"");
}

#[test]
fn who_drafts_rules_does_not_sign_them_and_nights_that_ran_stay_as_they_are() {
    let house = House::new();
    let admin = house.sign_in("A0001");
    for (staff_id, role) in [("O0001", "compliance_officer"), ("R0001", "risk_analyst"), ("C0001", "collector")] {
        take_on(&admin, staff_id, role);
    }
    let files = [
        ("customers.csv", "customer_id,name,kind\nC1,Wang,individual\n"),
        ("loans.csv", "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate\nL1,C1,H,loan,12000.00,2026-01-12,2027-01-12,0.06\n"),
    ];
    let folder = admin.upload("/operations/import", "/operations/upload", &files).location;
    let begun = admin.fill(&folder, &folder, &[("say", "import")]);
    admin.end_of_work(&begun).says("accepted  2");
    let begun = admin.fill("/operations", "/operations/nights", &[("date", "2026-11-20")]);
    admin.end_of_work(&begun).says("written");

    let analyst = house.sign_in("R0001");
    let draft = |from: &str| {
        format!(
            "[pack]\nid = \"own\"\nversion = \"2\"\ntitle_zh = \"x\"\ntitle_en = \"Own\"\nextends = \"cn-bank\"\n\
             [[rule]]\nid = \"grade.past_due\"\nkind = \"grade_floor\"\ntitle_zh = \"x\"\ntitle_en = \"Past due\"\narticle = \"x\"\n\
             source = \"x\"\ncertainty = \"D\"\neffective_from = {from}\nparams = {{ at_least = \"substandard\", when = {{ days_past_due_over = 0 }} }}\n"
        )
    };
    let broken = analyst.fill("/packs/drafts", "/packs/drafts", &[("text", "[pack]\nid = 7")]);
    assert_eq!(broken.status, 422);
    broken.says("E-PO-02").says("id = 7");
    let broken = analyst.upload("/packs/drafts", "/packs/upload", &[("own.toml", "[pack]\nid = 7")]);
    assert_eq!(broken.status, 422);
    broken.says("draft.toml:2").says("<textarea name=\"text\"").says("[pack]\nid = 7</textarea>");
    let sent = analyst.upload("/packs/drafts", "/packs/upload", &[("own.toml", &draft("2026-12-01"))]);
    let put = analyst.fill("/packs/drafts", "/packs/drafts", &[("text", &draft("2026-12-01"))]);
    assert_eq!(sent.location, put.location);
    assert_eq!(put.status, 303, "{}", put.text);
    let place = put.location;
    analyst.get(&place).says("grade.past_due").says("substandard");

    let officer = house.sign_in("O0001");
    let early = officer.fill("/packs/drafts", &place, &[("say", "sign"), ("opinion", "good")]);
    early.says("E-PO-03");
    let begun = analyst.fill(&place, &place, &[("say", "try")]);
    analyst.end_of_work(&begun).says("own@2");
    let own = analyst.fill(&place, &place, &[("say", "sign"), ("opinion", "good")]);
    assert_eq!(own.status, 403);
    let drafted = officer.fill("/packs/drafts", "/packs/drafts", &[("text", &draft("2026-12-05"))]).location;
    officer.fill(&drafted, &drafted, &[("say", "sign"), ("opinion", "mine")]).says("E-AU-55");
    let unsigned = officer.fill(&place, &place, &[("say", "activate"), ("from", "2026-12-01")]);
    unsigned.says("E-PO-04");
    let signed = officer.fill(&place, &place, &[("say", "sign"), ("opinion", "as discussed")]);
    assert_eq!(signed.status, 303, "{}", signed.text);
    officer.fill(&place, &place, &[("say", "activate"), ("from", "2026-11-20")]).says("E-PO-05");
    officer.fill(&place, &place, &[("say", "activate"), ("from", "2026-12-02")]).says("E-PO-06");
    let config = || std::fs::read_to_string(house.dir.path().join("bank/postloan.toml")).unwrap();
    assert!(config().contains("\npack = \"cn-bank\"\n"));
    let activated = officer.fill(&place, &place, &[("say", "activate"), ("from", "2026-12-01")]);
    assert_eq!(activated.status, 303, "{}", activated.text);
    assert!(config().contains("\npack = \"packs/own-2.toml\"\n"), "{}", config());
    officer.get("/audit?actor=O0001").says("as discussed").says("rules put in force");
    officer.fill("/audit", "/audit/verify", &[]).says("The chain is whole");

    let collector = house.sign_in("C0001");
    for refused in ["/operations", "/audit", "/operations/import", "/operations/batches/2"] {
        assert_eq!(collector.get(refused).status, 403, "{refused}");
    }
    let tried = collector.fill("/glossary", "/staff", &[&[("staff_id", "X1"), ("name", "N"), ("role", "collector")][..], &POST].concat());
    assert_eq!(tried.status, 403);
    assert!(!admin.get("/staff").text.contains("X1"), "a refused form changes nothing");
}

#[test]
fn people_are_taken_on_posted_and_let_go_and_a_refused_form_keeps_what_was_typed() {
    let house = House::new();
    let admin = house.sign_in("A0001");
    take_on(&admin, "C0001", "collector");
    admin.get("/staff").says("C0001");
    let typed = [("staff_id", "C0002"), ("name", "Zhou"), ("role", "collector"), ("password", "short")];
    let weak = admin.fill("/staff", "/staff", &[&typed[..], &POST[..3]].concat());
    assert!(weak.status >= 400, "{}", weak.text);
    weak.says("value=\"C0002\"").says("value=\"Zhou\"").says("E-AU-");
    let conflict = admin.fill("/staff/C0001", "/staff/C0001/posts", &[&[("role", "auditor")][..], &POST[..3]].concat());
    conflict.says("E-AU-14");
    let gone = admin.fill("/staff/C0001", "/staff/C0001/employment", &[("employment", "left")]);
    assert_eq!(gone.status, 303);
    admin.get("/staff/C0001").says("The employment is changed").says("Nothing today");
    admin.get("/staff/rights").says("permission.collector");
    admin.get("/glossary/E-WB-09").says("field_not_understood").says("Its story");
    admin.get("/approvals").says("Nothing waits for you");
    admin.get("/clocks").says("E-AU-26");
}
