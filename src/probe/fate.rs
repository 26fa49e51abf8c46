//! How records end that nobody reads, and why.

/// How a record may end without being stored or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The client or the service said no for good.
    Refused,
    /// It grew too old in its client.
    ExpiredInClient,
    /// It was acknowledged and is gone.
    Lost,
}

impl Fate {
    /// The word for reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::ExpiredInClient => "expired in the client",
            Self::Lost => "lost",
        }
    }
}

/// A reason for a fate, under the platform's own error name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The error name.
    pub name: &'static str,
    /// The fate that it leads to.
    pub fate: Fate,
    /// Whether reports tell it only where records ended for it.
    pub rare: bool,
}

impl Cause {
    /// A reason that every report tells.
    #[must_use]
    pub const fn new(name: &'static str, fate: Fate) -> Self {
        let rare = false;
        Self { name, fate, rare }
    }

    /// The same reason, told only where records ended for it.
    #[must_use]
    pub const fn rare(self) -> Self {
        Self { rare: true, ..self }
    }
}
