//! Registers outside, asked over HTTPS: a question is posted as JSON, with a client certificate, a token, or
//! both. Source: REG-5, DIS-5; design D13.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use tokio::runtime::Handle;
use varanto_domain::faults::Fault;

use crate::line::Line;

/// The largest answer that is taken.
const LARGEST: usize = 16 * 1024 * 1024;

/// Why a register cannot be connected.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {path}: {reason}", path = .path.display())]
pub struct ConnectionError {
    /// The table of the configuration.
    pub name: &'static str,
    /// The file or address.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Where a register is, and what is shown to it, as a configuration says.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table of the configuration.
    pub name: &'static str,
    /// The address; empty when there is no connection.
    pub address: &'a str,
    /// A PEM file of the authorities whose certificate the register shows.
    pub authority: Option<&'a Path>,
    /// A PEM file of the certificate that is shown to it.
    pub certificate: Option<&'a Path>,
    /// A PEM file of the certificate's key.
    pub key: Option<&'a Path>,
    /// A file with the token that is shown to it.
    pub token_file: Option<&'a Path>,
    /// How long an answer may take.
    pub seconds: u64,
}

impl Place<'_> {
    pub(crate) fn fault(
        &self,
        path: impl Into<PathBuf>,
        reason: impl Into<String>,
    ) -> ConnectionError {
        ConnectionError { name: self.name, path: path.into(), reason: reason.into() }
    }
}

/// A connection to a register.
pub struct Outbound {
    address: Uri,
    line: Line,
    token: Option<HeaderValue>,
    patience: Duration,
    runtime: Handle,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbound({})", self.address)
    }
}

impl Outbound {
    /// The connection to a place; `None` where it has no address. Called on the runtime that the questions are
    /// sent on.
    ///
    /// # Errors
    /// An address that is none, a file that cannot be read, a key that does not fit.
    pub fn to(place: &Place<'_>) -> Result<Option<Self>, ConnectionError> {
        if place.address.is_empty() {
            return Ok(None);
        }
        let address: Uri =
            place.address.parse().map_err(|_| place.fault(place.address, "no address"))?;
        let line = Line::to(place, &address)?;
        let token = place.token_file.map(|file| bearer(place, file)).transpose()?;
        let patience = Duration::from_secs(place.seconds);
        Ok(Some(Self { address, line, token, patience, runtime: Handle::current() }))
    }

    /// What the register answers to a question. Waits for it, so it is called where waiting is allowed.
    ///
    /// # Errors
    /// Why there is no answer, in words that hold nothing of the question.
    pub fn ask(&self, question: String) -> Result<Vec<u8>, String> {
        self.send("application/json", question)
    }

    /// What is answered to a form (`application/x-www-form-urlencoded`). As [`Outbound::ask`].
    ///
    /// # Errors
    /// Why there is no answer, in words that hold nothing of the form.
    pub fn post_form(&self, form: String) -> Result<Vec<u8>, String> {
        self.send("application/x-www-form-urlencoded", form)
    }

    fn send(&self, kind: &'static str, question: String) -> Result<Vec<u8>, String> {
        // Made within the runtime that it is sent on: whoever asks may be on one that keeps no time.
        let posted = self.runtime.block_on(async {
            tokio::time::timeout(self.patience, self.post(kind, question)).await
        });
        posted.map_err(|_| format!("not within {} s", self.patience.as_secs()))?
    }

    async fn post(&self, kind: &'static str, question: String) -> Result<Vec<u8>, String> {
        let mut open = self.line.open().await?;
        let path = self.address.path_and_query().map_or("/", |path| path.as_str());
        let mut asked = Request::post(path).header(CONTENT_TYPE, kind);
        if let Some(token) = &self.token {
            asked = asked.header(AUTHORIZATION, token);
        }
        let asked =
            asked.body(Full::new(Bytes::from(question))).map_err(|error| error.to_string())?;
        let answer = open.send(asked, LARGEST).await?;
        if answer.status != StatusCode::OK {
            return Err(format!("answered {}", answer.status));
        }
        Ok(answer.body.to_vec())
    }
}

/// Why an answer does not read, without its values.
pub(crate) fn first_fault(faults: &[Fault]) -> String {
    let told = faults.first().map(|fault| format!("{} at {}", fault.code(), fault.element));
    format!("its answer does not read: {}", told.unwrap_or_default())
}

pub(crate) fn bearer(place: &Place<'_>, file: &Path) -> Result<HeaderValue, ConnectionError> {
    let token = std::fs::read_to_string(file);
    let token = token.map_err(|error| place.fault(file, error.to_string()))?;
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .map_err(|_| place.fault(file, "no token"))?;
    value.set_sensitive(true);
    Ok(value)
}
