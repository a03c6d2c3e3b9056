//! The API against requests made up from its own description: nothing breaks, nothing answers otherwise than described.
//!
//! `cargo xtask test` brings schemathesis from PyPI and names it; where nobody names it, the test says so and ends.

use crate::bench::Bench;
use std::path::PathBuf;
use std::process::Command;

/// Names the program; the same name stands in `xtask`.
const VARIABLE: &str = "POSTLOAN_SCHEMATHESIS";

/// Seconds for everything: three roles, a third of it each.
const SECONDS: u32 = 90;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,ignored_auth,use_after_free";

#[test]
fn the_api_keeps_to_its_description() {
    let Some(program) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        println!("left out: {VARIABLE} names no schemathesis; cargo xtask test brings one");
        return;
    };
    let bench = Bench::new();
    for staff_id in ["C0001", "P0001", "A0001"] {
        let mut run = Command::new(&program);
        run.args(["run", &format!("http://{}/api/v1/openapi.json", bench.address), "--checks", CHECKS]);
        run.args(["-H", &format!("Authorization: Bearer {}", bench.sign_in(staff_id))]);
        run.args(["--phases", "coverage,fuzzing", "--seed", "20261120", "--max-time", &(SECONDS / 3).to_string()]);
        // A session that was ended or an empty staff would answer nothing but 401 from there on.
        run.args(["--exclude-path", "/api/v1/session", "--exclude-path", "/api/v1/session/password"]);
        run.args(["--exclude-path-regex", "/staff/.+", "--generation-database", "none", "--no-color", "--rate-limit", "45/s"]);
        let said = run.current_dir(bench.dir()).output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        println!("{staff_id}\n{text}");
        assert!(said.status.success(), "as {staff_id}");
    }
}
