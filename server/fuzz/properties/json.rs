//! A strict JSON reader after RFC 8259, written plainly and apart from the one that the gateway uses, to hold the
//! gateway's against. It keeps every value as it was written.

/// The deepest nesting that calls may have, the outermost value counted.
const DEEPEST: usize = 128;

/// A value.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// As written.
    pub(crate) text: &'a str,
    pub(crate) kind: Kind<'a>,
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// Keys with their escapes resolved, in order.
    Object(Vec<(String, Node<'a>)>),
    Array(Vec<Node<'a>>),
    /// With its escapes resolved.
    Text(String),
    /// A number, `true`, `false` or `null`.
    Plain,
}

impl<'a> Node<'a> {
    /// The values of that name, in order.
    pub(crate) fn named(&self, name: &str) -> Vec<&Node<'a>> {
        let Kind::Object(members) = &self.kind else { return Vec::new() };
        members.iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }
}

/// Reads a whole text. `None` where it is not JSON, or nested too deep for a call.
pub(crate) fn read(bytes: &[u8]) -> Option<Node<'_>> {
    let mut reader = Reader { text: std::str::from_utf8(bytes).ok()?, at: 0 };
    let value = reader.value(1)?;
    reader.blank();
    (reader.at == bytes.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        self.blank();
        let start = self.at;
        let kind = match self.peek()? {
            b'{' if depth <= DEEPEST => Kind::Object(self.list(b'}', |it| {
                it.blank();
                let key = it.string()?;
                it.blank();
                it.take(b':')?;
                Some((key, it.value(depth + 1)?))
            })?),
            b'[' if depth <= DEEPEST => Kind::Array(self.list(b']', |it| it.value(depth + 1))?),
            b'"' => Kind::Text(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        Some(Node { text: self.text.get(start..self.at)?, kind })
    }

    fn list<T>(&mut self, close: u8, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.at += 1;
        self.blank();
        let mut items = Vec::new();
        if self.take(close).is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            self.blank();
            if self.take(close).is_some() {
                return Some(items);
            }
            self.take(b',')?;
        }
    }

    fn word(&mut self) -> Option<Kind<'a>> {
        let word = ["true", "false", "null"].into_iter().find(|it| self.text[self.at..].starts_with(it))?;
        self.at += word.len();
        Some(Kind::Plain)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<Kind<'a>> {
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Kind::Plain)
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let next = self.text[self.at..].chars().next()?;
            self.at += next.len_utf8();
            match next {
                '"' => return Some(String::from_utf16_lossy(&units)),
                '\\' => units.push(self.escape()?),
                '\0'..='\x1f' => return None,
                plain => units.extend_from_slice(plain.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let escape = self.peek()?;
        self.at += 1;
        Some(match escape {
            b'"' | b'\\' | b'/' => u16::from(escape),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
                    return None;
                }
                u16::from_str_radix(digits, 16).ok()?
            }
            _ => return None,
        })
    }
}
