//! The metadata part of a submission, in the names of the archive's element table
//! (`varanto_domain::archive::elements`).

use varanto_domain::archive::documents::{DocumentGroup, Form};
use varanto_domain::codes::ServiceTask;
use varanto_domain::time::{FinnishDay, Instant};

use super::organisations::Worker;
use super::people::Person;
use super::times::local;

/// An organisation or unit: its OID and name.
#[derive(Clone, Copy)]
pub(super) struct Party<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}

/// The metadata of one version. What is `None` is left out.
pub(super) struct Metadata<'a> {
    pub(super) document_id: &'a str,
    pub(super) set_id: &'a str,
    pub(super) version: u32,
    /// The document replaced, and the reason's code.
    pub(super) replaces: Option<(&'a str, &'static str)>,
    pub(super) group: DocumentGroup,
    pub(super) form: Form,
    pub(super) general_type: Option<&'a str>,
    pub(super) specific_type: Option<&'a str>,
    pub(super) structure: Option<&'a str>,
    pub(super) written_at: Instant,
    pub(super) created_at: Instant,
    pub(super) swedish: bool,
    pub(super) client: &'a Person,
    pub(super) born: &'a str,
    pub(super) temporary_root: &'a str,
    pub(super) worker: Option<&'a Worker>,
    pub(super) controller: Party<'a>,
    pub(super) organiser: Party<'a>,
    pub(super) service_unit: Option<Party<'a>>,
    pub(super) operating_unit: Option<Party<'a>>,
    pub(super) producer: Option<Party<'a>>,
    pub(super) minor: bool,
    pub(super) case_id: Option<&'a str>,
    pub(super) case_opened_on: Option<FinnishDay>,
    pub(super) case_closed_on: Option<FinnishDay>,
    pub(super) relationship_id: Option<&'a str>,
    pub(super) service_task: Option<ServiceTask>,
    /// The classification's year and the code in it.
    pub(super) original_service_task: Option<(&'static str, &'static str)>,
    pub(super) held_back: HeldBack,
    pub(super) main_document: Option<&'a str>,
}

/// Whether the citizen sees the document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HeldBack {
    No,
    Until(FinnishDay),
    ForGood,
}

impl Metadata<'_> {
    /// The JSON of the metadata part.
    pub(super) fn json(&self) -> String {
        let mut out = Members::new();
        out.text("document_id", self.document_id);
        out.text("set_id", self.set_id);
        out.plain("version", &self.version.to_string());
        if let Some((document, reason)) = self.replaces {
            out.group("replaces", |out| {
                out.text("document_id", document);
                out.text("reason", reason);
            });
        }
        out.text("group", self.group.code());
        out.maybe("general_type", self.general_type);
        out.maybe("specific_type", self.specific_type);
        out.maybe("structure", self.structure);
        out.text("written_at", &local(self.written_at));
        out.text("created_at", &local(self.created_at));
        out.text("language", if self.swedish { "sv" } else { "fi" });
        out.text("confidentiality", "6");
        out.group("client", |out| self.client(out));
        if let Some(worker) = self.worker {
            out.group("professional", |out| {
                out.text("registration_number", &worker.registration_number);
                out.text("given_names", &worker.given_names);
                out.text("family_name", &worker.family_name);
            });
        }
        self.parties(&mut out);
        self.context(&mut out);
        self.life(&mut out);
        out.finish()
    }

    fn client(&self, out: &mut Members) {
        let client = self.client;
        if client.temporary {
            out.group("temporary_id", |out| {
                out.text("root", self.temporary_root);
                out.text("extension", client.code.reveal());
            });
        } else {
            out.text("identity_code", client.code.reveal());
        }
        out.text("given_names", &client.given_names);
        out.text("call_name", &client.call_name);
        out.text("family_name", &client.family_name);
        out.text("sex", if client.female { "2" } else { "1" });
        out.text("birth_date", self.born);
        if client.non_disclosure {
            out.plain("non_disclosure", "true");
        }
    }

    fn parties(&self, out: &mut Members) {
        let named = [
            ("controller", Some(self.controller)),
            ("organiser", Some(self.organiser)),
            ("service_unit", self.service_unit),
            ("operating_unit", self.operating_unit),
            ("producer", self.producer),
        ];
        for (name, party) in named {
            if let Some(party) = party {
                out.group(name, |out| {
                    out.text("id", party.id);
                    out.text("name", party.name);
                });
            }
        }
    }

    fn context(&self, out: &mut Members) {
        if self.minor && self.group == DocumentGroup::LaterPhase {
            out.text("guardian_disclosure", "1");
        }
        out.maybe("case_id", self.case_id);
        let day = |day: Option<FinnishDay>| day.map(|day| day.to_string());
        out.maybe("case_opened_on", day(self.case_opened_on).as_deref());
        out.maybe("case_closed_on", day(self.case_closed_on).as_deref());
        out.maybe("relationship_id", self.relationship_id);
        out.text("view_format", self.form.view_format());
        if self.form == Form::Structured {
            out.text("structured_format", "5");
        }
        if self.group != DocumentGroup::Old {
            out.group("software", |out| {
                out.text("manufacturer", "Suvannon Ohjelmistot Oy");
                out.text("product", "Sosiaali-Suvanto");
                out.text("version", "4.2");
            });
        }
        out.maybe("service_task", self.service_task.map(ServiceTask::code));
        if let Some((code_set, code)) = self.original_service_task {
            out.group("original_service_task", |out| {
                out.text("code_set", code_set);
                out.text("code", code);
            });
        }
    }

    fn life(&self, out: &mut Members) {
        out.text("record_state", "3");
        out.text("register_type", "1");
        out.text("retention_class", "1");
        let for_good = self.held_back == HeldBack::ForGood;
        out.text("special_content", if for_good { "K" } else { "E" });
        if self.held_back != HeldBack::No {
            out.text("inaccessible_reason", "1");
        }
        if let HeldBack::Until(day) = self.held_back {
            out.text("display_delay_until", &day.to_string());
        }
        out.maybe("main_document", self.main_document);
    }
}

/// Prints the members of a JSON object.
pub(super) struct Members(String);

impl Members {
    pub(super) fn new() -> Self {
        let mut out = String::with_capacity(2048);
        out.push('{');
        Self(out)
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn key(&mut self, key: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    /// A number or switch.
    pub(super) fn plain(&mut self, key: &str, value: &str) {
        self.key(key);
        self.0.push_str(value);
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.0.push('"');
        for character in value.chars() {
            match character {
                '"' | '\\' => self.0.extend(['\\', character]),
                control if control < ' ' => self.0.push(' '),
                plain => self.0.push(plain),
            }
        }
        self.0.push('"');
    }

    pub(super) fn maybe(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    pub(super) fn group(&mut self, key: &str, members: impl FnOnce(&mut Self)) {
        self.key(key);
        self.0.push('{');
        members(self);
        self.0.push('}');
    }
}
