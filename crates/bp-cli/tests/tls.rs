//! `bp data fetch` over HTTPS, through a proxy, from a server on this machine that calls itself the keeper of iris-uci.
//!
//! `tls/ca.pem` signed `tls/server.der`, whose key is `tls/server.key.der`; nobody else trusts them, and the key that signed
//! is not kept. Made with OpenSSL, good until 2126.
#![cfg(feature = "download")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use common::{Bench, Ran, iris_data};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A proxy that connects everybody to itself, and then is the server; its thread ends with the test program.
fn proxy(body: String) -> String {
    let chain = vec![CertificateDer::from(include_bytes!("tls/server.der").to_vec())];
    let key = PrivatePkcs8KeyDer::from(include_bytes!("tls/server.key.der").to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key.into()))
        .expect("a certificate and its key");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who does not trust the certificate hangs up, which is what a test is about.
            let _ = serve(stream, &config, &body);
        }
    });
    address
}

fn serve(mut stream: TcpStream, config: &Arc<ServerConfig>, body: &str) -> std::io::Result<()> {
    let first = head(&mut BufReader::with_capacity(1, stream.try_clone()?))?;
    if !first.starts_with("CONNECT archive.ics.uci.edu:443 ") {
        return stream.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut secret = StreamOwned::new(connection, stream);
    let asked = head(&mut BufReader::with_capacity(1, &mut secret))?;
    assert!(asked.starts_with("GET /ml/machine-learning-databases/iris/iris.data "), "{asked}");
    write!(secret, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    secret.conn.send_close_notify();
    secret.flush()
}

/// The first line of a request, all of which is read.
fn head(stream: &mut impl BufRead) -> std::io::Result<String> {
    let (mut first, mut line) = (String::new(), String::new());
    stream.by_ref().take(1 << 14).read_line(&mut first)?;
    while stream.by_ref().take(1 << 14).read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(first)
}

#[test]
fn only_a_server_that_is_trusted_is_believed() {
    let bench = Bench::new(&[("ca.pem", include_str!("tls/ca.pem"))]);
    let address = proxy(iris_data());
    let names = ["ALL_PROXY", "all_proxy", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"];
    let mut variables: Vec<(&str, &str)> = names.map(|name| (name, "")).into();
    variables.push(("HTTPS_PROXY", &address));
    let Ran { code, stderr, .. } = bench.run_with("data fetch iris-uci", &variables);
    assert_eq!(code, 1, "{stderr}");
    let sentence = "the server's certificate is not trusted (invalid peer certificate: UnknownIssuer); SSL_CERT_FILE \
                    names a file of others to trust";
    assert!(stderr.contains(sentence), "{stderr}");
    assert!(!bench.path("cache/iris-uci/iris.data").exists());

    variables.push(("SSL_CERT_FILE", "ca.pem"));
    let Ran { code, stdout, stderr } = bench.run_with("data fetch iris-uci", &variables);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.ends_with("cache/iris-uci/iris.data: right, and in its place\n"), "{stdout}");
    assert_eq!(bench.read("cache/iris-uci/iris.data"), iris_data().into_bytes());
}
