//! The workspace a use case works in: its folder, its configuration, its policy pack.

use crate::failure::{Outcome, refused};
use crate::keys::{keys, make_keys};
use anyhow::Context;
use lake::Workspace;
use policy::{Pack, embedded_packs};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use url::Url;

/// What `postloan.toml` says (配置).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub institution: String,
    /// Name of an embedded pack, or a path of the lender's own, relative to the workspace.
    pub pack: String,
    /// The pack people work cases by, named like `pack`.
    #[serde(default = "usual_casework_pack")]
    pub casework_pack: String,
    /// Where cases and people are kept; a file in the workspace when absent.
    #[serde(default)]
    pub database: Option<String>,
    /// Who else may say who somebody is.
    #[serde(default)]
    pub oidc: Option<OidcConfig>,
    /// Minutes the institution's clock is ahead of Greenwich.
    #[serde(default = "china")]
    pub utc_offset_minutes: i32,
    /// Megabytes a query may take for sorts, joins and groups.
    #[serde(default = "usual_query_memory")]
    pub query_memory_mb: usize,
    /// Whether this is the demo institution, whose people sign in with one click.
    #[serde(default)]
    pub demo: bool,
}

/// The institution's own identity provider (单点登录).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    pub issuer: String,
    pub client_id: String,
    /// Holds the client's secret alone; relative to the workspace. Else the environment has it.
    #[serde(default)]
    client_secret_file: Option<PathBuf>,
    /// Where the provider sends people back to.
    pub redirect_uri: String,
    /// The claim that names the `staff_id`.
    pub staff_claim: String,
}

/// Holds the client's secret where no file does.
const CLIENT_SECRET: &str = "POSTLOAN_OIDC_CLIENT_SECRET";

impl OidcConfig {
    pub fn client_secret(&self, root: &Path) -> Outcome<String> {
        let read = match &self.client_secret_file {
            Some(path) => fs::read_to_string(root.join(path)).map_err(|error| format!("{}: {error}", path.display())),
            None => std::env::var(CLIENT_SECRET).map_err(|error| format!("{CLIENT_SECRET}: {error}")),
        };
        match read.map(|secret| secret.trim().to_owned()) {
            Ok(secret) if !secret.is_empty() => Ok(secret),
            Ok(_) => refused("E-SI-07", &[("problem", &"client_secret")]),
            Err(problem) => refused("E-SI-07", &[("problem", &problem)]),
        }
    }
}

fn usual_query_memory() -> usize {
    1024
}

fn usual_casework_pack() -> String {
    "cn-collections".to_owned()
}

fn china() -> i32 {
    8 * 60
}

/// An opened workspace (工作区).
#[derive(Clone, Debug)]
pub struct Open {
    pub lake: Workspace,
    pub config: Config,
}

const CONFIG_TEMPLATE: &str = include_str!("postloan.toml");

/// Makes an empty workspace with a commented configuration.
pub fn workspace_init(dir: &Path, pack: &str, institution: &str) -> Outcome<Open> {
    init_with(dir, pack, institution, "")
}

/// The same for the demo institution, whose people sign in with one click.
pub fn workspace_init_demo(dir: &Path, pack: &str, institution: &str) -> Outcome<Open> {
    init_with(dir, pack, institution, "\n# The demo institution: its people sign in with one click, from this machine alone.\ndemo = true\n")
}

fn init_with(dir: &Path, pack: &str, institution: &str, more: &str) -> Outcome<Open> {
    if dir.join("postloan.toml").exists() {
        return refused("E-WS-02", &[("dir", &dir.display())]);
    }
    load_pack(pack, dir)?;
    let text = CONFIG_TEMPLATE.replace("{institution}", institution).replace("{pack}", pack) + more;
    Workspace::init(dir, &text)?;
    make_keys(dir)?;
    workspace_open(dir)
}

/// The folder that a path or a `file://` address names; other kinds of addresses are refused, for the
/// lake is read as files.
pub fn workspace_place(dir: &str) -> Outcome<PathBuf> {
    let Some((scheme, _)) = dir.split_once("://") else { return Ok(PathBuf::from(dir)) };
    match Url::parse(dir).ok().filter(|_| scheme == "file").and_then(|url| url.to_file_path().ok()) {
        Some(path) => Ok(path),
        None => refused("E-WS-14", &[("dir", &dir)]),
    }
}

pub fn workspace_open(dir: &Path) -> Outcome<Open> {
    if !dir.join("postloan.toml").exists() {
        return refused("E-WS-01", &[("dir", &dir.display())]);
    }
    let lake = Workspace::open(dir)?.with_keys(keys(dir)?);
    let path = dir.join("postloan.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    match toml::from_str(&text) {
        Ok(config) => Ok(Open { lake, config }),
        Err(problem) => refused("E-WS-03", &[("path", &path.display()), ("problem", &problem.to_string().trim_end())]),
    }
}

/// The right to write, or who has it.
pub fn lock(open: &Open, what: &str) -> Outcome<lake::WriteLock> {
    Ok(open.lake.lock(what)?)
}

impl Open {
    /// The pack the workspace is run by, or the draft asked for.
    pub fn pack(&self, draft: Option<&str>) -> Outcome<Pack> {
        self.pack_text(draft)?.parse()
    }

    /// The same, as it is written.
    pub fn pack_text(&self, draft: Option<&str>) -> Outcome<PackText> {
        pack_text(draft.unwrap_or(&self.config.pack), self.lake.root())
    }
}

/// A pack as it is written (政策包原文), so that it can travel; an embedded one is known by its name alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackText {
    name: String,
    /// File names and texts.
    files: Vec<(String, String)>,
}

/// A pack by the name of an embedded one, or from a file or a folder of files.
pub fn load_pack(name: &str, beside: &Path) -> Outcome<Pack> {
    pack_text(name, beside)?.parse()
}

fn pack_text(name: &str, beside: &Path) -> Outcome<PackText> {
    let files = match pack_path(name, beside) {
        None => Vec::new(),
        Some(path) if path.exists() => {
            let read = |path: PathBuf| {
                let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                Ok((path.display().to_string(), text))
            };
            pack_files(&path)?.into_iter().map(read).collect::<anyhow::Result<Vec<_>>>()?
        }
        Some(_) => return refused("E-PO-01", &[("pack", &name), ("known", &embedded_packs().join(", "))]),
    };
    Ok(PackText { name: name.to_owned(), files })
}

impl PackText {
    pub fn parse(&self) -> Outcome<Pack> {
        let parsed = if embedded_packs().contains(&self.name.as_str()) {
            Pack::embedded(&self.name)
        } else {
            Pack::parse(&self.files)
        };
        parsed.or_else(|problems| refused_pack(&self.name, &problems))
    }
}

/// Where a pack of the lender's own lies; `None` for an embedded one.
pub fn pack_path(name: &str, beside: &Path) -> Option<PathBuf> {
    let given = Path::new(name);
    let path = || if given.exists() { given.to_owned() } else { beside.join(given) };
    (!embedded_packs().contains(&name)).then(path)
}

/// What is wrong with a pack, all of it.
pub fn refused_pack<T>(name: &str, problems: &[policy::PackProblem]) -> Outcome<T> {
    let mut lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    lines.dedup();
    refused("E-PO-02", &[("pack", &name), ("problems", &lines.join("\n"))])
}

/// The files of a pack: itself, or what a folder holds.
pub fn pack_files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| format!("listing {}", path.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    Ok(paths)
}
