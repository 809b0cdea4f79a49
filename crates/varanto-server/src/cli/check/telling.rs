//! What a check tells: for people, and for machines.

use std::path::PathBuf;

use serde_json::{Value, json};
use varanto_app::archive::Checked;
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::Fault;

use super::super::Failure;
use super::super::output::Output;
use crate::rest::problem::ToldFault;

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Metadata and content, as the REST interface takes them.
    Submission,
    /// A frame and its document.
    Message,
    /// A national document without its frame.
    Document,
    /// Structured content without its metadata.
    Structured,
    /// A view without its metadata.
    View,
    /// A PDF file without its metadata.
    Pdf,
    /// A signature without what it covers.
    Signature,
}

impl What {
    pub(super) const fn of(part: Part) -> Self {
        match part {
            Part::Structured => Self::Structured,
            Part::View => Self::View,
            Part::Pdf => Self::Pdf,
            Part::National => Self::Document,
            Part::Frame => Self::Message,
            Part::Signature => Self::Signature,
        }
    }

    /// Its stable word.
    const fn word(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Message => "message",
            Self::Document => "document",
            Self::Structured => "structured",
            Self::View => "view",
            Self::Pdf => "pdf",
            Self::Signature => "signature",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Submission => "metadata and content, as REST takes them",
            Self::Message => "national message",
            Self::Document => "national document without its frame",
            Self::Structured => "structured content without metadata",
            Self::View => "view without metadata",
            Self::Pdf => "PDF file without metadata",
            Self::Signature => "signature without metadata and content",
        }
    }

    /// What archiving checks besides, each as a stable word.
    const fn not_checked(self) -> &'static [&'static str] {
        match self {
            Self::Submission | Self::Message => &["organisations", "references"],
            Self::Document => &["frame", "organisations", "references"],
            Self::Structured | Self::View | Self::Pdf | Self::Signature => &["metadata"],
        }
    }
}

/// What was found in one submission, message or file.
#[derive(Debug)]
pub(super) struct Told {
    files: Vec<PathBuf>,
    what: What,
    document: Option<String>,
    faults: Vec<Fault>,
    remarks: Vec<Fault>,
}

impl Told {
    pub(super) fn new(files: Vec<PathBuf>, what: What, checked: Checked) -> Self {
        Self {
            files,
            what,
            document: checked.metadata.map(|metadata| metadata.document_id.to_string()),
            faults: checked.faults,
            remarks: checked.remarks,
        }
    }

    fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.display().to_string()).collect()
    }

    /// The files as one heading: a folder they share is named once.
    fn heading(&self) -> String {
        let folder = self.files.first().and_then(|file| file.parent());
        let shared = folder.filter(|folder| {
            self.files.len() > 1 && self.files.iter().all(|file| file.parent() == Some(folder))
        });
        let Some(folder) = shared.filter(|folder| !folder.as_os_str().is_empty()) else {
            return self.names().join(" + ");
        };
        let name = |file: &PathBuf| {
            file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let names: Vec<String> = self.files.iter().map(name).collect();
        format!("{}: {}", folder.display(), names.join(" + "))
    }
}

/// A file that is nothing the archive takes.
#[derive(Debug)]
pub(super) struct PassedOver {
    pub(super) path: PathBuf,
    /// Whether it was asked for by its name; others stand in a folder that was asked for.
    pub(super) by_name: bool,
}

/// What was found in everything that was given.
#[derive(Debug)]
pub(super) struct Verdict {
    told: Vec<Told>,
    passed_over: Vec<PassedOver>,
}

impl Verdict {
    pub(super) fn new(passed_over: Vec<PassedOver>) -> Self {
        Self { told: Vec::new(), passed_over }
    }

    pub(super) fn add(&mut self, told: Told) {
        self.told.push(told);
    }

    fn sound(&self) -> usize {
        self.told.iter().filter(|one| one.faults.is_empty()).count()
    }

    /// Whether all is sound that was asked for. What was asked for by name and could not be recognised
    /// is not.
    pub(super) fn all_sound(&self) -> bool {
        self.sound() == self.told.len() && !self.passed_over.iter().any(|file| file.by_name)
    }

    pub(super) fn print(&self, output: Output) -> Result<(), Failure> {
        output.one(&self.as_json(output), &self.in_words(output))
    }

    fn as_json(&self, output: Output) -> Value {
        let all = |faults: &[Fault]| -> Vec<ToldFault> {
            faults.iter().map(|fault| ToldFault::of(fault, output.language())).collect()
        };
        let checked: Vec<Value> = self
            .told
            .iter()
            .map(|one| {
                json!({
                    "files": one.names(),
                    "what": one.what.word(),
                    "not_checked": one.what.not_checked(),
                    "document_id": one.document,
                    "sound": one.faults.is_empty(),
                    "faults": all(&one.faults),
                    "remarks": all(&one.remarks),
                })
            })
            .collect();
        let passed_over: Vec<String> =
            self.passed_over.iter().map(|file| file.path.display().to_string()).collect();
        json!({
            "sound": self.all_sound(),
            "checked": checked,
            "not_recognised": passed_over,
        })
    }

    fn in_words(&self, output: Output) -> String {
        let mut lines = Vec::new();
        for one in &self.told {
            let mark = if one.faults.is_empty() { "sound " } else { "FAULTY" };
            lines.push(format!("{mark}  {}  ({})", one.heading(), one.what.in_words()));
            for (number, fault) in (1..).zip(&one.faults) {
                lines.extend(lines_of(&number.to_string(), fault, output));
            }
            for remark in &one.remarks {
                lines.extend(lines_of("remark", remark, output));
            }
            if !(one.faults.is_empty() && one.remarks.is_empty()) {
                lines.push(String::new());
            }
        }
        for file in &self.passed_over {
            let file = file.path.display();
            lines.push(format!(
                "?       {file}  (not recognised: no frame, document, metadata, content, view or PDF file)"
            ));
        }
        lines.extend(self.not_checked());
        lines.push(self.summary());
        lines.join("\n")
    }

    /// What was left unchecked, a line for each kind of thing that was checked.
    fn not_checked(&self) -> Vec<String> {
        let mut kinds: Vec<What> = Vec::new();
        for one in &self.told {
            if !kinds.contains(&one.what) {
                kinds.push(one.what);
            }
        }
        let line = |what: What| {
            format!("not checked ({}): {}", what.in_words(), what.not_checked().join(", "))
        };
        kinds.into_iter().map(line).collect()
    }

    fn summary(&self) -> String {
        let count = |of: fn(&Told) -> usize| self.told.iter().map(of).sum::<usize>();
        let (faults, remarks) = (count(|one| one.faults.len()), count(|one| one.remarks.len()));
        let mut parts =
            vec![format!("{} checked", self.told.len()), format!("{} sound", self.sound())];
        for (number, word) in [
            (self.told.len() - self.sound(), "faulty"),
            (faults, "faults"),
            (remarks, "remarks"),
            (self.passed_over.len(), "not recognised"),
        ] {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        parts.join(", ")
    }
}

fn lines_of(number: &str, fault: &Fault, output: Output) -> Vec<String> {
    let told = ToldFault::of(fault, output.language());
    // What stands for a value that is not shown has its own brackets.
    let value = told.value.unwrap_or_default();
    let value = match value.trim_matches(['(', ')']) {
        "" => String::new(),
        value => format!("  ({value})"),
    };
    let indent = " ".repeat(10);
    vec![
        format!("{number:>8}  {}{value}", told.path.as_deref().unwrap_or(&told.element)),
        format!("{indent}{}  {}", told.code, told.rule),
        format!("{indent}{}", told.message),
        format!("{indent}→ {}", told.right),
    ]
}
