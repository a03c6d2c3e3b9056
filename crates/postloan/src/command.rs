//! One function per command: arguments in, one use case, words out.

use crate::service::serve_workspace;
use crate::{calculator, machines, morning, print, progress::Bar};
use app::case_night::Applied;
use app::book_import::{BookImport, batch_table, book_import, rejection_table};
use app::dayend_run::{Cluster, FoldedBy, NightKept, NightWanted, Writing, days_through, dayend_run};
use app::demo::Doing;
use app::office::{blocking, desk_open, has_desk};
use app::table::Format;
use app::workspace::{Open, load_pack, lock, workspace_init, workspace_open, workspace_place};
use app::{Outcome, figures, movement, refused};
use clap::ArgMatches;
use glossary::{Lang, label, message};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use units::Date;

/// Runs the command that was asked for.
pub fn run(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let (name, matches) = matches.subcommand().expect("clap requires a command");
    match name {
        "demo" => demo(matches, lang),
        "cluster" => machines::cluster(matches),
        "init" => init(matches, lang),
        "import" => import(matches, lang),
        "day-end" => day_end(matches, lang),
        "what-if" => what_if(matches, lang),
        "explain" => crate::because::explain(matches, lang),
        "query" => query(matches),
        "metrics" => metrics(matches, lang),
        "roll" => roll(matches, lang),
        "migration" => migration(matches, lang),
        "vintage" => vintage(matches, lang),
        "schedule" => calculator::schedule(matches, lang),
        "serve" => crate::service::serve(matches, lang),
        "staff" => crate::staffing::staff(matches, lang),
        "keys" => crate::staffing::keys(matches, lang),
        "status" => crate::standing::status(matches, lang),
        "doctor" => crate::keeping::doctor(matches, lang),
        "backup" => crate::keeping::backup(matches, lang),
        "restore" => crate::keeping::restore(matches, lang),
        other => unreachable!("clap knows no command {other}"),
    }
}

/// A line of the glossary with its facts filled in.
pub fn say(stem: &str, lang: Lang, facts: &[(&str, &str)]) {
    print::line(&message(&format!("say.{stem}"), lang, facts));
}

pub fn open(matches: &ArgMatches) -> Outcome<Open> {
    workspace_open(&workspace_place(text(matches, "dir").expect("required"))?)
}

pub fn text<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.get_one::<String>(name).map(String::as_str)
}

pub fn date(matches: &ArgMatches, name: &str) -> Outcome<Option<Date>> {
    match text(matches, name) {
        None => Ok(None),
        Some(value) => match Date::parse(value) {
            Ok(date) => Ok(Some(date)),
            Err(_) => refused("E-US-01", &[("option", &format!("--{name}")), ("value", &value)]),
        },
    }
}

pub fn required_date(matches: &ArgMatches, name: &str) -> Outcome<Date> {
    Ok(date(matches, name)?.expect("clap requires it"))
}

pub fn format(matches: &ArgMatches) -> Format {
    match text(matches, "format") {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        _ => Format::Table,
    }
}

fn demo(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let dir = text(matches, "dir").expect("has a default");
    let mut bar = Bar::new();
    let (open, run) = app::demo::demo(Path::new(dir), &mut |doing| {
        let (step, day) = match doing {
            Doing::Making => ("demo_making", String::new()),
            Doing::Importing(date) => ("step_importing", date.to_string()),
            Doing::Work(date) => ("step_work", date.to_string()),
            Doing::Night(date) => ("step_night", date.to_string()),
        };
        bar.show(&format!("{} {day}", label(&format!("say.{step}"), lang)), 0, 0);
    })?;
    drop(bar);
    morning::print(&app::morning::morning(&run), &open, lang);
    say("demo_ready", lang, &[("dir", dir)]);
    let date = run.plan.business_date;
    let worst = run.plan.loan_states.iter().enumerate().max_by_key(|(_, state)| (state.decision.in_force, state.allowance));
    let worst = worst.map_or("", |(number, _)| run.input.loan_ids.get(number));
    for line in [
        format!("postloan explain {dir} --date {date} --loan {worst}"),
        format!("postloan metrics {dir} --date {date} --by branch"),
        format!("postloan migration {dir} --date {date}"),
        format!("postloan query {dir} \"SELECT grade, count(*) AS loans FROM loan_states WHERE as_of = DATE '{date}' GROUP BY grade\""),
        format!("postloan status {dir}"),
    ] {
        print::line(&format!("  {line}"));
    }
    if matches.get_flag("no-serve") {
        return Ok(());
    }
    // Whoever has another program on the usual port gets any other.
    let usual = SocketAddr::from(([127, 0, 0, 1], 8080));
    let port = if TcpListener::bind(usual).is_ok() { usual.port() } else { 0 };
    serve_workspace(&open, None, SocketAddr::from(([127, 0, 0, 1], port)), None, lang)
}

fn init(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let dir = text(matches, "dir").expect("required");
    let pack = text(matches, "pack").expect("has a default");
    workspace_init(&workspace_place(dir)?, pack, label("say.new_institution", lang))?;
    say("init_done", lang, &[("dir", dir)]);
    Ok(())
}

fn import(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    use app::book_import::{ImportOutcome, Progress};
    let open = open(matches)?;
    let wanted = BookImport {
        from: PathBuf::from(text(matches, "from").expect("required")),
        mapping: text(matches, "mapping").map(PathBuf::from),
        as_of: date(matches, "as-of")?,
        fixes: matches.get_one::<u32>("fix").copied(),
        dry_run: matches.get_flag("dry-run"),
    };
    let mut bar = Bar::new();
    let outcome = book_import(&open, &wanted, &mut |progress| match progress {
        Progress::Reading { table, rows } => bar.show(&format!("{} {table}", label("say.step_reading", lang)), rows, 0),
        Progress::Judging { table } => bar.show(&format!("{} {table}", label("say.step_judging", lang)), 0, 0),
        Progress::Writing { table } => bar.show(&format!("{} {table}", label("say.step_writing", lang)), 0, 0),
    })?;
    drop(bar);
    let (manifest, stem) = match &outcome {
        ImportOutcome::AlreadyKnown { batch } => {
            say("already_known_batch", lang, &[("batch", &batch.to_string())]);
            return Ok(());
        }
        ImportOutcome::NothingNew(tables) => {
            let manifest = app::book_import::Manifest { tables: tables.clone(), ..Default::default() };
            say("nothing_new", lang, &[]);
            print::table(&batch_table(&manifest), Format::Table, lang);
            return Ok(());
        }
        ImportOutcome::Imported(manifest) => (manifest, "batch_done"),
        ImportOutcome::Rehearsed(manifest) => (manifest, "batch_dry"),
        ImportOutcome::Refused(_) => unreachable!("the use case turns it into a refusal"),
    };
    let (number, as_of) = (manifest.number.to_string(), manifest.as_of.clone().unwrap_or_default());
    say(stem, lang, &[("batch", &number), ("as_of", &as_of)]);
    print::table(&batch_table(manifest), Format::Table, lang);
    if manifest.rejected_rows() > 0 {
        print::line("");
        print::table(&rejection_table(manifest), Format::Table, lang);
    }
    if manifest.rejected_rows() > 0 && !wanted.dry_run {
        let path = open.lake.batches().join(format!("{:06}", manifest.number)).join("rejects");
        let (rows, dir) = (manifest.rejected_rows().to_string(), text(matches, "dir").expect("required"));
        let path = path.display().to_string();
        say("batch_refused", lang, &[("rows", &rows), ("path", &path), ("dir", dir), ("batch", &number)]);
    }
    Ok(())
}

fn day_end(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let open = open(matches)?;
    let pack_text = open.pack_text(text(matches, "pack"))?;
    let pack = pack_text.parse()?;
    let run_order = text(matches, "cluster").map(machines::run_order).transpose()?;
    let folded_by = run_order.as_deref().map_or(FoldedBy::ThisMachine, |run| {
        FoldedBy::Cluster(Cluster { program: machines::PROGRAM, pack: &pack_text, run })
    });
    let database = text(matches, "database");
    let known_on = date(matches, "known-on")?;
    let dry_run = matches.get_flag("dry-run");
    let days = days_through(required_date(matches, "date")?, date(matches, "through")?)?;
    let write_lock = lock(&open, "day-end")?;
    let last = *days.last().expect("at least one day");
    for day in days {
        let mut bar = Bar::new();
        let writing = if dry_run { Writing::DryRun } else { Writing::Keep };
        let wanted = NightWanted { business_date: day, known_on, writing };
        let step = format!("{} {day}", label("say.step_night", lang));
        let run = dayend_run(&open, &write_lock, &pack, &wanted, folded_by, &mut |loans| bar.show(&step, loans, 0))?;
        drop(bar);
        let summary = app::morning::morning(&run);
        let stem = match run.kept {
            NightKept::Written => "night_done",
            NightKept::Already => "night_already",
            NightKept::NotKept => "night_dry",
        };
        let (loans, moves) = (summary.loans.to_string(), summary.moved.to_string());
        let exceptions = summary.exception_count.to_string();
        let day_text = day.to_string();
        say(stem, lang, &[("date", &day_text), ("loans", &loans), ("moves", &moves), ("exceptions", &exceptions)]);
        if !dry_run && known_on.is_none() && has_desk(&open, database) {
            desk_night(&open, database, &run, lang)?;
        }
        if day == last && run.kept != NightKept::Already {
            print::line("");
            morning::print(&summary, &open, lang);
        }
    }
    Ok(())
}

/// Cases, promises and clocks after a night.
fn desk_night(open: &Open, database: Option<&str>, run: &app::dayend_run::NightRun, lang: Lang) -> Outcome<()> {
    let date = run.plan.business_date;
    let done = blocking(async {
        let desk = desk_open(open, database, date).await?;
        app::case_night::case_night(&desk, run).await
    })?;
    let day = date.to_string();
    let done = match done {
        Applied::Done(done) => done,
        Applied::NobodyWorks => {
            say("desk_empty", lang, &[("date", &day)]);
            return Ok(());
        }
        Applied::LaterNight { date } => {
            say("desk_later", lang, &[("date", &day), ("later", &date.to_string())]);
            return Ok(());
        }
    };
    let count = |number: u64| number.to_string();
    let (opened, updated, closed) = (count(done.opened), count(done.updated), count(done.closed));
    let (promises, clocks) = (count(done.promises_decided), count(done.clock_signals));
    let exceptions = count(done.exceptions.len() as u64);
    let facts = [
        ("date", day.as_str()),
        ("opened", &opened),
        ("updated", &updated),
        ("closed", &closed),
        ("promises", &promises),
        ("clocks", &clocks),
        ("exceptions", &exceptions),
    ];
    say("desk_done", lang, &facts);
    Ok(())
}

fn what_if(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let open = open(matches)?;
    let draft = load_pack(text(matches, "pack").expect("required"), open.lake.root())?;
    let mut bar = Bar::new();
    let step = label("say.step_night", lang);
    let found = app::what_if::what_if(&open, required_date(matches, "date")?, &draft, &mut |loans| bar.show(step, loans, 0))?;
    drop(bar);
    match format(matches) {
        Format::Table => {
            let facts = [("draft", found.draft.as_str()), ("pack", found.in_force.as_str()), ("date", &found.date.to_string())];
            say("what_if_head", lang, &facts);
            if found.moves.rows.is_empty() {
                say("nobody_moves", lang, &[]);
            } else {
                print::table(&found.moves, Format::Table, lang);
            }
            let (before, after) = (found.allowance_before.to_string(), found.allowance_after.to_string());
            say("what_if_allowance", lang, &[("before", &before), ("after", &after)]);
        }
        format => print::table(&found.loans, format, lang),
    }
    Ok(())
}

fn query(matches: &ArgMatches) -> Outcome<()> {
    let open = open(matches)?;
    let format = app::query_run::OutputFormat::from_code(text(matches, "format").expect("has a default"));
    let sql = text(matches, "sql").expect("required");
    app::query_run::query_run(&open, sql, format.expect("clap knows the formats"), text(matches, "output").map(Path::new))?;
    Ok(())
}

fn metrics(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let (open, through) = (open(matches)?, required_date(matches, "date")?);
    let by = figures::dimensions(text(matches, "by").unwrap_or_default())?;
    let table = match (text(matches, "drill"), date(matches, "since")?) {
        (Some(code), _) => figures::metrics_drill(&open, through, figures::metric_of(code)?)?,
        (None, Some(since)) => figures::metrics_trend(&open, since, through)?,
        (None, None) => figures::metrics(&open, through, &by)?,
    };
    print::table(&table, format(matches), lang);
    Ok(())
}

fn roll(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let compared = movement::roll(&open(matches)?, required_date(matches, "date")?, date(matches, "since")?)?;
    print_compared(&compared, format(matches), lang);
    if let (Format::Table, Some(ppm)) = (format(matches), compared.forward_loss_ppm) {
        say("forward_loss", lang, &[("share", &app::table::percent(ppm))]);
    }
    Ok(())
}

fn migration(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let of = movement::ladder(text(matches, "of").expect("has a default"));
    let formula = text(matches, "formula").and_then(movement::MigrationFormula::from_code);
    let (date_to, since) = (required_date(matches, "date")?, date(matches, "since")?);
    print_compared(&movement::migration(&open(matches)?, date_to, since, of, formula)?, format(matches), lang);
    Ok(())
}

/// What stands above the tables of a migration, in their order.
const TITLES: [&str; 3] = ["migration_counts", "migration_amounts", "migration_rates"];

fn print_compared(compared: &movement::Compared, format: Format, lang: Lang) {
    match format {
        Format::Table => {
            let (since, date) = (compared.since.to_string(), compared.date.to_string());
            say("compared_head", lang, &[("since", &since), ("date", &date)]);
            for (table, title) in compared.tables.iter().zip(TITLES) {
                print::line("");
                if compared.tables.len() > 1 {
                    say(title, lang, &[]);
                }
                print::table(table, format, lang);
            }
        }
        // A script reads one table: the rates where there are any, else the first.
        _ => print::table(&compared.tables[0], format, lang),
    }
}

fn vintage(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let days = *matches.get_one::<i32>("days").expect("has a default");
    let table = movement::vintage(&open(matches)?, required_date(matches, "date")?, days)?;
    print::table(&table, format(matches), lang);
    Ok(())
}
