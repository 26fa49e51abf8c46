//! What others have published about Kafka and MSK, against the model. The outcome is the table in
//! docs/FIDELITY.md: `STREAMDUEL_BLESS=1 cargo test --release --test validation` writes it, this test holds it
//! to what the model says now. A row of the table that is missed must be named, with the mechanism that the
//! model lacks, in `misses.rs`.

mod i3en;
mod lab;
mod misses;
mod msk;
mod others;
mod table;

use lab::Lab;
use std::io::Write as _;

/// What became of a row.
pub(crate) enum Outcome {
    /// Simulated, a value per replication.
    Found(Vec<f64>),
    /// The same, to be judged against another value than the published one.
    Against(Vec<f64>, f64),
    /// Not simulated, and why.
    Not(&'static str),
}

/// Simulates a row.
fn simulate(id: &str, lab: &mut Lab) -> Outcome {
    let Some((area, number)) = id.rsplit_once('-') else {
        return Outcome::Not("no scenario for this row");
    };
    match area {
        "KT-SN" | "KL-LT" | "KL-SN" | "KF-SN" | "KP-SN" | "KB-SN" => {
            i3en::streamnative(area, number, lab)
        }
        "KL-CF" | "KT-CF" => i3en::confluents(id, lab),
        "KT-VL" | "KL-VL" => i3en::vanlightly(id, lab),
        "KT-LI" => others::linkedins(id, lab),
        "KL-KX" => others::proxies(id, lab),
        "MS-PT" => msk::performances(number.parse().expect("a number"), lab),
        "MS-EQ" => msk::formula(id, lab),
        "MS-EX" => msk::express(id, lab),
        "MS-PV" | "MS-EN" => msk::storage(id),
        "KT-KR" => Outcome::Not("Kafka of 2011 without acknowledgements, limited by its client"),
        "OV-EO" => others::transactions(lab),
        "OV-KX" => Outcome::Not("proxies are not modelled"),
        "OV-KB" | "OV-LR" => {
            Outcome::Not("everything ran on one host, limited by the client's encryption")
        }
        _ if area.starts_with("AV-") => others::failures(id, lab),
        _ => Outcome::Not("no scenario for this row"),
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow: run in release")]
fn published_values_of_kafka_and_msk_and_the_table_in_the_documentation() {
    let (text, problems) = table::make(&mut Lab::default());
    if std::env::var_os("STREAMDUEL_ROWS").is_some() {
        panic!("only some rows:\n{text}");
    }
    if !table::is_own() {
        // Past the test harness, which keeps back what passing tests print.
        let _ = writeln!(std::io::stderr(), "{text}");
        return;
    }
    table::compare(&text);
    assert!(problems.is_empty(), "{problems:#?}");
}
