//! Rows that the model misses, each with the mechanism that it lacks; and the rows it was calibrated on.
//! "Presumed" is what was not tried.

const PAUSES: &str =
    "presumed: no pauses of the JVM, of write-back or of the volume: tails are too short";
const TIPPING: &str = "presumed: a sticky producer gives a broker that answers late more of the next data (what KIP-794 mended), and here the cluster tips over into sending to one broker after another; the real one stayed nearer the edge";
const LINEAR: &str = "presumed: here the cost of partitions grows in proportion; between 5,000 and 10,000 the real cluster went from idle to full";
const FAST: &str = "presumed: followers and clients of Kafka 0.8 took longer for a round than those that are modelled";
const APART: &str = "KL-SN-03 and KL-CF-02 were measured on the same machines and pull the one-way time apart; it lies between";
const ONE_CPU: &str =
    "presumed: client, broker and proxy shared two processors; the CPU of clients is not modelled";
const CLIENT: &str = "presumed: the reader waits for all brokers at once; the reader of 2014 had threads that read ahead";
const LAGGING: &str = "a transient with lagging followers: here they share the network evenly from the start (caution d)";
const EXPRESS: &str =
    "cause not found; it is not the quota of a partition, of which a third is used";
const TRAILING: &str =
    "presumed: followers trail with acks=1, so a part of the copies is not written yet";

/// Rows and why they are missed.
pub(crate) const MISSES: &[(&str, &str)] = &[
    ("KT-LI-11", FAST),
    ("KT-LI-04", LAGGING),
    ("KT-LI-05", CLIENT),
    ("KL-SN-03", APART),
    ("KL-SN-05", PAUSES),
    ("KF-SN-02", PAUSES),
    ("KF-SN-04", PAUSES),
    ("KF-SN-14", TIPPING),
    ("KF-SN-16", TIPPING),
    ("KF-SN-18", TIPPING),
    ("KP-SN-02", PAUSES),
    ("KP-SN-06", PAUSES),
    ("KP-SN-07", LINEAR),
    ("KP-SN-12", PAUSES),
    ("KP-SN-19", LINEAR),
    ("KP-SN-23", TIPPING),
    ("KB-SN-07", TIPPING),
    ("KT-VL-02", TRAILING),
    ("MS-PT-01", PAUSES),
    ("MS-PT-03", PAUSES),
    ("MS-PT-05", PAUSES),
    ("MS-PT-06", PAUSES),
    ("MS-PT-22", PAUSES),
    ("MS-PT-24", PAUSES),
    ("MS-PT-26", PAUSES),
    ("MS-EX-04b", EXPRESS),
    ("KL-KX-02", PAUSES),
    ("KL-KX-16", ONE_CPU),
    ("check 11", LINEAR),
];

/// Rows that were used for calibration.
pub(crate) const CALIBRATION: &[&str] = &[
    "KL-SN-06", "KL-SN-16", "KL-SN-17", "KP-SN-11", "KT-SN-08", "KT-LI-08", "KL-KX-09",
];
