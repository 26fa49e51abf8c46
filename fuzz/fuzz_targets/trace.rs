//! The reader of traces: any bytes give rows or a short message.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    if let Err(message) = streamduel::workload::try_trace(text) {
        assert!(message.len() < 1000, "{message}");
    }
});
