//! The form of questions that a decision model takes.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use app::domain::routing::decision_model::DecisionForm;

/// The form in which an instance has answered; the usual one while nothing is known.
#[derive(Debug, Default)]
pub(crate) struct DecisionFormMemory {
    /// Whether it is [`DecisionForm::Decisions`].
    is_list: AtomicBool,
}

impl DecisionFormMemory {
    pub(crate) fn get(&self) -> DecisionForm {
        if self.is_list.load(Relaxed) { DecisionForm::Decisions } else { DecisionForm::SystemOne }
    }

    /// Forgets the form.
    pub(crate) fn clear(&self) {
        self.set(DecisionForm::default());
    }

    /// Remembers the form of a question that was answered.
    pub(crate) fn set(&self, form: DecisionForm) {
        let is_list = form == DecisionForm::Decisions;
        if self.is_list.load(Relaxed) != is_list {
            self.is_list.store(is_list, Relaxed);
        }
    }
}
