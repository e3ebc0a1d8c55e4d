//! Forms and links of a page, as a browser without scripting sees them. It reads what this server writes and is no reader
//! of HTML at large.

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) posts: bool,
    /// Names and values as they would be sent, and whether somebody can change them.
    pub(crate) fields: Vec<(String, String, bool)>,
    /// Each button that can be pressed: its name and value, empty where it has none.
    pub(crate) buttons: Vec<(String, String)>,
}

/// What can be done on a page.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    pub(crate) forms: Vec<Form>,
    /// Where links lead, within this site and without query and fragment.
    pub(crate) links: Vec<String>,
}

/// Reads a page.
pub(crate) fn offers(page: &str) -> Offers {
    let mut offers = Offers::default();
    let (mut form, mut select): (Option<Form>, Option<Select>) = (None, None);
    let mut rest = page;
    while let Some(tag) = next_tag(&mut rest) {
        match (tag.name, &mut form, &mut select) {
            ("script", ..) => rest = after(rest, "</script>").1,
            ("a", ..) => offers.links.extend(tag.value("href").and_then(|it| within(&it))),
            ("form", none, _) => {
                assert!(none.is_none(), "a form in a form");
                let posts = tag.value("method").as_deref() == Some("post");
                let action = tag.value("action").unwrap_or_default();
                form = Some(Form { action, posts, ..Form::default() });
            }
            ("/form", it, _) => offers.forms.push(it.take().unwrap()),
            ("input", Some(form), _) => {
                let kind = tag.value("type").unwrap_or_default();
                let ticks = kind == "checkbox" || kind == "radio";
                if kind != "file" && (!ticks || tag.has("checked")) {
                    form.add(&tag, tag.value("value").unwrap_or_default(), kind != "hidden");
                }
            }
            ("textarea", Some(form), _) => {
                let (text, more) = after(rest, "</textarea>");
                form.add(&tag, unescape(text.strip_prefix('\n').unwrap_or(text)), true);
                rest = more;
            }
            ("select", ..) => select = Some(Select { name: tag.value("name"), ..Select::default() }),
            ("option", _, Some(select)) if !tag.has("disabled") => select.add(&tag),
            ("/select", Some(form), it) => {
                if let Some(Select { name: Some(name), chosen, .. }) = it.take() {
                    form.fields.push((name, chosen.unwrap_or_default(), true));
                }
            }
            ("button", Some(form), _) if tag.value("type").as_deref() == Some("submit") => {
                assert_eq!(tag.value("formaction"), None, "a button with an action of its own");
                if !tag.has("disabled") {
                    let text = |name| tag.value(name).unwrap_or_default();
                    form.buttons.push((text("name"), text("value")));
                }
            }
            ("button", None, _) => {
                let kind = tag.value("type");
                assert_eq!(kind.as_deref(), Some("button"), "a button without a form");
            }
            _ => {}
        }
    }
    assert!(form.is_none(), "a form without an end");
    offers
}

impl Form {
    fn add(&mut self, tag: &Tag<'_>, value: String, by_hand: bool) {
        self.fields.extend(tag.value("name").map(|name| (name, value, by_hand)));
    }
}

#[derive(Default)]
struct Select {
    name: Option<String>,
    chosen: Option<String>,
}

impl Select {
    fn add(&mut self, option: &Tag<'_>) {
        if self.chosen.is_none() || option.has("selected") {
            self.chosen = option.value("value");
        }
    }
}

/// A tag; the name of one that closes begins with a slash.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

impl Tag<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let (_, value) = self.attributes.split_once(&format!(" {name}=\""))?;
        Some(unescape(value.split_once('"')?.0))
    }

    fn has(&self, name: &str) -> bool {
        // Values may hold words, too.
        let names: String = self.attributes.split('"').step_by(2).collect();
        names.split_whitespace().any(|it| it.split('=').next() == Some(name))
    }
}

fn next_tag<'a>(rest: &mut &'a str) -> Option<Tag<'a>> {
    let (_, tag) = rest.split_once('<')?;
    let quoted = |at: &usize| tag[..*at].matches('"').count() % 2 == 1;
    let end = tag.match_indices('>').map(|(at, _)| at).find(|at| !quoted(at))?;
    let (inner, more) = tag.split_at(end);
    *rest = &more[1..];
    let name = inner.split(|it: char| it.is_whitespace()).next().unwrap_or_default();
    Some(Tag { name, attributes: &inner[name.len()..] })
}

fn after<'a>(text: &'a str, end: &str) -> (&'a str, &'a str) {
    text.split_once(end).unwrap_or((text, ""))
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'");
    text.replace("&#39;", "'").replace("&amp;", "&")
}

fn within(href: &str) -> Option<String> {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/').then(|| path.to_owned())
}
