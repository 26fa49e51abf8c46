//! Many runs for one answer.
//!
//! A point is a scenario with some settings changed. All replications of all points run in one process; no chart
//! is drawn and no folder is written for a single point.
//!
//! * [`atlas`] the cheapest design over two axes;
//! * [`axis`] the settings that a sweep goes over;
//! * [`limit`] how far a load can grow until a claim fails;
//! * [`plan`] splits and merges that cool the hot ranges of a stream;
//! * [`point`] one scenario among many, and what its runs gave;
//! * [`run`] all of them on all threads, the longest first;
//! * [`size`] the cheapest configuration that holds every claim;
//! * [`store`] finished runs on disk, so that a search that was stopped goes on;
//! * [`sweep`] figures and claims over axes of settings.

pub mod atlas;
pub mod axis;
pub mod limit;
mod number;
pub mod plan;
pub mod point;
pub mod run;
pub mod size;
pub mod store;
pub mod sweep;
