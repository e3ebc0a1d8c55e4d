//! An authority of the tests: it certifies servers on loopback, and clients that trust nobody else.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use server::gateway::listener::CertificateFiles;
use tempfile::TempDir;

/// An authority, and a folder with a server's certificate and key.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    folder: TempDir,
}

impl Authority {
    /// An authority that has certified a server.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().der().clone();
        let authority = Self { issuer: Issuer::new(params, key), root, folder: tempfile::tempdir().unwrap() };
        authority.renew();
        authority
    }

    /// Where the server's pair is.
    pub(crate) fn files(&self) -> CertificateFiles {
        let at = |name| self.folder.path().join(name);
        CertificateFiles { certificate: at("cert.pem"), key: at("key.pem") }
    }

    /// Puts a new pair in the place of the old one; answers with its certificate.
    pub(crate) fn renew(&self) -> CertificateDer<'static> {
        self.certify(|_| {})
    }

    /// The same with a wish.
    pub(crate) fn certify(&self, wish: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        wish(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let files = self.files();
        replace(&files.key, &key.serialize_pem());
        replace(&files.certificate, &certificate.pem());
        certificate.der().clone()
    }

    /// What a client is set to that trusts this authority alone.
    pub(crate) fn trusted(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = rustls::crypto::ring::default_provider().into();
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// An HTTP client that trusts this authority alone; it keeps no session of another connection.
    pub(crate) fn client(&self) -> reqwest::Client {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.trusted())
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
    }
}

/// Puts text into a file at once, as what renews certificates does.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}
