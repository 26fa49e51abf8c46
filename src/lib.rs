//! Scratch.
pub mod units;
pub mod engine;
pub mod settings;
pub mod facts;
pub mod workload;
pub mod probe; pub mod platform;
pub mod scenario; pub mod stats; pub mod experiment;
pub mod report; pub mod cli;
