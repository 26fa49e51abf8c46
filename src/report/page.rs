//! The report as data for a page: what it says in words, and the values over time of each first replication.

use super::chart::description::Description;
use super::{Report, SystemReport, costs, format, links};
use crate::cost::PICO_PER_USD;
use crate::probe::{Point, RunResult};
use serde::Serialize;

/// The most values of single lanes over time; beyond, a page gets every second point, every third, and so on.
const LANE_VALUES_MAX: usize = 300_000;
/// The most happenings of one system.
const HAPPENINGS_MAX: usize = 2_000;

/// What a page shows of a report.
#[derive(Debug, Serialize)]
pub struct Data {
    /// Version, seed, fingerprint and day of the facts.
    pub head: String,
    /// What results are filed under.
    pub name: String,
    /// One line for charts.
    pub title: String,
    /// What the experiment asks.
    pub question: String,
    /// The seed.
    pub seed: u64,
    /// Runs of each system.
    pub replications: u32,
    /// The length of a run `[s]`.
    pub duration_s: f64,
    /// The command that gives the same report.
    pub reproduce: String,
    /// The names of the consumers.
    pub consumers: Vec<String>,
    /// What the outcome says, in sentences.
    pub verdict: Vec<Sentence>,
    /// What the author of the scenario should know.
    pub warnings: Vec<String>,
    /// The claims and whether they held.
    pub claims: Vec<ClaimData>,
    /// Every figure that was measured.
    pub rows: Vec<RowData>,
    /// What charts shade: from and to `[s]`, and why.
    pub marks: Vec<(f64, f64, String)>,
    /// The contenders.
    pub systems: Vec<SystemData>,
    /// The heads of the table of the bill.
    pub bill_heads: Vec<&'static str>,
    /// The lines of all bills.
    pub bill: Vec<[String; 9]>,
    /// The scenario with every default.
    pub resolved: String,
}

/// A sentence of the verdict, and the chart that shows it.
#[derive(Debug, Serialize)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// The name of the chart.
    pub chart: Option<String>,
    /// The instant of the chart `[s]`.
    pub at: Option<f64>,
}

/// A claim and its outcome.
#[derive(Debug, Serialize)]
pub struct ClaimData {
    /// The claim.
    pub that: String,
    /// Why it should hold.
    pub why: String,
    /// What was found.
    pub found: String,
    /// Whether it held in every replication.
    pub holds: bool,
}

/// A figure over all systems.
#[derive(Debug, Serialize)]
pub struct RowData {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Its consumer, if it belongs to one.
    pub consumer: Option<String>,
    /// Its mean for each system, in base units.
    pub values: Vec<Option<f64>>,
    /// The same for people.
    pub shown: Vec<String>,
}

/// A contender over time.
#[derive(Debug, Serialize)]
pub struct SystemData {
    /// Its label.
    pub label: String,
    /// Its platform.
    pub platform: &'static str,
    /// What its platform calls a lane.
    pub lane: &'static str,
    /// What its monitoring calls refused attempts.
    pub refused_name: &'static str,
    /// What its monitoring calls the lag of a consumer.
    pub lag_name: &'static str,
    /// The ends of the sampling intervals `[s]`.
    pub t: Vec<f64>,
    /// Records that applications meant to send `[records/s]`.
    pub offered: Vec<f64>,
    /// Records that were stored `[records/s]`.
    pub stored: Vec<f64>,
    /// Attempts that the platform refused `[records/s]`.
    pub refused: Vec<f64>,
    /// Records that ended refused, expired in the client or lost `[records/s]`.
    pub ended: Vec<f64>,
    /// Records that clients hold back `[records]`.
    pub held: Vec<u64>,
    /// The 99th percentile of append latency `[s]`.
    pub append_p99: Vec<Option<f64>>,
    /// The cost since the beginning of the run `[USD]`.
    pub cost: Vec<f64>,
    /// Those who read.
    pub readers: Vec<ReaderData>,
    /// The shards or partitions.
    pub lanes: Vec<LaneData>,
    /// The instants of the values of lanes `[s]`.
    pub lanes_t: Vec<f64>,
    /// The brokers, where there are any: name and zone, from 0.
    pub hosts: Vec<(String, u32)>,
    /// Who leads a lane from when on: instant `[s]`, lane, host, copies in sync.
    pub tenures: Vec<(f64, u32, Option<u32>, u32)>,
    /// What the platform did: instant `[s]`, what it happened to, what happened, particulars.
    pub events: Vec<(f64, String, &'static str, String)>,
}

/// A consumer over time.
#[derive(Debug, Serialize)]
pub struct ReaderData {
    /// Its number in the scenario.
    pub consumer: usize,
    /// Records that it was done with `[records/s]`.
    pub delivered: Vec<f64>,
    /// Stored records that it has not processed `[records]`.
    pub lag: Vec<u64>,
    /// The 99th percentile of delivery latency `[s]`.
    pub p99: Vec<Option<f64>>,
}

/// A shard or a partition over time.
#[derive(Debug, Serialize)]
pub struct LaneData {
    /// Its name.
    pub name: String,
    /// When it was opened `[s]`.
    pub opened: f64,
    /// When it stopped taking records `[s]`.
    pub closed: Option<f64>,
    /// Its part of the hash key space, the whole being 0 to 1.
    pub range: Option<(f64, f64)>,
    /// The lanes that it took over from.
    pub parents: Vec<u32>,
    /// How much of its limit it used, 1 being the limit.
    pub used: Vec<f32>,
    /// Refused attempts in the interval `[records]`.
    pub refused: Vec<u32>,
}

/// The data of a report, with its charts.
#[must_use]
pub fn data(report: &Report, charts: &[Description]) -> Data {
    Data {
        head: report.head(),
        name: report.name.clone(),
        title: report.title.clone(),
        question: report.question.clone(),
        seed: report.seed,
        replications: report.replications,
        duration_s: report.duration_s,
        reproduce: report.reproduce.clone(),
        consumers: report.consumers.clone(),
        verdict: verdict(report, charts),
        warnings: report.warnings.clone(),
        claims: report.claims.iter().map(claim).collect(),
        rows: rows(report),
        marks: marks(report),
        systems: report.systems.iter().filter_map(system).collect(),
        bill_heads: costs::HEADS.to_vec(),
        bill: costs::rows(report),
        resolved: report.resolved.clone(),
    }
}

fn verdict(report: &Report, charts: &[Description]) -> Vec<Sentence> {
    let charts: Vec<&Description> = charts.iter().collect();
    let sentence = |text: &String| {
        let link = links::link(text, report, &charts);
        Sentence {
            text: text.clone(),
            chart: link.as_ref().map(|link| link.chart.name.clone()),
            at: link.and_then(|link| link.at),
        }
    };
    report.verdict.iter().map(sentence).collect()
}

fn claim(claim: &super::Claim) -> ClaimData {
    ClaimData {
        that: claim.that.clone(),
        why: claim.why.clone(),
        found: claim.found.clone(),
        holds: claim.holds(),
    }
}

/// The figures that some system has.
fn rows(report: &Report) -> Vec<RowData> {
    let known = |row: &&super::Row| row.values.iter().any(Option::is_some);
    let rows = report.rows.iter().filter(known);
    let row = |row: &super::Row| RowData {
        name: row.name,
        about: row.about,
        consumer: row.consumer.map(|n| report.consumers[n].clone()),
        values: row
            .values
            .iter()
            .map(|v| v.as_ref().map(|v| v.mean))
            .collect(),
        shown: row
            .values
            .iter()
            .map(|v| {
                v.as_ref()
                    .map_or("–".to_owned(), |v| format::interval(v, row.unit))
            })
            .collect(),
    };
    rows.map(row).collect()
}

fn marks(report: &Report) -> Vec<(f64, f64, String)> {
    let seconds = |at: crate::units::SimTime| at.0 as f64 / 1e9;
    let marks = report.marks.iter();
    marks
        .map(|mark| (seconds(mark.from), seconds(mark.to), mark.text.clone()))
        .collect()
}

/// A system's first replication over time.
fn system(system: &SystemReport) -> Option<SystemData> {
    let run = system.runs.first()?;
    let rate = |get: fn(&Point) -> u64| -> Vec<f64> {
        let points = run.points.iter();
        points
            .map(|point| get(point) as f64 / point.length.max(1e-9))
            .collect()
    };
    let (lanes_t, lanes) = lanes(run);
    Some(SystemData {
        label: system.label.clone(),
        platform: system.platform,
        lane: system.names.lane,
        refused_name: system.names.throttled,
        lag_name: system.names.lag,
        t: run.points.iter().map(|point| point.t).collect(),
        offered: rate(|point| point.counts.offered),
        stored: rate(|point| point.counts.accepted),
        refused: rate(|point| point.counts.throttled),
        ended: rate(|point| point.counts.ended),
        held: run.points.iter().map(|point| point.client_held).collect(),
        append_p99: run
            .points
            .iter()
            .map(|point| seconds(point.append[1]))
            .collect(),
        cost: cost(run),
        readers: readers(run),
        lanes,
        lanes_t,
        hosts: run
            .hosts
            .iter()
            .map(|host| (host.name.clone(), host.zone))
            .collect(),
        tenures: run
            .tenures
            .iter()
            .map(|t| (t.t, t.lane, t.host, t.copies))
            .collect(),
        events: events(run),
    })
}

fn seconds(ns: Option<u64>) -> Option<f64> {
    ns.map(|ns| ns as f64 / 1e9)
}

/// The cost since the beginning at each sampling instant `[USD]`.
fn cost(run: &RunResult) -> Vec<f64> {
    let Some(bill) = &run.bill else {
        return Vec::new();
    };
    let so_far = |point: &Point| {
        let items = 0..bill.items.len();
        let pico: u128 = items.map(|place| bill.cost_of(place, &point.usage)).sum();
        pico as f64 / PICO_PER_USD as f64
    };
    run.points.iter().map(so_far).collect()
}

fn readers(run: &RunResult) -> Vec<ReaderData> {
    let all = 0..run.ledger.consumers.len();
    let reader = |consumer: usize| ReaderData {
        consumer,
        delivered: run
            .points
            .iter()
            .map(|point| point.delivered[consumer] as f64 / point.length.max(1e-9))
            .collect(),
        lag: run.points.iter().map(|point| point.lag[consumer]).collect(),
        p99: run
            .points
            .iter()
            .map(|point| seconds(point.delivery[consumer][1]))
            .collect(),
    };
    all.filter(|consumer| run.is_read_by(*consumer))
        .map(reader)
        .collect()
}

/// The lanes, and the instants of their values.
fn lanes(run: &RunResult) -> (Vec<f64>, Vec<LaneData>) {
    let step = (run.lanes.len() * run.points.len())
        .div_ceil(LANE_VALUES_MAX)
        .max(1);
    let points = || run.points.iter().step_by(step);
    let lane = |(number, lane): (usize, &crate::probe::Lane)| LaneData {
        name: lane.name.clone(),
        opened: lane.opened_s,
        closed: lane.closed_s,
        range: lane.range,
        parents: lane.parents.clone(),
        used: points()
            .map(|p| p.utilisation.get(number).copied().unwrap_or(0.0))
            .collect(),
        refused: points()
            .map(|p| p.lane_throttled.get(number).copied().unwrap_or(0))
            .collect(),
    };
    let lanes = run.lanes.iter().enumerate().map(lane).collect();
    (points().map(|point| point.t).collect(), lanes)
}

fn events(run: &RunResult) -> Vec<(f64, String, &'static str, String)> {
    let happenings = run.happenings.iter().take(HAPPENINGS_MAX);
    happenings
        .map(|h| (h.t, h.entity.clone(), h.what, h.detail.clone()))
        .collect()
}
