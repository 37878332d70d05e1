//! By whose signatures a server is known: the system's authorities, and those that the person named.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

/// Authorities beside the system's.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authorities(Arc<[CertificateDer<'static>]>);

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}

impl Authorities {
    /// Reads a file of certificates in PEM; whatever else stands in it is passed over.
    pub fn read(path: &Path) -> Result<Self, String> {
        let certificates =
            CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = certificates.map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|error| error.to_string())?;
        }
        Ok(Self(certificates.into()))
    }

    /// What a connection is made with. Read anew for each: the system's authorities change.
    pub(super) fn client(&self) -> io::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        let (named, _) = roots.add_parsable_certificates(self.0.iter().cloned());
        if added + named == 0 {
            let why = "this system has no certificates to check the server by (--ca-file names some)";
            return Err(io::Error::other(why));
        }
        Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
    }
}

/// Why a server is not believed to be the one that was meant, where that is why.
pub(super) fn distrust(error: &io::Error) -> Option<&'static str> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(why) = error else { return None };
    Some(match why {
        CertificateError::UnknownIssuer => {
            "the server's certificate is signed by nobody whom this system knows (--ca-file names whom else to trust)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name: is this the right address?"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet: is the clock right?"
        }
        _ => "the server's certificate is not valid",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_no_authority() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        assert!(Authorities::read(&path).is_err());
        std::fs::write(&path, "no certificate\n").unwrap();
        assert_eq!(Authorities::read(&path).unwrap_err(), "there is no certificate in it");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(Authorities::read(&path).is_err(), "it is none");
    }
}
