//! The fields of a request body. Each field is decoded separately and unknown ones are ignored, because odd but
//! legal bodies must be answered too.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The fields of a JSON object, not decoded yet.
#[derive(Debug, Default)]
pub(crate) struct RequestFields(BTreeMap<String, Box<RawValue>>);

impl RequestFields {
    /// The fields of `body`; none if it is not a JSON object.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).unwrap_or_default())
    }

    /// Decodes a field; `None` if it is missing or of another type.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// Whether a field is present and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get() != "null")
    }

    /// Finds the model name in an incomplete body: the first string after a `"model"` key.
    pub(crate) fn early_model(body: &[u8]) -> Option<&str> {
        const KEY: &[u8] = b"\"model\"";
        let at = body.windows(KEY.len()).position(|window| window == KEY)?;
        let rest = body[at + KEY.len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b":")?.trim_ascii_start();
        let value = rest.strip_prefix(b"\"")?;
        let end = value.iter().position(|byte| *byte == b'"')?;
        std::str::from_utf8(&value[..end]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_despite_odd_neighbours() {
        let fields =
            RequestFields::read(br#"{"model":"ok","seed":1e999,"stop":"\ud800","stream":"yes","n":2}"#);
        assert_eq!(fields.get::<String>("model").as_deref(), Some("ok"));
        assert_eq!(fields.get::<u64>("n"), Some(2));
        assert_eq!(fields.get::<bool>("stream"), None);
        assert_eq!(RequestFields::read(b"[1]").get::<u64>("n"), None);
    }

    #[test]
    fn the_model_is_found_as_soon_as_its_name_is_complete() {
        assert_eq!(RequestFields::early_model(b"{\"x\":1, \"model\" : \"rst@1\", "), Some("rst@1"));
        assert_eq!(RequestFields::early_model(b"{\"model\":\"rs"), None);
        assert_eq!(RequestFields::early_model(b"{\"mod"), None);
    }
}
