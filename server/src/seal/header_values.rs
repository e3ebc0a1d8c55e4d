//! Sealing of the values of an instance's additional headers, all of them as one secret.

use app::domain::{config::instance::secrets::HeaderValues, secret::Secret};
use serde_json::{Map, Value};

use super::{NeedsReentry, Place, SealError, Sealer};

impl Sealer {
    /// Seals the values of an instance's headers.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn seal_headers(&self, instance_id: &str, values: &HeaderValues) -> Result<Vec<u8>, SealError> {
        let values: Map<_, _> =
            values.iter().map(|(name, value)| (name.clone(), Value::from(value.reveal()))).collect();
        let text = Secret::new(Value::Object(values).to_string());
        self.seal(Place::instance_headers(instance_id), &text)
    }

    /// Opens the values of an instance's headers.
    ///
    /// # Errors
    /// [`NeedsReentry`] if the blob was not sealed under this master key for this instance.
    pub fn open_headers(&self, instance_id: &str, blob: &[u8]) -> Result<HeaderValues, NeedsReentry> {
        let text = self.open(Place::instance_headers(instance_id), blob)?;
        serde_json::from_str(text.reveal()).map_err(|_| NeedsReentry)
    }
}
