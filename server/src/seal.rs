//! Encryption of secrets for the store: XChaCha20-Poly1305 under the master key. Each blob is bound to its row and
//! column, so it cannot be moved to another.
//!
//! Without the master key, the store reveals nothing but lengths. A blob that does not open is not a bug: the key was
//! changed or lost, and the secret must be entered again.

mod header_values;
mod keeper;
mod master_key;

pub use self::{
    keeper::{Keeper, KeySource},
    master_key::{KeyError, MasterKey},
};

use app::domain::secret::Secret;
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroize as _;

/// First byte of every blob; another layout or cipher gets another number.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Location of a sealed secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The row's id.
    pub id: &'a str,
    /// The column.
    pub column: &'a str,
}

impl<'a> Place<'a> {
    /// The upstream key of an instance.
    pub fn instance_key(id: &'a str) -> Self {
        Self { table: "instances", id, column: "sealed_key" }
    }

    /// The values of an instance's additional headers.
    pub fn instance_headers(id: &'a str) -> Self {
        Self { table: "instances", id, column: "sealed_headers" }
    }

    /// The body of a flash message.
    pub fn flash(id: &'a str) -> Self {
        Self { table: "flash_messages", id, column: "sealed_body" }
    }

    /// Parts are preceded by their lengths, so no two places give the same bytes.
    fn associated_data(self) -> Vec<u8> {
        let mut data = vec![VERSION];
        for part in [self.table, self.id, self.column] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

const KEY_CHECK: Place<'_> = Place { table: "meta", id: "key_check", column: "value" };
const KEY_CHECK_TEXT: &str = "smart-balancer";

/// A secret could not be sealed, because the system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system has no random numbers, so nothing can be sealed")]
pub struct SealError;

/// A blob does not open under this master key at this place; the secret must be entered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored secret does not open with the current master key and must be entered again")]
pub struct NeedsReentry;

/// Seals and opens secrets under one master key. Has no `Debug`, because the key must not be shown.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// Creates a sealer from a key.
    pub fn new(key: &MasterKey) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.bytes().into()) }
    }

    /// Seals a secret for its place. Sealing it twice gives two different blobs.
    ///
    /// # Errors
    /// [`SealError`] if the system has no random numbers.
    pub fn seal(&self, place: Place<'_>, secret: &Secret) -> Result<Vec<u8>, SealError> {
        let mut nonce = XNonce::default();
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: &place.associated_data() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| SealError)?;
        let mut blob = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        blob.push(VERSION);
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Opens a secret at its place.
    ///
    /// # Errors
    /// [`NeedsReentry`] if the key, the place or a byte differs.
    pub fn open(&self, place: Place<'_>, blob: &[u8]) -> Result<Secret, NeedsReentry> {
        let (&version, rest) = blob.split_first().ok_or(NeedsReentry)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NeedsReentry)?;
        if version != VERSION {
            return Err(NeedsReentry);
        }
        let payload = Payload { msg: sealed, aad: &place.associated_data() };
        let opened = self.cipher.decrypt(nonce.into(), payload).map_err(|_| NeedsReentry)?;
        String::from_utf8(opened).map(Secret::new).map_err(|error| {
            error.into_bytes().zeroize();
            NeedsReentry
        })
    }

    /// A value to store with the sealed secrets; see [`Self::recognises`].
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn key_check(&self) -> Result<Vec<u8>, SealError> {
        self.seal(KEY_CHECK, &Secret::new(KEY_CHECK_TEXT))
    }

    /// Whether a key check was made under this master key. If not, earlier secrets must be entered again.
    pub fn recognises(&self, key_check: &[u8]) -> bool {
        self.open(KEY_CHECK, key_check).is_ok_and(|text| text.reveal() == KEY_CHECK_TEXT)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use zeroize::Zeroizing;

    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&MasterKey::from_bytes(Zeroizing::new([byte; 32])))
    }

    #[test]
    fn a_sealed_secret_opens_at_its_place_alone() {
        let sealer = sealer(1);
        let blob = sealer.seal(Place::instance_key("inst_a"), &Secret::new("sk-upstream")).unwrap();
        assert_eq!(sealer.open(Place::instance_key("inst_a"), &blob).unwrap().reveal(), "sk-upstream");
        assert_eq!(sealer.open(Place::instance_key("inst_b"), &blob), Err(NeedsReentry));
        let shifted = Place { table: "instancesi", id: "nst_a", column: "sealed_key" };
        assert_eq!(sealer.open(shifted, &blob), Err(NeedsReentry));
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let sealer = sealer(1);
        let place = Place::instance_key("inst_a");
        let blob = sealer.seal(place, &Secret::new("sk")).unwrap();
        for index in 0..blob.len() {
            let mut changed = blob.clone();
            changed[index] ^= 1;
            assert_eq!(sealer.open(place, &changed), Err(NeedsReentry), "byte {index}");
            assert_eq!(sealer.open(place, &blob[..index]), Err(NeedsReentry), "cut at {index}");
        }
    }

    #[test]
    fn sealing_twice_gives_different_blobs_without_the_text() {
        let sealer = sealer(1);
        let seal = || sealer.seal(Place::instance_key("inst_a"), &Secret::new("sk-canary")).unwrap();
        let (one, two) = (seal(), seal());
        assert_ne!(one, two);
        assert!(!one.windows(9).any(|window| window == b"sk-canary"));
    }

    #[test]
    fn another_master_key_is_noticed_and_opens_nothing() {
        let (old, new) = (sealer(1), sealer(2));
        let check = old.key_check().unwrap();
        assert!(old.recognises(&check));
        assert!(!new.recognises(&check));
        let place = Place::instance_key("inst_a");
        let blob = old.seal(place, &Secret::new("sk")).unwrap();
        assert_eq!(new.open(place, &blob), Err(NeedsReentry));
    }
}
