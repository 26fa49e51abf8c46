//! streamduel runs the same workload through a model of Amazon Kinesis Data Streams and a model of
//! Apache Kafka / Amazon MSK, and reports what each of them did with every record.
//!
//! The modules, in the order of their dependencies:
//!
//! * [`units`] quantities that parse and print with their units;
//! * [`settings`] scenario text with positions, problems and defaults made visible;
//! * [`cost`] prices and bills: exact arithmetic on what a run used;
//! * [`facts`] dated limits, defaults and assumptions with their sources;
//! * [`engine`] time, events, servers and chance: no streaming word, proven against queueing theory;
//! * [`workload`] records, consumers and interventions, the same for every system;
//! * [`probe`] what happened: fates, counters, latencies, the ledger;
//! * [`platform`] the models behind one trait;
//! * [`scenario`] the file that describes an experiment;
//! * [`stats`] intervals, paired differences, warm-up;
//! * [`experiment`] systems times replications, on threads;
//! * [`output`] folders that appear whole or not at all;
//! * [`report`] CSV, charts, HTML and text;
//! * `search` many runs for one answer: sweeps, limits, sizes;
//! * [`compare`] two runs side by side, from their results folders;
//! * [`study`] the table of all figures, the gallery, the lessons, the comparison of both services, the quiz;
//! * `cli` the command line.
//!
//! ```
//! use std::path::Path;
//! use streamduel::experiment::{run, Progress};
//! use streamduel::scenario::{Overrides, Scenario};
//!
//! let text = r#"
//! title = "One shard"
//! question = "What does one shard take?"
//! duration = "10 s"
//!
//! [workload]
//! arrivals = { poisson = "1500 records/s" }
//! keys = { uniform = { count = 1000 } }
//! sizes = { constant = "100 B" }
//!
//! [[consumer]]
//! name = "app"
//!
//! [system.kds.kinesis]
//! ShardCount = 1
//! "#;
//! let scenario = Scenario::parse("doc.toml", "doc", text, Path::new("."), &Overrides::default()).unwrap();
//! let systems = run(&scenario, &Progress::default()).unwrap();
//! let ledger = &systems[0].runs[0].ledger;
//! assert!(ledger.check().is_ok());
//! assert!(ledger.stored < 11_001, "1,000 records a second, and a bucket of 1,000 to begin with");
//! ```

#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod cost;
pub mod engine;
pub mod experiment;
pub mod facts;
pub mod output;
pub mod platform;
pub mod probe;
pub mod report;
pub mod scenario;
#[cfg(feature = "cli")]
pub mod schema;
#[cfg(feature = "cli")]
pub mod search;
pub mod settings;
pub mod stats;
pub mod study;
pub mod units;
pub mod workload;
