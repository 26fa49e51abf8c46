//! The platforms under comparison. A platform is one folder behind one trait; `kinesis` and `kafka`
//! are peers that never name each other.

mod consumer;
pub mod foresee;
mod keytable;
mod lift;
mod limits;
mod lint;
mod log;
mod meters;

pub mod kafka;
pub mod kinesis;

pub use consumer::{
    BufferStep, BufferedChunk, Chunk, ConsumerSink, Disorder, HandOver, OrderWatch, Part, Reader,
    Transaction, follow, given,
};
pub use keytable::KeyTable;
pub use lift::{comes_from_events, lift_from_workload};
pub use limits::LimitWords;
pub use log::{Hidden, HiddenCount, Log, OrderMark, Stored};

use crate::cost::{Bill, Item};
use crate::engine::{Model, Queue, Timed, catch_up, drain};
use crate::probe::{Cause, Gauge, Held, Lane, Limit, Monitor, Recorder, RunResult, Sampling, Spot};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Input, Mark, Record, Run, Runs, Workload};

/// How large a system can become, for the estimate of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The most lanes that are ever opened in a run.
    pub lanes: u64,
    /// The most values of its own that it shows at a sampling instant.
    pub gauges: u64,
}

/// The names that a platform's own monitoring has for what every platform counts.
#[derive(Clone, Copy, Debug)]
pub struct MetricNames {
    /// What a lane is called: `shard`, `partition`.
    pub lane: &'static str,
    /// Bytes stored.
    pub bytes_in: &'static str,
    /// Records stored.
    pub records_in: &'static str,
    /// Attempts refused.
    pub throttled: &'static str,
    /// Reading calls refused.
    pub read_throttled: &'static str,
    /// Records stored and not yet processed.
    pub lag: &'static str,
    /// Why records are given to a consumer once more, for "…: WHY".
    pub redelivered: &'static str,
    /// Why a consumer skips records that are still stored, for "…: WHY".
    pub skipped: &'static str,
    /// Its words for the limits that hold records up.
    pub limit: fn(Limit) -> LimitWords,
    /// Whether bytes and records stored are rates per second, as JMX meters are, or sums over the sampling
    /// interval, as CloudWatch shows them.
    pub per_second: bool,
}

/// What a platform needs to know to build a system.
pub struct Setup<'a> {
    /// The records, consumers and steps.
    pub workload: &'a Workload,
    /// The seed of the run.
    pub seed: u64,
    /// The number of the replication.
    pub replication: u32,
}

/// What a platform works with while it handles an input or a timer.
pub struct Cx<'a, E> {
    /// Its timers.
    pub queue: &'a mut Queue<E>,
    /// What it reports to.
    pub probe: &'a mut Recorder,
}

/// A streaming platform: the trait that a folder below this one implements.
pub trait Platform: Billed + Sized {
    /// Its settings, in the service's own dialect.
    type Config: Clone + Send + Sync;
    /// Its private timers.
    type Event: Copy;
    /// The causes for which its records may end early.
    const CAUSES: &'static [Cause];
    /// What its own monitoring calls things.
    const NAMES: MetricNames;

    /// Reads `[system.<label>.<platform>]`; problems go to the section.
    fn read(section: &Section<'_>, workload: &Workload) -> Self::Config;
    /// Takes a limit away, as it meets a consumer or all; returns what was changed, if anything can be.
    fn lift(_: &mut Self::Config, _: Limit, _: Option<usize>) -> Option<&'static str> {
        None
    }
    /// The same for these settings.
    fn names(_: &Self::Config) -> MetricNames {
        Self::NAMES
    }
    /// What charts mark, besides the timeline that all systems share.
    fn marks(_: &Self::Config) -> Vec<Mark> {
        Vec::new()
    }
    /// Why it does not stay as it is in a run, whatever the workload does; `None` if it does.
    fn unsteady(_: &Self::Config) -> Option<&'static str> {
        None
    }
    /// What is known before a run: sums against limits.
    fn foresee(config: &Self::Config, workload: &Workload) -> Vec<foresee::Foreseen>;
    /// How large it can become in a run.
    fn size(config: &Self::Config, duration: Nanos, workload: &Workload) -> Size;
    /// Builds a system.
    fn new(config: &Self::Config, setup: &Setup<'_>) -> Self;
    /// Its lanes with their limits.
    fn lanes(&self) -> Vec<Lane>;
    /// Sets its first timers.
    fn start(&mut self, _: &mut Cx<'_, Self::Event>) {}
    /// A record is offered.
    fn offer(&mut self, record: Record, cx: &mut Cx<'_, Self::Event>);
    /// A timer fires.
    fn event(&mut self, event: Self::Event, cx: &mut Cx<'_, Self::Event>);
    /// A step of the timeline is taken. A platform that overrides nothing ignores the timeline.
    fn apply(&mut self, _: Action, _: &mut Cx<'_, Self::Event>) {}
    /// What it shows at a sampling instant.
    fn sample(&mut self, now: SimTime) -> Sampled;
    /// What it still holds, found by walking its buffers and logs.
    fn held(&self, now: SimTime) -> Held;
    /// What its monitoring has seen, at the end.
    fn monitor(&mut self) -> Monitor {
        Monitor::default()
    }
}

/// What a platform charges for. A platform without prices keeps the defaults and has no bill.
pub trait Billed {
    /// The items that it charges for.
    fn tariff(&self) -> Vec<Item> {
        Vec::new()
    }
    /// What has been used up to `now`, in base units of the tariff and in its order.
    fn usage(&mut self, _: SimTime) -> Vec<u128> {
        Vec::new()
    }
    /// For items for stored data: their place in the tariff, and the bytes that the log holds when it is as full as its
    /// retention lets it become at the mean write rate up to `now`.
    fn filled(&self, _: SimTime) -> Vec<(usize, u128)> {
        Vec::new()
    }
}

/// What a platform shows at a sampling instant.
#[derive(Debug, Default)]
pub struct Sampled {
    /// Stored and not yet processed, per consumer `[records]`.
    pub lag: Vec<u64>,
    /// Held back by clients `[records]`.
    pub client_held: u64,
    /// Values of its own.
    pub gauges: Vec<Gauge>,
    /// Limits at work since the last sample that only its machines count.
    pub bound: Vec<(Spot, u64)>,
}

/// A platform and what it reports to: the model that the engine runs.
struct System<P: Platform> {
    platform: P,
    probe: Recorder,
    /// The timers that fired.
    timers: u64,
}

impl<P: Platform> System<P> {
    /// A record is offered; the clock stands at its instant.
    #[inline(always)]
    fn offer(&mut self, record: Record, queue: &mut Queue<P::Event>) {
        self.probe.offered(record.bytes);
        let mut cx = Cx {
            queue,
            probe: &mut self.probe,
        };
        self.platform.offer(record, &mut cx);
    }

    /// Runs over all inputs, firing the timers that are due before each.
    fn run(&mut self, inputs: &mut impl Runs, queue: &mut Queue<P::Event>) {
        while let Some(run) = inputs.next_run() {
            match run {
                Run::Records(records) => {
                    for record in records {
                        catch_up(self, queue, record.at);
                        self.offer(*record, queue);
                    }
                }
                Run::Input(input) => {
                    catch_up(self, queue, input.at());
                    self.input(input, queue);
                }
            }
        }
    }

    fn sample(&mut self, now: SimTime) {
        let sampled = self.platform.sample(now);
        for (spot, amount) in sampled.bound {
            self.probe.bound(spot, amount);
        }
        let sampling = Sampling {
            lag: sampled.lag,
            client_held: sampled.client_held,
            gauges: sampled.gauges,
            usage: self.platform.usage(now),
        };
        self.probe.roll(now, sampling);
    }
}

impl<P: Platform> Model for System<P> {
    type Input = Input;
    type Event = P::Event;

    fn input(&mut self, input: Input, queue: &mut Queue<P::Event>) {
        let mut cx = Cx {
            queue,
            probe: &mut self.probe,
        };
        match input {
            Input::Record(record) => self.offer(record, queue),
            Input::Relayed(at, record) => {
                cx.probe.came(at);
                self.offer(record, queue);
            }
            Input::Step(_, action) => {
                note_absence(action, &mut cx);
                self.platform.apply(action, &mut cx);
            }
            Input::Sample(at) => self.sample(at),
            Input::Cut(_) => self.probe.cut(),
        }
    }

    #[inline]
    fn event(&mut self, event: P::Event, queue: &mut Queue<P::Event>) {
        self.timers += 1;
        self.platform.event(
            event,
            &mut Cx {
                queue,
                probe: &mut self.probe,
            },
        );
    }
}

/// Notes from when to when a step of the timeline holds a consumer down.
fn note_absence<E: Copy>(action: Action, cx: &mut Cx<'_, E>) {
    let now = cx.queue.now();
    let spot = |consumer: u16| Limit::ConsumerDown.of(usize::from(consumer), 0);
    match action {
        Action::ConsumerDown(consumer) => cx.probe.begin_wait(spot(consumer), now),
        Action::ConsumerUp(consumer) => cx.probe.end_wait(spot(consumer), now),
        Action::WorkerDown(..)
        | Action::WorkerStop(..)
        | Action::WorkerUp(..)
        | Action::WorkersJoin(..)
        | Action::ZoneDown(_)
        | Action::ZoneUp(_)
        | Action::ScaleTo(_)
        | Action::RecordsFail(..) => {}
    }
}

/// Runs one replication of one system over the shared inputs.
///
/// `inputs` are those of [`Workload::inputs`], perhaps watched on their way by a progress bar.
pub fn simulate<P: Platform>(
    config: &P::Config,
    setup: &Setup<'_>,
    warmup: Nanos,
    inputs: &mut impl Runs,
) -> RunResult {
    let platform = P::new(config, setup);
    let consumers = setup.workload.consumers.len();
    let probe = Recorder::new(
        platform.lanes(),
        consumers,
        P::CAUSES,
        warmup,
        setup.workload.keys_ordered(),
    )
    .sampled_every(setup.workload.sample);
    let mut system = System {
        platform,
        probe: probe.with_windows(setup.workload),
        timers: 0,
    };
    if let Some(consumer) = setup.workload.relayed_by {
        system.probe.relay(consumer);
    }
    let mut queue = Queue::new();
    system.platform.start(&mut Cx {
        queue: &mut queue,
        probe: &mut system.probe,
    });
    let end = SimTime(setup.workload.duration.0);
    system.run(inputs, &mut queue);
    drain(&mut system, &mut queue, end);
    system.sample(end);
    let held = system.platform.held(end);
    let monitor = system.platform.monitor();
    let (tariff, usage) = (system.platform.tariff(), system.platform.usage(end));
    let filled = system.platform.filled(end);
    let bill =
        (!tariff.is_empty()).then(|| Bill::new(tariff, &usage, &filled, setup.workload.duration));
    RunResult {
        monitor,
        bill,
        timers: system.timers,
        ..system.probe.finish(&held)
    }
}

macro_rules! platforms {
    ($($module:ident :: $name:ident = $word:literal),* $(,)?) => {
        /// The settings of one system, whatever its platform.
        #[derive(Clone)]
        pub enum Config {
            $(#[doc = concat!("A `", $word, "` system.")] $name(Box<<$module::$name as Platform>::Config>),)*
        }

        /// The words that stand for a platform in `[system.<label>.<platform>]`.
        pub const WORDS: &[&str] = &[$($word),*];

        impl Config {
            /// Reads the table of the platform called `word`, which must be one of [`WORDS`].
            #[must_use]
            pub fn read(word: &str, section: &Section<'_>, workload: &Workload) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name(Box::new(<$module::$name as Platform>::read(section, workload)))),)*
                    _ => None,
                }
            }
            /// The platform's word.
            #[must_use]
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(_) => $word,)* }
            }
            /// What the platform's own monitoring calls things.
            #[must_use]
            pub fn names(&self) -> MetricNames {
                match self { $(Self::$name(config) => <$module::$name as Platform>::names(config),)* }
            }
            /// Takes a limit away, as it meets a consumer or all; returns what was changed, if anything can be.
            #[must_use]
            pub fn lift(&mut self, limit: Limit, consumer: Option<usize>) -> Option<&'static str> {
                match self { $(Self::$name(config) => <$module::$name as Platform>::lift(config, limit, consumer),)* }
            }
            /// What charts mark, besides the timeline that all systems share.
            #[must_use]
            pub fn marks(&self) -> Vec<Mark> {
                match self { $(Self::$name(config) => <$module::$name as Platform>::marks(config),)* }
            }
            /// Why the system does not stay as it is in a run; `None` if it does.
            #[must_use]
            pub fn unsteady(&self) -> Option<&'static str> {
                match self { $(Self::$name(config) => <$module::$name as Platform>::unsteady(config),)* }
            }
            /// What is known before a run: sums against limits.
            #[must_use]
            pub fn foresee(&self, workload: &Workload) -> Vec<foresee::Foreseen> {
                match self { $(Self::$name(config) => <$module::$name as Platform>::foresee(config, workload),)* }
            }
            /// How large the system can become in a run.
            #[must_use]
            pub fn size(&self, duration: Nanos, workload: &Workload) -> Size {
                match self { $(Self::$name(config) => <$module::$name as Platform>::size(config, duration, workload),)* }
            }
            /// Runs one replication.
            #[must_use]
            pub fn simulate(
                &self,
                setup: &Setup<'_>,
                warmup: Nanos,
                inputs: &mut impl Runs,
            ) -> RunResult {
                match self {
                    $(Self::$name(config) => simulate::<$module::$name>(config, setup, warmup, inputs),)*
                }
            }
        }
    };
}

platforms! { kinesis::Kinesis = "kinesis", kafka::Kafka = "kafka" }
