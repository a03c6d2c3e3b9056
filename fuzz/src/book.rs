//! Whole books: files imported for good, nights planned over them, plans checked.

use dayend::{Rules, check, plan};
use lake::Workspace;
use lake::import::{self, ImportOutcome, ImportRequest};
use lake::night::{self, NightRequest};
use policy::Pack;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use units::Date;

/// A workspace and a folder of files beside it, gone when dropped (演练桌).
pub struct Desk {
    folder: TempDir,
    inbox: PathBuf,
}

impl Desk {
    /// With these files, if their names can be names of files.
    pub fn with(files: &[(&str, &[u8])]) -> Option<Desk> {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let inbox = folder.path().join("inbox");
        fs::create_dir(&inbox).expect("a folder can be made");
        let plain = |name: &str| !name.contains(['/', '\0']) && name.len() < 64;
        let write = |(name, content): &(&str, &[u8])| plain(name) && fs::write(inbox.join(name), content).is_ok();
        files.iter().all(write).then_some(Desk { folder, inbox })
    }

    pub fn inbox(&self) -> &Path {
        &self.inbox
    }

    fn workspace(&self) -> Workspace {
        Workspace::init(self.folder.path().join("bank"), "").expect("a workspace can be made")
    }
}

/// The files of one import, each a line `file NAME` and the lines below; then the nights of the last
/// day of the book, of the day a year later and of the end of time.
pub fn book(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let files: Vec<(&str, &[u8])> = text
        .split("file ")
        .filter_map(|file| file.split_once('\n'))
        .map(|(name, content)| (name, content.as_bytes()))
        .collect();
    let Some(desk) = Desk::with(&files) else { return };
    let workspace = desk.workspace();
    let request = ImportRequest { from: desk.inbox().to_owned(), ..ImportRequest::default() };
    let Ok(ImportOutcome::Imported(manifest)) = import::run(&workspace, &request, &mut |_| {}) else { return };
    assert!(manifest.tables.iter().all(|table| table.balances()), "every row and every fen is accounted for");
    let Some(as_of) = manifest.as_of.and_then(|day| Date::parse(&day).ok()) else { return };
    let pack = Pack::embedded("cn-bank").expect("the embedded pack is sound");
    for day in [as_of, as_of.add_months(12), LAST_DAY] {
        plan_night(&workspace, &pack, day);
    }
}

/// 2200-12-31: the last day a file may name.
const LAST_DAY: Date = Date::new(84_371);

fn plan_night(workspace: &Workspace, pack: &Pack, day: Date) {
    let Ok(rules) = Rules::compile(pack, day) else { return };
    let request = NightRequest { business_date: day, known_on: day, carried_from: None, only: None, traced: None };
    let Ok((input, _)) = night::read(workspace, &request, &rules, &mut |_| {}) else { return };
    let plan = plan(&input, &rules);
    let violations = check(&input, &plan);
    assert!(violations.is_empty(), "the night of {day} breaks an invariant: {}", violations[0]);
}
