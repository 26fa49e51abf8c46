//! Rows that the model misses, each with the mechanism that it lacks; and the rows it was calibrated on.

/// Rows and why they are missed.
pub(crate) const MISSES: &[(&str, &str)] = &[];

/// Rows that were used for calibration.
pub(crate) const CALIBRATION: &[&str] = &["KL-SN-06", "KL-SN-16", "KT-SN-08"];
