//! `varanto retention`: what is over, holds, and lists of documents to be destroyed. It comes by the archive's door with the
//! archivist's own login, as any program does: nobody else may. Source: ARC-12.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::{Args, Subcommand};
use http_body_util::Full;
use hyper::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use varanto_domain::archive::destruction::{HoldReason, MOST_ENTRIES};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::output::as_table;
use super::{Context, Failure, oid};
use crate::line::Line;
use crate::outbound::Place;
use crate::rest::routes::BASE;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// The largest answer that is taken.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the documents whose retention period is over on a day, each with the rule and what it is counted from.
    List {
        #[command(flatten)]
        to: To,
        #[command(flatten)]
        which: Which,
    },
    /// Hold a document, and what hangs on it: a case document holds the whole case, a relationship document the whole
    /// relationship.
    Hold {
        #[command(flatten)]
        to: To,
        /// The document.
        #[arg(value_parser = oid)]
        document: Oid,
        /// Why: legal-matter, inquiry, research, archives-order, other.
        #[arg(long, value_parser = reason)]
        reason: HoldReason,
        /// What else there is to say; needed with other.
        #[arg(long)]
        explanation: Option<String>,
    },
    /// List the holds, or those on one document.
    Holds {
        #[command(flatten)]
        to: To,
        /// On this document, by itself or by what it hangs on.
        #[arg(long, value_parser = oid)]
        document: Option<Oid>,
        /// Those that were lifted, too.
        #[arg(long, conflicts_with = "document")]
        lifted: bool,
    },
    /// Lift a hold.
    Lift {
        #[command(flatten)]
        to: To,
        /// The hold, as `holds` names it.
        hold: String,
    },
    /// Make lists of documents to be destroyed, approve them, carry them out.
    #[command(subcommand)]
    Destruction(Destruction),
}

#[derive(Debug, Subcommand)]
pub(super) enum Destruction {
    /// Make a list: of the documents named, or of all that `retention list` tells, at most a thousand.
    Make {
        #[command(flatten)]
        to: To,
        /// The documents.
        #[arg(value_parser = oid)]
        documents: Vec<Oid>,
        /// All whose period is over today and that nothing holds.
        #[arg(long, conflicts_with = "documents")]
        all: bool,
        #[command(flatten)]
        which: Which,
        /// Tell what the list would be, and keep nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// List the lists.
    List {
        #[command(flatten)]
        to: To,
    },
    /// Show a list: of each document why its period is over, and what became of it.
    Show(One),
    /// Approve a list. Two different archivists do.
    Approve(One),
    /// Withdraw a list of which nothing is destroyed yet.
    Withdraw(One),
    /// Stop a list of which something is destroyed: the rest stays, and the certificate says so.
    Stop(One),
    /// Destroy the documents of an approved list. Broken off, the same command goes on.
    CarryOut {
        #[command(flatten)]
        one: One,
        /// Tell what would become of each document today, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Get the signed certificate; `varanto verify --destruction` checks it.
    Certificate {
        #[command(flatten)]
        one: One,
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct One {
    #[command(flatten)]
    to: To,
    /// The list, as `destruction list` names it.
    destruction: String,
}

/// Which documents.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// In this register; without it in all of the own ones.
    #[arg(long, value_parser = oid)]
    controller: Option<Oid>,
    /// Over on this day; today without it.
    #[arg(long, value_name = "DAY", value_parser = day)]
    due_on: Option<FinnishDay>,
    /// Of this group of documents.
    #[arg(long)]
    group: Option<String>,
    /// Of this service task.
    #[arg(long)]
    service_task: Option<String>,
}

/// Where the archive is, and who comes to it.
#[derive(Debug, Args)]
pub(super) struct To {
    /// The archive's address, such as `https://archive.example.fi:8443`.
    #[arg(long = "to", value_name = "ADDRESS")]
    address: String,
    /// The authority of the archive's certificate (PEM).
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// A file with the archivist's bearer token.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
}

fn reason(text: &str) -> Result<HoldReason, String> {
    let all = || HoldReason::ALL.map(HoldReason::code).join(", ");
    HoldReason::of_code(text).ok_or_else(|| format!("one of {}", all()))
}

fn day(text: &str) -> Result<FinnishDay, String> {
    FinnishDay::parse(text).ok_or_else(|| "a day such as 2026-11-27".to_owned())
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::List { to, which } => {
            let found = Door::open(&to, context)?.due(&which)?;
            let rows = found.iter().map(row_of_document).collect();
            context.output.rows(&DUE, rows)
        }
        Command::Hold { to, document, reason, explanation } => {
            let mut body = json!({ "document": document.as_str(), "reason": reason.code() });
            if let Some(said) = explanation {
                body["explanation"] = said.into();
            }
            let held = Door::open(&to, context)?.post("/retention/holds", &body)?;
            let words = format!("Held as {}.", text(&held["hold"]));
            context.output.one(&held, &words)
        }
        Command::Holds { to, document, lifted } => {
            let mut body = json!({ "limit": 100, "lifted": lifted });
            if let Some(document) = document {
                body["document"] = document.as_str().into();
            }
            let mut door = Door::open(&to, context)?;
            let all = door.pages("/retention/holds/_search", &mut body, "holds")?;
            context.output.rows(&HOLDS, all.iter().map(row_of_hold).collect())
        }
        Command::Lift { to, hold } => {
            let path = format!("/retention/holds/{}/lift", plain(&hold)?);
            let lifted = Door::open(&to, context)?.post(&path, &Value::Null)?;
            context.output.one(&lifted, "Lifted.")
        }
        Command::Destruction(command) => destruction(command, context),
    }
}

fn destruction(command: Destruction, context: &Context) -> Result<(), Failure> {
    let act = |one: &One, act: &str, body: &Value| {
        let path = format!("{}/{act}", path_of(one)?);
        Door::open(&one.to, context)?.post(&path, body)
    };
    match command {
        Destruction::Make { to, documents, all, which, dry_run } => {
            let mut door = Door::open(&to, context)?;
            let documents = if all {
                door.may_go(&which)?
            } else {
                documents.iter().map(ToString::to_string).collect()
            };
            if all && documents.is_empty() {
                return context.output.one(&json!({ "count": 0 }), "Nothing is over.");
            }
            let made = if all {
                door.propose_what_may_go(documents, dry_run)?
            } else {
                door.post(LISTS, &json!({ "documents": documents, "dry_run": dry_run }))?
            };
            tell(&made, context)
        }
        Destruction::List { to } => {
            let mut door = Door::open(&to, context)?;
            let mut body = json!({ "limit": 100 });
            let all = door.pages(&format!("{LISTS}/_search"), &mut body, "destructions")?;
            context.output.rows(&COLUMNS, all.iter().map(row_of_list).collect())
        }
        Destruction::Show(one) => {
            tell(&Door::open(&one.to, context)?.get(&path_of(&one)?)?, context)
        }
        Destruction::Approve(one) => tell(&act(&one, "approval", &Value::Null)?, context),
        Destruction::Withdraw(one) => tell(&act(&one, "withdrawal", &Value::Null)?, context),
        Destruction::Stop(one) => tell(&act(&one, "stop", &Value::Null)?, context),
        Destruction::CarryOut { one, dry_run } => {
            let asked = json!({ "dry_run": dry_run });
            let mut done = act(&one, "carrying-out", &asked)?;
            // So many in each request, until something became of all.
            while !dry_run && done["state"] == "begun" {
                done = act(&one, "carrying-out", &asked)?;
            }
            tell(&done, context)
        }
        Destruction::Certificate { one, out } => {
            let path = format!("{}/certificate", path_of(&one)?);
            let certificate =
                Door::open(&one.to, context)?.ask(Method::GET, &path, Bytes::new())?;
            if let Some(file) = out {
                std::fs::write(file, certificate)?;
            } else {
                print!("{}", String::from_utf8_lossy(&certificate));
            }
            Ok(())
        }
    }
}

const LISTS: &str = "/retention/destructions";

/// A word that stands in an address.
fn plain(word: &str) -> Result<&str, Failure> {
    let is_plain = !word.is_empty() && word.bytes().all(|one| one.is_ascii_digit());
    if is_plain { Ok(word) } else { Err(Failure::of(format!("{word}: a number is needed"))) }
}

fn path_of(one: &One) -> Result<String, Failure> {
    Ok(format!("{LISTS}/{}", plain(&one.destruction)?))
}

/// The archive's door, with the archivist's login.
struct Door {
    line: Line,
    token: HeaderValue,
    language: &'static str,
    runtime: Runtime,
}

impl Door {
    fn open(to: &To, context: &Context) -> Result<Self, Failure> {
        let place = Place {
            name: "--to",
            address: &to.address,
            authority: Some(&to.authority),
            certificate: None,
            key: None,
            token_file: Some(&to.token_file),
            seconds: PATIENCE.as_secs(),
        };
        let wrong = |_| Failure::of(format!("{}: no address", to.address));
        let line = Line::to(&place, &to.address.parse().map_err(wrong)?)?;
        let token = crate::outbound::bearer(&place, &to.token_file)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { line, token, language: context.output.language().tag(), runtime })
    }

    fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Failure> {
        self.send(method, path, body)?.map_err(|problem| Failure::of(words(&problem)))
    }

    /// The answer, or the problem that is told instead.
    fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Result<Bytes, Value>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"))
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT_LANGUAGE, self.language)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let line = &self.line;
        let asked = async { line.open().await?.send(request, LARGEST_ANSWER).await };
        let late = |_| Failure::of(format!("no answer within {} s", PATIENCE.as_secs()));
        let answer = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, asked).await })
            .map_err(late)?
            .map_err(Failure::of)?;
        if answer.status.is_success() {
            return Ok(Ok(answer.body));
        }
        let nameless = || json!({ "title": answer.status.to_string(), "code": "none" });
        Ok(Err(serde_json::from_slice(&answer.body).unwrap_or_else(|_| nameless())))
    }

    fn get(&mut self, path: &str) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.ask(Method::GET, path, Bytes::new())?)?)
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        Ok(serde_json::from_slice(&self.ask(Method::POST, path, body)?)?)
    }

    /// What all pages of a list hold.
    fn pages(&mut self, path: &str, body: &mut Value, of: &str) -> Result<Vec<Value>, Failure> {
        let mut all = Vec::new();
        loop {
            let page = self.post(path, body)?;
            all.extend(page[of].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => body["cursor"] = next.into(),
                None => return Ok(all),
            }
        }
    }

    /// The documents whose period is over, invalidated ones too.
    fn due(&mut self, which: &Which) -> Result<Vec<Value>, Failure> {
        let today =
            || FinnishDay::of(varanto_domain::time::Clock::now(&crate::clock::MachineClock));
        let due_on = which.due_on.unwrap_or_else(today).to_string();
        let states = ["in-force", "invalidated"];
        let mut body = json!({
            "due_on": due_on, "situation": "archivist", "reason": "supervision", "states": states,
            "limit": 100,
        });
        let narrowed = [
            ("controller", which.controller.as_ref().map(ToString::to_string)),
            ("group", which.group.clone()),
            ("service_task", which.service_task.clone()),
        ];
        for (name, value) in narrowed {
            if let Some(value) = value {
                body[name] = value.into();
            }
        }
        self.pages("/documents/_search", &mut body, "documents")
    }

    /// Makes a list of what may come on one, and says on standard error what may not, and why.
    fn propose_what_may_go(
        &mut self,
        mut documents: Vec<String>,
        dry_run: bool,
    ) -> Result<Value, Failure> {
        loop {
            let body = json!({ "documents": documents, "dry_run": dry_run }).to_string();
            let refused = match self.send(Method::POST, LISTS, body.into())? {
                Ok(made) => return Ok(serde_json::from_slice(&made)?),
                Err(refused) => refused,
            };
            let faults = refused["faults"].as_array().cloned().unwrap_or_default();
            let kept: BTreeSet<&str> = faults.iter().map(|fault| text(&fault["value"])).collect();
            let before = documents.len();
            documents.retain(|one| !kept.contains(one.as_str()));
            if documents.is_empty() || documents.len() == before {
                return Err(Failure::of(words(&refused)));
            }
            for fault in &faults {
                eprintln!("left out: {}", text(&fault["message"]));
            }
        }
    }

    /// Of what is over, what nothing holds: each document once, at most as many as a list takes.
    fn may_go(&mut self, which: &Which) -> Result<Vec<String>, Failure> {
        let mut sets = BTreeSet::new();
        let mut found = self.due(which)?;
        found.retain(|one| one["held"].is_null());
        found.retain(|one| sets.insert(text(&one["metadata"]["set_id"]).to_owned()));
        // Papers before what they hang on, so that a cut list holds no case without its papers.
        found.sort_by_key(|one| match text(&one["metadata"]["group"]) {
            "1" => 2,
            "2" => 1,
            _ => 0,
        });
        found.truncate(MOST_ENTRIES);
        Ok(found.iter().map(|one| text(&one["document_id"]).to_owned()).collect())
    }
}

/// What a problem says, with each fault on a line of its own.
fn words(problem: &Value) -> String {
    let mut words = format!("{} ({})", text(&problem["title"]), text(&problem["code"]));
    let faults = problem["faults"].as_array().into_iter().flatten();
    for fault in faults {
        let [code, message, right] = ["code", "message", "right"].map(|name| text(&fault[name]));
        let _ = write!(words, "\n{code}: {message} {right}");
    }
    words
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

const DUE: [&str; 6] = ["document", "group", "rule", "counted from", "last day", "held"];
const HOLDS: [&str; 6] = ["hold", "document", "reason", "placed", "by", "lifted"];
const COLUMNS: [&str; 6] = ["destruction", "state", "documents", "made", "by", "approved by"];
const ENTRIES: [&str; 6] = ["document", "rule", "counted from", "since", "last day", "fate"];

fn row_of_document(document: &Value) -> Vec<String> {
    let kept = &document["retention"];
    let held: Vec<&str> = document["held"].as_array().into_iter().flatten().map(text).collect();
    let group = text(&document["metadata"]["group"]);
    let told = [
        text(&document["document_id"]),
        group,
        text(&kept["rule"]),
        text(&kept["counted_from"]),
        text(&kept["last_day"]),
        &held.join(" "),
    ];
    told.map(str::to_owned).to_vec()
}

fn row_of_hold(hold: &Value) -> Vec<String> {
    let told = [
        &hold["hold"],
        &hold["document_id"],
        &hold["reason"],
        &hold["placed"]["at"],
        &hold["placed"]["by"],
        &hold["lifted"]["at"],
    ];
    told.map(|value| text(value).to_owned()).to_vec()
}

fn approved_by(list: &Value) -> String {
    let by = list["approvals"].as_array().into_iter().flatten();
    by.map(|act| text(&act["by"])).collect::<Vec<_>>().join(" ")
}

fn row_of_list(list: &Value) -> Vec<String> {
    let made = &list["made"];
    let told = [
        text(&list["destruction"]),
        text(&list["state"]),
        &list["count"].to_string(),
        text(&made["at"]),
        text(&made["by"]),
        &approved_by(list),
    ];
    told.map(str::to_owned).to_vec()
}

/// What became of an entry, in one word.
fn fate(entry: &Value) -> &str {
    match entry["destroyed"].as_bool() {
        None => "",
        Some(true) => "destroyed",
        Some(false) => text(&entry["kept_because"]),
    }
}

/// A list with its entries.
fn tell(list: &Value, context: &Context) -> Result<(), Failure> {
    let entries = list["entries"].as_array().cloned().unwrap_or_default();
    let row = |entry: &Value| {
        let told = ["document_id", "rule", "counted_from", "since", "last_day"];
        let mut row: Vec<String> = told.iter().map(|name| text(&entry[*name]).to_owned()).collect();
        row.push(fate(entry).to_owned());
        row
    };
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    let id = list["destruction"].as_str().map_or(String::new(), |id| format!("{id}, "));
    let mut words = as_table(&ENTRIES, &rows);
    let _ = write!(words, "\n{id}{}: {} documents", text(&list["state"]), list["count"]);
    let by = approved_by(list);
    if !by.is_empty() {
        let _ = write!(words, "; approved by {by}");
    }
    words.push_str(match text(&list["remains"]) {
        "write-ahead-log" => {
            "\nSomebody was reading all the while, so that copies are left in the write-ahead log. Carry the list out \
             once more to overwrite them."
        }
        "database-server" => {
            "\nThe database server overwrites nothing by itself: docs/scale.md says how its operator clears what its \
             files still hold."
        }
        _ => "",
    });
    context.output.one(list, &words)
}
