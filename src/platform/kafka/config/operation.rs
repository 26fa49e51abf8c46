//! How long the operator's work takes: creating, starting, restarting and moving.

use super::{Flavour, assumed};
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Nanos};

/// How long the service and its brokers take for what is done to them.
#[derive(Clone, Debug)]
pub struct OperationConfig {
    /// How long a failed broker stays away when MSK recovers it.
    pub recovery: Nanos,
    /// How long a broker takes to start.
    pub start: Nanos,
    /// How long a broker is away for a planned restart.
    pub restart: Nanos,
    /// What `CreateCluster` takes.
    pub create: Nanos,
    /// What a throttled move of replicas may use per broker `[B/s]`.
    pub move_rate: ByteRate,
}

impl OperationConfig {
    /// Reads them; where a broker may fail in this run (`troubled`) or the operator calls, they are shown as assumptions.
    pub(super) fn read(section: &Section<'_>, flavour: Flavour, troubled: bool) -> Self {
        let (model, called) = (section.section("model"), section.has("call"));
        let day = Nanos::ZERO..=Nanos::from_secs(86_400);
        Self {
            recovery: assumed(&model, "broker-recovery", day.clone(), troubled),
            start: assumed(&model, "broker-start", day.clone(), troubled),
            restart: assumed(&model, "broker-restart", day, called),
            create: read_create(section, flavour),
            move_rate: assumed(&model, "move-rate", ByteRate(1)..=ByteRate(1 << 40), called),
        }
    }
}

/// What `CreateCluster` takes; where it is called, and where nobody has said it, an assumption.
fn read_create(section: &Section<'_>, flavour: Flavour) -> Nanos {
    let id = if flavour == Flavour::Serverless {
        "msk.serverless.create"
    } else {
        "msk.create"
    };
    let (model, day) = (section.section("model"), Nanos::from_secs(86_400));
    if section
        .list("call")
        .iter()
        .any(|call| call.has("CreateCluster"))
    {
        return facts::setting_in(&model, "create", id, Nanos(1)..=day);
    }
    model.or_in("create", facts::on(section).value(id), Nanos(1)..=day)
}
