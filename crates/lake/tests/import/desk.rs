//! A workspace and a folder of files to import, for one test.

use arrow::util::display::{ArrayFormatter, FormatOptions};
use lake::Workspace;
use lake::batch::Manifest;
use lake::import::{self, ImportOutcome, ImportRequest};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use units::Date;

pub struct Desk {
    folder: TempDir,
    pub workspace: Workspace,
}

impl Desk {
    pub fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::init(folder.path().join("workspace"), "").unwrap();
        Desk { folder, workspace }
    }

    /// The same, which seals personal data.
    pub fn sealing(self, keys: &str) -> Desk {
        let workspace = self.workspace.with_keys(Some(vault::Keys::parse(keys).unwrap()));
        Desk { workspace, ..self }
    }

    /// A folder with these files in it.
    pub fn folder(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
        }
        folder
    }

    pub fn try_import(&self, from: PathBuf) -> ImportOutcome {
        import::run(&self.workspace, &ImportRequest { from, ..ImportRequest::default() }, &mut |_| {}).unwrap()
    }

    pub fn import(&self, from: PathBuf) -> Manifest {
        imported(self.try_import(from))
    }

    pub fn import_files(&self, name: &str, files: &[(&str, &str)]) -> Manifest {
        self.import(self.folder(name, files))
    }

    pub fn fix(&self, batch: u32, from: PathBuf) -> Manifest {
        imported(import::fix(&self.workspace, batch, &ImportRequest { from, ..ImportRequest::default() }, &mut |_| {}).unwrap())
    }

    /// The named columns of a table, a line per row.
    pub fn rows(&self, table: &str, columns: &str, known_on: Option<&str>) -> Vec<String> {
        let known_on = known_on.map(|day| Date::parse(day).unwrap());
        let mut rows = Vec::new();
        for batch in lake::scan::table(&self.workspace, table, known_on).unwrap() {
            let batch = batch.unwrap();
            assert_eq!(batch.schema(), lake::scan::schema(table).unwrap());
            let options = FormatOptions::default();
            let columns = columns.split(' ').map(|name| batch.column_by_name(name).unwrap());
            let columns: Vec<ArrayFormatter> =
                columns.map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
            rows.extend((0..batch.num_rows()).map(|row| {
                columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" ")
            }));
        }
        rows
    }

    pub fn batch_folder(&self, number: u32) -> PathBuf {
        self.workspace.batches().join(format!("{number:06}"))
    }

    pub fn rejects(&self, number: u32, table: &str) -> Vec<Vec<String>> {
        let path = self.batch_folder(number).join("rejects").join(format!("{table}.csv"));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }
}

pub fn imported(outcome: ImportOutcome) -> Manifest {
    match outcome {
        ImportOutcome::Imported(manifest) => manifest,
        other => panic!("{other:?}"),
    }
}

pub const LOANS: &str = "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate\n\
    L1,C1,B1,p,1200.00,2026-01-10,2026-03-10,0.06\n\
    L2,C2,B1,p,600.00,2026-01-20,2026-03-20,0.0435\n";

pub const INSTALMENTS: &str = "loan_id,seq,due_on,principal_due,interest_due\n\
    L1,1,2026-02-10,600.00,6\nL1,2,2026-03-10,600,3.00\nL2,1,2026-03-20,600.00,9.99\n";

pub const REPAYMENTS: &str = "repayment_id,loan_id,paid_on,amount\n\
    R2,L2,2026-03-20,609.99\nR1,L1,2026-02-10,606.00\n";
