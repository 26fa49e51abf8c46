//! Files for other programs: OpenMetrics, and percentiles of HdrHistogram.

use crate::bad_input::GOOD;
use crate::cli::{folder_with, stderr, streamduel};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Runs the good scenario with flags and reads a file of its results.
fn file(folder: &Path, flags: &[&str], name: &str) -> String {
    let output = streamduel(
        folder,
        &[&["run", "good.toml", "-q", "--no-charts"], flags].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    fs::read_to_string(folder.join("results/good").join(name)).expect(name)
}

/// Name, labels, value and time of a sample.
fn sample(line: &str) -> [&str; 4] {
    let (name, rest) = line.split_once('{').expect("labels");
    let (labels, rest) = rest.rsplit_once("} ").expect("labels");
    let (value, at) = rest.split_once(' ').expect("a time");
    [name, labels, value, at]
}

/// The rules of the text form: families in one piece each, a unit that ends the name, times that grow, and an end.
#[test]
fn openmetrics_follows_the_text_form_and_has_the_values_of_the_table() {
    let folder = folder_with(GOOD);
    let text = file(folder.path(), &["--openmetrics"], "openmetrics.txt");
    assert!(text.ends_with("\n# EOF\n"));
    let (mut family, mut seen, mut last) = (String::new(), BTreeSet::new(), BTreeMap::new());
    let mut samples = 0;
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').expect("a type");
            assert!(seen.insert(name.to_owned()) && kind == "gauge", "{line}");
            family = name.to_owned();
        } else if let Some(declared) = line.strip_prefix("# UNIT ") {
            let (name, unit) = declared.split_once(' ').expect("a unit");
            assert!(
                name == family && name.ends_with(&format!("_{unit}")),
                "{line}"
            );
        } else if !line.starts_with("# HELP ") {
            let [name, labels, value, at] = sample(line);
            assert_eq!(name, family);
            let (value, at): (f64, f64) = (
                value.parse().expect("a number"),
                at.parse().expect("a time"),
            );
            assert!(value.is_finite());
            if let Some(before) = last.insert((name.to_owned(), labels.to_owned()), at) {
                assert!(before < at, "{line}");
            }
            samples += 1;
        }
    }
    let table = fs::read_to_string(folder.path().join("results/good/series.csv")).expect("there");
    assert_eq!(samples + 1, table.lines().count());
    // A run begins at midnight of the day of its facts.
    let first = table
        .lines()
        .find(|row| row.contains(",offered,"))
        .expect("a row");
    let cells: Vec<&str> = first.split(',').collect();
    let labels = format!(
        "{{system=\"{}\",replication=\"0\",entity=\"{}\",metric=\"offered\"}} {} ",
        cells[0], cells[3], cells[6]
    );
    let line = text
        .lines()
        .find(|line| line.contains(&labels))
        .expect("the same value");
    let at: f64 = sample(line)[3].parse().expect("a time");
    assert!((at.rem_euclid(86_400.0) - cells[2].parse::<f64>().expect("a time")).abs() < 0.001);
}

/// Each distribution counts all records, and its percentiles are those of the report.
#[test]
fn percentiles_count_every_record_and_agree_with_the_ladder() {
    let folder = folder_with(GOOD);
    let text = file(folder.path(), &["--hgrm"], "hgrm/kds.app.delivery.hgrm");
    assert!(text.contains("# Values are milliseconds."), "{text}");
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let rows = rows.filter_map(|line| {
        let cells = line.split_whitespace().map(|cell| cell.parse().ok());
        cells
            .collect::<Option<Vec<f64>>>()
            .filter(|row| row.len() >= 3)
    });
    let rows: Vec<Vec<f64>> = rows.collect();
    let ladder = fs::read_to_string(folder.path().join("results/good/latency.csv")).expect("there");
    let p99 = ladder
        .lines()
        .find(|row| row.starts_with("kds,delivery,app,p99,"))
        .expect("p99");
    let p99: f64 = p99
        .split(',')
        .nth(4)
        .and_then(|cell| cell.parse().ok())
        .expect("a number");
    let above = rows.iter().find(|row| row[1] >= 0.99).expect("a row");
    assert!(
        (above[0] / 1000.0 / p99 - 1.0).abs() < 0.1,
        "{above:?} against {p99}"
    );
    let total = rows.last().expect("a row")[2];
    assert!(
        text.contains(&format!("Total count    = {total:12}]")),
        "{text}"
    );
    assert!(
        folder
            .path()
            .join("results/good/hgrm/msk.append.hgrm")
            .exists()
    );
    // A run without the flag takes the folder away, because it is its own.
    file(folder.path(), &[], "series.csv");
    assert!(!folder.path().join("results/good/hgrm").exists());
}

/// The columns of `series.csv` value by value, written by a library and read back; the bytes know no clock and no machine.
#[cfg(feature = "parquet")]
#[test]
fn parquet_has_the_rows_of_the_table_and_is_the_same_every_time() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let folder = folder_with(GOOD);
    file(folder.path(), &["--parquet"], "series.csv");
    let results = folder.path().join("results/good");
    let first = fs::read(results.join("series.parquet")).expect("there");
    let table = fs::read_to_string(results.join("series.csv")).expect("there");
    let mut lines = table.lines();
    let heads = "system,replication,t_s,entity,metric,unit,value,period_s";
    assert_eq!(lines.next(), Some(heads));
    let opened = fs::File::open(results.join("series.parquet")).expect("there");
    let reader = SerializedFileReader::new(opened).expect("a file of columns");
    let about = reader.metadata().file_metadata();
    assert_eq!(about.created_by(), Some("streamduel version 0.1.0"));
    let pairs = about.key_value_metadata().expect("pairs");
    assert!(
        pairs
            .iter()
            .any(|pair| pair.key == "seed" && pair.value.as_deref() == Some("7"))
    );
    let mut rows = 0;
    for row in reader.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        let text = |place: usize| row.get_string(place).expect("a text").clone();
        let number = |place: usize| row.get_double(place).expect("a number");
        let line = lines.next().expect("as many lines");
        let cells = csv_cells(line);
        let near = |cell: &str, value: f64| {
            let cell: f64 = cell.parse().expect("a number");
            assert!(
                (cell - value).abs() <= 1e-5 * value.abs(),
                "{line}: {value}"
            );
        };
        assert_eq!((cells[0].as_str(), &cells[3]), (text(0).as_str(), &text(3)));
        assert_eq!((&cells[4], &cells[5]), (&text(4), &text(5)));
        assert_eq!(cells[1], row.get_int(1).expect("a number").to_string());
        for place in [2, 6, 7] {
            near(&cells[place], number(place));
        }
        rows += 1;
    }
    assert!(rows > 1000 && lines.next().is_none(), "{rows}");
    file(
        folder.path(),
        &["--parquet", "--threads", "1"],
        "series.csv",
    );
    assert!(first == fs::read(results.join("series.parquet")).expect("there"));
    // A run without the flag takes the file away, because it is its own.
    file(folder.path(), &[], "series.csv");
    assert!(!results.join("series.parquet").exists());
}

/// The cells of a line; no cell of a series holds a quoted quote.
#[cfg(feature = "parquet")]
fn csv_cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().expect("a cell").push(c),
        }
    }
    cells
}
