//! One style sheet out of many, in the order that `main.css` gives, and the pictures beside them.
//!
//! `main.css` is plain CSS; each of its lines `@import "file.css";` is replaced by that file (which
//! imports nothing itself), and `@import "file.css" layer(name);` by that file inside the layer.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// What a page may load beside the style sheet.
const PICTURES: [&str; 4] = ["svg", "ico", "png", "webp"];

/// Writes `NAME.css` and copies the pictures.
pub(crate) fn write(style: &Path, package: &Path, name: &str) -> Result<()> {
    let sheet = smaller(&joined(style)?);
    let path = package.join(format!("{name}.css"));
    fs::write(&path, sheet).with_context(|| format!("cannot write {}", path.display()))?;

    for entry in fs::read_dir(style).with_context(|| format!("cannot list {}", style.display()))? {
        let entry = entry?;
        let path = entry.path();
        let is_picture =
            path.extension().and_then(OsStr::to_str).is_some_and(|ending| PICTURES.contains(&ending));
        if is_picture {
            fs::copy(&path, package.join(entry.file_name()))
                .with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

fn joined(style: &Path) -> Result<String> {
    let mut sheet = String::new();
    for line in read(&style.join("main.css"))?.lines() {
        let Some(import) = line.trim().strip_prefix("@import") else {
            sheet.push_str(line);
            sheet.push('\n');
            continue;
        };
        let (file, layer) =
            parse_import(import).with_context(|| format!("cannot follow {line:?} in main.css"))?;
        let imported = read(&style.join(file))?;
        if imported.contains("@import") {
            bail!("{file} may not import: main.css alone gives the order");
        }
        match layer {
            Some(layer) => sheet.push_str(&format!("@layer {layer} {{\n{imported}\n}}\n")),
            None => sheet.push_str(&imported),
        }
    }
    Ok(sheet)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The file and the layer of what follows `@import`.
fn parse_import(import: &str) -> Option<(&str, Option<&str>)> {
    let (file, rest) = import.trim().strip_prefix('"')?.split_once('"')?;
    let rest = rest.trim().strip_suffix(';')?.trim_end();
    if rest.is_empty() {
        return Some((file, None));
    }
    let layer = rest.strip_prefix("layer(")?.strip_suffix(')')?;
    Some((file, Some(layer)))
}

/// The sheet with each run of white space and comments as one white space character.
///
/// Strings stay as they are. A comment that touches no white space still separates two tokens without
/// meaning "descendant", so it stays, as an empty one.
fn smaller(sheet: &str) -> String {
    let mut small = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(next) = rest.chars().next() {
        if next == '"' || next == '\'' {
            let end = string_end(rest, next);
            small.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            if !small.ends_with(char::is_whitespace) && !rest.starts_with(char::is_whitespace) {
                small.push_str("/**/");
            }
        } else {
            rest = &rest[next.len_utf8()..];
            if !next.is_whitespace() {
                small.push(next);
            } else if !small.ends_with(char::is_whitespace) {
                small.push(if next == '\n' { '\n' } else { ' ' });
            }
        }
    }
    small
}

/// Where the string at the start of `text` ends, its closing quote included.
fn string_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{parse_import, smaller};

    #[test]
    fn comments_and_white_space_shrink_without_joining_tokens() {
        assert_eq!(smaller("a  {\n\n  /* why */\n  color: red;\n}\n"), "a {\ncolor: red;\n}\n");
        assert_eq!(smaller(".a/* both */.b {}"), ".a/**/.b {}");
        assert_eq!(smaller(".a /* below */.b {}"), ".a .b {}");
    }

    #[test]
    fn strings_stay_as_written() {
        let sheet = r#"a::after { content: "  /* \" no comment */  "; }"#;
        assert_eq!(smaller(sheet), sheet);
    }

    #[test]
    fn an_open_comment_or_string_ends_with_the_sheet() {
        assert_eq!(smaller("a {} /* open"), "a {} ");
        assert_eq!(smaller("a { content: \"open"), "a { content: \"open");
    }

    #[test]
    fn an_import_names_a_file_and_at_most_a_layer() {
        assert_eq!(parse_import(r#" "a.css";"#), Some(("a.css", None)));
        assert_eq!(parse_import(r#" "a.css" layer(base);"#), Some(("a.css", Some("base"))));
        assert_eq!(parse_import(r#" url(a.css);"#), None);
        assert_eq!(parse_import(r#" "a.css" print;"#), None);
    }
}
