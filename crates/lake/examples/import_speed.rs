//! How fast a folder comes in: `import_speed FROM [TIMES]` alternates decoding the folder's Parquet files
//! on two threads and doing nothing with them, the yardstick, and importing the folder into a new workspace.

use lake::import::{self, ImportOutcome, ImportRequest};
use lake::{Fault, Workspace};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// Kept beside the book, so that both lie on the same disk.
const WORKSPACE: &str = ".import_speed";

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().collect();
    let (from, times) = match &arguments[..] {
        [_, from] => (PathBuf::from(from), 1),
        [_, from, times] => (PathBuf::from(from), times.parse()?),
        _ => anyhow::bail!("usage: import_speed FROM [TIMES]"),
    };
    let into = from.with_file_name(WORKSPACE);
    for _ in 0..times {
        timed("decode", &from, || decode(&from))?;
        if into.exists() {
            fs::remove_dir_all(&into)?;
        }
        let workspace = Workspace::init(into.clone(), "")?;
        timed("import", &from, || import(&workspace, &from))?;
    }
    Ok(())
}

fn timed(what: &str, folder: &Path, work: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    // Lets the peak of memory be this step's.
    fs::write("/proc/self/clear_refs", "5")?;
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
            let cpu = cpu_ticks().unwrap_or_default() * 10;
            eprintln!("{:>6} ms {cpu:>6} ms of CPU {step}", start.elapsed().as_millis());
            last = step;
        }
    })?;
    match outcome {
        ImportOutcome::Imported(manifest) => assert_eq!(manifest.rejected_rows(), 0),
        other => anyhow::bail!("{other:?}"),
    }
    Ok(())
}

fn decode(folder: &Path) -> Result<(), Fault> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push((fs::metadata(&path)?.len(), path));
        }
    }
    files.sort();
    let files = Mutex::new(files);
    let work = || -> Result<(), Fault> {
        while let Some((_, path)) = { files.lock().expect("nobody panics").pop() } {
            for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.with_batch_size(65_536).build()? {
                batch?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        work()?;
        other.join().expect("decoding does not panic")
    })
}
