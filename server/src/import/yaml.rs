//! Parses YAML into a JSON value, so that one unusual node does not refuse the whole file.
//!
//! A node that has no JSON form becomes a text that begins with `!`, which every reader here treats as a reference: a
//! node with an application's tag (`!env KEY`), a duplicate field, a mapping with a collection as its key (`{{ key }}`
//! without quotes), and a mapping that merges anything but mappings. The name of a field that is not a text in YAML
//! (`on`, `4.10`) begins with `!` as well. The parser bounds depth, size and the expansion of aliases.

use std::fmt;

use app::domain::field_error::FieldError;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{
    Options, Tagged,
    options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy},
};

/// Replaces a node with an application's tag.
const TAGGED: &str = "!tagged";
/// Replaces the value of a duplicate field.
const TWICE: &str = "!twice";
/// Replaces a mapping with a collection as its key.
const TEMPLATE: &str = "!template";
/// Replaces a mapping whose merged part is no mapping.
const MERGE: &str = "!merge";
/// The field whose value is merged into its mapping.
const MERGE_KEY: &str = "<<";

/// Parses one document; JSON is YAML as well.
///
/// # Errors
/// One error with an empty path and the position. It quotes nothing of the text, which may hold keys.
pub(super) fn read(text: &str) -> Result<Value, FieldError> {
    let mut options = Options::default();
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    options.non_finite_float_policy = NonFiniteFloatPolicy::AsString;
    // The parser would refuse the whole file for one merge that cannot be done.
    options.merge_keys = MergeKeyPolicy::AsOrdinary;
    let read = serde_saphyr::from_str_with_options::<Node>(text, options);
    read.map(|it| it.0).map_err(|error| {
        let place = error.location().map(|it| format!(" at line {}, column {}", it.line(), it.column()));
        FieldError::new("", "malformed", format!("Invalid YAML{}.", place.unwrap_or_default()))
    })
}

/// A value that respects its tag.
struct Node(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Plain(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(if tag.is_some_and(|it| !is_core(&it)) { TAGGED.into() } else { value }))
    }
}

/// Whether a tag only names one of JSON's types.
fn is_core(tag: &str) -> bool {
    let core = tag.strip_prefix("tag:yaml.org,2002:").unwrap_or(if tag == "!" { "str" } else { "" });
    ["str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge"].contains(&core)
}

/// A value that ignores its own tag.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Node(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let (mut map, mut merges, mut template) = (Map::new(), Vec::new(), false);
        while let Some((Node(name), Node(value))) = entries.next_entry()? {
            let name = match name {
                Value::String(name) if name == MERGE_KEY => {
                    merges.push(value);
                    continue;
                }
                Value::String(name) => name,
                Value::Array(_) | Value::Object(_) => {
                    template = true;
                    continue;
                }
                plain => format!("!{plain}"),
            };
            let value = if map.contains_key(&name) { TWICE.into() } else { value };
            map.insert(name, value);
        }
        if template {
            return Ok(TEMPLATE.into());
        }
        Ok(merged(map, merges).map_or(MERGE.into(), Value::Object))
    }
}

/// The mapping with the fields of others that it does not have itself; the first that has a field counts. `None` if one
/// of them is no mapping.
fn merged(mut map: Map<String, Value>, merges: Vec<Value>) -> Option<Map<String, Value>> {
    for merge in merges {
        let sources = match merge {
            Value::Null => Vec::new(),
            Value::Array(sources) => sources,
            source => vec![source],
        };
        for source in sources {
            let Value::Object(fields) = source else { return None };
            for (name, value) in fields {
                map.entry(name).or_insert(value);
            }
        }
    }
    Some(map)
}
