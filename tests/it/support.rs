//! What many tests need: a scenario put together piece by piece, its runs by label, and questions to a run.

use std::ops::Index;
use std::path::{Path, PathBuf};
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{Fate, RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};

/// A scenario in the making. Each piece is TOML as a user would write it.
#[derive(Clone, Debug)]
pub(crate) struct ScenarioBuilder {
    head: String,
    workload: String,
    consumers: String,
    systems: String,
    rest: String,
    folder: PathBuf,
    whole: Option<String>,
}

impl ScenarioBuilder {
    /// A scenario that lasts for `duration` (`"20 s"`), with nothing in it yet.
    pub(crate) fn lasting(duration: &str) -> Self {
        Self::new().head(&format!("duration = \"{duration}\""))
    }

    /// A scenario with a title and a question and nothing else.
    pub(crate) fn new() -> Self {
        Self {
            head: "title = \"test\"\nquestion = \"?\"\n".to_owned(),
            workload: String::new(),
            consumers: String::new(),
            systems: String::new(),
            rest: String::new(),
            folder: PathBuf::from("."),
            whole: None,
        }
    }

    /// A scenario that is a whole file already.
    pub(crate) fn from_text(text: &str) -> Self {
        Self {
            whole: Some(text.to_owned()),
            ..Self::new()
        }
    }

    /// Keys at the top of the file, such as `replications = 2`.
    pub(crate) fn head(mut self, text: &str) -> Self {
        self.head += &format!("{text}\n");
        self
    }

    /// The seed of the run.
    pub(crate) fn seed(self, seed: u64) -> Self {
        self.head(&format!("seed = {seed}"))
    }

    /// More keys of `[workload]`.
    pub(crate) fn workload(mut self, text: &str) -> Self {
        self.workload += &format!("{text}\n");
        self
    }

    /// One more consumer with its keys.
    pub(crate) fn consumer(mut self, name: &str, text: &str) -> Self {
        self.consumers += &format!("[[consumer]]\nname = \"{name}\"\n{text}\n");
        self
    }

    /// One more system, called by its platform's word.
    pub(crate) fn system(self, platform: &str, text: &str) -> Self {
        self.labelled(platform, platform, text)
    }

    /// One more system with a label of its own.
    pub(crate) fn labelled(mut self, label: &str, platform: &str, text: &str) -> Self {
        self.systems += &format!("[system.{label}.{platform}]\n{text}\n");
        self
    }

    /// One more step of the timeline, at a second.
    pub(crate) fn step(self, at_s: u32, text: &str) -> Self {
        self.rest(&format!("[[timeline]]\nat = \"{at_s} s\"\n{text}"))
    }

    /// Whole tables at the end of the file.
    pub(crate) fn rest(mut self, text: &str) -> Self {
        self.rest += &format!("{text}\n");
        self
    }

    /// The folder that relative paths in the scenario start from.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// The scenario as the text of a file.
    pub(crate) fn text(&self) -> String {
        if let Some(text) = &self.whole {
            return text.clone();
        }
        let Self {
            head,
            workload,
            consumers,
            systems,
            rest,
            ..
        } = self;
        format!("{head}[workload]\n{workload}{consumers}{systems}{rest}")
    }

    /// Reads the scenario, or says what is wrong with it.
    pub(crate) fn try_parse(&self) -> Result<Scenario, String> {
        let text = self.text();
        let read = Scenario::parse("c.toml", "c", &text, &self.folder, &Overrides::default());
        read.map_err(|problems| problems.to_string())
    }

    /// Reads the scenario; a test whose scenario is not valid fails with the problems and the text.
    pub(crate) fn parse(&self) -> Scenario {
        self.try_parse()
            .unwrap_or_else(|problems| panic!("{problems}\n{}", self.text()))
    }

    /// Runs the first replication of every system. Each ledger must balance, and the parts of a record's time
    /// must add up to its delay.
    pub(crate) fn run(&self) -> Runs {
        let scenario = self.parse();
        let runs = (0..scenario.systems.len()).map(|system| {
            let label = scenario.systems[system].label.clone();
            let run = run_one(&scenario, system, 0, &Progress::default());
            run.ledger
                .check()
                .unwrap_or_else(|sentence| panic!("{label}: {sentence}\n{}", self.text()));
            assert_eq!(run.times.off, None, "{label}\n{}", self.text());
            (label, run)
        });
        Runs(runs.collect())
    }

    /// Runs the first replication of the only system.
    pub(crate) fn run_only(&self) -> RunResult {
        let Runs(mut runs) = self.run();
        assert_eq!(runs.len(), 1, "one system");
        runs.remove(0).1
    }
}

/// The runs of a scenario by the labels of their systems.
pub(crate) struct Runs(Vec<(String, RunResult)>);

impl Runs {
    /// All runs in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RunResult> {
        self.0.iter().map(|(_, run)| run)
    }
}

impl Index<&str> for Runs {
    type Output = RunResult;

    fn index(&self, label: &str) -> &RunResult {
        let found = self.0.iter().find(|(own, _)| own == label);
        &found.unwrap_or_else(|| panic!("no system `{label}`")).1
    }
}

/// A figure over all consumers, by the name that `[[expect]]` uses.
pub(crate) fn figure(run: &RunResult, name: &str) -> f64 {
    figures::value(run, name, None).unwrap_or_else(|| panic!("{name} was not measured"))
}

/// How often something of this name happened.
pub(crate) fn happened(run: &RunResult, what: &str) -> usize {
    run.happenings
        .iter()
        .filter(|happening| happening.what == what)
        .count()
}

/// How many records ended early for causes whose names begin like this.
pub(crate) fn cause(run: &RunResult, name: &str) -> u64 {
    let pairs = run.ledger.cause_names.iter().zip(&run.ledger.causes);
    pairs
        .filter(|(cause, _)| cause.name.starts_with(name))
        .map(|(_, count)| *count)
        .sum()
}

/// How many acknowledged records were lost.
pub(crate) fn lost(run: &RunResult) -> u64 {
    let pairs = run.ledger.cause_names.iter().zip(&run.ledger.causes);
    pairs
        .filter(|(cause, _)| cause.fate == Fate::Lost)
        .map(|(_, count)| count)
        .sum()
}
