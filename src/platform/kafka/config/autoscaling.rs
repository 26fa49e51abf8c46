//! `autoscaling`: volumes that grow by themselves.

use crate::settings::Section;
use crate::units::Share;

/// Auto-scaling of storage, as Application Auto Scaling does it for MSK.
#[derive(Clone, Copy, Debug)]
pub struct Autoscaling {
    /// From this use on volumes grow.
    pub target: f64,
    /// They never grow beyond this `[GiB]`.
    pub most: u64,
}

/// Reads the table; `None` without one.
pub(super) fn read(section: &Section<'_>) -> Option<Autoscaling> {
    if !section.has("autoscaling") {
        return None;
    }
    let own = section.section("autoscaling");
    let book = crate::facts::on(section);
    let target: Share = own.need_in("target", Share(100_000)..=Share(800_000));
    Some(Autoscaling {
        target: target.fraction(),
        most: own.need_in("max", 1..=book.value::<u64>("msk.volume.highest")),
    })
}
