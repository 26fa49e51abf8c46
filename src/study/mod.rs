//! What is learnt from the runs: the table of all figures, the comparison of both services, the quiz.
//!
//! It sees data only: reports, figures and facts, never a platform, and no number of a run is typed.

pub mod figures;
pub mod numbers;
pub mod quiz;
pub mod table;
