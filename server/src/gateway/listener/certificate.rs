//! A certificate and its key, read from two PEM files and validated. A pair that is refused here would be
//! refused by clients as well, with a less helpful message.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use rustls::{
    CertificateError, Error, InconsistentKeys, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Largest size of either file, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The files of a certificate and its key.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The chain in PEM form, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key in PEM form, without a passphrase.
    pub key: PathBuf,
}

/// The reason why a pair cannot be used, as a sentence that names the file.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    /// A file is missing or unreadable.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file is larger than any certificate.
    #[error("{0} is larger than 1 MiB; it should hold a certificate or key in PEM form")]
    TooLarge(PathBuf),
    /// The file contains no certificate.
    #[error("{0} holds no certificate in PEM form")]
    NoCertificate(PathBuf),
    /// The file contains no key, or an encrypted one.
    #[error("{0} holds no private key in PEM form without a passphrase")]
    NoKey(PathBuf),
    /// The key belongs to another certificate.
    #[error("the key in {key} does not belong to the certificate in {certificate}")]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// The certificate has expired.
    #[error("the certificate in {path} expired on {}", date(*.at))]
    Expired {
        /// The file.
        path: PathBuf,
        /// Its expiry.
        at: UnixTime,
    },
    /// The certificate is not valid yet.
    #[error("the certificate in {path} is not valid before {}", date(*.at))]
    TooEarly {
        /// The file.
        path: PathBuf,
        /// When it becomes valid.
        at: UnixTime,
    },
    /// Any other reason, such as a wrong purpose.
    #[error("the certificate in {path} cannot be used: {source}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Error,
    },
}

fn date(at: UnixTime) -> String {
    // `httpdate` panics beyond the year 9999.
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(at.as_secs().min(253_402_300_799)));
    at.map(httpdate::fmt_http_date).unwrap_or_default()
}

/// The contents of the two files.
pub(super) struct CertificatePair {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl CertificatePair {
    pub(super) fn read(files: &CertificateFiles) -> Result<Self, BadCertificate> {
        Ok(Self { certificate: read(&files.certificate)?, key: Zeroizing::new(read(&files.key)?) })
    }

    /// Identifies the contents without keeping the key.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let certificate = Sha256::digest(&self.certificate);
        Sha256::new().chain_update(certificate).chain_update(&*self.key).finalize().into()
    }

    /// Parses and validates the pair as of `now`.
    pub(super) fn to_certified_key(
        &self,
        files: &CertificateFiles,
        provider: &CryptoProvider,
        now: UnixTime,
    ) -> Result<CertifiedKey, BadCertificate> {
        let path = || files.certificate.clone();
        let unusable = |source| BadCertificate::Unusable { path: path(), source };
        let chain = CertificateDer::pem_slice_iter(&self.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| BadCertificate::NoCertificate(path()))?;
        let own = chain.first().ok_or_else(|| BadCertificate::NoCertificate(path()))?;
        let key =
            PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| BadCertificate::NoKey(files.key.clone()))?;
        match validate(own, provider, now) {
            Err(Error::InvalidCertificate(reason)) => match reason {
                CertificateError::ExpiredContext { not_after: at, .. } => {
                    return Err(BadCertificate::Expired { path: path(), at });
                }
                CertificateError::NotValidYetContext { not_before: at, .. } => {
                    return Err(BadCertificate::TooEarly { path: path(), at });
                }
                CertificateError::BadEncoding | CertificateError::InvalidPurposeContext { .. } => {
                    return Err(unusable(reason.into()));
                }
                // Whether to trust the issuer is up to the clients.
                _ => {}
            },
            result => result.map_err(unusable)?,
        }
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                BadCertificate::Mismatch { key: files.key.clone(), certificate: path() }
            }
            other => unusable(other),
        })
    }
}

/// Validates form, dates and purpose, in this order, like a client that knows no issuer.
fn validate(own: &CertificateDer<'_>, provider: &CryptoProvider, now: UnixTime) -> Result<(), Error> {
    let (parsed, roots) = (ParsedCertificate::try_from(own)?, RootCertStore::empty());
    let algorithms = provider.signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], now, algorithms)
}

fn read(path: &Path) -> Result<Vec<u8>, BadCertificate> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(source) => Err(BadCertificate::Unreadable { path: path.to_owned(), source }),
        Ok(count) if count as u64 > MAX_FILE_BYTES => Err(BadCertificate::TooLarge(path.to_owned())),
        Ok(_) => Ok(bytes),
    }
}
