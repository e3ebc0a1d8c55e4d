//! Pasted JSON: from a listing with line numbers, a fenced block, or a whole curl command.

mod curl;
mod listing;
mod shell;

use serde_json::Value;

use crate::domain::{field_error::FieldError, limits};

/// Parses a pasted object. A file name, line numbers and code fences around it are stripped.
///
/// # Errors
/// A single error with an empty path; its message names line and column of the pasted text.
pub fn json(text: &str) -> Result<Value, FieldError> {
    bounded(text)?;
    object(text).map_err(|(line, column, why)| malformed(line, column, &why))
}

/// Parses a pasted call: a JSON body, or a curl command with one.
///
/// # Errors
/// A single error with an empty path.
pub fn call(text: &str) -> Result<Value, FieldError> {
    bounded(text)?;
    if !curl::is_command(text) {
        return json(text);
    }
    let body = curl::body(text)?;
    object(&body).map_err(|(line, column, why)| {
        error(format!("Invalid JSON in the command's data at line {line}, column {column}: {why}."))
    })
}

fn object(text: &str) -> Result<Value, (usize, usize, String)> {
    // Valid JSON must not be treated as a listing.
    let (value, first) = match serde_json::from_str::<Value>(text) {
        Ok(value) => (value, 1),
        Err(plain) => {
            let cleaned = listing::clean(text);
            let read = serde_json::from_str::<Value>(&cleaned.text);
            let value = read.map_err(|why| {
                let (line, column) = if cleaned.text.is_empty() {
                    (plain.line().max(1), plain.column())
                } else {
                    cleaned.origin(why.line(), why.column())
                };
                (line, column, words(&why))
            })?;
            (value, cleaned.origin(1, 1).0)
        }
    };
    if value.is_object() { Ok(value) } else { Err((first, 1, "expected an object in braces".to_owned())) }
}

/// The parser's message without its position, which may refer to the cleaned text.
fn words(why: &serde_json::Error) -> String {
    let words = why.to_string();
    words.split_once(" at line ").map_or(words.as_str(), |(head, _)| head).to_owned()
}

fn bounded(text: &str) -> Result<(), FieldError> {
    if text.len() > limits::PASTE_BYTES {
        let message = format!("Paste at most {} KiB.", limits::PASTE_BYTES / 1024);
        return Err(FieldError::new("", "too_long", message));
    }
    Ok(())
}

fn malformed(line: usize, column: usize, why: &str) -> FieldError {
    error(format!("Invalid JSON at line {line}, column {column}: {why}."))
}

fn error(message: String) -> FieldError {
    FieldError::new("", "malformed", message)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn words_of(text: &str) -> String {
        json(text).unwrap_err().message
    }

    #[test]
    fn plain_json_is_read_as_it_is() {
        assert_eq!(json(" {\"a\": [1, 2]}\n").unwrap(), json!({"a": [1, 2]}));
    }

    #[test]
    fn a_gutter_of_line_numbers_and_a_file_name_are_taken_off() {
        let listing = "target-group.json\n1{\n2  \"name\": \"a\",\n3  \"members\": [\n4    7\n5  ]\n6}";
        assert_eq!(json(listing).unwrap(), json!({"name": "a", "members": [7]}));
        let wide = "  1 | {\n  2 |   \"a\": 1\n  3 | }\n";
        assert_eq!(json(wide).unwrap(), json!({"a": 1}));
        let from_elsewhere = "41 {\n42 \"a\": 1\n43 }";
        assert_eq!(json(from_elsewhere).unwrap(), json!({"a": 1}));
    }

    #[test]
    fn a_gutter_on_lines_of_its_own_is_taken_off() {
        assert_eq!(json("1\n{\n2\n  \"a\": 1\n3\n}").unwrap(), json!({"a": 1}));
    }

    #[test]
    fn code_fences_are_taken_off() {
        assert_eq!(json("```json\n{\"a\": 1}\n```\n").unwrap(), json!({"a": 1}));
        assert_eq!(json("body.json\n~~~\n1 {\n2 \"a\": 1 }\n~~~").unwrap(), json!({"a": 1}));
    }

    #[test]
    fn spaces_of_a_web_page_are_taken_for_indentation() {
        assert_eq!(json("\u{feff}{\n\u{a0}\u{a0}\"a\":\t1\n}").unwrap(), json!({"a": 1}));
    }

    #[test]
    fn a_error_names_line_and_column_of_the_pasted_text() {
        assert_eq!(words_of("{\n  \"a\": x\n}"), "Invalid JSON at line 2, column 8: expected value.");
        let listing = "file.json\n1{\n2  \"a\": x\n3}";
        assert_eq!(words_of(listing), "Invalid JSON at line 3, column 9: expected value.");
        assert_eq!(words_of(""), "Invalid JSON at line 1, column 0: EOF while parsing a value.");
    }

    #[test]
    fn only_an_object_is_taken() {
        assert!(words_of("[1, 2]").contains("object"));
        assert!(words_of("12").contains("object"));
        assert!(words_of("hello there").starts_with("Invalid JSON at line 1"));
    }

    #[test]
    fn a_paste_beyond_the_bound_is_refused() {
        assert_eq!(json(&" ".repeat(limits::PASTE_BYTES + 1)).unwrap_err().code, "too_long");
    }

    #[test]
    fn a_curl_command_gives_its_body() {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "it's"}]});
        for command in [
            r#"curl http://h/v1/chat/completions -H "Authorization: Bearer $KEY" -d '{"model": "m", "messages": [{"role": "user", "content": "it'\''s"}]}'"#,
            "$ curl -sS -X POST http://h \\\n  -H 'content-type: application/json' \\\n  --data-raw $'{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"it\\'s\"}]}'",
            r#"curl http://h --json "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"it's\"}]}""#,
            r#"curl http://h --data='{"model":"m","messages":[{"role":"user","content":"it'"'"'s"}]}'"#,
            r#"curl http://h -Nd'{"model":"m","messages":[{"role":"user","content":"it\u0027s"}]}'"#,
        ] {
            assert_eq!(call(command).unwrap(), body, "{command}");
        }
    }

    #[test]
    fn a_call_may_be_the_body_alone() {
        assert_eq!(call("{\"model\": \"m\"}").unwrap(), json!({"model": "m"}));
    }

    #[test]
    fn a_command_without_a_body_in_it_is_a_error() {
        for (command, part) in [
            ("curl http://h", "-d"),
            ("curl http://h -d @body.json", "file"),
            ("curl http://h -d 'open", "quote"),
            ("curl http://h -d '[1]'", "object"),
            ("curl http://h -d", "-d"),
        ] {
            let message = call(command).unwrap_err().message;
            assert!(message.contains(part), "{command}: {message}");
        }
    }

    proptest! {
        #[test]
        fn no_paste_makes_a_panic(text in any::<String>(), shell in r#"curl [-d'"$\\{} \n@=a]{0,40}"#) {
            let _ = (json(&text), call(&text), call(&shell), call(&format!("curl {text}")));
        }

        #[test]
        fn a_body_survives_the_gutter_and_the_shell(prompt in any::<String>()) {
            let body = json!({"model": "m", "messages": [{"role": "user", "content": prompt}]});
            let pretty = serde_json::to_string_pretty(&body).unwrap();
            let listing: Vec<_> = (1..).zip(pretty.lines()).map(|(number, line)| format!("{number}{line}")).collect();
            prop_assert_eq!(json(&listing.join("\n")).unwrap(), body.clone());
            let command = format!("curl http://h -d '{}'", pretty.replace('\'', r"'\''"));
            prop_assert_eq!(call(&command).unwrap(), body);
        }
    }
}
