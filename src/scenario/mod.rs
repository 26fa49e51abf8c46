//! The scenario file: one experiment, parsed, resolved and checked.

mod accept;
mod chain;
mod expect;
mod file;
mod memory;
mod plan;
mod sweep;
mod window;

pub use chain::Feed;
pub use expect::{Comparison, Expect, Operand};
pub use file::{SourceText, is_stdin, shown};
pub use memory::Memory;
pub use plan::{Replications, WarmupRule};
pub use sweep::{AtlasTable, SizeTable, SweepTable};
pub use window::{Span, Window, unit_of};

use crate::facts::{self, FactsAt};
use crate::platform::{self, foresee};
use crate::settings::{Assumption, Problems, Section, Settings};
use crate::units::{Date, Nanos};
use crate::workload::{TraceFiles, Workload, is_name};
use md5::{Digest, Md5};
use std::path::{Path, PathBuf};

/// The most replications of a scenario.
pub const REPLICATIONS_MAX: u64 = 1000;
/// The longest run.
const DURATION_MAX: Nanos = Nanos::from_secs(366 * 86_400);
/// The most sampling intervals of a run.
const SAMPLES_MAX: u64 = 10_000;
/// Sampling intervals when the scenario does not say.
const SAMPLES_USUAL: u64 = 300;

/// One contender.
#[derive(Clone)]
pub struct System {
    /// Its name in the scenario.
    pub label: String,
    /// Its platform and settings.
    pub config: platform::Config,
    /// The workload as it sees it: with the consumers that read it.
    pub workload: Workload,
    /// The numbers of these consumers in the scenario.
    pub consumers: Vec<usize>,
    /// The system that it takes its records from, if not from the workload.
    pub feed: Option<Feed>,
}

/// A whole experiment.
#[derive(Clone)]
pub struct Scenario {
    /// What results are filed under: the file's name without its ending.
    pub name: String,
    /// One line for charts.
    pub title: String,
    /// What the experiment asks.
    pub question: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// How many independent runs each system gets at least.
    pub replications: u32,
    /// How many it gets at most, until the headline figures are precise enough.
    pub replications_max: u32,
    /// What is discarded at the beginning, as the scenario says.
    pub warmup: Nanos,
    /// Who decides what is discarded.
    pub warmup_rule: WarmupRule,
    /// The day whose limits, defaults and prices are in force.
    pub as_of: Date,
    /// Records, consumers, interventions.
    pub workload: Workload,
    /// The contenders, in the order of the file.
    pub systems: Vec<System>,
    /// What must hold.
    pub expects: Vec<Expect>,
    /// What `streamduel sweep` goes over.
    pub sweep: SweepTable,
    /// What `streamduel size` goes by.
    pub size: SizeTable,
    /// Every value in force, as a scenario file.
    pub resolved: String,
    /// A fingerprint of the resolved file.
    pub hash: String,
    /// The assumptions that the values rest on.
    pub assumptions: Vec<Assumption>,
    /// What its author should know before he trusts the result.
    pub warnings: Problems,
    /// The file it was read from.
    pub path: PathBuf,
    /// The overrides that were given.
    pub overrides: Vec<String>,
}

/// What the command line changes in a scenario.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `path=value` pairs.
    pub set: Vec<String>,
    /// Another seed.
    pub seed: Option<u64>,
    /// Another number of replications.
    pub replications: Option<u32>,
    /// Another day for limits, defaults and prices, `YYYY-MM-DD`.
    pub as_of: Option<String>,
}

impl Overrides {
    /// All changes as `path=value` pairs.
    #[must_use]
    pub fn pairs(&self) -> Vec<String> {
        let mut pairs = self.set.clone();
        pairs.extend(self.seed.map(|seed| format!("seed={seed}")));
        pairs.extend(self.replications.map(|n| format!("replications={n}")));
        pairs.extend(self.as_of.as_ref().map(|day| format!("as-of={day}")));
        pairs
    }
}

impl Scenario {
    /// How many runs it takes at least: systems times replications.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.systems.len() * self.replications as usize
    }

    /// Reads the file at `path`, or standard input if `path` is `-`.
    ///
    /// # Errors
    /// All problems of the file, each with its place.
    pub fn load(path: &Path, overrides: &Overrides) -> Result<Self, Problems> {
        Self::of(&SourceText::read(path)?, overrides)
    }

    /// Reads a text that lies in memory already.
    ///
    /// # Errors
    /// All problems of the text, each with its place.
    pub fn of(source: &SourceText, overrides: &Overrides) -> Result<Self, Problems> {
        let (file, folder) = (source.shown(), source.folder());
        let mut scenario = Self::parse(&file, &source.name, &source.text, folder, overrides)?;
        source.path.clone_into(&mut scenario.path);
        Ok(scenario)
    }

    /// Reads `text` as the scenario called `name`; traces are looked up in `traces`.
    ///
    /// # Errors
    /// All problems of the text, each with its place.
    pub fn parse(
        file: &str,
        name: &str,
        text: &str,
        traces: &(impl TraceFiles + ?Sized),
        overrides: &Overrides,
    ) -> Result<Self, Problems> {
        let mut settings = Settings::parse(file, text, &overrides.pairs())?;
        crate::workload::expand(&mut settings);
        let mut scenario = Self::read(&settings, name, traces, overrides)?;
        scenario.path = PathBuf::from(file);
        Ok(scenario)
    }

    /// Reads settings as the scenario called `name`.
    ///
    /// # Errors
    /// All problems of the settings, each with its place.
    pub(crate) fn read(
        settings: &Settings,
        name: &str,
        traces: &(impl TraceFiles + ?Sized),
        overrides: &Overrides,
    ) -> Result<Self, Problems> {
        let root = settings.root();
        let title: String = root.need("title");
        let question: String = root.need("question");
        let as_of = read_as_of(settings);
        let seed = root.or("seed", 42);
        let least = Nanos::from_millis(1);
        let duration = root.need_in("duration", least..=DURATION_MAX);
        let warmup = plan::read_warmup(&root, duration);
        let replications = plan::read_replications(&root);
        let sample = read_sample(&root, duration);
        let workload = Workload::read(&root, duration, sample, traces);
        let mut systems = read_systems(&root, &workload);
        let expects = read_claims(&root, &mut systems, &workload, warmup);
        let replications = replications.fitted(&workload, &systems);
        let warmup_rule = plan::warmup_rule(warmup, &workload, &systems);
        memory::check(&root, &workload, &systems, replications.most);
        let (sweep, size) = (SweepTable::read(&root), SizeTable::read(&root));
        accept::read(&root, settings);
        settings.finish()?;
        let resolved = settings.resolved();
        let digest = Md5::digest(resolved.as_bytes());
        let hash = digest
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            name: name.to_owned(),
            title,
            question,
            seed,
            replications: replications.least,
            replications_max: replications.most,
            warmup: warmup.unwrap_or(Nanos::ZERO),
            warmup_rule,
            as_of,
            workload,
            systems,
            expects,
            sweep,
            size,
            hash,
            assumptions: settings.assumptions(),
            warnings: settings.warnings(),
            resolved,
            path: PathBuf::new(),
            overrides: overrides.pairs(),
        })
    }
}

/// Reads `[[expect]]`, and tells each system which windows of its results are asked for.
fn read_claims(
    root: &Section<'_>,
    systems: &mut [System],
    workload: &Workload,
    warmup: Option<Nanos>,
) -> Vec<Expect> {
    let warmup = warmup.unwrap_or(Nanos::ZERO);
    let ground = expect::Ground {
        systems,
        workload,
        warmup,
    };
    let expects = expect::read_all(root, &ground);
    cut(systems, &expects, warmup);
    expects
}

/// Tells each system at which instants windows of its results begin and end.
fn cut(systems: &mut [System], expects: &[Expect], warmup: Nanos) {
    for (place, system) in systems.iter_mut().enumerate() {
        system.workload.entries = system.entries();
        let cuts = system.cuts(warmup);
        system.workload.cut_at(cuts);
        let sides = expects
            .iter()
            .flat_map(|expect| [&expect.left, &expect.right]);
        let windows = sides.filter_map(|side| side.window_of(place));
        system.workload.cut_at(windows.flat_map(Window::cuts));
    }
}

/// `as-of`: the day whose rows of the tables are in force; by default the newest that they name.
fn read_as_of(settings: &Settings) -> Date {
    let root = settings.root();
    let (first, last) = facts::span();
    let day = root.or("as-of", last);
    if day < first || day > last {
        let message = format!("nothing is known of {day}");
        root.problem(
            "as-of",
            message,
            format!("the tables of facts reach from {first} to {last}"),
        );
    }
    settings.set_as_of(day);
    let later = FactsAt::of(day).first_known_later();
    if later > 0 {
        let why = format!(
            "assumption: {later} facts have their first source after this day and are taken to have held before"
        );
        root.assume("as-of", day.to_string(), why);
    }
    day
}

/// The sampling interval: about 300 of them, of a round length, at least a second apart.
fn read_sample(root: &Section<'_>, duration: Nanos) -> Nanos {
    // Multiples of the KCL's 1.5 s, so that polling and sampling do not beat.
    const ROUND_S: [u64; 11] = [1, 3, 6, 15, 30, 60, 300, 600, 1800, 3600, 86_400];
    let wanted = duration.0 / SAMPLES_USUAL;
    let round = ROUND_S
        .into_iter()
        .map(Nanos::from_secs)
        .find(|step| step.0 >= wanted);
    let usual = round
        .unwrap_or(Nanos::from_secs(86_400))
        .min(duration.max(Nanos(1)));
    let sample = root.or_in("sample", usual, Nanos::from_millis(1)..=DURATION_MAX);
    if duration.0 / sample.0.max(1) > SAMPLES_MAX {
        root.problem(
            "sample",
            format!("sampling every {sample} gives too many points"),
            format!("at most {SAMPLES_MAX} in a run"),
        );
    }
    sample
}

fn read_systems(root: &Section<'_>, workload: &Workload) -> Vec<System> {
    let section = root.section("system");
    let mut systems = Vec::new();
    // The resolved file has them in the same order, whatever is read of them first.
    let labels = section.names_in_order();
    labels.iter().for_each(|label| section.reserve(label));
    let plan = chain::Plan::read(root, workload);
    for (index, label) in labels.into_iter().enumerate() {
        if !is_name(&label) {
            section.problem(
                &label,
                format!("`{label}` is no label"),
                "use lower-case letters, digits and `-`",
            );
        }
        let contender = section.entry(&label);
        contender.announce(platform::WORDS);
        let Some(word) = platform_of(&contender, &label) else {
            continue;
        };
        let own = plan.workload_of(index, workload);
        let config = platform::Config::read(word, &contender.section(word), &own);
        if let Some(config) = &config {
            foresee::warn(&config.foresee(&own), &contender.section(word));
        }
        let (consumers, feed) = (plan.consumers(index, workload), plan.feed_of(index));
        systems.extend(config.map(|config| System {
            label,
            config,
            workload: own,
            consumers,
            feed,
        }));
    }
    if systems.is_empty() && section.names().is_empty() && !root.lacks_tables() {
        root.problem(
            "system",
            "the scenario has no system",
            "add a `[system.<label>.kinesis]` or `[system.<label>.kafka]` table",
        );
    }
    systems
}

/// The one platform of a contender; anything else is a problem.
fn platform_of(contender: &Section<'_>, label: &str) -> Option<&'static str> {
    let mut words = contender.names();
    words.retain(|name| name != "from");
    let is_known = |word: &String| platform::WORDS.contains(&word.as_str());
    let (_, unknown): (Vec<String>, Vec<String>) = words.iter().cloned().partition(is_known);
    for word in &unknown {
        let help = match crate::settings::closest(word, platform::WORDS) {
            Some(hint) => format!("did you mean `[system.{label}.{hint}]`?"),
            None => format!("known are {}", platform::WORDS.join(", ")),
        };
        contender.problem(word, format!("no platform is called `{word}`"), help);
        contender.ignore(word);
    }
    let is_there = |word: &&&str| words.iter().any(|name| name == **word);
    let known: Vec<&'static str> = platform::WORDS.iter().filter(is_there).copied().collect();
    match known[..] {
        [word] => return Some(word),
        [] if unknown.is_empty() => contender.problem(
            "",
            format!("the system `{label}` has no platform"),
            format!("write `[system.{label}.kinesis]` or `[system.{label}.kafka]`"),
        ),
        [] => {}
        _ => {
            contender.problem(
                known[1],
                format!("the system `{label}` has two platforms"),
                "give each its own label",
            );
            contender.ignore(known[1]);
            contender.ignore(known[0]);
        }
    }
    None
}
