//! A certificate with its key, read from two files in PEM form, and the reasons why a pair is of no use. A pair that is
//! refused here would be refused by clients, too, who cannot say so as clearly.

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

/// The most bytes that either file may have.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The chain in PEM form, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key of the first, in PEM form, without a passphrase.
    pub key: PathBuf,
}

/// Why a pair cannot be used, in one sentence that names the file.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    /// A file is missing or may not be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is far larger than any certificate.
    #[error("{0} is larger than 1 MiB, which no certificate is")]
    TooLarge(PathBuf),
    /// There is no certificate in the file.
    #[error("{0} holds no certificate in PEM form")]
    NoCertificate(PathBuf),
    /// There is no key in the file, or it wants a passphrase.
    #[error("{0} holds no private key in PEM form that opens without a passphrase")]
    NoKey(PathBuf),
    /// The key is another one's.
    #[error("the key in {key} is not that of the certificate in {certificate}")]
    Mismatch {
        /// Where the key is.
        key: PathBuf,
        /// Where the certificate is.
        certificate: PathBuf,
    },
    /// Its time is over.
    #[error("the certificate in {path} expired on {}", date(*.at))]
    Expired {
        /// Which file.
        path: PathBuf,
        /// When.
        at: UnixTime,
    },
    /// Its time has not come.
    #[error("the certificate in {path} is not valid before {}", date(*.at))]
    TooEarly {
        /// Which file.
        path: PathBuf,
        /// When it will be.
        at: UnixTime,
    },
    /// Anything else that makes it unusable for a server.
    #[error("the certificate in {path} cannot be used: {source}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Error,
    },
}

fn date(at: UnixTime) -> String {
    // A date beyond the year 9999 cannot be written so.
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(at.as_secs().min(253_402_300_799)));
    at.map(httpdate::fmt_http_date).unwrap_or_default()
}

/// What the two files hold.
pub(super) struct CertificatePair {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl CertificatePair {
    /// Reads both files.
    pub(super) fn read(files: &CertificateFiles) -> Result<Self, BadCertificate> {
        Ok(Self { certificate: read(&files.certificate)?, key: Zeroizing::new(read(&files.key)?) })
    }

    /// Tells pairs apart without keeping the key.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let certificate = Sha256::digest(&self.certificate);
        Sha256::new().chain_update(certificate).chain_update(&*self.key).finalize().into()
    }

    /// Makes it ready for use, if it is of use at `now`.
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
                // Who issued it is the clients' business.
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

/// Judges form, date and purpose, in this order, as a client would that knows no issuer.
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
