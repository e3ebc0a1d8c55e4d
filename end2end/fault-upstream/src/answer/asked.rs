//! Reading what a request body asks for. Forgiving on purpose: bodies that are odd but legal must be
//! answered, so each field is read by itself and everything else is left alone.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The fields of a JSON object, not yet read.
#[derive(Debug, Default)]
pub(crate) struct Asked(BTreeMap<String, Box<RawValue>>);

impl Asked {
    /// The fields of `body`; none where it is no JSON object.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).unwrap_or_default())
    }

    /// A field, where it is there and of that type.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// Whether a field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get() != "null")
    }

    /// The model name in a body of which only the start is there: the first string after a `"model"` key.
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
    fn fields_are_read_beside_anything_legal() {
        let asked = Asked::read(br#"{"model":"ok","seed":1e999,"stop":"\ud800","stream":"yes","n":2}"#);
        assert_eq!(asked.get::<String>("model").as_deref(), Some("ok"));
        assert_eq!(asked.get::<u64>("n"), Some(2));
        assert_eq!(asked.get::<bool>("stream"), None);
        assert_eq!(Asked::read(b"[1]").get::<u64>("n"), None);
    }

    #[test]
    fn the_model_is_found_as_soon_as_its_name_is_whole() {
        assert_eq!(Asked::early_model(b"{\"x\":1, \"model\" : \"rst@1\", "), Some("rst@1"));
        assert_eq!(Asked::early_model(b"{\"model\":\"rs"), None);
        assert_eq!(Asked::early_model(b"{\"mod"), None);
    }
}
