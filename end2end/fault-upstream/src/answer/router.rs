//! A router model that reads the labels in its instructions and does not depend on the wording of the prompt.

use serde_json::{Value, json};

use super::request_fields::RequestFields;

/// The answer if no label matches.
const NONE: &str = "none";

/// Picks the first label listed in the request that occurs in the last user message, and answers in the form that
/// the request's schema requires.
pub(super) fn pick(fields: &RequestFields) -> String {
    let messages = fields.get::<Vec<Value>>("messages").unwrap_or_default();
    let last_user = messages.iter().rposition(|message| message["role"] == "user");
    let text = last_user.map_or_else(String::new, |index| text(&messages[index]));
    let format = fields.get::<Value>("response_format").unwrap_or_default();
    let field = enum_field(&format);
    let labels = match &field {
        Some((_, labels)) => labels.clone(),
        None => messages.iter().map(self::text).flat_map(|text| listed_labels(&text)).collect(),
    };
    let classified = classified_text(&text).to_lowercase();
    let picked = labels
        .iter()
        .find(|label| *label != NONE && classified.contains(&label.to_lowercase()))
        .map_or(NONE, String::as_str);
    match field {
        Some((name, _)) => json!({ name: picked }).to_string(),
        None => picked.to_owned(),
    }
}

/// The first `enum` property of a schema, with its values.
fn enum_field(schema: &Value) -> Option<(String, Vec<String>)> {
    let object = schema.as_object()?;
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            if let Some(values) = property["enum"].as_array() {
                let values = values.iter().filter_map(Value::as_str).map(str::to_owned);
                return Some((name.clone(), values.collect()));
            }
        }
    }
    object.values().find_map(enum_field)
}

fn listed_labels(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| json_label(line).or_else(|| list_item(line).map(str::to_owned))).collect()
}

/// The part of a message to classify: the last text field if the message is a JSON object, else all lines that are
/// not list items, because the list of labels may be in the same message.
fn classified_text(text: &str) -> String {
    if let Ok(Value::Object(fields)) = serde_json::from_str(text) {
        let last = fields.values().rev().find_map(Value::as_str);
        return last.unwrap_or_default().to_owned();
    }
    let lines: Vec<&str> = text.lines().filter(|line| list_item(line).is_none()).collect();
    lines.join("\n")
}

/// The label in a line that is a JSON object.
fn json_label(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    ["label", "name", "route"].iter().find_map(|field| line[*field].as_str()).map(str::to_owned)
}

/// The label of a list item: its first word without the punctuation around it.
fn list_item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = match line.split_once(' ')? {
        ("-" | "*", rest) => rest,
        (number, rest) if number.trim_end_matches(['.', ')']).parse::<u32>().is_ok() => rest,
        _ => return None,
    };
    let mark = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
    rest.trim_start_matches(mark).split(mark).next().filter(|label| !label.is_empty())
}

/// The text of a message, with text parts joined.
fn text(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            parts.join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(body: &Value) -> String {
        pick(&RequestFields::read(body.to_string().as_bytes()))
    }

    fn prompt(list: &str, text: &str) -> Value {
        json!({ "messages": [{ "role": "system", "content": list }, { "role": "user", "content": text }] })
    }

    #[test]
    fn the_first_listed_label_in_the_text_is_picked() {
        let list = "Choose one:\n- billing: money questions\n- `tech-support`: broken things\n- none";
        assert_eq!(picked(&prompt(list, "my TECH-SUPPORT case")), "tech-support");
        assert_eq!(picked(&prompt(list, "none of it")), "none");
        let one =
            json!({ "messages": [{ "role": "user", "content": format!("{list}\n\n<text>billing</text>") }] });
        assert_eq!(picked(&one), "billing");
    }

    #[test]
    fn labels_and_text_may_be_json() {
        let list =
            "Routes:\n{\"label\":\"billing\",\"intent\":\"tech\"}\n{\"label\":\"tech\"}\nAnswer a label.";
        let text = r#"{"earlier_turns":["billing"],"latest_turn":"a tech case"}"#;
        assert_eq!(picked(&prompt(list, text)), "tech");
    }

    #[test]
    fn a_schema_determines_the_labels_and_the_form() {
        let mut body = prompt("no list", "sales please");
        body["response_format"] = json!({ "type": "json_schema", "json_schema": { "schema": {
            "type": "object", "properties": { "route": { "enum": ["sales", "none"] } } } } });
        assert_eq!(picked(&body), r#"{"route":"sales"}"#);
    }
}
