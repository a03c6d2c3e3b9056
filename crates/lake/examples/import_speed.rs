//! How fast a made-up book comes in: `import_speed FOLDER LOANS` writes it as CSV, imports it, writes
//! what came in as Parquet, reads that back as a yardstick, and imports it again.

use lake::import::{self, ImportOutcome, ImportRequest};
use lake::schema::{self, TABLES};
use lake::{Fault, Workspace};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use units::Date;

const INSTALMENTS: i32 = 21;
const REPAYMENTS: i32 = 15;

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, loans] = &arguments[..] else { anyhow::bail!("usage: import_speed FOLDER LOANS") };
    let (folder, loans) = (PathBuf::from(folder), loans.parse()?);
    let csv = folder.join("csv");
    fs::create_dir_all(&csv)?;
    write_csv(&csv, loans)?;
    let workspace = Workspace::init(folder.join("from_csv"), "")?;
    timed("import from CSV", &csv, || import(&workspace, &csv))?;
    let parquet = folder.join("parquet");
    fs::create_dir_all(&parquet)?;
    write_parquet(&workspace, &parquet)?;
    timed("decode Parquet", &parquet, || decode(&parquet))?;
    let again = Workspace::init(folder.join("from_parquet"), "")?;
    timed("import from Parquet", &parquet, || import(&again, &parquet))?;
    timed("merge dossiers", &parquet, || merge(&again))
}

fn timed(what: &str, folder: &Path, work: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    let (start, cpu) = (Instant::now(), cpu_ticks()?);
    work()?;
    let (wall, cpu) = (start.elapsed().as_millis(), (cpu_ticks()? - cpu) * 10);
    println!("{what}: {} MB, {wall} ms by the clock, {cpu} ms of CPU, {} MB/s per core, peak {}", bytes / 1_000_000, bytes / 1000 / cpu.max(1), peak()?);
    Ok(())
}

/// Hundredths of a second this process has used.
fn cpu_ticks() -> Result<u64, Fault> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}

fn peak() -> Result<String, Fault> {
    let status = fs::read_to_string("/proc/self/status")?;
    Ok(status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim().to_owned())
}

fn import(workspace: &Workspace, from: &Path) -> Result<(), Fault> {
    let request = ImportRequest { from: from.to_owned(), ..ImportRequest::default() };
    let start = Instant::now();
    let mut last = String::new();
    let outcome = import::run(workspace, &request, &mut |progress| {
        let step = format!("{progress:?}").split(", rows").next().unwrap_or_default().to_owned();
        if step != last {
            eprintln!("{:>6} ms {step}", start.elapsed().as_millis());
            last = step;
        }
    })?;
    match outcome {
        ImportOutcome::Imported(manifest) => assert_eq!(manifest.rejected_rows(), 0),
        other => anyhow::bail!("{other:?}"),
    }
    Ok(())
}

fn merge(workspace: &Workspace) -> Result<(), Fault> {
    let mut fen = 0i128;
    for chunk in lake::dossier::Shelf::open(workspace)?.merge(&Default::default())? {
        fen += chunk?.repayments.amount.values().iter().map(|&fen| i128::from(fen)).sum::<i128>();
    }
    println!("repaid {fen} fen");
    Ok(())
}

fn decode(folder: &Path) -> Result<(), Fault> {
    for entry in fs::read_dir(folder)? {
        for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(entry?.path())?)?.with_batch_size(65_536).build()? {
            batch?;
        }
    }
    Ok(())
}

fn write_csv(folder: &Path, loans: i32) -> Result<(), Fault> {
    let first = Date::parse("2024-01-15")?;
    let file = |name: &str| Ok::<_, Fault>(BufWriter::new(File::create(folder.join(name))?));
    let mut to = file("loans.csv")?;
    writeln!(to, "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate,method,instalment_count,status")?;
    for loan in 0..loans {
        let disbursed_on = first + loan % 300;
        let matures_on = disbursed_on.add_months(INSTALMENTS);
        writeln!(to, "L{loan:010},C{:010},B{:03},consumer,21000.00,{disbursed_on},{matures_on},0.12,equal_instalment,{INSTALMENTS},active", loan / 2, loan % 97)?;
    }
    to.flush()?;
    let mut to = file("instalments.csv")?;
    writeln!(to, "loan_id,seq,due_on,principal_due,interest_due")?;
    for loan in 0..loans {
        for seq in 1..=INSTALMENTS {
            let due_on = (first + loan % 300).add_months(seq);
            writeln!(to, "L{loan:010},{seq},{due_on},1000.00,{}.{:02}", 210 - seq * 10, loan % 100)?;
        }
    }
    to.flush()?;
    let mut to = file("repayments.csv")?;
    writeln!(to, "repayment_id,loan_id,paid_on,amount")?;
    for seq in 1..=REPAYMENTS {
        for loan in 0..loans {
            let paid_on = (first + loan % 300).add_months(seq) + loan % 5;
            writeln!(to, "R{:012},L{loan:010},{paid_on},{}.{:02}", i64::from(seq) * 10_000_000 + i64::from(loan), 1210 - seq * 10, loan % 100)?;
        }
    }
    Ok(to.flush()?)
}

fn write_parquet(workspace: &Workspace, folder: &Path) -> Result<(), Fault> {
    for table in TABLES.iter().filter(|table| schema::table(table.name).is_some_and(|table| table.in_dossier())) {
        let file = File::create(folder.join(format!("{}.parquet", table.name)))?;
        let mut writer = ArrowWriter::try_new(file, table.staged_schema(), None)?;
        for batch in lake::scan::table(workspace, table.name, None)? {
            let columns: Vec<usize> = (0..table.columns.len()).collect();
            writer.write(&batch?.project(&columns)?.with_schema(table.staged_schema())?)?;
        }
        writer.close()?;
    }
    Ok(())
}
