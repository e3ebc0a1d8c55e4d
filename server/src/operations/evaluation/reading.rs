//! Labelled prompts as text: CSV (`prompt, expected route`) or JSON lines, told apart by how the text begins. Every
//! line that cannot be taken is told, up to a bound.

use std::fmt::Display;

use app::domain::{
    config::balancer::Balancer,
    console::evaluation::{LabelledPrompt, PROMPT_CHARS, PROMPTS},
    field_error::FieldError,
};
use csv::{ReaderBuilder, StringRecord, Trim, WriterBuilder};
use serde::Deserialize;

/// The largest text, in bytes.
const BYTES: usize = 4 * 1024 * 1024;
/// Lines that are complained about at once.
const COMPLAINTS: usize = 20;
/// What stands for the default route, as in the router model's answers.
const NONE: &str = "none";

/// A line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    prompt: String,
    #[serde(alias = "expected", alias = "route", alias = "expected route")]
    expected_route: String,
}

/// Reads labelled prompts whose routes are routes of the balancer.
pub(super) fn read(text: &str, balancer: &Balancer) -> Result<Vec<LabelledPrompt>, Vec<FieldError>> {
    let mut reading = Reading { balancer, prompts: Vec::new(), errors: Vec::new() };
    if text.len() > BYTES {
        reading.complain("too_large", format!("The text may have at most {} MiB.", BYTES / 1024 / 1024));
    } else if text.trim_start().starts_with('{') {
        reading.json_lines(text);
    } else {
        reading.csv(text);
    }
    if reading.prompts.is_empty() && reading.errors.is_empty() {
        reading.complain("required", "Paste prompts, each with the route that it should take.".to_owned());
    }
    if reading.prompts.len() > PROMPTS {
        let words = format!("A set has at most {PROMPTS} prompts; these are {}.", reading.prompts.len());
        reading.complain("too_many", words);
    }
    if reading.errors.is_empty() { Ok(reading.prompts) } else { Err(reading.errors) }
}

/// The prompts as CSV, with a heading.
pub(super) fn csv(prompts: &[LabelledPrompt]) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let rows = prompts.iter().map(|it| [it.prompt.as_str(), it.expected.as_str()]);
    for row in std::iter::once(["prompt", "expected route"]).chain(rows) {
        if writer.write_record(row).is_err() {
            // Writing to memory does not fail.
            return String::new();
        }
    }
    writer.into_inner().ok().and_then(|it| String::from_utf8(it).ok()).unwrap_or_default()
}

struct Reading<'a> {
    balancer: &'a Balancer,
    prompts: Vec<LabelledPrompt>,
    errors: Vec<FieldError>,
}

impl Reading<'_> {
    fn complain(&mut self, code: &str, words: String) {
        if self.errors.len() < COMPLAINTS {
            self.errors.push(FieldError::new("prompts", code, words));
        }
    }

    fn json_lines(&mut self, text: &str) {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str::<Line>(line) {
                Ok(line) => self.take(at + 1, &line.prompt, &line.expected_route),
                Err(_) => {
                    let example = r#"{"prompt": "…", "expected": "a route"}"#;
                    self.complain("malformed", format!("Line {} is not JSON such as {example}.", at + 1));
                }
            }
        }
    }

    fn csv(&mut self, text: &str) {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        for (number, record) in reader.records().enumerate() {
            match record {
                Ok(record) if record.iter().all(str::is_empty) && record.len() == 1 => {}
                Ok(record) => self.record(number == 0, &record),
                Err(error) => self.complain("malformed", format!("This is not CSV: {error}.")),
            }
        }
    }

    fn record(&mut self, first: bool, record: &StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        let is_heading = first && record.get(0).is_some_and(|it| it.eq_ignore_ascii_case("prompt"));
        match (record.get(0), record.get(1), record.len()) {
            _ if is_heading => {}
            (Some(prompt), Some(expected), 2) => self.take(line, prompt, expected),
            (.., fields) => {
                let words = format!(
                    "Line {line} has {fields} fields, not 2: a prompt and its route. Put a prompt that holds a comma in quotes."
                );
                self.complain("fields", words);
            }
        }
    }

    fn take(&mut self, line: impl Display, prompt: &str, expected: &str) {
        let (prompt, expected) = (prompt.trim(), expected.trim());
        let expected = match self.balancer.route(expected) {
            Some(route) => Some(route),
            None if expected.eq_ignore_ascii_case(NONE) => self.balancer.default_route(),
            None => None,
        };
        let chars = prompt.chars().count();
        match expected {
            _ if chars == 0 => self.complain("required", format!("Line {line} has no prompt.")),
            _ if chars > PROMPT_CHARS => {
                let words =
                    format!("The prompt of line {line} has {chars} characters; {PROMPT_CHARS} is the most.");
                self.complain("too_long", words);
            }
            Some(route) => {
                let expected = route.name.clone();
                self.prompts.push(LabelledPrompt { prompt: prompt.to_owned(), expected });
            }
            None => self.complain("unknown_route", format!("Line {line} names a route that is not there.")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use app::domain::config::balancer::Route;

    use super::*;

    fn balancer() -> Balancer {
        let route = |name: &str, is_default| Route { name: name.to_owned(), is_default, ..Route::default() };
        Balancer { routes: vec![route("code", false), route("general", true)], ..Balancer::default() }
    }

    fn told(text: &str) -> Vec<String> {
        read(text, &balancer()).unwrap_err().into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn csv_and_json_lines_say_the_same() {
        let csv =
            "Prompt, expected route\n\"Fix this, please\", code\nHi there,none\n\n\"Two\nlines\",general\n";
        let json = "{\"prompt\": \"Fix this, please\", \"expected\": \"code\"}\n\n\
                    {\"prompt\":\"Hi there\",\"route\":\"NONE\"}\n{\"expected_route\":\"general\",\"prompt\":\"Two\\nlines\"}";
        let read_csv = read(csv, &balancer()).unwrap();
        assert_eq!(read_csv, read(json, &balancer()).unwrap());
        let pairs: Vec<_> = read_csv.iter().map(|it| (it.prompt.as_str(), it.expected.as_str())).collect();
        assert_eq!(pairs, [("Fix this, please", "code"), ("Hi there", "general"), ("Two\nlines", "general")]);
    }

    #[test]
    fn what_was_written_reads_back() {
        let prompts = read("\"a \"\"quoted\"\", odd ü\nprompt\",code\n", &balancer()).unwrap();
        assert_eq!(read(&csv(&prompts), &balancer()).unwrap(), prompts);
        assert_eq!(csv(&[]), "prompt,expected route\n");
    }

    #[test]
    fn every_line_that_cannot_be_taken_is_told() {
        let words = told("one, two, code\nalone\n,code\nhello, nowhere\n");
        assert_eq!(words.len(), 4, "{words:?}");
        assert!(words[0].contains("Line 1 has 3 fields") && words[1].contains("Line 2 has 1 fields"));
        assert!(words[2].contains("Line 3 has no prompt") && words[3].contains("Line 4 names a route"));
        assert!(told("{\"prompt\": 7}")[0].starts_with("Line 1 is not JSON"));
        assert!(told("  \n")[0].starts_with("Paste prompts"));
        assert!(told("prompt,expected route\n")[0].starts_with("Paste prompts"));
    }

    #[test]
    fn a_set_is_bounded() {
        assert!(told(&"hello,code\n".repeat(PROMPTS + 1))[0].contains("at most 1000 prompts"));
        assert!(told(&format!("{},code", "x".repeat(PROMPT_CHARS + 1)))[0].contains("8000 is the most"));
        assert!(told(&"x".repeat(BYTES + 1))[0].contains("at most 4 MiB"));
        assert_eq!(told(&"hello,nowhere\n".repeat(500)).len(), COMPLAINTS);
    }
}
