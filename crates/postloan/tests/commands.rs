//! Every transcript under `cases/commands/` is typed into the real program, in an empty folder of its
//! own, and must print what stands below its rules.
//!
//! `UPDATE_CASES=1` writes down what the commands say now; a reviewer reads the difference. The format
//! is described in `cases/README.md`.

use flate2::Compression;
use flate2::write::GzEncoder;
use app::night_order::Worker;
use cluster::{Address, Kernel};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/commands")
}

/// The transcripts, by name.
fn stories() -> Vec<(String, String)> {
    let entries = fs::read_dir(folder()).expect("cases/commands can be read").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "case")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("a story can be read"))
    };
    paths.into_iter().map(read).collect()
}

/// Lines that begin something new; every other line below a rule is what was said.
const DIRECTIVES: [&str; 4] = ["$ ", "file ", "use ", "# "];

/// The stages that stories use, each set once.
static SETS: Mutex<BTreeMap<String, Arc<Stage>>> = Mutex::new(BTreeMap::new());

/// The stage as another story leaves it.
fn set(name: &str) -> Result<Arc<Stage>, String> {
    if let Some(stage) = SETS.lock().expect("nobody panics with it").get(name) {
        return Ok(stage.clone());
    }
    let text = fs::read_to_string(folder().join(name)).map_err(|error| format!("use {name}: {error}"))?;
    let mut stage = Stage::new();
    stage.tell(&text).map_err(|problem| format!("{name}: {problem}"))?;
    let stage = Arc::new(stage);
    SETS.lock().expect("nobody panics with it").insert(name.to_owned(), stage.clone());
    Ok(stage)
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder of the stage") {
        let path = entry.expect("an entry of the stage").path();
        let beside = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            fs::create_dir_all(&beside).expect("a folder");
            copy(&path, &beside);
        } else {
            fs::copy(&path, &beside).expect("a copy");
        }
    }
}

/// Where a story happens (演练场): an empty folder, the workspace locks it holds, and what it has started.
struct Stage {
    folder: tempfile::TempDir,
    locks: Vec<File>,
    started: Vec<Child>,
    /// What `{port}` and `{port2}` stand for.
    ports: [String; 2],
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.started.iter_mut().for_each(|child| drop((child.kill(), child.wait())));
    }
}

/// A port nobody listens on.
fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port().to_string()
}

impl Stage {
    fn new() -> Stage {
        let ports = [free_port(), free_port()];
        Stage { folder: tempfile::tempdir().expect("a folder"), locks: Vec::new(), started: Vec::new(), ports }
    }

    /// Tells a story and returns its text as it should be, with what was said below its rules.
    fn tell(&mut self, text: &str) -> Result<String, String> {
        let mut told = String::new();
        let mut lines = text.lines().peekable();
        let mut said = Vec::new();
        while let Some(line) = lines.next() {
            told += line;
            told += "\n";
            if let Some(name) = line.strip_prefix("use ") {
                copy(set(name)?.folder.path(), self.folder.path());
            } else if let Some(name) = line.strip_prefix("file ") {
                let mut content = String::new();
                while let Some(line) = lines.next_if(|line| !line.is_empty()) {
                    content += line;
                    content += "\n";
                }
                told += &content;
                self.write(name, &content);
            } else if let Some(command) = line.strip_prefix("$ ") {
                let (words, is_done) = self.run(command)?;
                let is_told = lines.peek().is_some_and(|line| *line == "----" || line.starts_with("$ "));
                if !is_told && !is_done {
                    return Err(format!("{line}\n{words}the stage is not set: put ---- below what is meant to be refused"));
                }
                said.push(words);
            } else if line == "----" {
                while lines.next_if(|line| !DIRECTIVES.iter().any(|directive| line.starts_with(directive))).is_some() {}
                let words = said.concat();
                if !words.is_empty() {
                    told += words.trim_end();
                    told += "\n";
                }
                told += if lines.peek().is_some() { "\n" } else { "" };
                said.clear();
            } else {
                said.clear();
            }
        }
        Ok(told)
    }

    /// Writes a file. `<0xFF>` stands for that byte, `<x*5000>` for so many letters, `\n` among them for a
    /// line end.
    fn write(&self, name: &str, content: &str) {
        let mut bytes = Vec::new();
        for (at, part) in content.split('<').enumerate() {
            let special = part.split_once('>').filter(|_| at > 0);
            let byte = special.and_then(|(word, _)| u8::from_str_radix(word.strip_prefix("0x")?, 16).ok());
            let many = special.and_then(|(word, _)| word.split_once('*')).and_then(|(letter, count)| Some((letter, count.parse().ok()?)));
            match (special, byte, many) {
                (Some((_, rest)), Some(byte), _) => {
                    bytes.push(byte);
                    bytes.extend_from_slice(rest.as_bytes());
                }
                (Some((_, rest)), _, Some((letter, count))) => {
                    bytes.extend_from_slice(letter.replace("\\n", "\n").repeat(count).as_bytes());
                    bytes.extend_from_slice(rest.as_bytes());
                }
                _ => {
                    bytes.extend_from_slice(if at > 0 { b"<" } else { b"" });
                    bytes.extend_from_slice(part.as_bytes());
                }
            }
        }
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("inside the stage")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// What a command prints, standard output first, and whether it was carried out.
    fn run(&mut self, line: &str) -> Result<(String, bool), String> {
        let line = line.replace("{port}", &self.ports[0]).replace("{port2}", &self.ports[1]);
        let words = words(&line);
        let at = |name: &str| self.folder.path().join(name);
        match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["postloan", ..] => Ok(self.said(&mut self.program(&words[1..]))),
            ["limit", blocks, "postloan", ..] => Ok(self.said(self.limited(blocks).args(&words[3..]))),
            ["start", "postloan", ..] => self.start(".", &words[2..]),
            ["start", "in", folder, "postloan", ..] => self.start(folder, &words[4..]),
            ["start", version, "executor", scheduler, bind] => start_executor_of(version, scheduler, bind),
            ["cat", name] => match fs::read_to_string(at(name)) {
                Ok(text) => Ok((text, true)),
                Err(error) => Err(format!("cat {name}: {error}")),
            },
            ["gzip", name] => {
                let content = fs::read(at(name)).map_err(|error| error.to_string())?;
                let to = File::create(at(&format!("{name}.gz"))).map_err(|error| error.to_string())?;
                let mut packed = GzEncoder::new(to, Compression::best());
                packed.write_all(&content).and_then(|()| packed.try_finish()).map_err(|error| error.to_string())?;
                fs::remove_file(at(name)).map_err(|error| error.to_string())?;
                Ok(done())
            }
            ["rm", name] => fs::remove_file(at(name)).map(|()| done()).map_err(|error| format!("rm {name}: {error}")),
            ["cut", name] => {
                let file = File::options().write(true).open(at(name)).map_err(|error| format!("cut {name}: {error}"))?;
                file.set_len(4).map(|()| done()).map_err(|error| error.to_string())
            }
            ["flip", name] => {
                let mut bytes = fs::read(at(name)).map_err(|error| format!("flip {name}: {error}"))?;
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(at(name), bytes).map(|()| done()).map_err(|error| error.to_string())
            }
            ["hold", workspace] => {
                let mut lock = File::create(at(workspace).join(".lock")).map_err(|error| error.to_string())?;
                lock.lock().map_err(|error| error.to_string())?;
                writeln!(lock, "day-end (process 4711)").map_err(|error| error.to_string())?;
                self.locks.push(lock);
                Ok(done())
            }
            _ => Err(format!("no command {line}")),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("RUST_BACKTRACE", "0");
        command
    }

    fn program(&self, arguments: &[String]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_postloan"));
        command.args(arguments);
        command
    }

    /// Starts the program and leaves it running once it has said its first line.
    fn start(&mut self, folder: &str, arguments: &[String]) -> Result<(String, bool), String> {
        let mut program = self.program(arguments);
        let mut child = program.current_dir(self.folder.path().join(folder)).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        self.started.push(child);
        let first = lines.next().and_then(Result::ok).ok_or("it stopped without a word")?;
        thread::spawn(move || lines.for_each(drop));
        if first.starts_with("INFO") { Ok((String::new(), true)) } else { Err(first) }
    }

    fn said(&self, command: &mut Command) -> (String, bool) {
        let output = command.output().expect("the program starts");
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said += &String::from_utf8_lossy(&output.stderr);
        for (port, word) in self.ports.iter().zip([":{port}", ":{port2}"]) {
            said = said.replace(&format!(":{port}"), word);
        }
        match output.status.code() {
            Some(0) => {}
            Some(code) => said += &format!("exit {code}\n"),
            None => said += "killed\n",
        }
        (said, output.status.success())
    }

    /// The program where no file can grow beyond so many blocks of 512 bytes.
    fn limited(&self, blocks: &str) -> Command {
        let mut command = self.command("/bin/sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\"", blocks, env!("CARGO_BIN_EXE_postloan")]);
        command
    }
}

/// Carried out in silence.
fn done() -> (String, bool) {
    (String::new(), true)
}

/// Starts an executor as a program of another version would run it.
fn start_executor_of(version: &str, scheduler: &str, bind: &str) -> Result<(String, bool), String> {
    let scheduler = Address::parse(scheduler).ok_or("not an address")?;
    let bind = bind.parse().map_err(|_| "not an address")?;
    let worker = Worker::new(&format!("postloan {version}"));
    let kernel = Kernel::new("postloan_night", move |order, shard| {
        let not_folded = worker.fold(order, shard).expect_err("another program's order");
        Err(not_folded.text())
    });
    thread::spawn(move || cluster::executor(&scheduler, bind, 1, &kernel));
    Ok((String::new(), true))
}

/// A line's words as a shell parts them: by spaces, quotes keeping together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The first lines that differ, `-` as written and `+` as said now.
fn difference(written: &str, said: &str) -> String {
    let (before, now): (Vec<&str>, Vec<&str>) = (written.lines().collect(), said.lines().collect());
    let same = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str], mark: &str| lines.iter().skip(same).take(8).map(|line| format!("  {mark}{line}\n")).collect::<String>();
    format!("line {}:\n{}{}", same + 1, shown(&before, "-"), shown(&now, "+"))
}

fn wrong(name: &str, text: &str) -> Option<String> {
    let mut stage = Stage::new();
    let place = stage.folder.path().display().to_string();
    match stage.tell(text) {
        Err(problem) => Some(format!("{name}, {problem}")),
        Ok(told) if told.contains(&place) => Some(format!("{name}: it tells where it was run: {place}\n{told}")),
        Ok(told) if told == text => None,
        Ok(told) if std::env::var_os("UPDATE_CASES").is_some() => {
            fs::write(folder().join(name), told).expect("a story can be written");
            None
        }
        Ok(told) => Some(format!("{name}, {}", difference(text, &told))),
    }
}

#[test]
fn every_command_says_what_it_should() {
    let (next, found) = (Mutex::new(stories().into_iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some((name, text)) = next.lock().expect("nobody panics with it").next() else { break };
            found.lock().expect("nobody panics with it").extend(wrong(&name, &text));
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let found = found.into_inner().expect("nobody panics with it").join("\n");
    assert!(found.is_empty(), "\n{found}\nUPDATE_CASES=1 writes down what is said now (+)\n");
}

#[test]
fn every_story_has_a_title_in_both_languages() {
    for (name, text) in stories() {
        let title = text.lines().next().unwrap_or_default();
        let both = title.split_once(" / ").is_some_and(|(zh, en)| !zh.is_ascii() && en.is_ascii());
        assert!(both, "{name}: the first line is `# Chinese / English`, not {title}");
    }
}
