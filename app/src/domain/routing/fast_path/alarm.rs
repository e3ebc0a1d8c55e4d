//! Exploration: some calls that the bank could answer are judged all the same, more of them after a disagreement.

/// Share of the calls that the bank could answer which go to the router model all the same.
pub const EXPLORATION_RATE: f32 = 0.08;
/// That share after an explored disagreement.
pub const ALARM_RATE: f32 = 0.5;
/// Agreements in a row that end an alarm.
const AGREEMENTS: u8 = 10;

/// The alarm of a label: on after an explored disagreement, until the bank and the router model agree again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    /// Agreements in a row since the alarm; `None`: it is off.
    agreements: Option<u8>,
}

impl Alarm {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self.agreements.is_some()
    }

    /// The share of calls to judge although the bank could answer them.
    pub fn rate(self) -> f32 {
        if self.is_on() { ALARM_RATE } else { EXPLORATION_RATE }
    }

    /// The alarm after an explored call.
    pub(super) fn after(self, agreed: bool) -> Self {
        let agreements = match self.agreements {
            _ if !agreed => Some(0),
            Some(before) if before + 1 < AGREEMENTS => Some(before + 1),
            _ => None,
        };
        Self { agreements }
    }

    /// The stored form.
    pub(super) fn to_byte(self) -> u8 {
        self.agreements.unwrap_or(u8::MAX)
    }

    /// The alarm of a stored form.
    pub(super) fn from_byte(byte: u8) -> Self {
        Self { agreements: Some(byte).filter(|it| *it < AGREEMENTS) }
    }
}
