//! What monitoring shows of a cluster.

use super::super::GaugeSheet;
use super::super::config::Config;
use super::{Control, Rooms};
use crate::probe::gauges;
use crate::units::SimTime;

impl Control {
    /// Puts what monitoring shows of all rooms on the sheet.
    pub(in crate::platform::kafka) fn gauges(
        &mut self,
        now: SimTime,
        rooms: &mut Rooms<'_>,
        config: &Config,
        sheet: &mut GaugeSheet,
    ) {
        rooms
            .brokers
            .gauges(now, |broker| self.nodes[broker].exists, self.volume, sheet);
        let active = f64::from(u8::from(self.quorum.is_up(now)));
        sheet.put("cluster", gauges::ACTIVE_CONTROLLERS, active);
        let meters = std::mem::take(&mut self.meters);
        sheet.put("cluster", gauges::ISR_SHRINKS, meters.isr_shrinks as f64);
        sheet.put("cluster", gauges::ISR_EXPANDS, meters.isr_expands as f64);
        sheet.put("cluster", gauges::LEADER_ELECTIONS, meters.elections as f64);
        sheet.put(
            "cluster",
            gauges::UNCLEAN_LEADER_ELECTIONS,
            meters.unclean as f64,
        );
        let fell = meters.watermark_fell as f64;
        sheet.put("cluster", gauges::HIGH_WATERMARK_FELL, fell);
        rooms.brokers.cold_gauge(sheet);
        rooms.producers.gauges(now, config, sheet);
        rooms.groups.gauges(now, rooms.brokers, sheet);
        rooms.groups.sink_gauges(now, sheet);
    }
}
