//! The models that have been loaded, for faults that show a cold start.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The maximum number of loaded models; further ones stay cold.
const MAX_MODELS: usize = 10_000;

/// The names of loaded models.
#[derive(Debug, Default)]
pub(crate) struct LoadedModels(Mutex<HashSet<String>>);

impl LoadedModels {
    pub(crate) fn contains(&self, model: &str) -> bool {
        self.lock().contains(model)
    }

    pub(crate) fn insert(&self, model: &str) {
        let mut models = self.lock();
        if models.len() < MAX_MODELS {
            models.insert(model.to_owned());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
