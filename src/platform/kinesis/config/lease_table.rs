//! `consumer.<name>.lease-table`: the capacity of the DynamoDB table in which workers of the KCL keep their leases.
//!
//! # Source
//! `LeaseManagementConfig` and `DynamoDBLeaseRefresher` of KCL 3.5.1, <https://github.com/awslabs/amazon-kinesis-client>.

use crate::facts::{self, FactsAt};
use crate::settings::Section;
use crate::units::{Bytes, Nanos};

/// A lease table with provisioned capacity. One on demand takes what any application needs and is not throttled.
#[derive(Clone, Copy, Debug)]
pub struct LeaseTableConfig {
    /// `WriteCapacityUnits`: writes of 1 KB a second.
    pub write: u64,
    /// `ReadCapacityUnits`: reads of 4 KB a second.
    pub read: u64,
    /// For how many seconds unused capacity is kept.
    pub burst: u64,
    /// The size of a row `[B]`.
    pub row: u64,
    /// How the KCL and its SDK deal with refused calls.
    pub client: TableClient,
}

/// What the KCL and its SDK do about refused calls to the lease table.
#[derive(Clone, Copy, Debug)]
pub struct TableClient {
    /// How often the SDK repeats a call.
    pub retries: u64,
    /// Its first and its longest pause.
    pub back_off: (Nanos, Nanos),
    /// Calls that the KCL makes for one renewal.
    pub renewals: u64,
    /// Calls that the KCL makes to take one lease.
    pub takes: u64,
    /// Renewals that a worker makes at once.
    pub threads: u64,
    /// How often a worker looks which leases it holds.
    pub dispatch: Nanos,
}

impl LeaseTableConfig {
    /// Reads the table of an application on this generation of the KCL; `None` for a table on demand.
    pub(super) fn read(consumer: &Section<'_>, kcl: u64) -> Option<Self> {
        let section = consumer.section("lease-table");
        let book = facts::on(&section);
        let units = ["WriteCapacityUnits", "ReadCapacityUnits"];
        let provisioned = kcl == 1 || units.iter().any(|key| section.has(key));
        let usual = if provisioned { PROVISIONED } else { ON_DEMAND };
        let mode = section.choice("BillingMode", usual, &[ON_DEMAND, PROVISIONED]);
        if mode == ON_DEMAND {
            for key in units.iter().filter(|key| section.has(key)) {
                let message = format!("a table on demand has no {key}");
                section.problem(
                    key,
                    message,
                    "leave it out, or say `BillingMode = \"PROVISIONED\"`",
                );
                section.ignore(key);
            }
            return None;
        }
        let capacity = |key: &str, id: &str| section.or_in(key, book.value(id), 1..=UNITS_MOST);
        Some(Self {
            write: capacity(units[0], "kinesis.kcl.table.write"),
            read: capacity(units[1], "kinesis.kcl.table.read"),
            burst: book.value::<Nanos>("kinesis.kcl.table.burst").0 / 1_000_000_000,
            row: book.value::<Bytes>("kinesis.kcl.table.row").0,
            client: TableClient::of(book.rows()),
        })
    }
}

impl TableClient {
    fn of(book: FactsAt) -> Self {
        Self {
            retries: book.value("kinesis.kcl.table.retries"),
            back_off: (
                book.value("kinesis.kcl.table.back-off"),
                book.value("kinesis.kcl.table.back-off.highest"),
            ),
            renewals: book.value("kinesis.kcl.table.renewals"),
            takes: book.value("kinesis.kcl.table.takes"),
            threads: book.value("kinesis.kcl.table.threads"),
            dispatch: book.value("kinesis.kcl.dispatch"),
        }
    }
}

/// The words of DynamoDB for the two ways to pay for a table.
const PROVISIONED: &str = "PROVISIONED";
const ON_DEMAND: &str = "PAY_PER_REQUEST";

/// The most capacity units of a table; more needs a higher quota of the account.
const UNITS_MOST: u64 = 40_000;
