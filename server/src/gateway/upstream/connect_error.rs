//! Reasons why a connection was not established, read from the connector's errors. Calls only need the outcome; tests
//! of an instance tell people the reason.

use std::{
    error::Error,
    io::{self, ErrorKind},
    iter::successors,
};

use app::domain::routing::outcome::Outcome;
use rustls::CertificateError;

use crate::egress::{Denied, ResolveError};

/// The reason why a connection was not established.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConnectError {
    /// It took too long.
    TimedOut,
    /// Nothing listens at the address.
    Refused,
    /// No route leads to the address.
    Unreachable,
    /// The host name has no address.
    NameUnknown,
    /// The host name leads to where this server may not call.
    Denied(Denied),
    /// The TLS handshake failed.
    Tls(TlsError),
    /// Anything else.
    Other,
}

/// The reason why a TLS handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsError {
    UnknownIssuer,
    WrongHostName,
    Expired,
    NotYetValid,
    /// A CA's certificate in the place of a server's.
    CaCertificate,
    /// The answer was not TLS.
    NotTls,
    /// The other side closed the connection.
    Closed,
    /// Anything else that was said in TLS.
    Other,
}

impl From<ConnectError> for Outcome {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::TimedOut => Self::ConnectTimeout,
            _ => Self::ConnectFailed,
        }
    }
}

impl ConnectError {
    /// Finds the reason in an error or what caused it.
    pub(super) fn find(error: &(dyn Error + 'static)) -> Self {
        causes(error).find_map(known).unwrap_or(Self::Other)
    }
}

/// An error and its causes. The source of an IO error is that of the error inside of it, which would be left out.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

fn known(error: &(dyn Error + 'static)) -> Option<ConnectError> {
    if let Some(error) = error.downcast_ref::<ResolveError>() {
        return Some(match error {
            ResolveError::Unknown(_) => ConnectError::NameUnknown,
            ResolveError::Denied(denied) => ConnectError::Denied(denied.clone()),
        });
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(ConnectError::Tls(tls_error(error)));
    }
    match error.downcast_ref::<io::Error>()?.kind() {
        ErrorKind::TimedOut => Some(ConnectError::TimedOut),
        ErrorKind::ConnectionRefused => Some(ConnectError::Refused),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable => {
            Some(ConnectError::Unreachable)
        }
        // Before TLS begins nothing is read, so nothing can end early.
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            Some(ConnectError::Tls(TlsError::Closed))
        }
        _ => None,
    }
}

fn tls_error(error: &rustls::Error) -> TlsError {
    match error {
        rustls::Error::InvalidMessage(_) => TlsError::NotTls,
        rustls::Error::InvalidCertificate(error) => match error {
            // An issuer with a trusted name and another key is unknown as well.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsError::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsError::WrongHostName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsError::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                TlsError::NotYetValid
            }
            CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
                Some(webpki::Error::CaUsedAsEndEntity) => TlsError::CaCertificate,
                _ => TlsError::Other,
            },
            _ => TlsError::Other,
        },
        _ => TlsError::Other,
    }
}
