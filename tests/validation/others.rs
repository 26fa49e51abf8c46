//! LinkedIn 2014, the proxy benchmark of 2026, and what is about failures.

use super::Outcome::{self, Found, Not};
use super::lab::{
    Lab, Plan, end_to_end, end_to_end_mean, first, publish, publish_mean, throughput,
};
use streamduel::probe::RunResult;

/// Six hosts with 1 Gbit/s and 822 MB/s of disks, Kafka 0.8. A client's network card stands as the time
/// that its sender spends on a byte, a reader's as time per record. Records of 115 B are 122 B on the wire,
/// as the 100 B of the old format were.
fn linkedin(replicas: u32, acks: &str, batch: u32) -> Plan {
    let kafka = format!(
        "NumberOfBrokerNodes = 3\nKafkaVersion = \"2.8.x\"\nVolumeSize = 6000\n\
         EncryptionInTransit = {{ ClientBroker = \"PLAINTEXT\", InCluster = false }}\n\
         hardware = {{ vcpu = 6, memory = \"32 GiB\", network = \"1 Gbit/s\", disk = \"822 MB/s\" }}\n\
         num.network.threads = 4\nnum.replica.fetchers = 1\n\
         topic = {{ partitions = 6, replication.factor = {replicas}, min.insync.replicas = 1 }}\n\
         model = {{ same-zone = \"380 us\", cross-zone = \"380 us\", request-cpu = \"150 us\" }}"
    );
    let card =
        "compression.type = \"lz4\", compression-ratio = 1.0, compression-rate = \"125 MB/s\"";
    let producer = format!(
        "client-version = \"2.8\", acks = \"{acks}\", batch.size = {batch}, buffer.memory = 67108864, \
         max.block.ms = 600000, {card}"
    );
    let mut plan = Plan::new(1_500_000.0, &kafka, &producer);
    (plan.bytes, plan.producers, plan.groups, plan.backlog) = (115, 1, (1, 1), 1);
    (plan.length, plan.n) = ((5.0, 2.0), 3);
    plan
}

/// A producer of 1 KiB records at the most that it can send, with Kafka's own `batch.size` and `buffer.memory`, each request
/// after the one before. What the application can not hand over while it commits is never offered.
pub(crate) fn transactions(lab: &mut Lab) -> Outcome {
    let mut in_order = linkedin(3, "all", 16_384);
    (in_order.bytes, in_order.rate, in_order.length) = (1024, 1_500_000.0, (6.0, 1.0));
    in_order.producer = in_order.producer.replace("67108864", "33554432")
        + ", max.in.flight.requests.per.connection = 1";
    let mut own = in_order.clone();
    own.producer += ", transactional.id = \"t\", commit.interval.ms = 100";
    let (without, with) = (lab.each(&in_order, throughput), lab.each(&own, throughput));
    let pairs = without.iter().zip(&with);
    Found(
        pairs
            .map(|(without, with)| 100.0 * (1.0 - with / without))
            .collect(),
    )
}

/// The rows of LinkedIn.
pub(crate) fn linkedins(id: &str, lab: &mut Lab) -> Outcome {
    let (alone, async3, sync3) = (
        linkedin(1, "1", 8196),
        linkedin(3, "1", 8196),
        linkedin(3, "all", 64_000),
    );
    match id {
        "KT-LI-01" => Found(lab.each(&alone, throughput)),
        "KT-LI-02" => Found(lab.each(&async3, throughput)),
        "KT-LI-03" => Found(lab.each(&sync3, throughput)),
        "KT-LI-04" => {
            let mut three = async3;
            (three.producers, three.rate) = (3, 3_000_000.0);
            Found(lab.each(&three, throughput))
        }
        "KT-LI-05" => {
            let mut cold = linkedin(3, "1", 8196);
            (cold.rate, cold.length, cold.backlog, cold.until) =
                (500_000.0, (16.0, 1.0), 1_000_000, Some(8.0));
            // 122 B at 125 MB/s.
            cold.per_record = 976;
            cold.rest =
                "[[timeline]]\nat = \"1 s\"\nlasts = \"7 s\"\naction.consumer-down = \"c0\""
                    .to_owned();
            let rate = |run: &RunResult| {
                let busy = run
                    .points
                    .iter()
                    .filter(|point| point.t > 9.5 && point.lag[0] > 100_000);
                let rates: Vec<f64> = busy
                    .map(|point| point.delivered[0] as f64 / point.length)
                    .collect();
                rates.iter().sum::<f64>() / rates.len().max(1) as f64
            };
            Found(lab.each(&cold, rate))
        }
        "KT-LI-08" | "KT-LI-09" => {
            let mut idle = linkedin(3, "1", 8196);
            (idle.rate, idle.random, idle.length, idle.n) = (20.0, true, (60.0, 2.0), 5);
            idle.producer = idle
                .producer
                .replace("acks = \"1\"", "acks = \"1\", linger.ms = 0");
            Found(lab.each(&idle, end_to_end(if id == "KT-LI-08" { 0.5 } else { 0.99 })))
        }
        "KT-LI-11" => {
            let (a, b) = (lab.each(&sync3, throughput), lab.each(&async3, throughput));
            Found(a.into_iter().zip(b).map(|(a, b)| a / b).collect())
        }
        "KT-LI-12" => {
            Not("a log has no index or file that grows with its data, so nothing could change")
        }
        _ => Not("an input"),
    }
}

/// Three VMs of 2 CPU with Kafka 3.9. Ten topics of one partition each, with a producer and a reader of
/// their own, are simulated as one of them: nine tenths of a light load are left out.
fn vm(rate: f64) -> Plan {
    let kafka = "NumberOfBrokerNodes = 3\nKafkaVersion = \"3.9.x\"\n\
         EncryptionInTransit = { ClientBroker = \"PLAINTEXT\", InCluster = false }\n\
         hardware = { vcpu = 2, memory = \"16 GiB\", network = \"10 Gbit/s\", disk = \"500 MB/s\" }\n\
         num.replica.fetchers = 1\ntopic = { partitions = 1, min.insync.replicas = 2 }\n\
         model = { same-zone = \"220 us\", cross-zone = \"220 us\", request-cpu = \"300 us\", dirty-memory = \"1 %\" }";
    let producer = "client-version = \"3.9\", acks = \"all\", linger.ms = 1, batch.size = 131072, max.block.ms = 600000";
    let mut plan = Plan::new(rate, kafka, producer);
    (plan.producers, plan.groups, plan.length, plan.n) = (1, (1, 1), (20.0, 2.0), 5);
    plan.reader = "fetch.min.bytes = 100000, fetch.max.wait.ms = 500".to_owned();
    plan
}

/// The rows of the proxy benchmark.
pub(crate) fn proxies(id: &str, lab: &mut Lab) -> Outcome {
    let (slow, fast) = (vm(500.0), vm(10_100.0));
    Found(match id {
        "KL-KX-01" => lab.each(&slow, publish_mean),
        "KL-KX-02" => lab.each(&slow, publish(0.99)),
        "KL-KX-03" => lab.each(&slow, end_to_end_mean),
        "KL-KX-04" => lab.each(&slow, end_to_end(0.99)),
        "KL-KX-09" => lab.each(&fast, publish_mean),
        "KL-KX-10" => lab.each(&fast, publish(0.99)),
        "KL-KX-11" => lab.each(&fast, end_to_end_mean),
        "KL-KX-12" => lab.each(&fast, end_to_end(0.99)),
        "KL-KX-13" => lab.each(&vm(14_300.0), publish_mean),
        "KL-KX-14" => lab.each(&vm(17_100.0), publish_mean),
        _ => {
            let mut most = vm(400_000.0);
            (most.backlog, most.length) = (1, (5.0, 2.0));
            lab.each(&most, throughput)
        }
    })
}

fn fault(at: f64, lasts: f64, what: &str) -> String {
    format!("[[system.k.kafka.fault]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n{what}\n")
}

/// A light load on three MSK brokers with faults.
fn faulty(kafka: &str, rest: String, seconds: f64) -> Plan {
    let mut plan = Plan::new(
        300.0,
        &format!("NumberOfBrokerNodes = 3\n{kafka}"),
        "acks = \"all\"",
    );
    (plan.rest, plan.length, plan.n, plan.random) = (rest, (seconds, 1.0), 20, true);
    plan
}

/// The rows about failures.
pub(crate) fn failures(id: &str, lab: &mut Lab) -> Outcome {
    match id {
        "AV-KC-01" => {
            let plan = faulty(
                "topic.partitions = 6",
                fault(5.0, 20.0, "broker-crash = 2"),
                30.0,
            );
            Found(lab.each(&plan, |run| first(run, "fenced") - first(run, "crashed")))
        }
        "AV-KC-03" => Found(
            (0..10)
                .map(|n| shrink(20.0 + 1.7 * f64::from(n), lab))
                .collect(),
        ),
        "AV-JR-01" => serial_elections(lab),
        "AV-JR-03" => copying_many(lab),
        "AV-K3-02" => catching_up(lab),
        "AV-KD-01" => {
            // Without the wait of a client before it asks again.
            let mut plan = faulty(
                "topic.partitions = 6",
                fault(5.0, 20.0, "broker-stop = 2"),
                30.0,
            );
            plan.producer += ", retry.backoff.ms = 1, retry.backoff.max.ms = 1";
            Found(lab.each(&plan, |run| publish(1.0)(run) - publish(0.5)(run)))
        }
        "AV-JP-01" => Found(hole(1, true, lab)),
        "AV-JP-02" => Found(hole(2, false, lab)),
        "AV-KF-03" => Not("2,000,000 partitions; 20,000 are simulated at most"),
        _ => Not(
            "no code paths of Kafka 1.0 and 1.1: a controlled shutdown writes its metadata at once",
        ),
    }
}

/// From a fetcher that hangs to the in-sync set without it `[s]`.
fn shrink(at: f64, lab: &mut Lab) -> f64 {
    let mut plan = faulty(
        "topic.partitions = 6",
        fault(at, 100.0, "fetcher-hang = 2"),
        90.0,
    );
    plan.n = 1;
    let runs = lab.runs(&plan);
    let smaller = runs[0]
        .tenures
        .iter()
        .find(|tenure| tenure.t > at && tenure.copies == 2);
    smaller.expect("it leaves").t - at
}

/// A controller of ZooKeeper's time elects the last of 1,000 leaders.
fn serial_elections(lab: &mut Lab) -> Outcome {
    let kafka = "zones = 2\nKafkaVersion = \"2.8.x\"\nauto.leader.rebalance.enable = false\n\
                 topic = { partitions = 2000, replication.factor = 2, min.insync.replicas = 1 }";
    let mut plan = faulty(kafka, fault(5.0, 60.0, "broker-crash = 2"), 50.0);
    plan.kafka = plan.kafka.replace("Nodes = 3", "Nodes = 2");
    plan.n = 3;
    Found(lab.each(&plan, |run| {
        let noticed = first(run, "fenced");
        let elected = run
            .tenures
            .iter()
            .filter(|tenure| tenure.t >= noticed && tenure.host.is_some());
        elected.map(|tenure| tenure.t).fold(noticed, f64::max) - noticed
    }))
}

/// What a fetch over 1,000 partitions adds to acks=all.
fn copying_many(lab: &mut Lab) -> Outcome {
    let kafka = "zones = 2\nKafkaVersion = \"2.8.x\"\nInstanceType = \"kafka.m5.4xlarge\"\nnum.replica.fetchers = 1\n\
                 topic = { partitions = 2000, replication.factor = 2, min.insync.replicas = 1 }";
    let mut plan = faulty(kafka, String::new(), 4.0);
    plan.kafka = plan.kafka.replace("Nodes = 3", "Nodes = 2");
    (plan.rate, plan.bytes, plan.n, plan.random) = (100_000.0, 100, 6, false);
    plan.producers = 20;
    plan.producer =
        "client-version = \"2.8\", acks = \"all\", linger.ms = 100, partitioner.class = \"RoundRobinPartitioner\"".to_owned();
    let mut one = plan.clone();
    one.producer = plan.producer.replace("\"all\"", "\"1\"");
    let (all, one) = (lab.each(&plan, publish(0.5)), lab.each(&one, publish(0.5)));
    Found(
        all.into_iter()
            .zip(one)
            .map(|(all, one)| all - one)
            .collect(),
    )
}

/// A broker that was away for 120 s while its network is used to one half, until it is in sync again.
fn catching_up(lab: &mut Lab) -> Outcome {
    let kafka = "KafkaVersion = \"3.9.x\"\nauto.leader.rebalance.enable = false\n\
         EncryptionInTransit = { ClientBroker = \"PLAINTEXT\", InCluster = false }\n\
         hardware = { vcpu = 8, memory = \"32 GiB\", network = \"2 MB/s\", disk = \"500 MB/s\" }\n\
         replica.fetch.response.max.bytes = 100000\nreplica.fetch.max.bytes = 20000\n\
         topic = { partitions = 6, min.insync.replicas = 1 }\nmodel.broker-start = \"0 s\"";
    let rest = format!(
        "[[timeline]]\nat = \"1 s\"\nlasts = \"398 s\"\naction.consumer-down = \"c0\"\n{}",
        fault(10.0, 120.0, "broker-stop = 2")
    );
    let mut plan = faulty(kafka, rest, 400.0);
    (plan.rate, plan.bytes, plan.random, plan.n) = (1000.0, 985, false, 5);
    plan.producer = "acks = \"1\"".to_owned();
    Found(lab.each(&plan, |run| {
        let back = first(run, "started");
        let whole = run
            .tenures
            .iter()
            .filter(|tenure| tenure.t > back && tenure.copies == 3);
        whole.map(|tenure| tenure.t).fold(back, f64::max) - back
    }))
}

/// The script of 2013: 1,000 writes; followers are cut off; the set shrinks to the leader, which goes on
/// alone, and dies. Half of the writes fall between the cut and the death, as they did there. Six brokers
/// stand for five, because MSK spreads brokers evenly over its zones.
fn hole(least: u32, unclean: bool, lab: &mut Lab) -> Vec<f64> {
    let replicas = if unclean { 5 } else { 3 };
    let kafka = format!(
        "NumberOfBrokerNodes = 6\nreplica.lag.time.max.ms = 10000\nunclean.leader.election.enable = {unclean}\n\
         topic = {{ partitions = 1, replication.factor = {replicas}, min.insync.replicas = {least} }}"
    );
    let mut plan = Plan::new(10.0, &kafka, "acks = \"all\"");
    (plan.length, plan.n, plan.random, plan.producers) = ((100.0, 1.0), 1, true, 1);
    plan.rest = fault(15.0, 200.0, "fetcher-hang = 1");
    let leader = lab.runs(&plan)[0].tenures[0].host.expect("a leader") + 1;
    let hung: String = (1..=6)
        .map(|n| fault(15.0, 200.0, &format!("fetcher-hang = {n}")))
        .collect();
    plan.rest = format!(
        "{hung}{}",
        fault(67.0, 200.0, &format!("broker-crash = {leader}"))
    );
    plan.n = 20;
    lab.each(&plan, |run| {
        assert_eq!(
            run.tenures[0].host,
            Some(leader - 1),
            "the leader does not depend on the seed"
        );
        super::lab::figure(run, "lost")
    })
}

/// Check 25 (Q27): one of three brokers at 200,000 records/s crashes; what acks=1 had acknowledged and no
/// follower had fetched is lost.
pub(crate) fn crash_with_acks_1(lab: &mut Lab, calm: &Plan) -> Vec<f64> {
    let mut plan = calm.clone();
    plan.kafka += "\nzookeeper.session.timeout.ms = 6000";
    plan.rest = fault(3.0, 30.0, "broker-crash = 2");
    (plan.length, plan.n) = ((13.0, 1.0), 5);
    lab.each(&plan, |run| super::lab::figure(run, "lost"))
}
