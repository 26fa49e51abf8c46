//! Tumbling windows: a batch never spans two windows, and at the end of a window the function is invoked once more to
//! return what it has gathered.
//!
//! # Source
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>.

use super::Io;
use super::app::App;
use super::mapping_lane::{Stage, window_of};
use crate::platform::kinesis::ids::ShardId;
use crate::units::{Nanos, SimTime};

impl App {
    /// Whether the batch in hand belongs to a later window, so that the function closes the former one first.
    pub(super) fn closes_window_first(
        &mut self,
        shard: ShardId,
        lane: usize,
        io: &mut Io<'_>,
    ) -> bool {
        let tumbling = self.mapping().tumbling;
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return false;
        };
        let state = &mut mapping.lanes[lane];
        let first = state.batch.first().filter(|_| tumbling > Nanos::ZERO);
        let Some(stored) = first.and_then(|first| io.stream.log(shard).at(first)) else {
            return false;
        };
        let window = window_of(stored.appended(), tumbling);
        if state.tumbling.is_some_and(|open| open != window) {
            self.close_window(shard, lane, io);
            return true;
        }
        state.tumbling = Some(window);
        false
    }

    /// A lane that has nothing to do closes its window when that is over and two polls have found nothing more of it.
    pub(super) fn close_window_if_over(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        let tumbling = self.mapping().tumbling;
        let mapping = self.leases[shard].mapping.as_ref();
        let Some(open) = mapping.and_then(|mapping| mapping.lanes[lane].tumbling) else {
            return;
        };
        let ends = SimTime((open + 1).saturating_mul(tumbling.0)) + Nanos(2 * self.config.idle.0);
        if ends > io.now() {
            return self.look_again(shard, lane, ends, io);
        }
        if self.down == 0 {
            self.close_window(shard, lane, io);
        }
    }

    /// The last invocation of a window, without records.
    fn close_window(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        let length = self.mapping().overhead;
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let state = &mut mapping.lanes[lane];
        (state.tumbling, state.closing) = (None, true);
        state.stage = Stage::Invoked;
        state.ticket.advance();
        self.function.running += 1;
        self.returns_after(shard, lane, length, io);
    }

    /// Whether the invocation that returned was the last one of a window; the lane goes on with its batch.
    pub(super) fn window_closed(&mut self, shard: ShardId, lane: usize) -> bool {
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return false;
        };
        let state = &mut mapping.lanes[lane];
        if !std::mem::take(&mut state.closing) {
            return false;
        }
        self.function.tally.calls += 1;
        state.stage = if state.batch.records > 0 {
            Stage::Loaded
        } else {
            Stage::Empty
        };
        true
    }
}
