//! The archive's door over HTTPS, with the certificate of a client-information system. Source: OLD-1, OLD-9.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use hyper::http::request;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use varanto_app::archive::Submission;
use varanto_domain::access::Denial;
use varanto_domain::archive::documents::{DocumentGroup, Part, VersionState};
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::{Clock, FinnishDay};
use varanto_formats::signature::{FileKey, Signing, jws};
use varanto_workbench::door::{Answer, Door, Invalidated, NotRead, Signer, Told, Whole};
use zeroize::Zeroizing;

use super::super::Failure;
use crate::clock::MachineClock;
use crate::line::{self, Line, Open};
use crate::outbound::Place;
use crate::priority::{self, BACKGROUND, PRIORITY};
use crate::rest::multipart;
use crate::rest::routes::BASE;

/// How long to wait where the archive does not say how long.
const A_WHILE: Duration = Duration::from_secs(1);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// The largest answer that is taken: a part of a document.
const LARGEST_ANSWER: usize = 256 * 1024 * 1024;
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
    fn line(&self) -> Result<Line, Failure> {
        let place = Place {
            name: "--to",
            address: &self.address,
            authority: Some(&self.authority),
            certificate: Some(&self.certificate),
            key: Some(&self.key),
            token_file: None,
            seconds: PATIENCE.as_secs(),
        };
        let wrong = |_| Failure::of(format!("{}: no address", self.address));
        Ok(Line::to(&place, &self.address.parse().map_err(wrong)?)?)
    }

    pub(super) fn doors(&self, count: usize) -> Result<Vec<Box<dyn Door>>, Failure> {
        let line = self.line()?;
        // Whoever comes with many documents leaves this machine, too, to people first.
        priority::give_way();
        (0..count)
            .map(|_| {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                let door = HttpsDoor { line: line.clone(), open: None, runtime };
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
    line: Line,
    open: Option<Open>,
    runtime: Runtime,
}

impl HttpsDoor {
    fn ask(&mut self, request: request::Builder, body: Bytes) -> Result<line::Answer, String> {
        // People at the archive come first.
        let request = request.header(PRIORITY, BACKGROUND);
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let Self { line, open, runtime } = self;
        runtime.block_on(async {
            let asked = async {
                let mut connected = match open.take() {
                    Some(connected) => connected,
                    None => line.open().await?,
                };
                let answer = connected.send(request, LARGEST_ANSWER).await?;
                *open = Some(connected);
                Ok(answer)
            };
            let late = |_| format!("not within {} s", PATIENCE.as_secs());
            tokio::time::timeout(PATIENCE, asked).await.map_err(late)?
        })
    }

    /// What is read, or why it is not.
    fn look(&mut self, request: request::Builder) -> Result<line::Answer, NotRead> {
        let answer = self.asked(request, Bytes::new())?;
        if answer.status.is_success() { Ok(answer) } else { Err(not_read(&answer)) }
    }

    /// Whatever is answered, or why nothing is.
    fn asked(&mut self, request: request::Builder, body: Bytes) -> Result<line::Answer, NotRead> {
        self.ask(request, body).map_err(|why| {
            if is_untrusted(&why) { NotRead::Shut(why) } else { NotRead::NoAnswer(why) }
        })
    }

    /// What is asked for, or why it is not there.
    fn get(&mut self, path: &str) -> Result<line::Answer, String> {
        let answer = self.ask(Request::get(path), Bytes::new())?;
        if answer.status.is_success() { Ok(answer) } else { Err(words(&answer)) }
    }
}

/// What an answer with all parts is.
const FORM: &str = "multipart/form-data";

/// The parts of a submission as a form (RFC 7578), and the media type that names what parts them.
fn form(submission: &Submission) -> (String, Bytes) {
    let metadata = ("metadata", "application/json", submission.metadata.as_slice());
    let parts = submission.parts.iter();
    let parts = parts.map(|(part, bytes)| (part.name(), part.media_type(), bytes.as_slice()));
    multipart::form(std::iter::once(metadata).chain(parts))
}

impl Door for HttpsDoor {
    fn archive(&mut self, submission: &Submission) -> Answer {
        let (kind, body) = form(submission);
        let path = format!("{BASE}/documents");
        let asked = self.ask(Request::post(path).header(CONTENT_TYPE, kind), body);
        match asked {
            Ok(answer) => told(&answer),
            Err(why) if is_untrusted(&why) => Answer::Shut(why),
            Err(why) => Answer::NoAnswer(why),
        }
    }

    fn receipt(&mut self, document: &Oid) -> Result<String, String> {
        let answer = self.get(&format!("{BASE}/documents/{document}/proof?{LOOK}"))?;
        // The receipt stands in the answer as it was printed; a copy by way of a tree says the same.
        Ok(json_of(&answer)["receipt"].to_string())
    }

    fn read(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, NotRead> {
        let name = part.name();
        let path = format!("{BASE}/documents/{document}/content/{name}?{LOOK}");
        Ok(self.look(Request::get(path))?.body.into())
    }

    fn read_whole(&mut self, document: &Oid) -> Result<Whole, NotRead> {
        let path = format!("{BASE}/documents/{document}/content?{LOOK}");
        let answer = self.look(Request::get(path).header(ACCEPT, FORM))?;
        let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        // Whoever answers so is no archive of this form: nothing is said of the document.
        let other = || NotRead::Shut("an answer of another form".to_owned());
        let parts =
            multipart::parts(kind.unwrap_or_default(), &answer.body).map_err(|_| other())?;
        let (metadata, parts): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|part| part.name == "metadata");
        let metadata = metadata.into_iter().next().ok_or_else(other)?.content.into();
        let part =
            |part: multipart::Part| Some((Part::of_name(&part.name)?, Vec::from(part.content)));
        let parts = parts.into_iter().map(part).collect::<Option<_>>().ok_or_else(other)?;
        Ok(Whole { metadata, parts })
    }

    fn read_without_reason(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, String> {
        let name = part.name();
        Ok(self.get(&format!("{BASE}/documents/{document}/content/{name}"))?.body.to_vec())
    }

    fn active_relationships(
        &mut self,
        controller: &Oid,
        client: &PersonalIdentityCode,
    ) -> Result<Vec<Oid>, NotRead> {
        let mut ask = json!({
            "client": { "identity_code": client.reveal() }, "controller": controller.as_str(),
            "group": DocumentGroup::Relationship.code(), "reason": "supervision", "limit": 100,
        });
        let other = || NotRead::Shut("an answer of another form".to_owned());
        let mut named = BTreeSet::new();
        loop {
            let path = format!("{BASE}/documents/_search");
            let request = Request::post(path).header(CONTENT_TYPE, "application/json");
            let answer = self.asked(request, ask.to_string().into())?;
            if !answer.status.is_success() {
                return Err(not_read(&answer));
            }
            let page = json_of(&answer);
            for hit in page["documents"].as_array().ok_or_else(other)? {
                let id = hit["metadata"]["relationship_id"].as_str();
                named.extend(id.and_then(|id| Oid::parse(id).ok()));
            }
            match &page["next"] {
                Value::Null => break,
                next => ask["cursor"] = next.clone(),
            }
        }
        let today = FinnishDay::of(MachineClock.now());
        let mut active = Vec::new();
        for relationship in named {
            let path = format!("{BASE}/relationships/{relationship}?{LOOK}");
            let told = json_of(&self.look(Request::get(path))?);
            let old = told["old"].as_bool().ok_or_else(other)?;
            let last = told["last_day"].as_str().and_then(FinnishDay::parse);
            if !old && last.is_none_or(|last| last >= today) {
                active.push(relationship);
            }
        }
        Ok(active)
    }

    fn checkpoint(&mut self) -> Result<String, String> {
        Ok(text_of(&self.get(&format!("{BASE}/checkpoint"))?))
    }

    fn invalidate(&mut self, document: &Oid, why: &str) -> Result<Invalidated, NotRead> {
        let path = format!("{BASE}/documents/{document}/invalidation");
        let body = json!({ "reason": NEEDLESS, "explanation": why }).to_string();
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        let answer = self.asked(request, body.into())?;
        let known = json_of(&answer)["code"] == "already-invalidated";
        match answer.status {
            StatusCode::NOT_FOUND => Ok(Invalidated::Unknown),
            status if status.is_success() || known => {
                // Asked afterwards, so that a version that came at the last moment is told, and one of a document that was
                // invalidated before, when nobody heard the answer.
                let path = format!("{BASE}/documents/{document}/versions?{LOOK}&invalidated=true");
                what_stays(self.look(Request::get(path)).map(|told| json_of(&told)))
            }
            _ => Err(not_read(&answer)),
        }
    }
}

/// What stays of a document that is invalidated, by the versions that the archive tells. That it tells none would be told
/// again when it is asked again: nothing waits for it.
fn what_stays(told: Result<Value, NotRead>) -> Result<Invalidated, NotRead> {
    let told = match told {
        Err(NotRead::Refused(_)) => return Ok(Invalidated::NotTold),
        told => told?,
    };
    let Some(versions) = told["versions"].as_array() else { return Ok(Invalidated::NotTold) };
    let in_force = |version: &Value| version["state"] == VersionState::InForce.name();
    let later = versions.iter().any(in_force);
    Ok(if later { Invalidated::LaterStays } else { Invalidated::Done })
}

/// Old documents of former clients are looked at for a reason: here, that the migration is supervised.
const LOOK: &str = "reason=supervision";

fn told(answer: &line::Answer) -> Answer {
    let problem = json_of(answer);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => Answer::Archived(text_of(answer)),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Answer::Later(asked_to_wait(answer))
        }
        StatusCode::CONFLICT if problem["differs"].is_array() => {
            let differs = problem["differs"].as_array().into_iter().flatten();
            Answer::Otherwise(differs.map(text).collect())
        }
        // Of this row alone: another controller archives it, by a run of its own.
        StatusCode::FORBIDDEN if problem["code"] == Denial::AnotherRegister.code() => {
            let (code, rule) = (text(&problem["code"]), text(&problem["rule"]));
            Answer::Refused(vec![Told {
                code,
                element: "controller.id".to_owned(),
                rule,
                value: None,
                args: BTreeMap::new(),
            }])
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Answer::Shut(words(answer))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            Answer::NoAnswer(words(answer))
        }
        status if status.is_server_error() => Answer::Failed(words(answer)),
        _ => {
            let faults = problem["faults"].as_array().into_iter().flatten();
            let mut told: Vec<Told> = faults
                .map(|fault| Told {
                    code: text(&fault["code"]),
                    element: text(&fault["element"]),
                    rule: text(&fault["rule"]),
                    value: fault["value"].as_str().map(str::to_owned),
                    args: args_of(&fault["args"]),
                })
                .collect();
            if told.is_empty() {
                told.push(Told {
                    code: text(&problem["code"]),
                    element: "document".to_owned(),
                    rule: text(&problem["rule"]),
                    value: None,
                    args: BTreeMap::new(),
                });
            }
            Answer::Refused(told)
        }
    }
}

/// What the words of a fault speak of, by name.
fn args_of(told: &Value) -> BTreeMap<String, String> {
    let args = told.as_object().into_iter().flatten();
    args.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Whether one of the two does not trust the other: waiting does not help.
fn is_untrusted(why: &str) -> bool {
    why.to_ascii_lowercase().contains("certificate")
}

/// How long the archive asks to wait.
fn asked_to_wait(answer: &line::Answer) -> Duration {
    let after = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = after.and_then(|after| after.parse().ok()).map(Duration::from_secs);
    seconds.unwrap_or(A_WHILE)
}

/// Why a part was not given.
fn not_read(answer: &line::Answer) -> NotRead {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            NotRead::Later(asked_to_wait(answer))
        }
        StatusCode::FORBIDDEN if is_of_document(answer) => NotRead::Refused(words(answer)),
        // The caller is let in no more, or the archive is one that does not give a document whole.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_ACCEPTABLE => {
            NotRead::Shut(words(answer))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            NotRead::NoAnswer(words(answer))
        }
        // It may be this document, or this moment.
        status if status.is_server_error() => NotRead::Broken(words(answer)),
        // Of one document; asked again, it says the same.
        _ => NotRead::Refused(words(answer)),
    }
}

/// Whether a denial is one of that document alone, and not of the caller whatever is asked.
fn is_of_document(answer: &line::Answer) -> bool {
    let problem = json_of(answer);
    let told = |denial: &&Denial| problem["code"] == denial.code();
    Denial::ALL.iter().find(told).is_some_and(|one| !matches!(one, Denial::NotCertified(_)))
}

fn json_of(answer: &line::Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn text_of(answer: &line::Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn words(answer: &line::Answer) -> String {
    let problem = json_of(answer);
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

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::*;

    /// OLD-9: of a document that is invalidated a later version in force is told; that the archive tells of none is no reason
    /// to say that there is none, and that it is busy, to ask again.
    #[test]
    fn what_stays_is_told_by_the_versions() {
        let of = |states: &[&str]| {
            let versions: Vec<Value> =
                states.iter().map(|state| json!({ "state": state })).collect();
            what_stays(Ok(json!({ "versions": versions })))
        };
        assert_eq!(of(&["invalidated"]), Ok(Invalidated::Done));
        assert_eq!(of(&["invalidated", "invalidated"]), Ok(Invalidated::Done));
        assert_eq!(of(&["invalidated", "replaced", "in-force"]), Ok(Invalidated::LaterStays));
        assert_eq!(what_stays(Ok(Value::Null)), Ok(Invalidated::NotTold));
        let refused = NotRead::Refused("403 register-use-right-missing".to_owned());
        assert_eq!(what_stays(Err(refused)), Ok(Invalidated::NotTold));
        for again in [NotRead::Later(A_WHILE), NotRead::Broken(String::new())] {
            assert_eq!(what_stays(Err(again.clone())), Err(again));
        }
    }

    /// OLD-9: of one document is said what is of that one; whoever is let in no more has lost nothing.
    #[test]
    fn a_document_is_unreadable_for_what_is_of_it_alone() {
        let read = |status: u16, code: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let body = json!({ "code": code }).to_string().into();
            not_read(&line::Answer { status, headers: HeaderMap::new(), body })
        };
        for (status, code) in [
            (401, "certificate-expired"),
            (403, "system-unknown"),
            (403, "system-not-in-force"),
            (403, "organisation-unknown"),
            (403, "not-certified"),
            (403, "made up by somebody between"),
            (406, "not-acceptable"),
        ] {
            assert_eq!(read(status, code), NotRead::Shut(format!("{status} {code}")));
        }
        for denial in Denial::ALL.iter().filter(|one| one.code() != "not-certified") {
            let code = denial.code();
            assert_eq!(read(403, code), NotRead::Refused(format!("403 {code}")));
        }
        assert_eq!(read(404, "not-found"), NotRead::Refused("404 not-found".to_owned()));
        assert_eq!(read(500, "internal"), NotRead::Broken("500 internal".to_owned()));
        assert_eq!(read(504, "late"), NotRead::NoAnswer("504 late".to_owned()));
        assert_eq!(read(503, "busy"), NotRead::Later(A_WHILE));
    }

    /// OLD-9: that the archive fails may be of one document alone; that nothing stands behind its door is of all.
    #[test]
    fn a_failure_is_told_apart_from_no_answer() {
        let answered = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            let body = json!({ "code": "x" }).to_string().into();
            told(&line::Answer { status, headers: HeaderMap::new(), body })
        };
        for status in [500, 501, 507] {
            assert_eq!(answered(status), Answer::Failed(format!("{status} x")));
        }
        for status in [408, 502, 504] {
            assert_eq!(answered(status), Answer::NoAnswer(format!("{status} x")));
        }
        assert_eq!(answered(503), Answer::Later(A_WHILE));
    }

    /// OLD-6: a row of another controller is refused by itself, and stops no run; whoever may archive nothing is told once.
    #[test]
    fn a_row_of_another_register_is_refused_alone() {
        let answered = |code: &str| {
            let body = json!({ "code": code, "rule": "REG-1" }).to_string().into();
            told(&line::Answer { status: StatusCode::FORBIDDEN, headers: HeaderMap::new(), body })
        };
        assert!(matches!(answered("another-register"), Answer::Refused(told) if told.len() == 1));
        assert!(matches!(answered("not-certified"), Answer::Shut(_)));
        assert!(matches!(answered("system-unknown"), Answer::Shut(_)));
    }
}
