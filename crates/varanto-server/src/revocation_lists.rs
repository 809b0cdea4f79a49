//! Revocation lists of signers' authorities, fetched from the addresses that the configuration names and
//! kept in files, where they are read as those that an operator puts there. Source: ARC-6.
//!
//! Lists are signed, so they come over plain HTTP, as authorities give them out; one is kept only under the
//! signature of an authority that the configuration names. Addresses in certificates
//! that somebody sends are never followed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use varanto_domain::archive::proof;
use varanto_domain::time::Clock;
use varanto_formats::signature::RevocationList;

use crate::anchors::{self, AnchorsError};
use crate::certificates::hex;
use crate::config::Signatures;

/// How long a list may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest list that is taken.
const LARGEST: usize = 64 * 1024 * 1024;
/// How often lists are fetched, and how soon again when one did not come.
const EVERY: Duration = Duration::from_hours(1);
const AGAIN: Duration = Duration::from_mins(1);
/// How far an authority's clock may be ahead.
const CLOCK_MILLIS: i64 = 5 * 60 * 1000;

/// The addresses of a configuration, and the folder that keeps what came from them.
pub struct Fetching {
    addresses: Vec<Uri>,
    folder: PathBuf,
    /// Whose lists are taken: the certificates of the configuration.
    issuers: Signatures,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Fetching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetching({:?})", self.addresses)
    }
}

impl Fetching {
    /// Reads the addresses; with any, the folder is one more of the configuration's lists.
    pub fn of(
        signatures: &mut Signatures,
        data: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AnchorsError> {
        let issuers = Signatures { revocation_lists: Vec::new(), ..signatures.clone() };
        let folder = data.join("revocation-lists");
        let mut addresses = Vec::new();
        for text in &signatures.revocation_list_addresses {
            let fault =
                |reason: &str| AnchorsError { path: text.into(), reason: reason.to_owned() };
            let address: Uri = text.parse().map_err(|_| fault("no address"))?;
            if address.scheme_str() != Some("http") || address.host().is_none() {
                return Err(fault("an address of the form http://…"));
            }
            addresses.push(address);
        }
        if !addresses.is_empty() {
            fs::create_dir_all(&folder).map_err(|error| AnchorsError {
                path: folder.clone(),
                reason: error.to_string(),
            })?;
            signatures.revocation_lists.push(folder.clone());
        }
        Ok(Self { addresses, folder, issuers, clock })
    }

    /// Whether there is nothing to fetch.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Fetches all lists, again and again, for as long as the archive is open.
    pub async fn go_on(self) {
        loop {
            let mut wait = EVERY;
            for address in &self.addresses {
                match self.fetch(address).await {
                    Ok(true) => tracing::info!(%address, "a newer revocation list came"),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%address, %error, "a revocation list did not come");
                        wait = AGAIN;
                    }
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Fetches one list; answers whether it is newer than the one that was kept. What does not read, what
    /// no configured authority signed, and what is older, changes nothing.
    async fn fetch(&self, address: &Uri) -> Result<bool, String> {
        let fetched = tokio::time::timeout(PATIENCE, get(address)).await;
        let der = fetched.map_err(|_| format!("not within {} s", PATIENCE.as_secs()))??;
        let list = RevocationList::read(&der)?;
        let trusted = anchors::read(&self.issuers).map_err(|error| error.to_string())?;
        if !trusted.trust.vouches_for(&list) {
            return Err("not signed by an authority of the configuration".to_owned());
        }
        if list.made_at.millis() > self.clock.now().millis() + CLOCK_MILLIS {
            return Err("made in the future".to_owned());
        }
        let name = hex(&proof::sha256(address.to_string().as_bytes())[..16]);
        let file = self.folder.join(format!("{name}.crl"));
        if let Ok(kept) = fs::read(&file)
            && let Ok(kept) = RevocationList::read(&kept)
            && (kept.issuer != list.issuer || list.made_at <= kept.made_at)
        {
            let same = kept.issuer == list.issuer && list.made_at == kept.made_at;
            return if same { Ok(false) } else { Err("older, or of another issuer".to_owned()) };
        }
        // Hidden files are not read, so nobody sees half a list.
        let coming = self.folder.join(format!(".{name}"));
        let kept = fs::write(&coming, &der).and_then(|()| fs::rename(&coming, &file));
        kept.map(|()| true).map_err(|error| error.to_string())
    }
}

async fn get(address: &Uri) -> Result<Vec<u8>, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let host = address.host().unwrap_or_default();
    let stream =
        TcpStream::connect((host.trim_matches(['[', ']']), address.port_u16().unwrap_or(80)));
    let stream = TokioIo::new(stream.await.map_err(|error| told(&error))?);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(stream).await.map_err(|error| told(&error))?;
    let connection = tokio::spawn(connection);
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    let asked = Request::get(path)
        .header(header::HOST, address.authority().map_or(host, |authority| authority.as_str()))
        .body(Empty::<Bytes>::new())
        .map_err(|error| told(&error))?;
    let answer = sender.send_request(asked).await.map_err(|error| told(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("answered {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), LARGEST).collect().await;
    connection.abort();
    body.map(|body| body.to_bytes().to_vec()).map_err(|error| told(&error))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::Router;
    use axum::extract::State;
    use axum::response::{IntoResponse, Redirect, Response};
    use axum::routing::get;
    use varanto_domain::time::Instant;
    use varanto_kit::signers::SigningAuthority;

    use super::*;
    use crate::clock::MachineClock;

    type Served = Arc<Mutex<Vec<u8>>>;

    async fn served(State(list): State<Served>) -> Response {
        list.lock().unwrap().clone().into_response()
    }

    /// A real HTTP server with one list, and addresses that lead elsewhere.
    async fn server(list: &Served) -> String {
        let router = Router::new()
            .route("/list.crl", get(served))
            .route("/moved", get(|| async { Redirect::to("/list.crl") }))
            .with_state(Arc::clone(list));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    fn list_of(authority: &SigningAuthority, made: &str) -> Vec<u8> {
        let at = |text: &str| Instant::parse(text).unwrap();
        let lists = authority.revocation_lists(&[], at(made), at("2100-01-01T00:00:00Z")).unwrap();
        lists[0].clone()
    }

    fn authority(name: &str) -> SigningAuthority {
        let at = |text: &str| Instant::parse(text).unwrap();
        SigningAuthority::make(name, (at("2025-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z")))
            .unwrap()
    }

    /// ARC-6: a list comes over HTTP, and only a newer one of the same issuer takes its place.
    #[tokio::test]
    async fn a_list_is_fetched_kept_and_replaced_by_newer_ones_alone() {
        let home = tempfile::tempdir().unwrap();
        let (ours, other) = (authority("Ours"), authority("Other"));
        let list = Served::new(Mutex::new(list_of(&ours, "2026-02-01T00:00:00Z")));
        let base = server(&list).await;
        let mut config = Signatures {
            revocation_list_addresses: vec![format!("{base}/list.crl")],
            intermediates: vec![home.path().join("between.der")],
            ..Signatures::default()
        };
        fs::write(home.path().join("between.der"), ours.between()).unwrap();
        let fetching = Fetching::of(&mut config, home.path(), Arc::new(MachineClock)).unwrap();
        assert_eq!(anchors::read(&config).unwrap().trust.lists().len(), 0);
        let address = &fetching.addresses[0];
        assert_eq!(fetching.fetch(address).await, Ok(true));
        assert_eq!(fetching.fetch(address).await, Ok(false));
        let kept = || anchors::read(&config).unwrap().trust.lists()[0].made_at.to_string();
        assert_eq!(kept(), "2026-02-01T00:00:00Z");
        for wrong in [
            list_of(&ours, "2026-01-01T00:00:00Z"),
            list_of(&other, "2026-03-01T00:00:00Z"),
            // A namesake's list, newer than ours: the name alone is not the signature.
            list_of(&authority("Ours"), "2026-03-01T00:00:00Z"),
            list_of(&ours, "2099-01-01T00:00:00Z"),
            b"no list".to_vec(),
            vec![0; LARGEST + 1],
        ] {
            *list.lock().unwrap() = wrong;
            assert!(fetching.fetch(address).await.is_err());
            assert_eq!(kept(), "2026-02-01T00:00:00Z");
        }
        *list.lock().unwrap() = list_of(&ours, "2026-04-01T00:00:00Z");
        assert_eq!(fetching.fetch(address).await, Ok(true));
        assert_eq!(kept(), "2026-04-01T00:00:00Z");

        let away = |path: &str| format!("{base}/{path}").parse::<Uri>().unwrap();
        assert_eq!(fetching.fetch(&away("gone")).await, Err("answered 404 Not Found".to_owned()));
        assert!(fetching.fetch(&away("moved")).await.unwrap_err().starts_with("answered 303"));
        assert!(fetching.fetch(&"http://127.0.0.1:1/".parse().unwrap()).await.is_err());
    }

    #[test]
    fn an_address_of_another_kind_is_told() {
        for wrong in ["https://example.fi/a.crl", "ldap://example.fi", "a.crl", "http://"] {
            let mut config = Signatures {
                revocation_list_addresses: vec![wrong.to_owned()],
                ..Signatures::default()
            };
            let home = tempfile::tempdir().unwrap();
            let told =
                Fetching::of(&mut config, home.path(), Arc::new(MachineClock)).err().unwrap();
            assert_eq!(told.path, PathBuf::from(wrong));
        }
    }
}
