//! Amazon MSK: AWS's performance test and formula, Express, the tables of limits.

use super::Outcome::{self, Found, Not};
use super::lab::{Lab, Plan, publish, throughput};
use streamduel::facts;
use streamduel::units::ByteRate;

/// AWS's test: 72 partitions, six producers, two groups of six, no encryption, credits spent.
fn performance(instance: &str, offered_mb: f64, more: &str) -> Plan {
    let kafka = format!(
        "NumberOfBrokerNodes = 3\nKafkaVersion = \"2.8.x\"\nInstanceType = \"{instance}\"\nVolumeSize = 5334\n\
         EncryptionInTransit = {{ ClientBroker = \"PLAINTEXT\", InCluster = false }}\n\
         topic = {{ partitions = 72, min.insync.replicas = 2 }}\nmodel = {{ dirty-memory = \"0.5 %\"{more} }}"
    );
    let producer = "client-version = \"2.8\", acks = \"all\", linger.ms = 5, batch.size = 262114, max.block.ms = 600000";
    let mut plan = Plan::new(offered_mb * 1e6 / 1024.0, &kafka, producer);
    (plan.producers, plan.groups, plan.length, plan.n) = (6, (2, 6), (12.0, 4.0), 5);
    plan
}

/// The last step of the load of which 99.5 % went through `[MB/s]`.
fn last_step(instance: &str, steps: &[u32], lab: &mut Lab) -> Vec<f64> {
    let sustained = |step: &u32, lab: &mut Lab| {
        let mut plan = performance(instance, f64::from(*step), "");
        plan.n = 1;
        lab.each(&plan, throughput)[0] * 1024.0 / 1e6 >= 0.995 * f64::from(*step)
    };
    let most = steps.iter().take_while(|step| sustained(step, lab)).last();
    vec![most.map_or(0.0, |step| f64::from(*step))]
}

/// The rows of AWS's test.
pub(crate) fn performances(number: u32, lab: &mut Lab) -> Outcome {
    let small = |mb: f64| performance("kafka.m5.large", mb, "");
    let big = |mb: f64| performance("kafka.m5.2xlarge", mb, "");
    let loads = [16.0, 64.0, 96.0, 128.0, 160.0, 192.0];
    Found(match number {
        1 => lab.each(&small(16.0), publish(0.99)),
        2 => lab.each(&small(32.0), publish(0.5)),
        3 => lab.each(&small(32.0), publish(0.99)),
        4 => lab.each(&small(48.0), publish(0.5)),
        5 => lab.each(&small(48.0), publish(0.99)),
        6 => lab.each(&small(56.0), publish(0.99)),
        27 => last_step("kafka.m5.large", &[32, 40, 48, 56, 64, 72, 80], lab),
        29 => last_step("kafka.m5.2xlarge", &[128, 160, 192, 224, 256, 288], lab),
        odd if odd % 2 == 1 => lab.each(&big(loads[(odd as usize - 15) / 2]), publish(0.5)),
        even => lab.each(&big(loads[(even as usize - 16) / 2]), publish(0.99)),
    })
}

/// AWS's formula: with nothing in the way but network, EBS and volume.
pub(crate) fn formula(id: &str, lab: &mut Lab) -> Outcome {
    let (instance, offered) = if id == "MS-EQ-01" {
        ("kafka.m5.large", 100.0)
    } else {
        ("kafka.m5.2xlarge", 330.0)
    };
    let free = ", request-cpu = \"0 s\", handler-rate = \"1 TB/s\", partition-cpu = \"0 s\", \
                fetcher-rate = \"1 TB/s\", fetcher-partition = \"0 s\"";
    let mut plan = performance(instance, offered, free);
    // Batches small enough for every partition to have one.
    plan.producer = plan.producer.replace("262114", "65536");
    // Every broker gets as much as the others, as the formula has it.
    plan.producer += ", partitioner.class = \"RoundRobinPartitioner\"";
    (plan.backlog, plan.length, plan.n) = (1, (30.0, 10.0), 3);
    Found(lab.each(&plan, |run| throughput(run) * 1024.0 / 1e6))
}

/// The tables of limits, and where Express brokers throttle.
pub(crate) fn express(id: &str, lab: &mut Lab) -> Outcome {
    let size = match &id[..8] {
        "MS-EX-01" => "large",
        "MS-EX-02" => "xlarge",
        _ => "4xlarge",
    };
    let fact = |what: &str| {
        facts::value::<ByteRate>(&format!("msk.express.m7g.{size}.{what}")).0 as f64 / 1e6
    };
    if id.ends_with('a') {
        return Found(vec![fact("in")]);
    }
    let kafka = format!(
        "NumberOfBrokerNodes = 3\ncluster-type = \"EXPRESS\"\nInstanceType = \"express.m7g.{size}\"\ntopic.partitions = 96"
    );
    let mut plan = Plan::new(
        2.0 * 3.0 * fact("in.highest") * 1e6 / 10_240.0,
        &kafka,
        "acks = \"all\", batch.size = 131072, max.block.ms = 600000",
    );
    (plan.bytes, plan.producers, plan.backlog) = (10_240, 24, 1);
    (plan.groups, plan.length, plan.n) = ((1, 6), (40.0, 20.0), 3);
    Found(lab.each(&plan, |run| throughput(run) * 10_240.0 / 1e6 / 3.0))
}

/// Provisioned storage throughput, from the table of limits.
pub(crate) fn storage(id: &str) -> Outcome {
    let instance = match id {
        "MS-PV-01" => "m5.4xlarge",
        "MS-PV-03" => "m5.12xlarge",
        "MS-PV-04" => "m7g.2xlarge",
        _ => return Not("a recommendation with room for failures, not a limit"),
    };
    let rate: ByteRate = facts::value(&format!("msk.kafka.{instance}.volume"));
    Found(vec![rate.0 as f64 / f64::from(1 << 20)])
}
