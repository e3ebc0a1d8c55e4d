//! Strips the decoration of a listing from its JSON and keeps track of the original positions.

/// The JSON of a listing with its original positions.
pub(super) struct Cleaned {
    /// The JSON.
    pub(super) text: String,
    /// For each line of `text`: its line in the listing, from 1, and the number of bytes stripped before it.
    origins: Vec<(usize, usize)>,
}

impl Cleaned {
    /// Maps a position in the JSON to the listing. Lines and columns count from 1, columns in bytes.
    pub(super) fn origin(&self, line: usize, column: usize) -> (usize, usize) {
        let origin = self.origins.get(line.saturating_sub(1)).or(self.origins.last());
        origin.map_or((line, column), |(original, cut)| (*original, column + cut))
    }
}

/// A line with its position in the listing.
#[derive(Clone, Copy)]
struct Line<'t> {
    text: &'t str,
    number: usize,
    cut: usize,
}

impl<'t> Line<'t> {
    /// The line without its first `bytes` bytes.
    fn after(self, bytes: usize) -> Self {
        Self { text: &self.text[bytes..], cut: self.cut + bytes, ..self }
    }

    /// The line without leading whitespace of any kind, such as the non-breaking spaces of web pages.
    fn trimmed(self) -> Self {
        self.after(self.text.len() - self.text.trim_start_matches(is_blank).len())
    }
}

/// Strips blank lines, fences, a file name and line numbers, in this order.
pub(super) fn clean(text: &str) -> Cleaned {
    let lines = (1..).zip(text.lines()).map(|(number, text)| Line { text, number, cut: 0 }.trimmed());
    let mut lines: Vec<_> = lines
        .filter(|it| !it.text.is_empty() && !it.text.starts_with("```") && !it.text.starts_with("~~~"))
        .collect();
    if lines.first().is_some_and(|it| is_file_name(it.text)) {
        lines.remove(0);
    }
    if let Some(bare) = without_gutter(&lines) {
        lines = bare;
    }
    let texts: Vec<_> = lines.iter().map(|it| it.text).collect();
    Cleaned { text: texts.join("\n"), origins: lines.iter().map(|it| (it.number, it.cut)).collect() }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}'
}

fn is_file_name(line: &str) -> bool {
    !line.starts_with(['{', '[', '"']) && !line.starts_with(|c: char| c.is_ascii_digit())
}

/// Strips consecutive line numbers, either at the start of each line or on lines of their own.
fn without_gutter<'t>(lines: &[Line<'t>]) -> Option<Vec<Line<'t>>> {
    let mut next = number(lines.first()?.text)?.0;
    let mut bare = Vec::with_capacity(lines.len());
    let mut alone = false;
    for line in lines {
        match number(line.text) {
            Some((number, width)) if number == next => {
                next = next.checked_add(1)?;
                let rest = line.after(width).trimmed();
                let bar = rest.text.chars().next().filter(|it| matches!(it, '|' | '│'));
                let rest = rest.after(bar.map_or(0, char::len_utf8)).trimmed();
                if rest.text.is_empty() {
                    alone = true;
                } else {
                    bare.push(rest);
                }
            }
            _ if alone => bare.push(*line),
            _ => return None,
        }
    }
    Some(bare)
}

/// The number at the start of a line, and its width in bytes.
fn number(line: &str) -> Option<(u32, usize)> {
    let width = line.bytes().take_while(u8::is_ascii_digit).count();
    line[..width].parse().ok().map(|number| (number, width))
}
