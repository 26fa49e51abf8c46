//! A generator of valid scenarios: small ones, with everything that a scenario can have, in combinations that nobody would write by hand.
//!
//! It lies under `tests` and not in the library, because only tests use it. The conformance tests (`tests/it`), the night run
//! (`tests/night`) and the fuzz targets (`fuzz`) include this one file by its path. The same choices always give the same text.

use std::fmt::Write;

/// Where choices come from: a seed, or the bytes of a fuzzer.
pub(crate) struct Choices<'a> {
    state: u64,
    bytes: Option<std::slice::Iter<'a, u8>>,
}

impl<'a> Choices<'a> {
    /// Choices that follow from a seed.
    #[must_use]
    #[allow(dead_code, reason = "only tests and the night run have seeds")]
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x9E37_79B9_7F4A_7C15,
            bytes: None,
        }
    }

    /// Choices that follow from bytes, one byte for each; the first of the possible ones when the bytes have ended.
    #[must_use]
    #[allow(dead_code, reason = "only the fuzz targets have bytes")]
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self {
            state: 0,
            bytes: Some(bytes.iter()),
        }
    }

    /// A number below `count`.
    fn below(&mut self, count: u64) -> u64 {
        if let Some(bytes) = &mut self.bytes {
            return u64::from(bytes.next().copied().unwrap_or(0)) % count;
        }
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % count
    }

    /// A number from `least` to `most`.
    fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// One of these.
    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// Yes in `percent` of all cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What the parts of a scenario must know of each other.
struct Plan {
    duration_s: u64,
    consumers: Vec<&'static str>,
    workers: u64,
    /// Whether Lambda reads for the first consumer on Kinesis: it has no workers that crash or join.
    lambda: bool,
    /// Both platforms, or one of them, or two of one.
    systems: &'static str,
}

/// The text of a valid scenario.
#[must_use]
pub(crate) fn scenario(choices: &mut Choices<'_>) -> String {
    let names = ["orders", "audit", "search"];
    let plan = Plan {
        duration_s: choices.one(&[3, 8, 20, 45, 90]),
        consumers: names[..choices.within(1, 3) as usize].to_vec(),
        workers: choices.within(1, 4),
        lambda: choices.chance(15),
        systems: choices.one(&["both", "kinesis", "kafka", "kinesis twice", "kafka twice"]),
    };
    let mut text = String::from("title = \"Generated\"\nquestion = \"Does it hold?\"\n");
    let _ = writeln!(
        text,
        "seed = {}\nduration = \"{} s\"",
        choices.below(1000),
        plan.duration_s
    );
    if choices.chance(30) {
        let _ = writeln!(text, "warmup = \"{} s\"", choices.below(plan.duration_s));
    }
    if choices.chance(20) {
        let _ = writeln!(text, "replications = {}", choices.within(2, 3));
    } else {
        let _ = writeln!(text, "replications = 1");
    }
    if choices.chance(30) {
        let _ = writeln!(
            text,
            "sample = \"{} ms\"",
            choices.one(&[200, 500, 1500, 3000])
        );
    }
    workload(choices, &plan, &mut text);
    consumers(choices, &plan, &mut text);
    let systems = plan.systems;
    if systems != "kafka" && systems != "kafka twice" {
        kinesis(choices, &plan, "kds", &mut text);
    }
    if systems != "kinesis" && systems != "kinesis twice" {
        kafka(choices, &plan, "msk", &mut text);
    }
    if systems == "kinesis twice" {
        kinesis(choices, &plan, "kds-2", &mut text);
    }
    if systems == "kafka twice" {
        kafka(choices, &plan, "msk-2", &mut text);
    }
    timeline(choices, &plan, &mut text);
    text
}

fn workload(choices: &mut Choices<'_>, plan: &Plan, text: &mut String) {
    let sources = if choices.chance(15) { 2 } else { 1 };
    text.push_str("[workload]\n");
    if choices.chance(15) {
        let _ = writeln!(text, "producer-backlog = {}", choices.one(&[1, 50, 1000]));
    }
    for source in 0..sources {
        if sources > 1 {
            let _ = writeln!(text, "[[workload.source]]\nname = \"source-{source}\"");
        }
        let records = choices.one(&[0_u64, 20, 300, 1500, 3000]) / sources;
        arrivals(choices, plan, records.max(1), text);
        keys(choices, text);
        sizes(choices, text);
        let _ = writeln!(text, "producers = {}", choices.one(&[1, 2, 5, 40]));
        if choices.chance(20) {
            text.push_str("producer-of = \"key\"\n");
        }
    }
}

fn arrivals(choices: &mut Choices<'_>, plan: &Plan, records: u64, text: &mut String) {
    let rate = records.div_ceil(plan.duration_s);
    let (half, third) = (plan.duration_s * 500, plan.duration_s * 333);
    let _ = match choices.below(5) {
        0 => writeln!(text, "arrivals = {{ constant = \"{rate} records/s\" }}"),
        1 => writeln!(text, "arrivals = {{ poisson = \"{rate} records/s\" }}"),
        2 => writeln!(
            text,
            "arrivals = {{ on-off = {{ rate = \"{} records/s\", on = \"{third} ms\", off = \"{third} ms\", idle = \"1 records/s\" }} }}",
            2 * rate
        ),
        3 => writeln!(
            text,
            "arrivals = {{ start = \"1 records/s\", stages = [{{ duration = \"{half} ms\", target = \"{} records/s\" }}, {{ duration = \"{half} ms\", target = \"1 records/s\" }}] }}",
            2 * rate
        ),
        _ => writeln!(
            text,
            "arrivals = {{ poisson = \"{} records/s\" }}",
            rate.div_ceil(3)
        ),
    };
}

fn keys(choices: &mut Choices<'_>, text: &mut String) {
    let law = choices.one(&[
        "\"none\"",
        "{ uniform = { count = 50 } }",
        "{ uniform = { count = 3000 } }",
        "{ zipf = { count = 500, exponent = 1.2 } }",
        "{ hot-set = { count = 100, hot = 1, share = \"60 %\" } }",
        "{ sequential = { count = 7 } }",
    ]);
    let _ = writeln!(text, "keys = {law}");
}

fn sizes(choices: &mut Choices<'_>, text: &mut String) {
    let law = choices.one(&[
        "{ constant = \"1 B\" }",
        "{ constant = \"100 B\" }",
        "{ constant = \"30 kB\" }",
        "{ uniform = { min = \"10 B\", max = \"2 kB\" } }",
        "{ lognormal = { median = \"1 kB\", p99 = \"20 kB\" } }",
        "{ pareto = { min = \"100 B\", max = \"2 MB\", shape = 0.8 } }",
    ]);
    let _ = writeln!(text, "sizes = {law}");
}

fn consumers(choices: &mut Choices<'_>, plan: &Plan, text: &mut String) {
    for name in &plan.consumers {
        let _ = writeln!(
            text,
            "[[consumer]]\nname = \"{name}\"\nworkers = {}",
            plan.workers
        );
        if choices.chance(60) {
            let _ = writeln!(
                text,
                "processing = {{ per-record = \"{} us\" }}",
                choices.one(&[10, 300, 5000, 60_000])
            );
        }
        // Only Lambda's mapping models records that cannot be processed.
        let mapped = plan.lambda && *name == plan.consumers[0];
        if mapped && plan.systems.starts_with("kinesis") && choices.chance(50) {
            let _ = writeln!(
                text,
                "failing-records = [{{ at = \"1 s\", count = {} }}]",
                choices.within(1, 3)
            );
        }
        if !mapped && choices.chance(25) {
            let sink = choices.one(&[
                "{ s3 = { buffer-interval = \"10 s\" } }",
                "{ s3 = {} }",
                "{ lambda = { concurrency = 2 } }",
                "{ kinesis = { shards = 2 } }",
                "{ kafka = { processing.guarantee = \"exactly_once_v2\" } }",
                "{ emr = { per-record = \"350 us\" } }",
                "{ sagemaker = { latency = { median = \"10 ms\", p99 = \"40 ms\" } } }",
            ]);
            let _ = writeln!(text, "sink = {sink}");
        }
    }
}

fn kinesis(choices: &mut Choices<'_>, plan: &Plan, label: &str, text: &mut String) {
    let _ = writeln!(text, "[system.{label}.kinesis]");
    let on_demand = choices.chance(20);
    if on_demand {
        text.push_str("StreamMode = \"ON_DEMAND\"\n");
    } else {
        let _ = writeln!(text, "ShardCount = {}", choices.one(&[1, 2, 3, 8, 24]));
    }
    if choices.chance(20) {
        text.push_str("EncryptionType = \"KMS\"\n");
    }
    let producer = choices.one(&[
        "",
        "producer = { max-attempts = 3, max-requests = 3 }\n",
        "producer = { flush-interval = \"50 ms\" }\n",
        "producer = { library = \"KPL\" }\n",
        "producer = { max-attempts = 1, max-requests = 1 }\n",
    ]);
    text.push_str(producer);
    if plan.lambda {
        mapping(choices, plan, text);
    } else if choices.chance(40) {
        let name = choices.one(&plan.consumers);
        let reading = choices.one(&[
            "mode = \"enhanced-fan-out\"",
            "idleTimeBetweenReadsInMillis = 250",
            "idleTimeBetweenReadsInMillis = 2000",
            "checkpoint-interval = \"0 s\"",
            "kcl = 1",
            "kcl = 2",
        ]);
        let _ = writeln!(text, "consumer.{name}.{reading}");
    }
    if !on_demand && choices.chance(35) {
        let at = choices.within(1, plan.duration_s - 1);
        let call = choices.one(&[
            "UpdateShardCount = { TargetShardCount = 4 }",
            "UpdateShardCount = { TargetShardCount = 2 }",
            "SplitShard = { ShardToSplit = \"shardId-000000000000\" }",
            "MergeShards = { ShardToMerge = \"shardId-000000000000\", AdjacentShardToMerge = \"shardId-000000000001\" }",
            "DeleteStream = true",
        ]);
        let _ = writeln!(
            text,
            "[[system.{label}.kinesis.call]]\nat = \"{at} s\"\n{call}"
        );
    }
    if choices.chance(25) {
        let at = choices.within(1, plan.duration_s - 1);
        let mut faults = vec![
            "internal-failure = \"10 %\"",
            "lost-answers = \"20 %\"",
            "internal-failure = \"100 %\"",
            "slow-network = 20",
        ];
        if plan.lambda {
            faults.push("function-errors = \"60 %\"");
        }
        let fault = choices.one(&faults);
        let _ = writeln!(
            text,
            "[[system.{label}.kinesis.fault]]\nat = \"{at} s\"\nlasts = \"1 s\"\n{fault}"
        );
    }
}

/// Lambda's event source mapping reads for the first consumer.
fn mapping(choices: &mut Choices<'_>, plan: &Plan, text: &mut String) {
    let more = choices.one(&[
        "",
        ", ParallelizationFactor = 4",
        ", MaximumRetryAttempts = 2, BisectBatchOnFunctionError = true",
        ", MaximumRecordAgeInSeconds = 60",
        ", enhanced-fan-out = true, ParallelizationFactor = 2",
        ", ReservedConcurrentExecutions = 1",
        ", TumblingWindowInSeconds = 5",
    ]);
    let (name, batch) = (plan.consumers[0], choices.one(&[1, 20, 500]));
    let _ = writeln!(
        text,
        "consumer.{name} = {{ mode = \"lambda\", BatchSize = {batch}{more} }}"
    );
}

fn kafka(choices: &mut Choices<'_>, plan: &Plan, label: &str, text: &mut String) {
    let _ = writeln!(
        text,
        "[system.{label}.kafka]\nNumberOfBrokerNodes = {}",
        choices.one(&[3, 6])
    );
    if choices.chance(40) {
        text.push_str("InstanceType = \"kafka.m7g.large\"\n");
    }
    let replicas = choices.one(&[
        "",
        ", replication.factor = 3, min.insync.replicas = 2",
        ", replication.factor = 1, min.insync.replicas = 1",
        ", replication.factor = 2, min.insync.replicas = 2",
        ", replication.factor = 3, min.insync.replicas = 3",
    ]);
    let _ = writeln!(
        text,
        "topic = {{ partitions = {}{replicas} }}",
        choices.one(&[1, 2, 5, 12, 60])
    );
    let acks = choices.one(&["all", "all", "1", "0"]);
    let more = choices.one(&[
        "",
        ", linger.ms = 0",
        ", linger.ms = 100",
        ", batch.size = 0",
        ", buffer.memory = 100000, max.block.ms = 500",
        ", retries = 0",
    ]);
    let idempotent = if acks == "all" && more != ", retries = 0" {
        ""
    } else {
        ", enable.idempotence = false"
    };
    let _ = writeln!(text, "producer = {{ acks = \"{acks}\"{more}{idempotent} }}");
    if choices.chance(25) {
        let setting = choices.one(&[
            "quota = { producer_byte_rate = 300000 }",
            "quota = { producer_byte_rate = 300000, consumer_byte_rate = 200000 }",
            "quota = { request_percentage = 2 }",
            "group.initial.rebalance.delay.ms = 500",
            "num.recovery.threads.per.data.dir = 4",
            "offsets.retention.minutes = \"1 d\"",
        ]);
        let _ = writeln!(text, "{setting}");
    }
    if choices.chance(40) {
        let name = choices.one(&plan.consumers);
        let setting = choices.one(&[
            "partitionsConsumedConcurrently = 3",
            "max.poll.interval.ms = 2000",
            "partition.assignment.strategy = \"cooperative-sticky\"",
            "group.protocol = \"consumer\"",
            "auto.offset.reset = \"earliest\"",
            "max.poll.records = 5",
            "fetch.min.bytes = 100000",
            "session.timeout.ms = 6000",
        ]);
        let _ = writeln!(text, "consumer.{name}.{setting}");
    }
    if choices.chance(40) {
        let (at, lasts) = (
            choices.within(1, plan.duration_s - 1),
            choices.within(1, plan.duration_s),
        );
        let fault = choices.one(&[
            "broker-crash = 1",
            "broker-crash = { broker = 2, volume = \"empty\" }",
            "broker-stop = 3",
            "broker-hang = 1",
            "fetcher-hang = 2",
            "network-split = \"az2\"",
            "slow-network = { zone = \"az2\", times = 50 }",
            "slow-disk = { broker = 1, rate = \"5 MB/s\" }",
        ]);
        let _ = writeln!(
            text,
            "[[system.{label}.kafka.fault]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\n{fault}"
        );
    }
    if choices.chance(20) {
        let at = choices.within(1, plan.duration_s - 1);
        let call = choices.one(&[
            "CreatePartitions = { count = 70 }",
            "AlterPartitionReassignments = true",
            "ElectLeaders = true",
            "CreatePartitions = { count = 1 }",
        ]);
        let _ = writeln!(
            text,
            "[[system.{label}.kafka.call]]\nat = \"{at} s\"\n{call}"
        );
    }
}

fn timeline(choices: &mut Choices<'_>, plan: &Plan, text: &mut String) {
    for _ in 0..choices.one(&[0, 0, 1, 2]) {
        let at = choices.within(1, plan.duration_s - 1);
        let lasts = choices.within(1, plan.duration_s);
        let name = choices.one(&plan.consumers);
        let step = choices.below(4);
        let _ = match step {
            1 | 2 if plan.lambda => Ok(()),
            0 => writeln!(
                text,
                "[[timeline]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\naction.consumer-down = \"{name}\""
            ),
            1 => writeln!(
                text,
                "[[timeline]]\nat = \"{at} s\"\naction.worker-crash = {{ consumer = \"{name}\", worker = 1 }}"
            ),
            2 => writeln!(
                text,
                "[[timeline]]\nat = \"{at} s\"\naction.worker-join = {{ consumer = \"{name}\", workers = 2 }}"
            ),
            _ => writeln!(
                text,
                "[[timeline]]\nat = \"{at} s\"\nlasts = \"{lasts} s\"\naction.az-down = \"az1\""
            ),
        };
    }
}
