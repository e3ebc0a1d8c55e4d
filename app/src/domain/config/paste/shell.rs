//! Splits a command line into words like a POSIX shell, plus `$'…'`. Expands nothing.

/// Error: a quote is not closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenQuote;

/// The words of the first command in `text`.
pub(super) fn words(text: &str) -> Result<Vec<String>, OpenQuote> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // A backslash at the end of a line continues the line.
                Some('\n') => {}
                Some('\r') if chars.peek() == Some(&'\n') => {
                    chars.next();
                }
                escaped => word.get_or_insert_default().extend(escaped),
            },
            '\'' => single(&mut chars, word.get_or_insert_default())?,
            '"' => double(&mut chars, word.get_or_insert_default())?,
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                escaped(&mut chars, word.get_or_insert_default())?;
            }
            '\n' | ';' | '|' if !words.is_empty() || word.is_some() => break,
            it if it.is_whitespace() => words.extend(word.take()),
            it => word.get_or_insert_default().push(it),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single(chars: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), OpenQuote> {
    loop {
        match chars.next().ok_or(OpenQuote)? {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
}

fn double(chars: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), OpenQuote> {
    loop {
        match chars.next().ok_or(OpenQuote)? {
            '"' => return Ok(()),
            '\\' => match chars.next().ok_or(OpenQuote)? {
                '\n' => {}
                c @ ('"' | '\\' | '$' | '`') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

/// Reads `$'…'`, which browsers use in "Copy as cURL" for bodies with quotes.
fn escaped(
    chars: &mut std::iter::Peekable<impl Iterator<Item = char>>,
    word: &mut String,
) -> Result<(), OpenQuote> {
    loop {
        match chars.next().ok_or(OpenQuote)? {
            '\'' => return Ok(()),
            '\\' => match chars.next().ok_or(OpenQuote)? {
                'n' => word.push('\n'),
                't' => word.push('\t'),
                'r' => word.push('\r'),
                'u' => {
                    let mut code = 0;
                    for _ in 0..4 {
                        let Some(digit) = chars.peek().and_then(|it| it.to_digit(16)) else { break };
                        code = code * 16 + digit;
                        chars.next();
                    }
                    word.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                c @ ('\\' | '\'' | '"' | '?') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_join_and_keep_what_is_in_them() {
        let words = words(r#"a 'b c'"d e"f \ g "\"\n" $'\u00e9\n' '' "#);
        assert_eq!(words, Ok(["a", "b cd ef", " g", "\"\\n", "é\n", ""].map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_line_goes_on_after_a_backslash_and_ends_the_command_without() {
        assert_eq!(words("a \\\n b \\\r\n c\nd"), Ok(["a", "b", "c"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn an_open_quote_is_told() {
        for text in ["'a", "\"a", "$'a", "\"\\"] {
            assert_eq!(words(text), Err(OpenQuote), "{text}");
        }
    }
}
