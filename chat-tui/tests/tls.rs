//! The client behind TLS: a real handshake with a certificate of the test's own authority, in front of the server itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chat_server::Config;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use support::Tui;
use support::real::{PASSWORD, Real, script_at};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// The server behind a port that speaks TLS as `localhost`.
struct Secure {
    server: Real,
    port: u16,
    dir: tempfile::TempDir,
    _runtime: Runtime,
}

impl Secure {
    fn start() -> Self {
        chat_tui::net::install_crypto();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("https://localhost:{port}").parse().unwrap();
        let server = Real::start(|config: &mut Config| config.public_urls = vec![url]);
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let behind = server.url.trim_start_matches("http://").to_owned();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    // A client that does not trust us ends the handshake.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut server = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut server).await;
                });
            }
        });
        Self { server, port, dir, _runtime: runtime }
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }

    fn authority(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    fn register(&self, home: &Path, host: &str, trust: &[&str]) -> (Option<i32>, String) {
        let input = format!("{PASSWORD}\n{}\n", self.server.owner_link);
        script_at(home, &self.url(host), &[trust, &["register", "ana"]].concat(), &input)
    }
}

#[test]
fn accounts_and_the_chat_go_over_tls_by_an_authority_of_ones_own() {
    let secure = Secure::start();
    let authority = secure.authority();
    let trust = ["--ca-file", authority.to_str().unwrap()];
    let home = tempfile::tempdir().unwrap();
    let (code, told) = secure.register(home.path(), "localhost", &trust);
    assert_eq!((code, told.contains("as ana (owner)")), (Some(0), true), "{told}");
    let url = secure.url("localhost");
    let (code, told) = script_at(home.path(), &url, &[&trust[..], &["send", "over TLS"]].concat(), "");
    assert_eq!(code, Some(0), "{told}");
    let mut tui = Tui::start(home.path(), &[&["--url", &url][..], &trust].concat());
    tui.wait_for("connected as ana");
    tui.wait_for("over TLS");
    tui.type_in("/sessions\r");
    tui.wait_for("this one");
}

#[test]
fn a_server_that_cannot_prove_who_it_is_gets_no_secret() {
    let secure = Secure::start();
    let authority = secure.authority();
    let trust = ["--ca-file", authority.to_str().unwrap()];
    let home = tempfile::tempdir().unwrap();
    let (code, told) = secure.register(home.path(), "localhost", &[]);
    assert_eq!((code, told.contains("--ca-file names whom else to trust")), (Some(1), true), "{told}");
    let (code, told) = secure.register(home.path(), "127.0.0.1", &trust);
    assert_eq!((code, told.contains("is for another name")), (Some(1), true), "{told}");
    let (code, told) = secure.register(home.path(), "localhost", &["--ca-file", "/nowhere/ca.pem"]);
    assert_eq!((code, told.contains("cannot read the certificates")), (Some(1), true), "{told}");
    let mut tui = Tui::start(home.path(), &["--url", &secure.url("localhost"), "--name", "ana"]);
    tui.wait_for("offline");
    tui.wait_for("certificate");
    tui.kill();
    // Nothing came through: the link of the first start is still good.
    let (code, told) = secure.register(home.path(), "localhost", &trust);
    assert_eq!(code, Some(0), "{told}");
}
