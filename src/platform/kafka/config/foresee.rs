//! What is known of a cluster before a run: the mean load against its brokers, with all zones and without one.
//!
//! # Source
//! The MSK developer guide's best practices <https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html>
//! (partitions, room for the loss of brokers) and its page on storage throughput.

use super::limits::{Clients, Storage, roughly};
use super::{Config, Flavour};
use crate::platform::foresee::{Foreseen, bytes, three};
use crate::workload::Workload;

/// The sums of a cluster.
pub(in super::super) fn sums(config: &Config, workload: &Workload) -> Vec<Foreseen> {
    let mut sums = Vec::new();
    if let Some(data) = workload.data_rate() {
        // What is written to the log, after compression.
        let data = data / config.producer.compression;
        sums.extend(quota(config, data));
        if config.cluster.flavour != Flavour::Serverless {
            sums.extend(brokers(config, workload, data));
            sums.extend(without_a_zone(config, workload, data));
        }
        sums.extend(hottest_key(config, workload));
        sums.extend(storage(config, data));
    }
    sums.extend(partitions(config));
    sums.extend(clients(config, workload));
    sums
}

/// Clients against the connections that a broker takes; the warning is in `limits`.
fn clients(config: &Config, workload: &Workload) -> Option<Foreseen> {
    if config.machine.is_own() {
        return None;
    }
    let clients = Clients::of(config, workload);
    let sum = format!(
        "{} producers and members connect to every broker, with IAM it takes {}",
        clients.count, clients.most
    );
    let (asked, limit) = (clients.count as f64, clients.most as f64);
    Some(Foreseen::new("connections of a broker", asked, limit, sum))
}

/// The quota of a serverless cluster.
fn quota(config: &Config, data: f64) -> Option<Foreseen> {
    let limit = config.cluster.quotas.cluster_in?;
    let sum = format!("{}/s on average, {limit} are the quota", bytes(data));
    let help = "MSK Serverless takes no more: use provisioned brokers";
    Some(
        Foreseen::new("bytes written", data, limit.0 as f64, sum).or_warn(
            "brokers-too-small",
            "",
            help,
        ),
    )
}

/// What the busiest resource of a broker has to do when the load is spread over so many of them.
struct Busiest {
    what: &'static str,
    asked: f64,
    limit: f64,
    sum: String,
}

fn busiest(config: &Config, workload: &Workload, data: f64, brokers: f64) -> Busiest {
    let copies = f64::from(config.topic.replication);
    let readers = config.consumers.len().min(workload.consumers.len()) as f64;
    let written = data * copies / brokers;
    let sent = data * (copies - 1.0 + readers) / brokers;
    let throttle = config.machine.throttle.0;
    let ingress = throttle.map_or(f64::INFINITY, |rate| rate.0 as f64);
    let disk = config.machine.disk_rate() as f64;
    let network = config.machine.network.base.0 as f64;
    let data = bytes(data);
    let all = [
        (
            "volume of a broker",
            written,
            disk,
            format!("{data}/s x {copies} copies / {brokers} brokers"),
        ),
        (
            "network of a broker",
            sent,
            network,
            format!("{data}/s x ({copies} - 1 copies + {readers} readers) / {brokers} brokers"),
        ),
        (
            "ingress of a broker",
            written / copies,
            ingress,
            format!("{data}/s / {brokers} brokers"),
        ),
    ];
    let worst = all
        .into_iter()
        .max_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)));
    let (what, asked, limit, sum) = worst.unwrap_or_default();
    let sum = format!(
        "{sum} = {}/s, it takes {}/s for good",
        bytes(asked),
        bytes(limit)
    );
    Busiest {
        what,
        asked,
        limit,
        sum,
    }
}

fn brokers(config: &Config, workload: &Workload, data: f64) -> Option<Foreseen> {
    if config.machine.is_own() {
        return None;
    }
    let busiest = busiest(config, workload, data, f64::from(config.brokers));
    let help = "give more brokers or a larger `InstanceType`";
    let sum = Foreseen::new(busiest.what, busiest.asked, busiest.limit, busiest.sum);
    Some(sum.or_warn("brokers-too-small", "NumberOfBrokerNodes", help))
}

/// The same load on the brokers that are left.
fn without_a_zone(config: &Config, workload: &Workload, data: f64) -> Option<Foreseen> {
    let left = config.brokers - config.brokers.div_ceil(config.zones.max(1));
    if config.machine.is_own() || left == 0 {
        return None;
    }
    let all = busiest(config, workload, data, f64::from(config.brokers));
    let busiest = busiest_left(config, workload, data, left);
    let help = "give more brokers or a larger `InstanceType`: the brokers of two zones carry the load of three";
    let what = "with one zone away";
    let sum = Foreseen::new(
        what,
        busiest.asked,
        busiest.limit,
        format!("{}: {}", busiest.what, busiest.sum),
    );
    // Brokers that are too few with all zones are warned of once.
    if all.asked > all.limit {
        return Some(sum);
    }
    Some(sum.or_warn("no-room-without-a-zone", "NumberOfBrokerNodes", help))
}

/// The busiest resource of the brokers that are left; each partition has one copy less where every zone has one.
fn busiest_left(config: &Config, workload: &Workload, data: f64, left: u32) -> Busiest {
    let mut rest = config.clone();
    if rest.topic.replication >= rest.zones {
        rest.topic.replication = (rest.topic.replication - 1).max(1);
    }
    busiest(&rest, workload, data, f64::from(left))
}

/// A key is in one partition, however many there are.
fn hottest_key(config: &Config, workload: &Workload) -> Option<Foreseen> {
    let key = workload.hottest_key()?;
    let (asked, limit) = (
        key.bytes / config.producer.compression,
        config.partition_capacity(),
    );
    let sum = format!(
        "{} % of the records are {}/s, one partition takes {}/s at most",
        three(100.0 * key.share),
        bytes(asked),
        bytes(limit)
    );
    let help = "spread the key over several, as with a random suffix; more partitions do not help";
    Some(Foreseen::new("hottest key", asked, limit, sum).or_warn("hottest-key", "", help))
}

/// Data times retention times copies; the warning with the way out is in `limits`.
fn storage(config: &Config, data: f64) -> Option<Foreseen> {
    if config.cluster.flavour != Flavour::Standard || config.machine.is_own() {
        return None;
    }
    let storage = Storage::of(config, data * config.producer.compression);
    let written = bytes(storage.written);
    let room = bytes(storage.room);
    let full = roughly(storage.room / storage.written.max(1e-9));
    Some(match storage.asked {
        Some(asked) => Foreseen::new(
            "storage",
            asked,
            storage.room,
            format!(
                "{written}/s with all copies for as long as they are kept are {}, all volumes hold {room}, which is {full} of them",
                bytes(asked)
            ),
        ),
        None => Foreseen::told(
            "storage",
            format!(
                "{written}/s with all copies are kept for ever, all volumes hold {room} and are full after {full}"
            ),
        ),
    })
}

/// Partitions with their copies on each broker; the warning is in `limits`.
fn partitions(config: &Config) -> Option<Foreseen> {
    if config.cluster.flavour == Flavour::Serverless || config.machine.is_own() {
        return None;
    }
    let copies = u64::from(config.topic.partitions) * u64::from(config.topic.replication);
    let each = copies.div_ceil(u64::from(config.brokers.max(1)));
    let most = config.machine.partitions_most;
    let sum = format!(
        "{} x {} copies / {} brokers = {each}, {most} are supported",
        config.topic.partitions, config.topic.replication, config.brokers
    );
    Some(Foreseen::new(
        "partitions of a broker",
        each as f64,
        most as f64,
        sum,
    ))
}
