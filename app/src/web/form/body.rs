//! Conversion of form fields to a REST body. Invalid numbers stay text, so that validation reports them and the form
//! shows the input again.

use serde_json::{Map, Value};

/// Builder of a body.
#[derive(Default)]
pub(crate) struct FormBody(Map<String, Value>);

impl FormBody {
    /// Adds a text as entered.
    pub(crate) fn text(mut self, name: &str, typed: &str) -> Self {
        self.0.insert(name.to_owned(), Value::from(typed));
        self
    }

    /// Adds a name out of a closed set; left out if none was chosen, so the default applies.
    pub(crate) fn choice(self, name: &str, chosen: &str) -> Self {
        if chosen.trim().is_empty() { self } else { self.text(name, chosen) }
    }

    /// Adds a whole number; left out if empty, so the default applies.
    pub(crate) fn whole(mut self, name: &str, typed: &str) -> Self {
        let typed = typed.trim();
        if !typed.is_empty() {
            self.0.insert(name.to_owned(), typed.parse::<u64>().map_or_else(|_| typed.into(), Value::from));
        }
        self
    }

    /// Adds an optional whole number: `null` if the field was cleared, left out if it was not sent.
    pub(crate) fn optional_whole(self, name: &str, typed: Option<&str>) -> Self {
        match typed.map(str::trim) {
            None => self,
            Some("") => self.part(name, Value::Null),
            Some(typed) => self.whole(name, typed),
        }
    }

    /// Adds a boolean: a checked box sends `true`, an unchecked one nothing.
    pub(crate) fn flag(mut self, name: &str, typed: &str) -> Self {
        self.0.insert(name.to_owned(), Value::from(typed == "true"));
        self
    }

    /// Adds any other value.
    pub(crate) fn part(mut self, name: &str, part: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), part.into());
        self
    }

    /// The complete body.
    pub(crate) fn build(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_stays_as_it_was_typed() {
        let body = FormBody::default().whole("a", " 12 ").whole("b", "many").whole("c", "").flag("d", "true");
        assert_eq!(body.build(), serde_json::json!({ "a": 12, "b": "many", "d": true }));
    }

    #[test]
    fn what_is_not_chosen_or_not_sent_is_left_out() {
        let body = FormBody::default().choice("a", "").choice("b", "chat");
        let body =
            body.optional_whole("c", None).optional_whole("d", Some(" ")).optional_whole("e", Some("7"));
        assert_eq!(body.build(), serde_json::json!({ "b": "chat", "d": null, "e": 7 }));
    }
}
