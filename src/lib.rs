//! Scratch.
pub mod cli;
pub mod engine;
pub mod experiment;
pub mod facts;
pub mod platform;
pub mod probe;
pub mod report;
pub mod scenario;
pub mod settings;
pub mod stats;
pub mod units;
pub mod workload;
