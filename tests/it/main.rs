//! One test binary, one module per promise.

mod as_of;
mod bad_input;
mod beginnings;
mod bounds;
mod cli;
mod compare;
mod conformance;
mod conformance_kafka;
mod conformance_kinesis;
mod costs;
mod determinism;
mod golden;
mod golden_assignors;
mod golden_kafka;
mod golden_kinesis;
mod life;
mod measured_kafka;
mod output;
mod published;
mod reports;
mod resolved;
mod services;
mod sinks;
mod study;
mod theory;
mod tidy;
