//! What can hold records up: one neutral list of limits for all platforms.
//!
//! A model reports a limit at the very place where it acts: a refusal, a wait, a queue that is full. Each platform has
//! its own words for them (`MetricNames::limit`).

/// What the amount of a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Attempts or calls that were refused or cut short.
    Attempts,
    /// Records.
    Records,
    /// Seconds of waiting, added up over all that waited.
    Seconds,
}

impl Amount {
    /// The word for tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Records => "records",
            Self::Seconds => "s",
        }
    }
}

/// On what a limit acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// The whole system.
    System,
    /// A shard or partition, by its number among the lanes.
    Lane,
    /// A broker, by its number among the hosts.
    Host,
    /// A producer, from 0.
    Producer,
    /// A worker or member of a consumer, from 0.
    Worker,
}

macro_rules! limits {
    ($($(#[$about:meta])* $name:ident = $word:literal, $amount:ident, $entity:ident;)*) => {
        /// A limit, or a wait, that can hold records up.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Limit { $($(#[$about])* $name,)* }

        impl Limit {
            /// All of them, in their order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its word in tables.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The name of its figure in `[[expect]]`: for how long it was at work.
            #[must_use]
            pub fn figure(self) -> &'static str {
                match self { $(Self::$name => concat!($word, "_for"),)* }
            }

            /// What its amount counts.
            #[must_use]
            pub fn amount(self) -> Amount {
                match self { $(Self::$name => Amount::$amount,)* }
            }

            /// On what it acts.
            #[must_use]
            pub fn entity(self) -> Entity {
                match self { $(Self::$name => Entity::$entity,)* }
            }
        }
    };
}

limits! {
    /// The stream or cluster is not there: it is being created, or was deleted.
    Absent = "absent", Seconds, System;
    /// A broker has stopped because its volume is full.
    VolumeFull = "volume_full", Seconds, Host;
    /// A lane takes no more bytes now.
    LaneBytes = "lane_bytes", Attempts, Lane;
    /// A lane takes no more records now.
    LaneRecords = "lane_records", Attempts, Lane;
    /// A lane of a stream that scales by itself is at its limit, before the service adds lanes.
    ScalingStep = "scaling_step", Attempts, Lane;
    /// The service fails calls, or the producer cannot reach it.
    ServiceFault = "service_fault", Attempts, System;
    /// The key with which records are encrypted is disabled.
    KeyDisabled = "key_disabled", Attempts, System;
    /// The service that keeps the key for encryption has no capacity left.
    KeyThrottled = "key_throttled", Attempts, System;
    /// The process of a producer is gone with the records that it held.
    ClientGone = "client_gone", Records, Producer;
    /// The application of a producer stands still, or its process is gone and no new one has begun.
    ProducerDown = "producer_down", Seconds, Producer;
    /// A producer sends nothing before its transaction has ended.
    TransactionEnd = "transaction_end", Seconds, Producer;
    /// An application aborts its transaction before all records of it were sent.
    Aborted = "transaction_aborted", Records, Producer;
    /// A producer is shut out: its transaction was open for too long, or a newer process has its name.
    Fenced = "fenced", Records, Producer;
    /// A lane has nobody who takes its records.
    NoLeader = "no_leader", Seconds, Lane;
    /// A lane has too few copies in sync to take records.
    TooFewInSync = "too_few_in_sync", Attempts, Lane;
    /// The memory of a producer is full, and its application waits.
    ProducerBuffer = "producer_buffer", Seconds, Producer;
    /// A producer is full and refuses records.
    ProducerFull = "producer_full", Records, Producer;
    /// A producer has as many requests in flight as it may have, and others wait.
    InFlight = "in_flight", Seconds, Producer;
    /// Requests of a producer wait at a host for the answer to the one before them on their connection.
    Connection = "connection", Seconds, Producer;
    /// A producer waits for metadata before it can send what it has.
    Metadata = "metadata", Seconds, Producer;
    /// A producer waits before it repeats a request.
    BackOff = "back_off", Seconds, Producer;
    /// A producer's own limiter holds records back.
    ClientLimiter = "client_limiter", Seconds, Producer;
    /// A client keeps quiet because a broker says that it is above its quota.
    Quota = "quota", Seconds, Host;
    /// Requests wait for a broker's handlers and network threads.
    Cpu = "cpu", Seconds, Host;
    /// Requests wait until a broker's process has collected garbage.
    Pause = "pause", Seconds, Host;
    /// Requests wait for a broker's network interface.
    Network = "network", Seconds, Host;
    /// Requests wait for a broker's volume.
    Volume = "volume", Seconds, Host;
    /// Requests wait for a volume of a broker that a fault makes slow.
    SlowVolume = "slow_volume", Seconds, Host;
    /// Requests wait for a network interface or volume of a broker that has used up its burst credits.
    Credits = "burst_credits", Seconds, Host;
    /// Requests wait at the leader of a lane for copies that are in sync and slow.
    SlowFollowers = "slow_followers", Seconds, Lane;
    /// A lane gives no more bytes to readers now.
    ReadBytes = "read_bytes", Attempts, Lane;
    /// A lane answers no more reading calls now.
    ReadCalls = "read_calls", Attempts, Lane;
    /// A reading call gives as many records as it may, and more are there.
    CallLimit = "call_limit", Attempts, Lane;
    /// A subscription gives no more bytes now.
    Subscription = "subscription", Seconds, Lane;
    /// A lane is not read until those are read that it was made of.
    ParentsFirst = "parents_first", Seconds, Lane;
    /// Nobody of a consumer reads a lane: its reader is gone and no other one has taken over.
    NoOwner = "no_owner", Seconds, Lane;
    /// Nobody else may read a lane whose reader is gone: it waits until that one has started again.
    ReaderDown = "reader_down", Seconds, Lane;
    /// A consumer does not know a new lane yet.
    NewLane = "new_lane", Seconds, Lane;
    /// Readers of a lane do not know yet which host gives them its records now.
    ReaderMetadata = "reader_metadata", Seconds, Lane;
    /// A consumer distributes its lanes anew, and waits for this member.
    Rebalance = "rebalance", Seconds, Worker;
    /// A lane is given up by its reader, and the next one does not know yet that it is to take over.
    Moving = "moving", Seconds, Lane;
    /// A consumer waits for more members before it begins.
    JoinDelay = "join_delay", Seconds, System;
    /// A member was thrown out of its group.
    Expelled = "expelled", Attempts, Worker;
    /// Records are read again because nobody had noted that they were processed.
    Checkpoint = "checkpoint", Records, Lane;
    /// Records come back because their reader held them for too long.
    RecordLock = "record_lock", Records, Lane;
    /// A worker processes records while others wait for it.
    BusyWorker = "busy_worker", Seconds, Worker;
    /// The application of a worker stands still.
    WorkerStill = "worker_still", Seconds, Worker;
    /// A worker waits for its sink.
    Sink = "sink", Seconds, Worker;
    /// Records lie in the buffer of a worker whose sink gathers.
    Gathering = "gathering", Seconds, Worker;
    /// Records lie behind the beginning of a transaction that has been open for long.
    OpenTransaction = "open_transaction", Seconds, Lane;
    /// A consumer does not run.
    ConsumerDown = "consumer_down", Seconds, Worker;
    /// A consumer begins behind records that are stored.
    StartPosition = "start_position", Records, System;
    /// Records are deleted before a consumer has read them.
    Retention = "retention", Records, System;
    /// The code of a consumer fails on records, and they are tried again or given up.
    ProcessingErrors = "processing_errors", Attempts, Lane;
    /// A consumer may do no more at once.
    Concurrency = "concurrency", Attempts, Lane;
    /// The table in which workers keep their leases refuses calls.
    LeaseTable = "lease_table", Attempts, System;
    /// A consumer gives records up because they are too old.
    RecordAge = "record_age", Records, Lane;
    /// A producer sends records once more that are stored, because it had no answer.
    NoAnswer = "no_answer", Records, Lane;
    /// Records are larger than the producer, the stream or the topic takes.
    TooLarge = "too_large", Records, Producer;
    /// Acknowledged records are cut off, because a new leader of a lane does not have them.
    LogCut = "log_cut", Records, Lane;
    /// Records are stored after later ones of their key, which overtook them on the way to the log.
    Overtaken = "overtaken", Records, Lane;
    /// Records of a key lie in several lanes, and later ones are read first.
    MovedKeys = "moved_keys", Records, Lane;
}

impl Limit {
    /// The limit whose figure has this name.
    #[must_use]
    pub fn of_figure(name: &str) -> Option<Self> {
        let all = Self::ALL.iter().copied();
        all.into_iter().find(|limit| limit.figure() == name)
    }

    /// The limit on the entity of this number.
    #[must_use]
    pub fn at(self, number: u32) -> Spot {
        Spot {
            limit: self,
            consumer: None,
            number,
            part: 0,
        }
    }

    /// The limit on the entity of this number, as it meets one consumer.
    #[must_use]
    pub fn of(self, consumer: usize, number: u32) -> Spot {
        Spot {
            limit: self,
            consumer: Some(consumer as u16),
            number,
            part: 0,
        }
    }
}

/// A limit and where it acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The limit.
    pub limit: Limit,
    /// The consumer that it holds up; `None` for producers and the system.
    pub consumer: Option<u16>,
    /// The number of the lane, host, producer or worker.
    pub number: u32,
    /// Tells waits of the same entity apart that may overlap; amounts are added.
    pub part: u32,
}

impl Spot {
    /// The part of this number of what the entity waits for.
    #[must_use]
    pub fn part(self, part: u32) -> Self {
        Self { part, ..self }
    }
}
