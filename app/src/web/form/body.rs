//! Typed text as the JSON body that an operation takes. What is no number stays text, so that validation names it
//! and the form shows it again as it was typed.

use serde_json::{Map, Value};

/// A body that grows field by field.
#[derive(Default)]
pub(crate) struct FormBody(Map<String, Value>);

impl FormBody {
    /// A text, as it was typed.
    pub(crate) fn text(mut self, name: &str, typed: &str) -> Self {
        self.0.insert(name.to_owned(), Value::from(typed));
        self
    }

    /// One of a few names; absent where none was chosen, so that its default applies.
    pub(crate) fn choice(self, name: &str, chosen: &str) -> Self {
        if chosen.trim().is_empty() { self } else { self.text(name, chosen) }
    }

    /// A whole number; absent where nothing was typed, so that its default applies.
    pub(crate) fn whole(mut self, name: &str, typed: &str) -> Self {
        let typed = typed.trim();
        if !typed.is_empty() {
            self.0.insert(name.to_owned(), typed.parse::<u64>().map_or_else(|_| typed.into(), Value::from));
        }
        self
    }

    /// A whole number that may be taken away: `null` where the field was emptied, absent where it was not sent.
    pub(crate) fn optional_whole(self, name: &str, typed: Option<&str>) -> Self {
        match typed.map(str::trim) {
            None => self,
            Some("") => self.part(name, Value::Null),
            Some(typed) => self.whole(name, typed),
        }
    }

    /// A yes or no: a ticked box sends `true`, any other nothing.
    pub(crate) fn flag(mut self, name: &str, typed: &str) -> Self {
        self.0.insert(name.to_owned(), Value::from(typed == "true"));
        self
    }

    /// Any other part.
    pub(crate) fn part(mut self, name: &str, part: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), part.into());
        self
    }

    /// The whole body.
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
