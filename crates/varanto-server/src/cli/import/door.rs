//! The archive's door over HTTPS, with the certificate of a client-information system. Source: OLD-1, OLD-9.

use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use hyper::{StatusCode, Uri};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use varanto_app::archive::Submission;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::ids::Oid;
use varanto_domain::time::Clock;
use varanto_formats::signature::{FileKey, Signing, jws};
use varanto_kit::http::{Answer as HttpAnswer, Client, Connection, HttpError, Multipart, Send};
use varanto_workbench::door::{Answer, Door, Signer, Told};
use zeroize::Zeroizing;

use super::super::Failure;
use crate::clock::MachineClock;
use crate::rest::routes::BASE;

/// How long to wait where the archive does not say how long.
const A_WHILE: Duration = Duration::from_secs(1);
/// Needless or twice: why documents of an undone batch are invalidated.
const NEEDLESS: &str = "3";

/// Where the archive is, and who comes to it.
#[derive(Debug, Args)]
pub(in crate::cli) struct To {
    /// The archive's address, such as `https://archive.example.fi:8443`.
    #[arg(long = "to", value_name = "ADDRESS")]
    address: String,
    /// The authority of the archive's certificate (PEM).
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// The system's certificate (PEM): it comes in with it.
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// The certificate's key (PEM).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl To {
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let wrong = || Failure::of(format!("{}: no address of the form https://…", self.address));
        let address: Uri = self.address.parse().map_err(|_| wrong())?;
        let (Some("https"), Some(host)) = (address.scheme_str(), address.host()) else {
            return Err(wrong());
        };
        let port = address.port_u16().unwrap_or(443);
        let bare = host.trim_matches(['[', ']']);
        let failed = |error: std::io::Error| Failure::of(format!("{host}: {error}"));
        let place = (bare, port).to_socket_addrs().map_err(failed)?.next();
        let place = place.ok_or_else(|| Failure::of(format!("{host}: there is no such host")))?;
        let (authority, certificate) = (read(&self.authority)?, read(&self.certificate)?);
        let key = Zeroizing::new(read(&self.key)?);
        Client::with_identity(place, bare, &authority, Some((&certificate, &key)))
            .map_err(Failure::of)
    }

    pub(super) fn doors(&self, count: usize) -> Result<Vec<Box<dyn Door>>, Failure> {
        let client = self.client()?;
        (0..count)
            .map(|_| {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                let door = HttpsDoor { client: client.clone(), connection: None, runtime };
                Ok(Box::new(door) as Box<dyn Door>)
            })
            .collect()
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::of(format!("{}: {error}", file.display())))
}

/// One connection, made anew when it breaks.
struct HttpsDoor {
    client: Client,
    connection: Option<Connection>,
    runtime: Runtime,
}

impl HttpsDoor {
    fn ask(
        &mut self,
        asked: &impl AsyncFn(&mut Connection) -> Result<HttpAnswer, HttpError>,
    ) -> Result<HttpAnswer, String> {
        let Self { client, connection, runtime } = self;
        runtime.block_on(async {
            let open = match connection.take() {
                Some(open) => open,
                None => client.connect().await.map_err(|error| error.to_string())?,
            };
            let mut open = open;
            let answer = asked(&mut open).await.map_err(|error| error.to_string())?;
            *connection = Some(open);
            Ok(answer)
        })
    }

    /// What is asked for, or why it is not there.
    fn get(&mut self, path: &str) -> Result<HttpAnswer, String> {
        let answer = self.ask(&async |open: &mut Connection| open.get(path).await)?;
        if answer.status.is_success() { Ok(answer) } else { Err(words(&answer)) }
    }
}

impl Door for HttpsDoor {
    fn archive(&mut self, submission: &Submission) -> Answer {
        let mut form = Multipart::new().part("metadata", "application/json", &submission.metadata);
        for (part, bytes) in &submission.parts {
            form = form.part(part.name(), part.media_type(), bytes);
        }
        let path = format!("{BASE}/documents");
        let (kind, body) = (form.content_type(), form.finish());
        let asked = self.ask(&async |open: &mut Connection| {
            let with = Send { content_type: Some(&kind), headers: &[] };
            open.send("POST", &path, body.clone(), with).await
        });
        match asked {
            Ok(answer) => told(&answer),
            // Whom one of the two does not trust, waiting does not help.
            Err(why) if why.contains("certificate") => Answer::Shut(why),
            Err(why) => Answer::NoAnswer(why),
        }
    }

    fn receipt(&mut self, document: &Oid) -> Result<String, String> {
        let answer = self.get(&format!("{BASE}/documents/{document}/proof?{LOOK}"))?;
        // The receipt stands in the answer as it was printed; a copy by way of a tree says the same.
        Ok(answer.json()["receipt"].to_string())
    }

    fn read(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, String> {
        let name = part.name();
        let answer = self.get(&format!("{BASE}/documents/{document}/content/{name}?{LOOK}"))?;
        Ok(answer.body.to_vec())
    }

    fn checkpoint(&mut self) -> Result<String, String> {
        Ok(self.get(&format!("{BASE}/checkpoint"))?.text())
    }

    fn invalidate(&mut self, document: &Oid, why: &str) -> Result<bool, String> {
        let path = format!("{BASE}/documents/{document}/invalidation");
        let body = json!({ "reason": NEEDLESS, "explanation": why });
        let answer = self.ask(&async |open: &mut Connection| open.post_json(&path, &body).await)?;
        let known = answer.json()["code"] == "already-invalidated";
        match answer.status {
            StatusCode::NOT_FOUND => Ok(false),
            status if status.is_success() || known => Ok(true),
            _ => Err(words(&answer)),
        }
    }
}

/// Old documents of former clients are looked at for a reason: here, that the migration is supervised.
const LOOK: &str = "reason=supervision";

fn told(answer: &HttpAnswer) -> Answer {
    let problem = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => Answer::Archived(answer.text()),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let seconds = answer.header("retry-after").parse().map(Duration::from_secs);
            Answer::Later(seconds.unwrap_or(A_WHILE))
        }
        StatusCode::CONFLICT if problem["differs"].is_array() => {
            let differs = problem["differs"].as_array().into_iter().flatten();
            Answer::Otherwise(differs.map(text).collect())
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Answer::Shut(words(answer))
        }
        StatusCode::REQUEST_TIMEOUT => Answer::NoAnswer(words(answer)),
        status if status.is_server_error() => Answer::NoAnswer(words(answer)),
        _ => {
            let faults = problem["faults"].as_array().into_iter().flatten();
            let mut told: Vec<Told> = faults
                .map(|fault| Told {
                    code: text(&fault["code"]),
                    element: text(&fault["element"]),
                    rule: text(&fault["rule"]),
                    value: fault["value"].as_str().map(str::to_owned),
                })
                .collect();
            if told.is_empty() {
                told.push(Told {
                    code: text(&problem["code"]),
                    element: "document".to_owned(),
                    rule: text(&problem["rule"]),
                    value: None,
                });
            }
            Answer::Refused(told)
        }
    }
}

fn words(answer: &HttpAnswer) -> String {
    let problem = answer.json();
    let code = problem["code"].as_str().unwrap_or("no problem details");
    format!("{} {code}", answer.status.as_u16())
}

/// Signs with the system's key.
pub(super) struct SystemKey(FileKey);

impl SystemKey {
    pub(super) fn read(certificate: &Path, key: &Path) -> Result<Self, Failure> {
        let secret = Zeroizing::new(read(key)?);
        let key = FileKey::read(secret.as_bytes(), read(certificate)?.as_bytes());
        Ok(Self(key.map_err(Failure::of)?))
    }

    /// A signature over a text.
    pub(super) fn sign_text(&self, text: &str) -> Result<String, String> {
        let signing = Signing { key: &self.0, kind: SignerKind::System, at: MachineClock.now() };
        jws::sign(text, &signing)
    }
}

impl Signer for SystemKey {
    fn sign(&self, submission: &Submission) -> Result<Option<Vec<u8>>, String> {
        let parts: Vec<(Part, &[u8])> =
            submission.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
        let signature = self.sign_text(&jws::signed_parts(&submission.metadata, &parts))?;
        Ok(Some(signature.into_bytes()))
    }
}
