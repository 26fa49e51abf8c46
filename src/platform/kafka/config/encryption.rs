//! Encryption: what the cluster takes and what its clients speak, on the way and at rest.
//!
//! # Source
//! The MSK developer guide, <https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html>: TLS between brokers by default, for clients TLS, both
//! or plaintext; at rest always, under a key of KMS. AWS says that TLS costs CPU and milliseconds and publishes no figure:
//! both are assumptions with a name.

use super::{Flavour, assumed};
use crate::settings::Section;
use crate::units::{ByteRate, Nanos};
use crate::workload::Workload;

/// Who encrypts, and what it takes.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// What a network thread encrypts of producers' data; `None` for producers in plaintext.
    pub producers: Option<ByteRate>,
    /// The same per consumer group, in the order of the workload.
    pub consumers: Vec<Option<ByteRate>>,
    /// The same between brokers.
    pub brokers: Option<ByteRate>,
    /// What TLS adds to each of a client's requests for data, besides.
    pub delay: Nanos,
    /// Whether the volumes are encrypted under a key of the customer's own, not under one of AWS.
    pub customer_key: bool,
}

impl Encryption {
    /// What TLS adds to a request of a client that encrypts at `rate`.
    #[must_use]
    #[inline]
    pub fn delay_of(&self, rate: Option<ByteRate>) -> Nanos {
        if rate.is_some() {
            self.delay
        } else {
            Nanos::ZERO
        }
    }
}

/// Reads `EncryptionInTransit`, `EncryptionAtRest` and the clients' `security.protocol`.
pub(super) fn read(section: &Section<'_>, workload: &Workload, flavour: Flavour) -> Encryption {
    let customer_key = read_at_rest(section);
    if flavour == Flavour::Serverless {
        refuse_serverless(section);
    }
    let transit = section.section("EncryptionInTransit");
    let words = ["TLS", "TLS_PLAINTEXT", "PLAINTEXT"];
    let takes = transit.choice("ClientBroker", "TLS", &words);
    let inside = transit.or("InCluster", true);
    let producers = read_client(&section.section("producer"), &takes);
    let clients = section.section("consumer");
    let consumers: Vec<bool> = workload
        .consumers
        .iter()
        .map(|own| read_client(&clients.entry(&own.name), &takes))
        .collect();
    let any = producers || consumers.contains(&true);
    let model = section.section("model");
    let rate = assumed(
        &model,
        "tls-rate",
        ByteRate(1)..=ByteRate(1 << 50),
        any || inside,
    );
    Encryption {
        producers: producers.then_some(rate),
        consumers: consumers
            .into_iter()
            .map(|tls| tls.then_some(rate))
            .collect(),
        brokers: inside.then_some(rate),
        delay: assumed(&model, "tls-delay", Nanos::ZERO..=Nanos::from_secs(1), any),
        customer_key,
    }
}

/// Whether a client speaks TLS; it must be what the cluster listens for.
fn read_client(client: &Section<'_>, takes: &str) -> bool {
    let usual = if takes == "TLS" { "SSL" } else { "PLAINTEXT" };
    let protocol = client.choice("security.protocol", usual, &["SSL", "PLAINTEXT"]);
    let refusal = match (takes, protocol.as_str()) {
        ("TLS", "PLAINTEXT") => "a plaintext client finds no listener: the cluster takes TLS only",
        ("PLAINTEXT", "SSL") => {
            "a client with TLS finds no listener: the cluster takes plaintext only"
        }
        _ => return protocol == "SSL",
    };
    let help = "`EncryptionInTransit = { ClientBroker = \"TLS_PLAINTEXT\" }` takes both";
    client.problem("security.protocol", refusal, help);
    protocol == "SSL"
}

/// Whether `EncryptionAtRest` names a key of the customer's own.
fn read_at_rest(section: &Section<'_>) -> bool {
    if section.has("EncryptionType") {
        let message = "MSK always encrypts at rest, with KMS: there is nothing to switch";
        let help = "leave it out; `EncryptionAtRest.DataVolumeKMSKeyId` names a key of your own";
        section.problem("EncryptionType", message, help);
        section.ignore("EncryptionType");
    }
    let usual = "a key of AWS".to_owned();
    section
        .section("EncryptionAtRest")
        .or("DataVolumeKMSKeyId", usual.clone())
        != usual
}

/// Serverless has no settings of brokers, and its clients come through IAM.
fn refuse_serverless(section: &Section<'_>) {
    let transit = section.section("EncryptionInTransit");
    let chosen = (transit.has("ClientBroker")
        && transit.or("ClientBroker", String::new()) != "TLS")
        || (transit.has("InCluster") && !transit.or("InCluster", true));
    if chosen {
        let message = "MSK Serverless has no `EncryptionInTransit`: it has no settings of brokers";
        section.problem(
            "EncryptionInTransit",
            message,
            "leave it out: its clients are encrypted",
        );
    }
}
