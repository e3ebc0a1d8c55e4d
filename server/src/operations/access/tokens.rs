//! Random tokens: session ids, set-up tokens, API keys. Only their SHA-256 is stored.

use app::domain::secret::Secret;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Generates a token of 256 bits in URL-safe base64, 43 characters.
///
/// # Errors
/// If the operating system has no random numbers.
pub fn generate() -> Result<Secret, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Generates a public id of `prefix` and 12 characters of `a–z2–7`.
///
/// # Errors
/// If the operating system has no random numbers.
pub fn public_id(prefix: &str) -> Result<String, getrandom::Error> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes)?;
    let tail = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)]));
    Ok(prefix.chars().chain(tail).collect())
}

/// The hash of a token, which is stored in its place.
pub fn sha256(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.reveal().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() -> Result<(), getrandom::Error> {
        let (a, b) = (generate()?, generate()?);
        assert_eq!(a.reveal().len(), 43);
        assert_ne!(sha256(&a), sha256(&b));
        assert_eq!(public_id("draft_")?.len(), 18);
        Ok(())
    }
}
