//! The stories a refusal is shown by, part of the program: what the tests run is what people read.

/// The transcripts in which several refusals happen, as the tests wrote them.
const TOLD: &[&str] = &[
    include_str!("../../../../cases/errors/authority.txt"),
    include_str!("../../../../cases/errors/casework.txt"),
    include_str!("../../../../cases/errors/clocks.txt"),
    include_str!("../../../../cases/errors/desk.txt"),
    include_str!("../../../../cases/commands/again.case"),
    include_str!("../../../../cases/commands/backup.case"),
    include_str!("../../../../cases/commands/book.case"),
    include_str!("../../../../cases/commands/correction.case"),
    include_str!("../../../../cases/commands/damaged.case"),
    include_str!("../../../../cases/commands/doctor.case"),
    include_str!("../../../../cases/commands/dry_run.case"),
    include_str!("../../../../cases/commands/exceptions.case"),
    include_str!("../../../../cases/commands/explain.case"),
    include_str!("../../../../cases/commands/figures.case"),
    include_str!("../../../../cases/commands/figures_for_scripts.case"),
    include_str!("../../../../cases/commands/import_layout.case"),
    include_str!("../../../../cases/commands/import_reversals.case"),
    include_str!("../../../../cases/commands/import_rows.case"),
    include_str!("../../../../cases/commands/import_schedules.case"),
    include_str!("../../../../cases/commands/inputs_changed.case"),
    include_str!("../../../../cases/commands/mapping.case"),
    include_str!("../../../../cases/commands/movement.case"),
    include_str!("../../../../cases/commands/nights.case"),
    include_str!("../../../../cases/commands/no_room.case"),
    include_str!("../../../../cases/commands/query.case"),
    include_str!("../../../../cases/commands/refused.case"),
    include_str!("../../../../cases/commands/refused_cluster.case"),
    include_str!("../../../../cases/commands/refused_executor.case"),
    include_str!("../../../../cases/commands/refused_files.case"),
    include_str!("../../../../cases/commands/refused_keys.case"),
    include_str!("../../../../cases/commands/refused_nights.case"),
    include_str!("../../../../cases/commands/refused_packs.case"),
    include_str!("../../../../cases/commands/refused_schedules.case"),
    include_str!("../../../../cases/commands/refused_sql.case"),
    include_str!("../../../../cases/commands/refused_staff.case"),
    include_str!("../../../../cases/commands/rejects.case"),
    include_str!("../../../../cases/commands/schedule.case"),
    include_str!("../../../../cases/commands/through.case"),
    include_str!("../../../../cases/commands/usage.case"),
    include_str!("../../../../cases/commands/what_if.case"),
];

/// The refusals that have a story of their own, by code.
const OWN: &[(&str, &str)] = &[
    ("E-EX-01", include_str!("../../../../cases/errors/E-EX-01.case")),
    ("E-EX-02", include_str!("../../../../cases/errors/E-EX-02.case")),
    ("E-EX-03", include_str!("../../../../cases/errors/E-EX-03.case")),
    ("E-EX-04", include_str!("../../../../cases/errors/E-EX-04.case")),
    ("E-EX-05", include_str!("../../../../cases/errors/E-EX-05.case")),
    ("E-PA-01", include_str!("../../../../cases/errors/E-PA-01.case")),
    ("E-PA-02", include_str!("../../../../cases/errors/E-PA-02.case")),
    ("E-PA-03", include_str!("../../../../cases/errors/E-PA-03.case")),
    ("E-PA-04", include_str!("../../../../cases/errors/E-PA-04.case")),
    ("E-PA-05", include_str!("../../../../cases/errors/E-PA-05.case")),
    ("E-PA-06", include_str!("../../../../cases/errors/E-PA-06.case")),
    ("E-RP-01", include_str!("../../../../cases/errors/E-RP-01.case")),
    ("E-RP-02", include_str!("../../../../cases/errors/E-RP-02.case")),
    ("E-RP-03", include_str!("../../../../cases/errors/E-RP-03.case")),
    ("E-RP-04", include_str!("../../../../cases/errors/E-RP-04.case")),
    ("E-RP-05", include_str!("../../../../cases/errors/E-RP-05.case")),
    ("E-RP-06", include_str!("../../../../cases/errors/E-RP-06.case")),
    ("E-RP-07", include_str!("../../../../cases/errors/E-RP-07.case")),
    ("E-RP-08", include_str!("../../../../cases/errors/E-RP-08.case")),
    ("E-RP-09", include_str!("../../../../cases/errors/E-RP-09.case")),
    ("E-RP-10", include_str!("../../../../cases/errors/E-RP-10.case")),
    ("E-SC-01", include_str!("../../../../cases/errors/E-SC-01.case")),
    ("E-SC-02", include_str!("../../../../cases/errors/E-SC-02.case")),
    ("E-SC-03", include_str!("../../../../cases/errors/E-SC-03.case")),
    ("E-SC-04", include_str!("../../../../cases/errors/E-SC-04.case")),
    ("E-SC-05", include_str!("../../../../cases/errors/E-SC-05.case")),
    ("E-SC-06", include_str!("../../../../cases/errors/E-SC-06.case")),
    ("E-SC-07", include_str!("../../../../cases/errors/E-SC-07.case")),
    ("E-SC-08", include_str!("../../../../cases/errors/E-SC-08.case")),
    ("E-SC-09", include_str!("../../../../cases/errors/E-SC-09.case")),
    ("E-SC-10", include_str!("../../../../cases/errors/E-SC-10.case")),
    ("E-WV-01", include_str!("../../../../cases/errors/E-WV-01.case")),
    ("E-WV-02", include_str!("../../../../cases/errors/E-WV-02.case")),
    ("E-WV-03", include_str!("../../../../cases/errors/E-WV-03.case")),
];

/// The story of its own that a refusal has, and the paragraphs of the transcripts that tell of it.
pub fn stories(code: &str) -> Vec<&'static str> {
    let own = OWN.iter().filter(|(known, _)| *known == code).map(|(_, text)| *text);
    let told = TOLD.iter().flat_map(|text| text.split("\n\n")).filter(|paragraph| is_of(paragraph, code));
    own.chain(told).map(str::trim).collect()
}

fn is_of(paragraph: &str, code: &str) -> bool {
    paragraph.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').any(|word| word == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_of_a_refusal_is_here() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/errors");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(code) = name.strip_suffix(".case") {
                assert!(OWN.iter().any(|(known, _)| *known == code), "{name} is not part of the program: add it to OWN");
            }
        }
        assert!(stories("E-WB-09")[0].contains("field_not_understood"));
        assert!(stories(&["E-XX", "99"].join("-")).is_empty());
    }
}
