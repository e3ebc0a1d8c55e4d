//! Recognises texts that stand for a value outside the file: references to variables, files and vaults, and
//! placeholders to be replaced.
//!
//! In doubt, a text counts as a placeholder: a missing key is entered by hand, but a key that is sent to a server is
//! leaked.

/// Beginnings and parts of references, in lower case.
const REFERENCES: [&str; 14] = [
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
    "env[",
    "[[",
];
/// Beginnings of references without any other mark, in lower case.
const SCHEMES: [&str; 10] =
    ["arn:", "oidc/", "vault:", "env:", "env.", "getenv", "file:", "secret:", "ssm:", "op:"];
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
/// A run of `x` that no key contains.
const CROSSES: &str = "xxxxxx";

/// Whether a text, or a part of it, stands for a value outside the file.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let letters: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
    text.starts_with('!')
        || REFERENCES.iter().any(|it| lower.contains(it))
        || SCHEMES.iter().any(|it| lower.starts_with(it))
        || text.contains(['{', '}', '…'])
        || text.split_once('<').is_some_and(|(_, rest)| rest.contains('>'))
        || names_variable(text)
        || is_underlined(text)
        || text.contains("...")
        || text.contains("***")
        || lower.contains(CROSSES)
        || PLACEHOLDERS.iter().any(|it| letters.contains(it))
        || letters.starts_with("your") && letters.ends_with("key")
        || ["todo", "tbd", "fixme"].contains(&lower.as_str())
}

/// Whether it contains `__NAME__`.
fn is_underlined(text: &str) -> bool {
    let is_name = |it: &str| {
        !it.is_empty() && it.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    };
    let parts: Vec<_> = text.split("__").collect();
    let between = parts.len().saturating_sub(2);
    text.len() > 4 && text.starts_with("__") && text.ends_with("__")
        || parts.iter().skip(1).take(between).any(|it| is_name(it))
}

/// Whether it contains `$NAME` or `%NAME%`. Two characters after a percent sign may be an encoded byte.
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

/// A message about a placeholder. It quotes nothing but the name of a variable.
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
