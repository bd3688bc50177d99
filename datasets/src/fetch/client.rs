//! The HTTP client and its errors in plain words.

use std::env;
use std::fs;
use std::io;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error, Timeout};

use super::Patience;
use crate::fetched::{AttemptError, FetchError};

/// As curl and OpenSSL have it: certificates to trust instead of the built-in ones.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// A client with the proxies and the certificates that the environment asks for.
pub(super) fn agent(patience: &Patience) -> Result<Agent, FetchError> {
    let silence = Some(patience.silence);
    let tls = TlsConfig::builder().root_certs(root_certificates()?).build();
    let config = Agent::config_builder()
        .timeout_connect(silence)
        .timeout_recv_response(silence)
        .timeout_per_read(silence)
        .tls_config(tls)
        .user_agent(concat!("bp/", env!("CARGO_PKG_VERSION")))
        // The .gz files are wanted as they are.
        .accept_encoding("identity");
    Ok(config.build().new_agent())
}

fn root_certificates() -> Result<RootCerts, FetchError> {
    let Some(path) = env::var_os(CERTIFICATES).filter(|path| !path.is_empty()) else { return Ok(RootCerts::WebPki) };
    let wrong = |message| FetchError::Setting { variable: CERTIFICATES, message };
    let pem = fs::read(&path).map_err(|error| wrong(format!("cannot read {}: {error}", path.display())))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(Result::ok)
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => Err(wrong(format!("{} has no certificate", path.display()))),
        false => Ok(RootCerts::from(certificates)),
    }
}

/// What the client says, as a user would read it.
pub(super) fn in_words(error: Error, patience: &Patience) -> AttemptError {
    let message = match error {
        Error::StatusCode(404 | 410) => "the server does not have it (status 404)".into(),
        Error::StatusCode(code) => format!("the server refuses (status {code})"),
        Error::HostNotFound => NO_HOST.into(),
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            format!("no connection within {} s", patience.silence.as_secs())
        }
        Error::Timeout(_) => return AttemptError::Silent { seconds: patience.silence.as_secs() },
        Error::TooManyRedirects => "it leads from address to address and never to the file".into(),
        Error::ConnectProxyFailed(why) => format!("the proxy refuses: {why}"),
        Error::Io(error) => return of_io(error, patience),
        error => {
            let text = error.to_string();
            if text.contains("peer certificate") { not_trusted(text.trim_start_matches("rustls: ")) } else { text }
        }
    };
    AttemptError::Http { message }
}

/// The same for an error while bytes come.
pub(super) fn of_io(error: io::Error, patience: &Patience) -> AttemptError {
    match error.downcast::<Error>() {
        Ok(Error::Io(error)) => AttemptError::Http { message: of_system(&error) },
        Ok(error) => in_words(error, patience),
        Err(error) => AttemptError::Http { message: of_system(&error) },
    }
}

/// The system's own words, but for a name that cannot be looked up: those differ everywhere and tell nobody anything.
fn of_system(error: &io::Error) -> String {
    let text = error.to_string();
    if text.contains("peer certificate") {
        return not_trusted(&text);
    }
    if text.contains("lookup address") { NO_HOST.into() } else { text }
}

fn not_trusted(why: &str) -> String {
    format!("the server's certificate is not trusted ({why}); {CERTIFICATES} names a file of others to trust")
}

const NO_HOST: &str = "no such host, or no internet connection";
