//! Aligned columns of text: words to the left, figures to the right.

/// A table under its heading (表): one row per line, two spaces between columns.
///
/// A column whose every cell is a figure or empty is set to the right.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let cells = |column: usize| rows.iter().map(move |row| row[column].as_str());
    let layout: Vec<(usize, bool)> = heading
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let width = cells(column).map(|cell| cell.chars().count()).chain([name.len()]).max().unwrap_or(0);
            (width, !rows.is_empty() && cells(column).all(is_figure))
        })
        .collect();
    let line = |row: Vec<&str>| {
        let cells = row.iter().zip(&layout).map(|(cell, &(width, right))| {
            if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = line(heading.to_vec());
    let rows = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(heading).chain(rows).collect()
}

fn is_figure(cell: &str) -> bool {
    let digits = cell.trim_end_matches('%');
    digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.')) || digits.strip_prefix('-').is_some_and(is_figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_right_and_words_left() {
        let rows = [["2026-02-12", "1", "1,032.80", "M0"], ["2026-03-12", "12", "-2.5%", "M1"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        let expect = [
            "date        unpaid    amount  bucket",
            "2026-02-12       1  1,032.80  M0",
            "2026-03-12      12     -2.5%  M1",
        ];
        assert_eq!(table(&["date", "unpaid", "amount", "bucket"], &rows), expect);
    }
}
