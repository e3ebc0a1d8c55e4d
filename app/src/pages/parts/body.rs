//! Access to the values of a form's JSON body. A body may contain arbitrary pasted JSON, so no type is assumed.

use serde_json::Value;

/// The text at a dotted path; a number as digits; empty for other values.
pub(crate) fn text(body: &Value, path: &str) -> String {
    match at(body, path) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        _ => String::new(),
    }
}

/// The boolean at a dotted path; `unsaid` if absent.
pub(crate) fn flag(body: &Value, path: &str, unsaid: bool) -> bool {
    at(body, path).and_then(Value::as_bool).unwrap_or(unsaid)
}

/// The items of the list at a dotted path.
pub(crate) fn list<'a>(body: &'a Value, path: &str) -> &'a [Value] {
    at(body, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(body, |value, part| value.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_was_typed_is_shown_again() {
        let body = json!({ "name": "A", "timeouts": { "idle_ms": 5, "total_ms": "soon" }, "members": 3 });
        assert_eq!(text(&body, "name"), "A");
        assert_eq!(text(&body, "timeouts.idle_ms"), "5");
        assert_eq!(text(&body, "timeouts.total_ms"), "soon");
        assert_eq!(text(&body, "name.first"), "");
        assert!(list(&body, "members").is_empty());
        assert!(flag(&body, "enabled", true));
    }
}
