//! The PDF file of a submission: the gate, the clauses of the standard, and a second opinion.

use std::fmt;
use std::sync::Arc;

use varanto_domain::archive::conformance::{ConformanceLevel, ConformanceLevels};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_formats::pdf::{self, Flavour};

const RULE: &str = "ARC-1";

/// A full validator outside the program.
pub trait PdfValidator: Send + Sync {
    /// What it says of a file that says to be of a flavour.
    ///
    /// # Errors
    /// Why it said nothing: it did not start, took too long, or ended in an unknown way.
    fn judge(&self, file: &[u8], flavour: Flavour) -> Result<PdfOpinion, String>;
}

/// What a validator says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PdfOpinion {
    /// The file conforms.
    Conforms,
    /// It does not, in the validator's own words.
    Breaks(String),
}

/// How PDF files are judged beyond the gate.
#[derive(Clone, Default)]
pub struct PdfRules {
    /// How much a broken clause weighs.
    pub levels: ConformanceLevels,
    /// The flavour that files are held against; without one, the one that each says to be.
    pub flavour: Option<Flavour>,
    /// Who is asked besides; nobody where clauses are not looked at.
    pub validator: Option<Arc<dyn PdfValidator>>,
}

impl fmt::Debug for PdfRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PdfRules")
            .field("levels", &self.levels)
            .field("flavour", &self.flavour)
            .field("validator", &self.validator.is_some())
            .finish()
    }
}

/// What was found in a file.
#[derive(Default, Debug)]
pub(super) struct FoundInPdf {
    pub(super) faults: Vec<Fault>,
    pub(super) remarks: Vec<Fault>,
}

impl PdfRules {
    /// Judges a file at a level. The gate holds at every level.
    ///
    /// A validator that could not be asked is told like a broken clause: at the level that refuses, what
    /// nobody judged is not taken.
    ///
    /// Source: ARC-1, OLD-1.
    pub(super) fn check(&self, file: &[u8], level: ConformanceLevel) -> FoundInPdf {
        if level == ConformanceLevel::Off {
            return FoundInPdf {
                faults: pdf::check(file).err().unwrap_or_default(),
                remarks: Vec::new(),
            };
        }
        let judgement = pdf::judge(file, self.flavour);
        let mut told = Vec::new();
        let mut found = FoundInPdf::default();
        if let Some(report) = &judgement.report {
            told = report.faults();
            if !report.complete {
                found.remarks.push(Fault::new(FaultKind::PdfNotLookedThrough, "pdf:", RULE));
            }
        }
        match judgement.gate {
            Ok(facts) => {
                let flavour =
                    self.flavour.unwrap_or(Flavour { part: facts.part, level: facts.conformance });
                told.extend(self.ask_validator(file, flavour));
            }
            // Whoever mends the file will meet its broken clauses too.
            Err(faults) => found.faults = faults,
        }
        match level {
            ConformanceLevel::Refuse => found.faults.extend(told),
            _ => found.remarks.extend(told),
        }
        found
    }

    fn ask_validator(&self, file: &[u8], flavour: Flavour) -> Option<Fault> {
        let fault = |kind, reason: &str| {
            Fault::new(kind, "pdf:", RULE).arg("flavour", flavour).arg("reason", reason)
        };
        match self.validator.as_ref()?.judge(file, flavour) {
            Ok(PdfOpinion::Conforms) => None,
            Ok(PdfOpinion::Breaks(words)) => Some(fault(FaultKind::PdfValidatorRefused, &words)),
            Err(reason) => Some(fault(FaultKind::PdfValidatorSilent, &reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A validator that always answers this.
    struct Says(Result<PdfOpinion, String>);

    impl PdfValidator for Says {
        fn judge(&self, _: &[u8], _: Flavour) -> Result<PdfOpinion, String> {
            self.0.clone()
        }
    }

    fn corpus(name: &str) -> Option<Vec<u8>> {
        let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/pdfa");
        let file = std::fs::read(format!("{corpora}/{name}")).ok();
        if file.is_none() {
            println!("skipped: pdfa corpora missing");
        }
        file
    }

    fn codes(faults: &[Fault]) -> Vec<&'static str> {
        faults.iter().map(Fault::code).collect()
    }

    /// ARC-1: a broken clause keeps a file out, is told, or is not looked at, as configured.
    #[test]
    fn a_broken_clause_weighs_what_its_level_says() {
        let Some(file) = corpus("fail/2b_6-3-3-t01-fail-g.pdf") else { return };
        let rules = PdfRules::default();
        let refused = rules.check(&file, ConformanceLevel::Refuse);
        assert_eq!(
            (codes(&refused.faults), codes(&refused.remarks)),
            (vec!["pdf-a-clause"], vec![])
        );
        assert_eq!(refused.faults[0].rule, "ISO 19005-2 6.3.3");
        let warned = rules.check(&file, ConformanceLevel::Warn);
        assert_eq!((codes(&warned.faults), codes(&warned.remarks)), (vec![], vec!["pdf-a-clause"]));
        let off = rules.check(&file, ConformanceLevel::Off);
        assert!(off.faults.is_empty() && off.remarks.is_empty());
        assert_eq!(codes(&rules.check(b"Hei", ConformanceLevel::Off).faults), ["not-pdf"]);
    }

    /// A validator that cannot be asked never lets a file pass where broken clauses are refused.
    #[test]
    fn a_second_opinion_weighs_like_our_own() {
        let Some(file) = corpus("pass/2b_6-2-2-t01-pass-a.pdf") else { return };
        let check = |says: Result<PdfOpinion, String>, level, faults: &[&str], remarks: &[&str]| {
            let rules = PdfRules { validator: Some(Arc::new(Says(says))), ..PdfRules::default() };
            let found = rules.check(&file, level);
            assert_eq!(
                (codes(&found.faults), codes(&found.remarks)),
                (faults.to_vec(), remarks.to_vec())
            );
        };
        let breaks = || Ok(PdfOpinion::Breaks("6.2.2".to_owned()));
        let silent = || Err("it did not start".to_owned());
        check(Ok(PdfOpinion::Conforms), ConformanceLevel::Refuse, &[], &[]);
        check(breaks(), ConformanceLevel::Refuse, &["pdf-validator-refused"], &[]);
        check(breaks(), ConformanceLevel::Warn, &[], &["pdf-validator-refused"]);
        check(silent(), ConformanceLevel::Refuse, &["pdf-validator-silent"], &[]);
        check(silent(), ConformanceLevel::Warn, &[], &["pdf-validator-silent"]);
        check(silent(), ConformanceLevel::Off, &[], &[]);
    }
}
