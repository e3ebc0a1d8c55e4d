//! Random tokens of this server: session ids, the set-up token, API keys. Only their SHA-256 is ever stored.

use app::domain::secret::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A fresh token of 256 bits in URL-safe base64, 43 characters.
///
/// # Errors
/// Only where the operating system has no randomness to give.
pub fn fresh() -> Result<Secret, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// A fresh public id of `prefix` and 12 characters of `a–z0–9`.
///
/// # Errors
/// Only where the operating system has no randomness to give.
pub fn public_id(prefix: &str) -> Result<String, getrandom::Error> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes)?;
    let tail = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)]));
    Ok(prefix.chars().chain(tail).collect())
}

/// What is stored of a token.
pub fn sha256(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.reveal().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() -> Result<(), getrandom::Error> {
        let (a, b) = (fresh()?, fresh()?);
        assert_eq!(a.reveal().len(), 43);
        assert_ne!(sha256(&a), sha256(&b));
        assert_eq!(public_id("draft_")?.len(), 18);
        Ok(())
    }
}
