//! The discrete-event engine. It knows time, queues, servers and chance, and no streaming word.
//!
//! # The contract of a run
//!
//! *Inputs are exogenous and shared, events are endogenous and private.* What happens to a system
//! from outside arrives as one sorted stream of inputs; only a model's own timers live in its event
//! queue. Ties are settled by rule, so that a run is a pure function of its inputs:
//!
//! 1. a timer that is due at the very instant of an input fires before the input;
//! 2. timers that are due at the same instant fire in the order in which they were set;
//! 3. inputs of the same instant keep the order of their stream.
//!
//! # An M/M/1 queue in thirty lines
//!
//! One server, exponential inter-arrival and service times, load 0.8: theory says that a customer
//! spends five service times in the system.
//!
//! ```
//! use streamduel::engine::{run, Model, Queue, Server, Stream, Timed};
//! use streamduel::units::{Nanos, SimTime};
//!
//! struct Customer(SimTime, u64);
//! impl Timed for Customer {
//!     fn at(&self) -> SimTime { self.0 }
//! }
//!
//! struct Mm1 { server: Server, service: Stream, served: u64, sojourn_s: f64 }
//! impl Model for Mm1 {
//!     type Input = Customer;
//!     type Event = SimTime; // a departure; it carries the customer's arrival
//!     fn input(&mut self, Customer(at, n): Customer, queue: &mut Queue<SimTime>) {
//!         let done = self.server.serve(at, Nanos((self.service.exponential(n) * 1e9) as u64));
//!         queue.at(done, at);
//!     }
//!     fn event(&mut self, arrived: SimTime, queue: &mut Queue<SimTime>) {
//!         self.served += 1;
//!         self.sojourn_s += (queue.now() - arrived).as_secs_f64();
//!     }
//! }
//!
//! let (gaps, service) = (Stream::new(42, 0, "gaps"), Stream::new(42, 0, "service"));
//! let mut clock = 0.0;
//! let mut customers = (0..400_000).map(|n| {
//!     clock += gaps.exponential(n) / 0.8;
//!     Customer(SimTime((clock * 1e9) as u64), n)
//! });
//! let mut model = Mm1 { server: Server::new(), service, served: 0, sojourn_s: 0.0 };
//! run(&mut model, &mut customers, &mut Queue::new(), SimTime(u64::MAX));
//! let mean = model.sojourn_s / model.served as f64;
//! assert!((mean - 5.0).abs() < 0.25, "mean sojourn {mean}");
//! ```

mod bucket;
mod burst;
mod latency;
mod link;
mod queue;
mod run;
mod station;
mod stream;
mod table;
mod ticket;
mod wheel;

pub use bucket::{TokenBucket, Tokens, TwinBucket};
pub use burst::BurstServer;
pub use latency::LatencyLaw;
pub use link::SharedLink;
pub use queue::Queue;
pub use run::{Model, Timed, catch_up, drain, run};
pub use station::{Pool, Server};
pub use stream::{Stream, StreamRng, part_of};
pub use table::{AliasTable, QuantileTable, probit};
pub use ticket::Ticket;
