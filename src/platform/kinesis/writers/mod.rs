//! The producers: the SDK with PutRecord or PutRecords, and the Kinesis Producer Library.
//!
//! Nobody outside this folder names a field of it. A record comes in by [`Writers::offer`] and goes to the
//! stream by the methods of `stream::put`.

pub mod aggregation;
mod by_first_key;
mod event;
mod keys;
mod kpl;
mod kpl_collector;
mod kpl_delivery;
mod kpl_record;
mod limiter;
mod request;
mod routing;
mod sdk;
mod sdk_put;
mod source;

#[cfg(test)]
mod tests;
mod whole_call;

pub use event::WriterEvent;

use super::causes::EarlyEnd;
use super::ids::{ProducerId, RequestId, ShardId, Slots};
use super::stream::{PutCall, Resharding, Stream};
use super::{Config, KinesisCx, Library, ProducerConfig};
use crate::engine::{LatencyLaw, Stream as Random, Ticket};
use crate::facts::FactsAt;
use crate::platform::Setup;
use crate::probe::Limit;
use crate::units::Nanos;
use crate::workload::Record;
use kpl::Kpl;
use request::{Producer, Requests};
use routing::Routing;

/// All producers of a system.
pub(crate) struct Writers {
    /// How they write.
    config: ProducerConfig,
    /// The call that they make.
    call: PutCall,
    /// The most records that a producer may hold `[records]`.
    backlog_max: u64,
    /// The producer processes.
    producers: Slots<ProducerId, Producer>,
    /// Their requests in flight.
    requests: Requests,
    /// Where records go.
    routing: Routing,
    /// The KPL processes, if the producers use the KPL.
    kpl: Option<Kpl>,
    /// The law of the time from a put to its answer.
    latency: LatencyLaw,
    /// Random latencies.
    latencies: Random,
    /// Requests sent so far; each draws a latency of its own.
    sent: u64,
    /// Random factors of the time before a retry.
    jitter: Random,
    /// Retries so far; each draws a factor of its own.
    backed_off: u64,
    /// The retry tokens of the SDK in standard mode.
    tokens: RetryTokens,
    /// The longest time before a retry of the SDK in standard mode.
    sdk_ceiling: Nanos,
    /// Producers at whose sources records wait.
    waiting_sources: Vec<ProducerId>,
    /// Room for the records of a call that its shards refuse.
    refused: Vec<Record>,
}

/// The retry tokens of a client in standard mode.
#[derive(Clone, Copy, Debug)]
struct RetryTokens {
    /// The tokens of a client `[tokens]`.
    quota: u64,
    /// What a retry after an error costs `[tokens]`.
    retry: u64,
    /// What a retry after a time-out costs `[tokens]`.
    timeout: u64,
    /// What a success without a retry gives back `[tokens]`.
    success: u64,
}

impl RetryTokens {
    fn new(book: FactsAt) -> Self {
        Self {
            quota: book.value("kinesis.sdk.quota"),
            retry: book.value("kinesis.sdk.quota.retry"),
            timeout: book.value("kinesis.sdk.quota.timeout"),
            success: book.value("kinesis.sdk.quota.success"),
        }
    }
}

impl Writers {
    /// The producers of a scenario before anything happens.
    pub(super) fn new(config: &Config, setup: &Setup<'_>, stream: &Stream) -> Self {
        let random = |label: &str| Random::new(setup.seed, setup.replication, label);
        let (book, service) = (config.facts, &config.service);
        let producers = setup.workload.producers() as usize;
        let kpl = match &config.producer.library {
            Library::Kpl(kpl) => Some(Kpl::new(kpl, producers, stream.lineage(), book)),
            Library::PutRecord | Library::PutRecords => None,
        };
        let call = match config.producer.library {
            Library::PutRecord => PutCall::PutRecord,
            Library::PutRecords | Library::Kpl(_) => PutCall::PutRecords,
        };
        Self {
            config: config.producer.clone(),
            call,
            backlog_max: setup.workload.producer_backlog,
            producers: (0..producers).map(|_| Producer::default()).collect(),
            requests: Requests::default(),
            routing: Routing::new(config, setup, stream),
            kpl,
            latency: LatencyLaw::new(service.put_median, service.put_p99),
            latencies: random("kinesis/put-latency"),
            sent: 0,
            jitter: random("kinesis/back-off"),
            backed_off: 0,
            tokens: RetryTokens::new(book),
            sdk_ceiling: book.value("kinesis.sdk.delay.standard"),
            waiting_sources: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// A record is offered to its producer.
    #[inline]
    pub(super) fn offer(&mut self, record: Record, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        let bytes = u64::from(record.bytes) + self.routing.key_bytes(record.key);
        if bytes > stream.record_max() {
            return too_large(EarlyEnd::TooLarge, ProducerId(record.producer), cx);
        }
        let id = ProducerId(record.producer);
        if self.producers[id].held >= self.backlog_max {
            return self.find_full(id, record, cx);
        }
        self.take(id, record, bytes, stream, cx);
    }

    /// A producer takes a record of `bytes` with its key.
    #[inline]
    fn take(
        &mut self,
        id: ProducerId,
        record: Record,
        bytes: u64,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        match self.config.library {
            Library::PutRecords => self.add_to_call(id, record, bytes, stream, cx),
            Library::PutRecord => self.put_one(id, record, bytes, stream, cx),
            Library::Kpl(_) => self.add_user_record(id, record, stream, cx),
        }
    }

    /// A timer of the producers fires.
    #[inline]
    pub(super) fn on(&mut self, event: WriterEvent, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        match event {
            WriterEvent::Flush { producer, ticket } => self.flush(producer, ticket, stream, cx),
            WriterEvent::Arrive(request) => self.arrive(request, stream, cx),
            WriterEvent::Answer(request) => self.answer(request, stream, cx),
            WriterEvent::Room { producer, ticket } => self.make_room(producer, ticket, stream, cx),
            WriterEvent::Retry(request) => self.resend(request, stream, cx),
            WriterEvent::Aggregate {
                producer,
                shard,
                ticket,
            } => self.aggregate_due(producer, shard, ticket, stream, cx),
            WriterEvent::Drain(producer) => self.drain_limiters(producer, stream, cx),
            WriterEvent::MapKnown => self.learn_map(stream),
        }
        if !self.waiting_sources.is_empty() {
            self.open_sources(stream, cx);
        }
    }

    fn flush(
        &mut self,
        producer: ProducerId,
        ticket: Ticket,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        if self.kpl.is_some() {
            return self.collection_due(producer, ticket, stream, cx);
        }
        let state = &self.producers[producer];
        if state.ticket == ticket && !state.open.is_empty() {
            self.close_call(producer, stream, cx);
        }
    }

    fn answer(&mut self, request: RequestId, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        if self.kpl.is_some() {
            self.answer_carried(request, stream, cx);
        } else {
            self.answer_sdk(request, stream, cx);
        }
    }

    /// A split or merge is done: keys move to the new shards.
    pub(super) fn reshard(&mut self, done: &Resharding, stream: &Stream) {
        let parents: Vec<ShardId> = done.change.parents().collect();
        self.routing.reshard(&parents, stream);
    }

    /// The records that the producers and their sources hold, found by walking their buffers `[records]`.
    pub(super) fn held(&self) -> u64 {
        let source = |producer: &Producer| producer.source.len() as u64;
        self.taken() + self.producers.iter().map(source).sum::<u64>()
    }

    /// The records that the producers have taken, found by walking their buffers `[records]`.
    fn taken(&self) -> u64 {
        let open = |producer: &Producer| (producer.open.len() + producer.backlog.len()) as u64;
        let filling: u64 = self.producers.iter().map(open).sum();
        self.requests.held() + filling + self.kpl.as_ref().map_or(0, Kpl::held)
    }

    /// Checks what must hold at any instant.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(super) fn check(&self) {
        let held: u64 = self.producers.iter().map(|producer| producer.held).sum();
        assert_eq!(
            held,
            self.taken(),
            "what producers count as held is what lies in their buffers and requests"
        );
        let open = |producer: &Producer| {
            producer.in_flight as usize - producer.settled.len() + producer.waiting.len()
        };
        let requests: usize = self.producers.iter().map(open).sum();
        assert_eq!(
            requests,
            self.requests.in_use(),
            "every request in use is in flight or waits"
        );
        for producer in self.producers.iter() {
            assert!(
                producer.in_flight <= self.config.requests_max,
                "a producer has more requests in flight than it may"
            );
        }
    }
}

/// A record of a producer ends, because it is larger than the stream or the library takes.
fn too_large(why: EarlyEnd, producer: ProducerId, cx: &mut KinesisCx<'_>) {
    cx.probe.bound(Limit::TooLarge.at(producer.0), 1);
    cx.probe.ended_for(why.number(), Some(Limit::TooLarge), 1);
}
