//! Recognizes texts that stand for a value which the file does not hold: references to variables, files and vaults, and
//! placeholders that somebody was to replace.
//!
//! Where it is not certain, a text counts as a placeholder: a key that is left out is entered by hand, one that is sent
//! to a server is given away.

/// Beginnings and parts of references, in lower case.
const REFERENCES: [&str; 12] = [
    "os.environ",
    "os.getenv",
    "process.env",
    "file://",
    "$(",
    "$[",
    "((",
    "%(",
    "enc[",
    "ref+",
    "<%",
    "!reference",
];
/// What references that have no other sign begin with, in lower case.
const SCHEMES: [&str; 8] = ["arn:", "oidc/", "vault:", "env:", "file:", "secret:", "ssm:", "op:"];
/// Parts of placeholders, in lower case and without anything but letters.
const PLACEHOLDERS: [&str; 17] = [
    "replaceme",
    "replacewith",
    "changeme",
    "changethis",
    "yourapi",
    "yourkey",
    "yoursecret",
    "yourtoken",
    "yourendpoint",
    "yourresource",
    "yourhost",
    "yourserver",
    "yourdomain",
    "keyhere",
    "insertkey",
    "placeholder",
    "redacted",
];
/// As many `x` in a row are no part of a key.
const CROSSES: &str = "xxxxxx";

/// Whether a text, or a part of it, stands for a value that the file does not hold.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let letters: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
    text.starts_with('!')
        || REFERENCES.iter().any(|it| lower.contains(it))
        || SCHEMES.iter().any(|it| lower.starts_with(it))
        || text.contains(['{', '}', '…'])
        || text.split_once('<').is_some_and(|(_, rest)| rest.contains('>'))
        || names_variable(text)
        || text.len() > 4 && text.starts_with("__") && text.ends_with("__")
        || text.contains("...")
        || text.contains("***")
        || lower.contains(CROSSES)
        || PLACEHOLDERS.iter().any(|it| letters.contains(it))
        || ["todo", "tbd", "fixme"].contains(&lower.as_str())
}

/// Whether it holds `$NAME` or `%NAME%`. Two characters after a percent sign may be an encoded byte.
fn names_variable(text: &str) -> bool {
    let begins_name = |it: char| it.is_ascii_alphabetic() || it == '_';
    let is_name = |it: &str| {
        it.len() > 2
            && it.starts_with(begins_name)
            && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let parts: Vec<_> = text.split('%').collect();
    let between = parts.len().saturating_sub(2);
    text.split('$').skip(1).any(|it| it.starts_with(begins_name))
        || parts.iter().skip(1).take(between).any(|it| is_name(it))
}

/// Says of a placeholder what it is, and what to do. Nothing of it is told but the name of a variable.
pub(super) fn words(text: &str, what_to_do: &str) -> String {
    let variable = text
        .strip_prefix("os.environ/")
        .or_else(|| text.strip_prefix("${").and_then(|it| it.strip_suffix('}')))
        .or_else(|| text.strip_prefix('$'))
        .filter(|it| it.len() <= 80 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    match variable {
        Some(name) => format!("It names the environment variable {name}; {what_to_do}."),
        None => format!("It is a reference or a placeholder; {what_to_do}."),
    }
}
